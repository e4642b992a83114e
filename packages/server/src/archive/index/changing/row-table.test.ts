import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FillingEnds } from '../errors.ts';
import { hashOf } from '../text-hash.ts';
import { RowTable } from './row-table.ts';

describe('rows by hash', () => {
  test('all that were added are found, however many and however their hashes meet', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(300), { maxLength: 2000 }), fc.nat(40_000), (hashes, others) => {
        const table = new RowTable();
        const expected = new Map<number, number[]>();
        for (const [at, hash] of hashes.entries()) {
          table.add(hash, at + 1);
          expected.set(hash, [...(expected.get(hash) ?? []), at + 1]);
        }
        for (let row = 1; row <= others; row++) table.add(hashOf(`1.2.840.${row}`), 10_000 + row);
        for (const [hash, rows] of expected) {
          const found = table.rowsOf(hash).filter((row) => row < 10_000);
          expect(found.sort((a, b) => a - b)).toEqual(rows);
        }
        for (let row = 1; row <= others; row += 97) {
          expect(table.rowsOf(hashOf(`1.2.840.${row}`))).toContain(10_000 + row);
        }
      }),
      { numRuns: 30 },
    );
  });

  test('neighbouring UIDs fall far apart: half a million rows are found within the limit', () => {
    const table = new RowTable();
    for (let row = 1; row <= 500_000; row++) table.add(hashOf(`1.2.840.113619.2.55.${row}.1.1`), row);
    let strangers = 0;
    for (let row = 1; row <= 500_000; row += 7) {
      const rows = table.rowsOf(hashOf(`1.2.840.113619.2.55.${row}.1.1`));
      expect(rows.includes(row)).toBe(true);
      strangers += rows.length - 1;
    }
    expect(strangers).toBeLessThan(100);
  });

  test('texts chosen to meet end the filling, in bounded time', () => {
    const table = new RowTable();
    expect(() => {
      for (let row = 1; row < 100_000; row++) table.add(7, row);
    }).toThrow(FillingEnds);
  });

  test('a seed makes another hash of the same text', () => {
    expect(hashOf('1.2.3', 1)).not.toBe(hashOf('1.2.3', 2));
  });
});
