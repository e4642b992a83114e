import { ensure, ImagingError } from '../imaging-error.ts';

/** Codes up to this length are found in one step; longer ones are rare. */
const quickBits = 10;

/** Decodes Huffman codes of up to 16 bits (ISO/IEC 10918-1 Annex C). */
export interface HuffmanTable {
  /** By the next bits: length << 8 | value; 0 where no short code fits. */
  readonly quick: Uint16Array;
  /** By length: the first code that is longer, left-aligned to 16 bits. */
  readonly limits: Int32Array;
  /** By length: what to add to a code to get the index of its value. */
  readonly bases: Int32Array;
  readonly values: Uint8Array;
}

/**
 * Makes a table of the numbers of codes of each length and their values (C.2).
 * @throws ImagingError CODESTREAM_INVALID when there are more codes than fit, or a category above 16
 */
export function buildHuffmanTable(counts: Uint8Array, values: Uint8Array): HuffmanTable {
  const quick = new Uint16Array(1 << quickBits);
  const limits = new Int32Array(18);
  const bases = new Int32Array(18);
  let code = 0;
  let index = 0;
  for (let length = 1; length <= 16; length++) {
    const count = counts[length - 1] as number;
    bases[length] = index - code;
    ensure(code + count <= 1 << length, 'CODESTREAM_INVALID', { expected: 'a prefix code' });
    for (let each = 0; each < count; each++, index++, code++) {
      const value = values[index] as number;
      ensure(value <= 16, 'CODESTREAM_INVALID', { category: value });
      const shift = quickBits - length;
      if (shift >= 0) quick.fill((length << 8) | value, code << shift, (code + 1) << shift);
    }
    limits[length] = code << (16 - length);
    code <<= 1;
  }
  limits[17] = 1 << 16;
  return { quick, limits, bases, values: Uint8Array.from(values) };
}

/**
 * Bits of entropy-coded segments, with stuffed zeros removed (F.1.2.3). Behind the last byte come as many zeros as one
 * code could ask for, so that reading needs no test; going past them is an error.
 */
export class EntropyReader {
  readonly #bytes: Uint8Array;
  #at: number;
  #bits = 0;
  #count = 0;
  /** Bits given beyond the segment's end. */
  #missing = 0;
  #restarts = 0;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  /**
   * The next difference (H.1.2.2).
   * @throws ImagingError CODESTREAM_TRUNCATED, CODESTREAM_INVALID
   */
  difference(table: HuffmanTable): number {
    if (this.#count < 16) this.#fill();
    const next = (this.#bits >>> (this.#count - 16)) & 0xffff;
    const found = table.quick[next >>> (16 - quickBits)] as number;
    let category: number;
    if (found !== 0) {
      this.#count -= found >>> 8;
      category = found & 0xff;
    } else {
      let length = quickBits + 1;
      while (next >= (table.limits[length] as number)) length++;
      if (length > 16)
        throw new ImagingError('CODESTREAM_INVALID', { expected: 'a Huffman code', offset: this.#at });
      this.#count -= length;
      category = table.values[(next >>> (16 - length)) + (table.bases[length] as number)] as number;
    }
    if (category === 0) return 0;
    if (category === 16) return 32768;
    if (this.#count < category) this.#fill();
    this.#count -= category;
    const value = (this.#bits >>> this.#count) & ((1 << category) - 1);
    return value < 1 << (category - 1) ? value - (1 << category) + 1 : value;
  }

  /** At least 17 bits, zeros behind the end. */
  #fill(): void {
    const bytes = this.#bytes;
    while (this.#count <= 24) {
      let byte = bytes[this.#at];
      if (byte === undefined || (byte === 0xff && bytes[this.#at + 1] !== 0)) {
        byte = 0;
        this.#missing += 8;
        // Bits that were asked for and are not there: the codestream ended.
        if (this.#missing > 32 + 8) throw new ImagingError('CODESTREAM_TRUNCATED', { offset: this.#at });
      } else {
        this.#at += byte === 0xff ? 2 : 1;
      }
      this.#bits = (this.#bits << 8) | byte;
      this.#count += 8;
    }
  }

  /** Goes on behind the next RSTm (E.2.4). */
  restart(): void {
    const at = this.end();
    const expected = 0xd0 + (this.#restarts++ & 7);
    ensure(this.#bytes[at] === 0xff && this.#bytes[at + 1] === expected, 'CODESTREAM_TRUNCATED', {
      expected: 'a restart marker',
      offset: at,
    });
    this.#at = at + 2;
    this.#bits = 0;
    this.#count = 0;
    this.#missing = 0;
  }

  /**
   * Ends the segment: where its bytes end.
   * @throws ImagingError CODESTREAM_TRUNCATED when more bits were used than there are
   */
  end(): number {
    ensure(this.#count >= this.#missing, 'CODESTREAM_TRUNCATED', { offset: this.#at });
    let at = this.#at;
    while (this.#bytes[at] === 0xff && this.#bytes[at + 1] === 0xff) at++;
    return at;
  }
}
