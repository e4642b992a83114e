import { describe, expect, test } from 'vitest';
import { durationText, estimate } from './estimate.ts';
import type { EstimatedScope } from './estimate.ts';

const polite = { hostsPerSecond: 5, halfPduWaitSeconds: 40 };

function scopeOf(
  addressCount: number,
  rates: Partial<EstimatedScope['rates']> = {},
  ports = 9,
): EstimatedScope {
  const others = { connectionsPerHost: 2, associationsPerHost: 20, countingCap: 1_000 };
  return {
    addressCount,
    ports: Array.from({ length: ports }, (_, at) => at + 1),
    rates: { ...polite, ...others, ...rates },
  };
}

describe('the estimate before a run', () => {
  // A system answers at the end of the sweep: its checks take 3 s, and it closes after 30 s or holds on.
  test.each([
    [10, 40],
    [300, 40],
    [300, 60],
    [600, 60],
  ])(
    'of %i addresses, %i s for half a PDU, is within a fifth of what either kind of server makes of it',
    (count, halfPduWaitSeconds) => {
      const { totalSeconds } = estimate(scopeOf(count, { halfPduWaitSeconds }));
      for (const wait of [30, halfPduWaitSeconds]) {
        const taken = count / 5 + 3 + wait;
        expect(Math.abs(totalSeconds - taken) / taken).toBeLessThan(0.2);
      }
    },
  );

  test('a short wait is no longer than the scope says, and none is none', () => {
    expect(estimate(scopeOf(10, { halfPduWaitSeconds: 35 })).checksSeconds).toBeLessThanOrEqual(38);
    expect(estimate(scopeOf(10, { halfPduWaitSeconds: 0 })).checksSeconds).toBe(3);
  });

  test('with the rate lifted, ports count: nine take nine times as long as one', () => {
    const lifted = { hostsPerSecond: 100_000 };
    const one = estimate(scopeOf(65_536, lifted, 1)).sweepSeconds;
    expect(estimate(scopeOf(65_536, lifted, 9)).sweepSeconds).toBeCloseTo(9 * one);
  });

  test.each([
    [8, '8 s'],
    [200, '3 min 20 s'],
    [4_320, '1 h 12 min'],
  ])('%i seconds are %s', (seconds, text) => {
    expect(durationText(seconds)).toBe(text);
  });
});
