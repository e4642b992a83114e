import { type Bits, hasBit } from './bits.ts';

/** Entries of a block: what is moved when one is put in or taken out is some KB at most. */
const BLOCK_ENTRIES = 1024;
/** A place is a block and a place in it; there is one behind the last entry of a full block. */
const BLOCK_PLACES = BLOCK_ENTRIES * 2;
/** Entries of a number and what is known of it. */
const KNOWN_STRIDE = 3;

interface Block {
  readonly numbers: Int32Array;
  used: number;
}

/**
 * Numbers in an order that whoever has them decides: it says of each number whether it comes before what is looked for,
 * which must be true up to some number and false from there on. Beside each lies what is known of it, so that whoever goes along
 * them need not look anywhere else. Four bytes for each of these numbers, and up to twice that when they do not come in their order.
 */
export class OrderedNumbers {
  readonly #blocks: Block[] = [];
  /** A number, and what is known of it. */
  readonly #stride: number;

  /** @param known how many numbers are known of each */
  constructor(known: 0 | 2) {
    this.#stride = known === 0 ? 1 : KNOWN_STRIDE;
  }

  get size(): number {
    return this.#blocks.reduce((sum, { used }) => sum + used, 0);
  }

  /** Behind all numbers that come before. It holds until the next change. */
  placeOf(comesBefore: (number: number) => boolean): number {
    const blocks = this.#blocks;
    let low = 0;
    let high = blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (comesBefore((blocks[middle] as Block).numbers[0] as number)) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return 0;
    const { numbers, used } = blocks[low - 1] as Block;
    let from = 1;
    let end = used;
    while (from < end) {
      const middle = (from + end) >>> 1;
      if (comesBefore(numbers[middle * this.#stride] as number)) from = middle + 1;
      else end = middle;
    }
    return (low - 1) * BLOCK_PLACES + from;
  }

  /** How many numbers there are before a place. */
  countBefore(place: number): number {
    const block = Math.floor(place / BLOCK_PLACES);
    let count = place % BLOCK_PLACES;
    for (let at = 0; at < block; at++) count += (this.#blocks[at] as Block).used;
    return count;
  }

  /**
   * Goes through the numbers before a place, the last one first, down to another place.
   * @param visit gets what is known of each too; false: no further
   * @param bits those whose second known number has no bit are passed over; undefined: none are
   */
  descend(
    place: number,
    end: number,
    visit: (number: number, known: number, more: number) => boolean,
    bits?: Bits,
  ): void {
    const lastBlock = Math.floor(end / BLOCK_PLACES);
    let from = place % BLOCK_PLACES;
    for (let block = Math.floor(place / BLOCK_PLACES); block >= lastBlock; block--) {
      const { numbers, used } = this.#blocks[block] ?? noBlock;
      const to = block === lastBlock ? end % BLOCK_PLACES : 0;
      if (!descendEntries(numbers, this.#stride, Math.min(from, used), to, visit, bits)) return;
      from = BLOCK_ENTRIES;
    }
  }

  /**
   * Goes through the numbers from one place up to another.
   * @param visit false: no further
   * @param bits those whose upper part has no bit are passed over; undefined: none are
   * @param lowerBits of each number, below that part
   */
  ascend(place: number, end: number, visit: (number: number) => boolean, bits?: Bits, lowerBits = 0): void {
    const stride = this.#stride;
    this.#withBlocks(place, end, (numbers, from, to) =>
      ascendEntries(numbers, stride, from, to, visit, bits, lowerBits),
    );
  }

  /**
   * How many numbers between two places have a mark, counted no further than a limit and the end of a block.
   * @param marks 1 or 0, by the lower bits of what is known of each: as many as there are marks for
   */
  countMarked(place: number, end: number, marks: Uint8Array, limit: number): number {
    let count = 0;
    this.#withBlocks(place, end, (numbers, from, to) => {
      count += countEntries(numbers, from, to, marks);
      return count < limit;
    });
    return Math.min(count, limit);
  }

  /** Sets the bit of the second known number of each that has a mark. @param marks as above */
  setMarked(place: number, end: number, marks: Uint8Array, bits: Bits): void {
    this.#withBlocks(place, end, (numbers, from, to) => setEntries(numbers, from, to, marks, bits));
  }

  /** @param work false: no further */
  #withBlocks(
    place: number,
    end: number,
    work: (numbers: Int32Array, from: number, to: number) => boolean,
  ): void {
    const lastBlock = Math.floor(end / BLOCK_PLACES);
    let from = place % BLOCK_PLACES;
    for (let block = Math.floor(place / BLOCK_PLACES); block <= lastBlock; block++) {
      const { numbers, used } = this.#blocks[block] ?? noBlock;
      if (!work(numbers, from, block === lastBlock ? end % BLOCK_PLACES : used)) return;
      from = 0;
    }
  }

  insert(number: number, comesBefore: (number: number) => boolean, known = 0, more = 0): void {
    const stride = this.#stride;
    const place = this.placeOf(comesBefore);
    let blockNumber = Math.floor(place / BLOCK_PLACES);
    let at = place % BLOCK_PLACES;
    if (this.#blocks.length === 0) this.#blocks.push(this.#newBlock());
    if ((this.#blocks[blockNumber] as Block).used === BLOCK_ENTRIES) {
      const kept = this.#split(blockNumber, at);
      if (at > kept || at === BLOCK_ENTRIES) {
        blockNumber += 1;
        at -= kept;
      }
    }
    const block = this.#blocks[blockNumber] as Block;
    block.numbers.copyWithin((at + 1) * stride, at * stride, block.used * stride);
    block.numbers[at * stride] = number;
    if (stride > 1) {
      block.numbers[at * stride + 1] = known;
      block.numbers[at * stride + 2] = more;
    }
    block.used += 1;
  }

  /** Takes out a number, if it is at its place. */
  remove(number: number, comesBefore: (number: number) => boolean): void {
    const stride = this.#stride;
    const place = this.placeOf(comesBefore);
    let blockNumber = Math.floor(place / BLOCK_PLACES);
    let at = place % BLOCK_PLACES;
    if (at === this.#blocks[blockNumber]?.used) {
      blockNumber += 1;
      at = 0;
    }
    const block = this.#blocks[blockNumber];
    if (block === undefined || at >= block.used || block.numbers[at * stride] !== number) return;
    block.numbers.copyWithin(at * stride, (at + 1) * stride, block.used * stride);
    block.used -= 1;
    if (block.used === 0) this.#blocks.splice(blockNumber, 1);
  }

  #newBlock(): Block {
    return { numbers: new Int32Array(BLOCK_ENTRIES * this.#stride), used: 0 };
  }

  /** Makes room in a block that is full; what is added behind the very last number leaves it full. @returns how many stay */
  #split(blockNumber: number, at: number): number {
    const block = this.#blocks[blockNumber] as Block;
    const isAppended = at === BLOCK_ENTRIES && blockNumber === this.#blocks.length - 1;
    const kept = isAppended ? BLOCK_ENTRIES : BLOCK_ENTRIES / 2;
    const more = this.#newBlock();
    more.numbers.set(block.numbers.subarray(kept * this.#stride));
    more.used = BLOCK_ENTRIES - kept;
    block.used = kept;
    this.#blocks.splice(blockNumber + 1, 0, more);
    return kept;
  }
}

const noBlock: Block = { numbers: new Int32Array(0), used: 0 };

/*
 * Loops of their own: one within another is not compiled as well while it runs for the first time.
 */

function ascendEntries(
  numbers: Int32Array,
  stride: number,
  from: number,
  to: number,
  visit: (number: number) => boolean,
  bits: Bits | undefined,
  lowerBits: number,
): boolean {
  for (let at = from * stride; at < to * stride; at += stride) {
    const number = numbers[at] as number;
    if (bits !== undefined && !hasBit(bits, number >>> lowerBits)) continue;
    if (!visit(number)) return false;
  }
  return true;
}

/** Without a branch, as is what follows: what comes next is what a processor guesses wrong. */
function countEntries(numbers: Int32Array, from: number, to: number, marks: Uint8Array): number {
  const mask = marks.length - 1;
  let count = 0;
  for (let at = from * KNOWN_STRIDE + 1; at < to * KNOWN_STRIDE; at += KNOWN_STRIDE)
    count += marks[(numbers[at] as number) & mask] as number;
  return count;
}

function setEntries(numbers: Int32Array, from: number, to: number, marks: Uint8Array, bits: Bits): boolean {
  const mask = marks.length - 1;
  for (let at = from * KNOWN_STRIDE + 1; at < to * KNOWN_STRIDE; at += KNOWN_STRIDE) {
    const more = numbers[at + 1] as number;
    const mark = marks[(numbers[at] as number) & mask] as number;
    bits[more >>> 5] = (bits[more >>> 5] as number) | (mark << (more & 31));
  }
  return true;
}

function descendEntries(
  numbers: Int32Array,
  stride: number,
  from: number,
  to: number,
  visit: (number: number, known: number, more: number) => boolean,
  bits: Bits | undefined,
): boolean {
  for (let at = (from - 1) * stride; at >= to * stride; at -= stride) {
    const more = numbers[at + 2] as number;
    if (bits !== undefined && !hasBit(bits, more)) continue;
    if (!visit(numbers[at] as number, numbers[at + 1] as number, more)) return false;
  }
  return true;
}
