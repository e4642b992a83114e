/** Codes up to this length are found in one look-up; longer ones bit by bit. */
const quickBits = 10;

/** RFC 1951 3.2.7: the longest code. */
export const codeLengthMax = 15;

/** A canonical Huffman code (RFC 1951 3.2.2). */
export interface HuffmanCode {
  /** By the next ten bits: symbol * 16 + code length; 0 for longer or unused codes. */
  readonly quick: Uint16Array;
  /** Number of codes of each length. */
  readonly counts: Uint16Array;
  /** Symbols in the order of their codes. */
  readonly symbols: Uint16Array;
}

/** Builds a code from the length of each symbol's code; undefined when the lengths describe none. */
export function buildHuffmanCode(lengths: Uint8Array): HuffmanCode | undefined {
  const counts = new Uint16Array(codeLengthMax + 1);
  for (const length of lengths) counts[length] = (counts[length] as number) + 1;
  counts[0] = 0;
  const offsets = new Uint16Array(codeLengthMax + 2);
  let free = 1;
  for (let length = 1; length <= codeLengthMax; length++) {
    free = free * 2 - (counts[length] as number);
    if (free < 0) return undefined;
    offsets[length + 1] = (offsets[length] as number) + (counts[length] as number);
  }
  const symbols = new Uint16Array(lengths.length);
  for (const [symbol, length] of lengths.entries()) {
    if (length === 0) continue;
    symbols[offsets[length] as number] = symbol;
    offsets[length] = (offsets[length] as number) + 1;
  }
  return { quick: quickTable(counts, symbols), counts, symbols };
}

function quickTable(counts: Uint16Array, symbols: Uint16Array): Uint16Array {
  const quick = new Uint16Array(1 << quickBits);
  let code = 0;
  let index = 0;
  for (let length = 1; length <= quickBits; length++) {
    for (let count = counts[length] as number; count > 0; count--) {
      const entry = ((symbols[index++] as number) << 4) | length;
      for (let at = reversed(code, length); at < quick.length; at += 1 << length) quick[at] = entry;
      code++;
    }
    code <<= 1;
  }
  return quick;
}

/** Codes stand in the stream with their first bit lowest (RFC 1951 3.1.1). */
function reversed(code: number, length: number): number {
  let result = 0;
  for (let bit = 0; bit < length; bit++) result |= ((code >>> bit) & 1) << (length - 1 - bit);
  return result;
}

/**
 * The symbol at the low end of `bits`, as symbol * 16 + code length; -1 when no code fits.
 * @param bits at least 15 bits of the stream, zeros behind its end
 */
export function decodeSymbol(code: HuffmanCode, bits: number): number {
  const entry = code.quick[bits & ((1 << quickBits) - 1)] as number;
  return entry === 0 ? decodeLong(code, bits) : entry;
}

function decodeLong(code: HuffmanCode, bits: number): number {
  let value = 0;
  let first = 0;
  let index = 0;
  for (let length = 1; length <= codeLengthMax; length++) {
    value |= (bits >>> (length - 1)) & 1;
    const count = code.counts[length] as number;
    if (value - first < count) return ((code.symbols[index + value - first] as number) << 4) | length;
    index += count;
    first = (first + count) << 1;
    value <<= 1;
  }
  return -1;
}
