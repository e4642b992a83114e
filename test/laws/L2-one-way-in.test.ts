import { expect, test } from 'vitest';
import type { TrailEntry } from '../../packages/server/src/audit-trail/index.ts';
import { type Principal, VERBS } from '../../packages/server/src/identity/principal.ts';
import {
  carryOut,
  QuarantineBudget,
  QueryBudget,
  Refused,
  type Workplace,
} from '../../packages/server/src/operations/index.ts';

const KINDS = [
  ['device', 'certificate'],
  ['operator', 'command-line'],
  ['system', 'internal'],
] as const;

const trail: TrailEntry[] = [];
const limits = { burstMatches: 1, matchesPerMinute: 1, unconstrainedMaxMatches: 1 };
/** An archive that can do nothing but take notes: whoever got past authorisation to it would fail. */
const archive = { note: (entry: TrailEntry) => Promise.resolve(void trail.push(entry)) };
const workplace: Workplace = {
  archive: archive as unknown as Workplace['archive'],
  nowMs: () => 0,
  budget: new QueryBudget(limits, () => 0),
  quarantine: new QuarantineBudget(() => 0),
};

function callers(verbs: Principal['verbs']) {
  return KINDS.map(([kind, via]) => ({ principal: { kind, via, id: 'X', name: 'X', verbs } }));
}

test.each(VERBS)('L2: %s is denied to everybody who was not granted it, and recorded', async (verb) => {
  for (const caller of callers(VERBS.filter((other) => other !== verb))) {
    trail.length = 0;
    let done = 0;
    await expect(carryOut(workplace, verb, caller, {}, () => done++)).rejects.toBeInstanceOf(Refused);
    expect(done).toBe(0);
    expect(trail).toMatchObject([{ verb, outcome: 'refused', principal: { kind: caller.principal.kind } }]);
  }
});

test.each(VERBS)(
  'L2: %s, granted: at most one kind of caller has it, and both outcomes are recorded',
  async (verb) => {
    const allowed: string[] = [];
    for (const caller of callers(VERBS)) {
      trail.length = 0;
      const isDone = await carryOut(workplace, verb, caller, {}, () => true).catch(() => false);
      expect(trail).toMatchObject([{ verb, outcome: isDone ? 'success' : 'refused' }]);
      if (!isDone) continue;
      allowed.push(caller.principal.kind);
      trail.length = 0;
      const failure = Object.assign(new Error('x'), { code: 'SOME_CODE' });
      await expect(carryOut(workplace, verb, caller, {}, () => Promise.reject(failure))).rejects.toBe(
        failure,
      );
      expect(trail).toMatchObject([{ verb, outcome: 'failed', reason: 'SOME_CODE' }]);
    }
    // Nobody may have `connect`: it only names those who were not let in.
    expect(allowed).toHaveLength(verb === 'connect' ? 0 : 1);
  },
);
