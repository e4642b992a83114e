import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Bits, countBits, descendBits, drop, hasBit, keepBoth } from './bits.ts';

const WORDS = 5;
const ROWS = WORDS * 32;
const rows = fc.uniqueArray(fc.nat(ROWS - 1)).map((all) => all.sort((a, b) => b - a));

function bitsOf(all: readonly number[]): Bits {
  const bits = new Int32Array(WORDS);
  for (const row of all) bits[row >>> 5] = (bits[row >>> 5] ?? 0) | (1 << (row & 31));
  return bits;
}

function rowsOf(bits: Bits): number[] {
  const all: number[] = [];
  expect(descendBits(bits, ROWS, (row) => all.push(row) > 0)).toBe(0);
  return all;
}

test('bits are the rows that were set, counted and gone through downwards, from anywhere and in parts', () => {
  fc.assert(
    fc.property(rows, rows, fc.nat(ROWS), fc.nat(WORDS), fc.nat(9), (some, others, before, words, wanted) => {
      const bits = bitsOf(some);
      const end = words * 32;
      expect(rowsOf(bits)).toEqual(some);
      expect([-1, before, ROWS + 1].map((row) => row >= 0 && hasBit(bits, row))).toEqual([
        false,
        some.includes(before),
        false,
      ]);
      expect(countBits(bits)).toBe(some.length);
      expect(countBits(bits, end)).toBe(some.filter((row) => row >= end).length);
      expect(countBits(bits, 0, end)).toBe(some.filter((row) => row < end).length);
      const below = some.filter((row) => row < before);
      const found: number[] = [];
      const stoppedAt = descendBits(bits, before, (row) => found.length < wanted && found.push(row) > 0);
      expect(found).toEqual(below.slice(0, wanted));
      expect(stoppedAt).toBe(below[wanted] ?? 0);
      const listed: number[] = [];
      let from = before;
      while (from > end && from > 0) {
        const full = listed.length + wanted + 1;
        from = descendBits(bits, from, (row) => listed.push(row) < full, end);
      }
      expect(listed).toEqual(below.filter((row) => row >= end));
      expect(rowsOf(keepBoth(bitsOf(some), bitsOf(others)))).toEqual(
        some.filter((row) => others.includes(row)),
      );
      const left = bitsOf(some);
      drop(left, bitsOf(others));
      expect(rowsOf(left)).toEqual(some.filter((row) => !others.includes(row)));
    }),
  );
});
