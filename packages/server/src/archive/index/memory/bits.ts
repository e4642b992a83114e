/** Bits of rows: row n is bit n % 32 of number n / 32. Rows behind the end have none. */
export type Bits = Int32Array;

export const hasBit = (bits: Bits, row: number): boolean =>
  ((bits[row >>> 5] ?? 0) & (1 << (row & 31))) !== 0;

/** How many are set, from one row up to another: both are multiples of 32. */
export function countBits(bits: Bits, from = 0, end = bits.length * 32): number {
  let count = 0;
  for (let at = from >>> 5; at < end >>> 5; at++) {
    let each = bits[at] as number;
    each -= (each >>> 1) & 0x55555555;
    each = (each & 0x33333333) + ((each >>> 2) & 0x33333333);
    count += Math.imul((each + (each >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
  }
  return count;
}

/** Takes those away from some that others have not. */
export function keepBoth(some: Bits, others: Bits): Bits {
  for (let at = 0; at < some.length; at++) some[at] = (some[at] as number) & (others[at] ?? 0);
  return some;
}

/** Takes those away from some that others have. */
export function drop(some: Bits, others: Bits): void {
  for (let at = 0; at < some.length; at++) some[at] = (some[at] as number) & ~(others[at] ?? 0);
}

/**
 * Goes through the bits that are set, downwards.
 * @param visit false: no further
 * @param end no bit below it; a multiple of 32
 * @returns the bit before which to go on; the end: there are no more
 */
export function descendBits(bits: Bits, before: number, visit: (bit: number) => boolean, end = 0): number {
  for (let at = (before - 1) >> 5; at >= end >> 5; at--) {
    let left = bits[at] as number;
    if (at === before >> 5) left &= (1 << (before & 31)) - 1;
    while (left !== 0) {
      const high = 31 - Math.clz32(left);
      left ^= 1 << high;
      if (!visit(at * 32 + high)) return at * 32 + high;
    }
  }
  return end;
}
