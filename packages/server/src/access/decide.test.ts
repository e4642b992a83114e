import { describe, expect, test } from 'vitest';
import {
  DEVICE_VERBS,
  OPERATOR_VERBS,
  operatorPrincipal,
  SYSTEM_VERBS,
  systemPrincipal,
  VERBS,
} from '../identity/index.ts';
import type { Principal, Verb } from '../identity/index.ts';
import { decide } from './index.ts';

function device(verbs: readonly Verb[], via: Principal['via'] = 'certificate'): Principal {
  return { kind: 'device', id: 'CT1', name: 'CT1', verbs, via };
}

describe.each(VERBS)('%s', (verb) => {
  test('is denied to nobody in particular, and to a device that was granted nothing', () => {
    expect(decide(undefined, verb)).toEqual({ allowed: false, reason: 'NO_PRINCIPAL' });
    expect(decide(device([]), verb).allowed).toBe(false);
  });

  test('is allowed to a device exactly when it is a verb for devices and was granted', () => {
    const isForDevices = (DEVICE_VERBS as readonly string[]).includes(verb);
    expect(decide(device([verb]), verb).allowed).toBe(isForDevices);
    expect(decide(device(VERBS.filter((other) => other !== verb)), verb).allowed).toBe(false);
  });

  test('is allowed to operator and system exactly when it is theirs', () => {
    expect(decide(operatorPrincipal('root'), verb).allowed).toBe(
      (OPERATOR_VERBS as readonly string[]).includes(verb),
    );
    expect(decide(systemPrincipal(), verb).allowed).toBe((SYSTEM_VERBS as readonly string[]).includes(verb));
  });

  test('is denied to a principal that came in another way than its kind comes', () => {
    expect(decide(device([verb], 'command-line'), verb).allowed).toBe(false);
    expect(decide({ ...operatorPrincipal('root'), via: 'certificate' }, verb).allowed).toBe(false);
    expect(decide({ ...systemPrincipal(), via: 'plain-address' }, verb).allowed).toBe(false);
  });

  test('is denied to a kind nobody knows', () => {
    for (const kind of ['admin', 'constructor', '__proto__', '']) {
      const forged = { ...device(VERBS), kind: kind as Principal['kind'] };
      expect(decide(forged, verb)).toEqual({ allowed: false, reason: 'UNKNOWN_PRINCIPAL_KIND' });
    }
  });
});
