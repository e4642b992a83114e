import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { blockHolds } from './address.ts';
import type { Block } from './address.ts';
import { BlockTable } from './block-table.ts';

/** Few addresses, so that blocks meet, hold each other, and end beside each other. */
const SPACE_MAX = 40;

const blocks = fc.array(
  fc
    .record({
      family: fc.constantFrom<4 | 6>(4, 6),
      a: fc.bigInt(0n, BigInt(SPACE_MAX)),
      b: fc.bigInt(0n, BigInt(SPACE_MAX)),
    })
    .map(({ family, a, b }): Block => ({
      family,
      first: a < b ? a : b,
      last: a < b ? b : a,
      prefixLength: 0,
    })),
  { maxLength: 12 },
);

describe('a table of blocks', () => {
  test('finds what a search from the first block to the last finds', () => {
    fc.assert(
      fc.property(blocks, (list) => {
        const table = new BlockTable(list.map((block, value) => ({ block, value })));
        for (const family of [4, 6] as const) {
          for (let value = 0n; value <= BigInt(SPACE_MAX) + 1n; value++) {
            const address = { family, value };
            const linear = list.findIndex((block) => blockHolds(block, address));
            expect(table.find(address)).toBe(linear < 0 ? undefined : linear);
          }
        }
      }),
    );
  });

  test('an empty one finds nothing', () => {
    expect(new BlockTable([]).find({ family: 4, value: 1n })).toBeUndefined();
  });
});
