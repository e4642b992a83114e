import { ProbeError } from '../transport/index.ts';

/** Reads the fields of one whole message in turn. Every read past the end is PROTOCOL SHORT_MESSAGE. */
export class Fields {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  take(length: number): Buffer {
    if (length < 0 || length > this.left) throw new ProbeError('PROTOCOL', 'SHORT_MESSAGE');
    const taken = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return taken;
  }

  skip(length: number): this {
    this.take(length);
    return this;
  }

  u8(): number {
    return this.take(1).readUInt8();
  }

  u16be(): number {
    return this.take(2).readUInt16BE();
  }

  u32be(): number {
    return this.take(4).readUInt32BE();
  }

  u16le(): number {
    return this.take(2).readUInt16LE();
  }

  u32le(): number {
    return this.take(4).readUInt32LE();
  }
}

/** Numbers as bytes, for messages that are built. */
export const bytesOf = {
  u16be: (value: number): Buffer => Buffer.of((value >>> 8) & 0xff, value & 0xff),
  u32be: (value: number): Buffer =>
    Buffer.of(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff),
  u16le: (value: number): Buffer => bytesOf.u16be(value).reverse(),
  u32le: (value: number): Buffer => bytesOf.u32be(value).reverse(),
};
