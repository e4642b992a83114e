import { describe, expect, test } from 'vitest';
import { Scope, readScope } from '../scope/index.ts';
import { hasEnded, permittedFrom } from './permitted-time.ts';

function scope(window = ''): Scope {
  const text = `owner = "Clinic"
contact = "it@clinic.example"
operator = "Jane Doe"
attestation = "Loopback of this machine, for a test."
attested = true
not-before = 2026-11-10
not-after = 2026-11-20
${window}
[[range]]
cidr = "127.0.0.1/32"
`;
  return new Scope(readScope(text), []);
}

/** By the clock of this machine, whatever its zone. */
const local = (day: number, hour: number, minute = 0): Date => new Date(2026, 10, day, hour, minute);

describe('the time a scope permits', () => {
  test('before its first day it is the first moment of it, after its last day there is none', () => {
    expect(permittedFrom(scope(), new Date('2026-11-01T12:00:00Z'))?.toISOString()).toBe(
      '2026-11-10T00:00:00.000Z',
    );
    expect(permittedFrom(scope(), new Date('2026-11-21T00:00:00Z'))).toBeUndefined();
    expect(hasEnded(scope(), new Date('2026-11-20T23:59:59Z'))).toBe(false);
    expect(hasEnded(scope(), new Date('2026-11-21T00:00:00Z'))).toBe(true);
  });

  test('outside the daily window it is the minute the window opens, over midnight, too', () => {
    const nights = scope('[window]\nfrom = "22:00"\nto = "05:00"');
    expect(permittedFrom(nights, local(12, 12, 17))).toEqual(local(12, 22));
    expect(permittedFrom(nights, local(12, 23, 30))).toEqual(local(12, 23, 30));
    expect(permittedFrom(nights, local(13, 5))).toEqual(local(13, 22));
  });
});
