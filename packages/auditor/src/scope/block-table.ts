import type { Address, Block } from './address.ts';

/** A block of addresses and what is known of it. */
export interface BlockEntry<Value> {
  readonly block: Block;
  readonly value: Value;
}

/**
 * Which of many blocks an address is in; where they overlap, the first of the list counts. The blocks are cut into
 * pieces that do not overlap and are sorted, so that a look-up in 20,000 ranges takes fifteen comparisons.
 */
export class BlockTable<Value> {
  readonly #families: ReadonlyMap<4 | 6, Pieces<Value>>;

  constructor(entries: readonly BlockEntry<Value>[]) {
    const families = Map.groupBy(entries, ({ block }) => block.family);
    this.#families = new Map([...families].map(([family, list]) => [family, cut(list)]));
  }

  find({ family, value }: Address): Value | undefined {
    const pieces = this.#families.get(family);
    return pieces?.values[positionOf(pieces.starts, value)];
  }
}

/** The piece at a position reaches from its start to the next one's; the last one has no value. */
interface Pieces<Value> {
  readonly starts: readonly bigint[];
  readonly values: readonly (Value | undefined)[];
}

function cut<Value>(entries: readonly BlockEntry<Value>[]): Pieces<Value> {
  const edges = entries.flatMap(({ block }) => [block.first, block.last + 1n]);
  const starts = [...new Set(edges)].sort((a, b) => (a < b ? -1 : 1));
  const values = starts.map((): Value | undefined => undefined);
  // From each piece, the way to the next one that nobody has yet: every piece is given once, whatever overlaps.
  const onward = [...starts.keys(), starts.length];
  for (const { block, value } of entries) {
    const end = positionOf(starts, block.last + 1n);
    for (let at = free(onward, positionOf(starts, block.first)); at < end; at = free(onward, at)) {
      values[at] = value;
      onward[at] = at + 1;
    }
  }
  return { starts, values };
}

/** The first piece from a position on that nobody has; ways that were walked become shorter. */
function free(onward: number[], from: number): number {
  let at = from;
  for (;;) {
    const next = onward[at] ?? at;
    if (next === at) return at;
    const beyond = onward[next] ?? next;
    onward[at] = beyond;
    at = beyond;
  }
}

/** Position of the last start that is not above the value; -1 when there is none. */
function positionOf(starts: readonly bigint[], value: bigint): number {
  let [low, high] = [0, starts.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const start = starts[middle];
    if (start !== undefined && start <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
