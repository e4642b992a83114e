import fc from 'fast-check';
import { expect, test } from 'vitest';
import { QueryBudget } from './query-budget.ts';

const limits = { burstMatches: 100, matchesPerMinute: 60, unconstrainedMaxMatches: 10 };

test('nobody ever draws more than the burst and the rate allow, however the draws are spread', () => {
  const step = fc.record({ waitMs: fc.nat(90_000), matches: fc.integer({ min: 1, max: 150 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let now = 1_000_000;
      const budget = new QueryBudget(limits, () => now);
      const draws: { at: number; matches: number }[] = [];
      for (const { waitMs, matches } of steps) {
        now += waitMs;
        const left = budget.left('CT1');
        const taken = budget.take('CT1', matches);
        expect(taken).toBe(matches <= left);
        if (taken) draws.push({ at: now, matches });
      }
      for (const [i, first] of draws.entries()) {
        let drawn = 0;
        for (const { at, matches } of draws.slice(i)) {
          drawn += matches;
          const allowed = limits.burstMatches + ((at - first.at) / 60_000) * limits.matchesPerMinute;
          expect(drawn).toBeLessThanOrEqual(allowed + 1e-6);
        }
      }
    }),
  );
});

test('a refused draw takes nothing, a quiet time fills up to the burst and no further', () => {
  let now = 0;
  const budget = new QueryBudget(limits, () => now);
  expect(budget.take('CT1', 101)).toBe(false);
  expect(budget.take('CT1', 100)).toBe(true);
  expect(budget.take('CT1', 1)).toBe(false);
  now += 1000;
  expect(budget.left('CT1')).toBe(1);
  now += 24 * 3_600_000;
  expect(budget.left('CT1')).toBe(100);
});

test('callers do not share a budget, and a clock that is set back gives nothing away', () => {
  let now = 1_000_000;
  const budget = new QueryBudget(limits, () => now);
  expect(budget.take('CT1', 100)).toBe(true);
  expect(budget.left('MR1')).toBe(100);
  now -= 500_000;
  expect(budget.left('CT1')).toBe(0);
});

test('strangers without number do not fill the memory', () => {
  const budget = new QueryBudget(limits, () => 0);
  expect(budget.take('CT1', 100)).toBe(true);
  for (let i = 0; i < 9_000; i++) budget.left(`stranger ${i}`);
  expect(budget.left('CT1')).toBe(0);
});
