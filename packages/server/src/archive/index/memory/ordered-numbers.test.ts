import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countBits, hasBit } from './bits.ts';
import { OrderedNumbers } from './ordered-numbers.ts';

const before = (number: number) => (each: number) => each < number;

function expectOrder(order: OrderedNumbers, wanted: readonly number[]): void {
  const all: number[] = [];
  order.ascend(order.placeOf(before(0)), order.placeOf(before(Infinity)), (each) => all.push(each) > 0);
  expect(all).toEqual(wanted);
  const down: number[] = [];
  const [start, end] = [order.placeOf(before(0)), order.placeOf(before(Infinity))];
  order.descend(end, start, (each, known, more) => {
    expect([known, more]).toEqual([each * 2, each + 1]);
    return down.push(each) > 0;
  });
  expect(down).toEqual([...wanted].reverse());
  expect(order.size).toBe(wanted.length);
}

/** Those within two places of which every third is marked, by what is known of them, and has a bit. */
function expectMarked(order: OrderedNumbers, from: number, end: number, within: readonly number[]): void {
  const marks = new Uint8Array(64).map((_, at) => (at % 3 === 0 ? 1 : 0));
  const marked = within.filter((each) => ((each * 2) & 63) % 3 === 0);
  expect(order.countMarked(from, end, marks, Infinity)).toBe(marked.length);
  expect(order.countMarked(from, end, marks, 7)).toBe(Math.min(marked.length, 7));
  const bits = new Int32Array(1024);
  order.setMarked(from, end, marks, bits);
  expect(countBits(bits)).toBe(marked.length);
  expect(marked.every((each) => hasBit(bits, each + 1))).toBe(true);
  const wanted = new Int32Array(1024);
  for (const each of marked) wanted[each >>> 6] = (wanted[each >>> 6] ?? 0) | (1 << ((each >>> 1) & 31));
  const up: number[] = [];
  order.ascend(from, end, (each) => up.push(each) > 0, wanted, 1);
  expect(up).toEqual(within.filter((each) => hasBit(wanted, each >>> 1)));
}

test('numbers stay in order, in several blocks, as they are put in and taken out', () => {
  const number = fc.nat(20_000);
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uniqueArray(number, { minLength: 2500, maxLength: 4000 }),
        fc.integer({ min: 1, max: 4000 }).map((size) => Array.from({ length: size }, (_, at) => at)),
      ),
      fc.array(number, { maxLength: 500 }),
      fc.array(fc.tuple(number, number), { minLength: 1, maxLength: 5 }),
      (put, taken, ranges) => {
        const order = new OrderedNumbers(2);
        for (const each of put) order.insert(each, before(each), each * 2, each + 1);
        const held = new Set(put);
        // What is not there is left alone.
        for (const each of [...taken, ...put.slice(0, put.length / 2)]) {
          order.remove(each, before(each));
          held.delete(each);
        }
        const wanted = [...held].sort((a, b) => a - b);
        expectOrder(order, wanted);
        for (const [low, high] of ranges) {
          const [from, end] = [order.placeOf(before(low)), order.placeOf(before(high))];
          const within = wanted.filter((each) => each >= low && each < high);
          expect(Math.max(0, order.countBefore(end) - order.countBefore(from))).toBe(within.length);
          const up: number[] = [];
          if (low < high) order.ascend(from, end, (each) => up.push(each) < 3);
          expect(up).toEqual(within.slice(0, 3));
          const down: number[] = [];
          if (low < high) order.descend(end, from, (each) => down.push(each) > 0);
          expect(down).toEqual([...within].reverse());
          expectMarked(order, from, low < high ? end : from, low < high ? within : []);
        }
      },
    ),
    { numRuns: 30 },
  );
});

test('none is in an empty order', () => {
  const order = new OrderedNumbers(2);
  order.remove(7, before(7));
  expectOrder(order, []);
  order.insert(7, before(7), 14, 8);
  order.remove(7, before(7));
  expectOrder(order, []);
});
