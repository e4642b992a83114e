import { ParseError } from '../parser/parse-error.ts';
import { buildHuffmanCode, decodeSymbol } from './huffman.ts';
import type { HuffmanCode } from './huffman.ts';

/** RFC 1951 2: matches reach back this far. */
const windowBytes = 32 * 1024;

/** Inflated bytes are handed on when so many are there. */
const outputBytes = 64 * 1024;

/** RFC 1951 3.2.5: the longest match. */
const matchLengthMax = 258;

/** Input a symbol with its extra bits may need: 15 + 5 + 15 + 13 bits. */
const symbolMaxBytes = 7;

/** Input the header of a block may need: 3 + 14 + 19 * 3 bits, and 320 code lengths of 7 + 7 bits. */
const blockHeaderMaxBytes = 600;

/** RFC 1951 3.2.5: base and extra bits of length codes 257 to 285 and of distance codes. */
const lengthBases = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195,
  227, 258,
];
const lengthExtraBits = [
  0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
];
const distanceBases = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
  6145, 8193, 12289, 16385, 24577,
];
const distanceExtraBits = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
];

/** RFC 1951 3.2.7: the order in which code length codes come. */
const codeLengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

const endOfBlock = 256;

/**
 * Inflates a raw RFC 1951 stream as it arrives, in bounded memory. The platform's DecompressionStream is not used: it
 * is asynchronous, and it refuses streams with a padding byte or a checksum behind them, which DICOM files have.
 */
export class Inflater {
  readonly #emit: (bytes: Uint8Array) => void;
  readonly #maxBytes: number;
  /** The window, and behind it what was not yet handed on. */
  readonly #output = new Uint8Array(windowBytes + outputBytes + matchLengthMax);
  #outputAt = windowBytes;
  #emittedFrom = windowBytes;
  #total = 0;
  #input: Uint8Array = new Uint8Array(0);
  #at = 0;
  #bits = 0;
  #bitCount = 0;
  #block: 'header' | 'stored' | 'codes' | 'done' = 'header';
  #isLastBlock = false;
  #storedLeft = 0;
  #literals: HuffmanCode = fixedCodes.literals;
  #distances: HuffmanCode = fixedCodes.distances;

  /**
   * @param maxBytes ParseError INFLATED_TOO_LARGE when more come out
   * @param emit is handed inflated bytes; they are valid during the call only
   */
  constructor(maxBytes: number, emit: (bytes: Uint8Array) => void) {
    this.#maxBytes = maxBytes;
    this.#emit = emit;
  }

  /** Whether the last block was read to its end. What comes behind is ignored: padding, a checksum. */
  get isDone(): boolean {
    return this.#block === 'done';
  }

  /** @throws ParseError DEFLATE_INVALID, INFLATED_TOO_LARGE, and what emit throws */
  push(chunk: Uint8Array): void {
    if (this.isDone) return;
    this.#input = joined(this.#input.subarray(this.#at), chunk);
    this.#at = 0;
    this.#run(false);
    this.#input = new Uint8Array(this.#input.subarray(this.#at));
    this.#at = 0;
    this.#handOn();
  }

  /** @throws ParseError DEFLATE_INVALID when the stream is cut short */
  end(): void {
    this.#run(true);
    this.#handOn();
    if (!this.isDone) throw new ParseError('DEFLATE_INVALID');
  }

