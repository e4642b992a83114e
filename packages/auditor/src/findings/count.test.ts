import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addCounts, countText, noCount, percentText, severityOf, wholeText } from './index.ts';

const count = fc.record({ value: fc.maxSafeNat(), isLowerBound: fc.boolean() });

describe('counts', () => {
  test('a sum is exact, or the largest exact number as a lower bound', () => {
    fc.assert(
      fc.property(fc.array(count), (counts) => {
        const exact = counts.reduce((sum, { value }) => sum + BigInt(value), 0n);
        const sum = counts.reduce(addCounts, noCount);
        expect(BigInt(sum.value) <= exact).toBe(true);
        if (exact <= BigInt(Number.MAX_SAFE_INTEGER)) {
          expect(BigInt(sum.value)).toBe(exact);
          expect(sum.isLowerBound).toBe(counts.some(({ isLowerBound }) => isLowerBound));
        } else expect(sum.isLowerBound).toBe(true);
      }),
    );
  });

  test('a lower bound is printed as one', () => {
    expect(countText({ value: 1_000, isLowerBound: true })).toBe('≥ 1,000');
    expect(countText({ value: 178_283_858, isLowerBound: false })).toBe('178,283,858');
    expect(wholeText(0)).toBe('0');
    expect(wholeText(999)).toBe('999');
  });

  test('a share of nothing is no number', () => {
    expect(percentText(0, 0)).toBe('-');
    expect(percentText(1, 3)).toBe('33.3 %');
  });
});

test('severity follows the qualitative scale of CVSS 3.1, section 5', () => {
  expect([0, 0.1, 3.9, 4, 6.9, 7, 8.9, 9, 10].map(severityOf)).toEqual([
    'none',
    'low',
    'low',
    'medium',
    'medium',
    'high',
    'high',
    'critical',
    'critical',
  ]);
});
