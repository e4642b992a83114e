import { PduError } from './pdu-error.ts';
import { UID_MAX_BYTES } from './limits.ts';

/** Reads big-endian fields from one PDU or item and refuses to read past its end. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  readonly #itemType: number;
  #at: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length, itemType = 0) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    this.#itemType = itemType;
  }

  get remaining(): number {
    return this.#end - this.#at;
  }

  #take(count: number): number {
    const at = this.#at;
    if (count > this.#end - at) {
      throw new PduError('ITEM_CUT_SHORT', {
        itemType: this.#itemType,
        declared: count,
        available: this.#end - at,
      });
    }
    this.#at = at + count;
    return at;
  }

  u8(): number {
    return this.#bytes[this.#take(1)] ?? 0;
  }

  u16(): number {
    const at = this.#take(2);
    return ((this.#bytes[at] ?? 0) << 8) | (this.#bytes[at + 1] ?? 0);
  }

  u32(): number {
    return this.u16() * 0x10000 + this.u16();
  }

  skip(count: number): void {
    this.#take(count);
  }

  /** A copy: what is kept of an A-ASSOCIATE PDU must not hold its read buffer. */
  bytes(count: number): Uint8Array {
    const at = this.#take(count);
    return new Uint8Array(this.#bytes.subarray(at, at + count));
  }

  /** Bytes as characters of the same code, without any check. */
  latin1(count: number): string {
    const at = this.#take(count);
    let text = '';
    for (let i = at; i < at + count; i++) text += String.fromCharCode(this.#bytes[i] ?? 0);
    return text;
  }

  /**
   * A UID: 1 to 64 digits and dots (PS3.5 9.1, PS3.8 Annex F). Trailing NULs and spaces are dropped, because
   * several products pad to even length here although PS3.8 says not to.
   */
  uid(count: number): string {
    const text = count > UID_MAX_BYTES + 1 ? '' : this.latin1(count).replace(/[\0 ]+$/, '');
    if (!/^[0-9.]{1,64}$/.test(text)) {
      throw new PduError('UID_INVALID', { itemType: this.#itemType, declared: count });
    }
    return text;
  }

  /** The next item with an 8-bit type, a reserved byte and a 16-bit length (PS3.8 9.3.2.1 and on). */
  item(): { type: number; body: ByteReader } {
    const type = this.u8();
    this.skip(1);
    const length = this.u16();
    if (length > this.remaining) {
      throw new PduError('ITEM_CUT_SHORT', { itemType: type, declared: length, available: this.remaining });
    }
    const start = this.#take(length);
    return { type, body: new ByteReader(this.#bytes, start, start + length, type) };
  }

  /** Refuses bytes after the last field. */
  expectEnd(): void {
    if (this.remaining > 0) {
      throw new PduError('ITEM_LENGTH_WRONG', { itemType: this.#itemType, available: this.remaining });
    }
  }
}