  /** Works while the input surely holds the next step's bits, or, at the end, while it lasts. */
  #run(isEnd: boolean): void {
    while (this.#block !== 'done') {
      const needed =
        this.#block === 'header' ? blockHeaderMaxBytes : this.#block === 'codes' ? symbolMaxBytes : 1;
      const left = this.#input.length - this.#at;
      if (left < needed && !(isEnd && left * 8 + this.#bitCount > 0)) return;
      if (this.#block === 'header') this.#readBlockHeader();
      else if (this.#block === 'stored') this.#copyStored();
      else this.#readSymbols(isEnd ? 0 : symbolMaxBytes);
    }
  }

  #readBlockHeader(): void {
    this.#isLastBlock = this.#take(1) === 1;
    const type = this.#take(2);
    if (type === 0) {
      this.#beginStored();
    } else if (type === 1) {
      this.#literals = fixedCodes.literals;
      this.#distances = fixedCodes.distances;
      this.#block = 'codes';
    } else if (type === 2) {
      this.#readCodes();
      this.#block = 'codes';
    } else {
      throw new ParseError('DEFLATE_INVALID');
    }
  }

  /** RFC 1951 3.2.4: length and its complement, on a byte boundary. */
  #beginStored(): void {
    this.#take(this.#bitCount % 8);
    const length = this.#take(16);
    if ((length ^ 0xffff) !== this.#take(16)) throw new ParseError('DEFLATE_INVALID');
    this.#storedLeft = length;
    this.#block = 'stored';
    // Whole bytes that were read ahead go back.
    this.#at -= this.#bitCount / 8;
    this.#bits = 0;
    this.#bitCount = 0;
    if (length === 0) this.#endBlock();
  }

  #copyStored(): void {
    const room = this.#output.length - this.#outputAt;
    const count = Math.min(this.#storedLeft, this.#input.length - this.#at, room);
    this.#output.set(this.#input.subarray(this.#at, this.#at + count), this.#outputAt);
    this.#at += count;
    this.#outputAt += count;
    this.#storedLeft -= count;
    if (this.#outputAt >= windowBytes + outputBytes) this.#handOn();
    if (this.#storedLeft === 0) this.#endBlock();
    else if (count === 0) throw new ParseError('DEFLATE_INVALID');
  }

  /** RFC 1951 3.2.7: the codes of a dynamic block. */
  #readCodes(): void {
    const literalCount = this.#take(5) + 257;
    const distanceCount = this.#take(5) + 1;
    const codeLengthCount = this.#take(4) + 4;
    const codeLengths = new Uint8Array(codeLengthOrder.length);
    for (let index = 0; index < codeLengthCount; index++) {
      codeLengths[codeLengthOrder[index] as number] = this.#take(3);
    }
    const lengths = this.#readLengths(built(codeLengths), literalCount + distanceCount);
    this.#literals = built(lengths.subarray(0, literalCount));
    this.#distances = built(lengths.subarray(literalCount));
  }

  #readLengths(code: HuffmanCode, count: number): Uint8Array {
    const lengths = new Uint8Array(count);
    for (let index = 0; index < count;) {
      const symbol = this.#symbol(code);
      if (symbol < 16) {
        lengths[index++] = symbol;
      } else {
        if (symbol === 16 && index === 0) throw new ParseError('DEFLATE_INVALID');
        const value = symbol === 16 ? (lengths[index - 1] as number) : 0;
        const times =
          symbol === 16 ? 3 + this.#take(2) : symbol === 17 ? 3 + this.#take(3) : 11 + this.#take(7);
        if (index + times > count) throw new ParseError('DEFLATE_INVALID');
        lengths.fill(value, index, index + times);
        index += times;
      }
    }
    return lengths;
  }

  /** Literals and matches until the block ends or the input could run out within a symbol. */
  #readSymbols(reserveBytes: number): void {
    const output = this.#output;
    const lastSafe = this.#input.length - reserveBytes;
    do {
      const symbol = this.#symbol(this.#literals);
      if (symbol < endOfBlock) {
        output[this.#outputAt++] = symbol;
      } else if (symbol === endOfBlock) {
        this.#endBlock();
        return;
      } else {
        this.#copyMatch(symbol - endOfBlock - 1);
      }
      if (this.#outputAt >= windowBytes + outputBytes) this.#handOn();
    } while (this.#at <= lastSafe);
  }

  #copyMatch(lengthCode: number): void {
    const lengthBase = lengthBases[lengthCode];
    if (lengthBase === undefined) throw new ParseError('DEFLATE_INVALID');
    const length = lengthBase + this.#take(lengthExtraBits[lengthCode] as number);
    const distanceCode = this.#symbol(this.#distances);
    const distanceBase = distanceBases[distanceCode];
    if (distanceBase === undefined) throw new ParseError('DEFLATE_INVALID');
    const distance = distanceBase + this.#take(distanceExtraBits[distanceCode] as number);
    const to = this.#outputAt;
    // What was handed on and what is still here is all there is to reach back to.
    if (distance > this.#total + to - this.#emittedFrom) throw new ParseError('DEFLATE_INVALID');
    const output = this.#output;
    for (let index = 0; index < length; index++) output[to + index] = output[to + index - distance] as number;
    this.#outputAt = to + length;
  }

  #endBlock(): void {
    this.#block = this.#isLastBlock ? 'done' : 'header';
  }

  /** Emits what is new and moves the window to the front. */
  #handOn(): void {
    const fresh = this.#output.subarray(this.#emittedFrom, this.#outputAt);
    if (fresh.length === 0) return;
    this.#total += fresh.length;
    if (this.#total > this.#maxBytes)
      throw new ParseError('INFLATED_TOO_LARGE', { available: this.#maxBytes });
    this.#emit(fresh);
    this.#output.copyWithin(0, this.#outputAt - windowBytes, this.#outputAt);
    this.#outputAt = windowBytes;
    this.#emittedFrom = windowBytes;
  }

  #symbol(code: HuffmanCode): number {
    this.#fill();
    const entry = decodeSymbol(code, this.#bits);
    const length = entry & 15;
    if (entry < 0 || length > this.#bitCount) throw new ParseError('DEFLATE_INVALID');
    this.#bits >>>= length;
    this.#bitCount -= length;
    return entry >>> 4;
  }

  /** The next bits as a number, lowest first. */
  #take(count: number): number {
    if (count === 0) return 0;
    this.#fill();
    if (count > this.#bitCount) throw new ParseError('DEFLATE_INVALID');
    const value = this.#bits & ((1 << count) - 1);
    this.#bits >>>= count;
    this.#bitCount -= count;
    return value;
  }

  /** At least 24 bits in hand, unless the input ends: more than any code or extra bits take. */
  #fill(): void {
    while (this.#bitCount < 24 && this.#at < this.#input.length) {
      this.#bits |= (this.#input[this.#at++] as number) << this.#bitCount;
      this.#bitCount += 8;
    }
  }
}

function built(lengths: Uint8Array): HuffmanCode {
  const code = buildHuffmanCode(lengths);
  if (code === undefined) throw new ParseError('DEFLATE_INVALID');
  return code;
}

/** RFC 1951 3.2.6: the codes of a fixed block. */
const fixedCodes = {
  literals: built(
    Uint8Array.from({ length: 288 }, (_, symbol) =>
      symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8,
    ),
  ),
  distances: built(new Uint8Array(30).fill(5)),
};

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
