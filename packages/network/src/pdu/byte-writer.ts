import assert from 'node:assert';

const START_BYTES = 1024;

/** Writes big-endian fields and items whose length is filled in afterwards. */
export class ByteWriter {
  #bytes = Buffer.alloc(START_BYTES);
  #length = 0;

  #room(count: number): number {
    const at = this.#length;
    if (at + count > this.#bytes.length) {
      const grown = Buffer.alloc(Math.max(at + count, this.#bytes.length * 2));
      this.#bytes.copy(grown, 0, 0, at);
      this.#bytes = grown;
    }
    this.#length = at + count;
    return at;
  }

  u8(value: number): void {
    const at = this.#room(1);
    this.#bytes.writeUInt8(value, at);
  }

  u16(value: number): void {
    const at = this.#room(2);
    this.#bytes.writeUInt16BE(value, at);
  }

  u32(value: number): void {
    const at = this.#room(4);
    this.#bytes.writeUInt32BE(value, at);
  }

  zeros(count: number): void {
    const at = this.#room(count);
    this.#bytes.fill(0, at, at + count);
  }

  bytes(value: Uint8Array): void {
    const at = this.#room(value.length);
    this.#bytes.set(value, at);
  }

  latin1(text: string): void {
    const at = this.#room(text.length);
    this.#bytes.write(text, at, 'latin1');
  }

  /** Text padded with spaces to `count` bytes; longer text is our mistake. */
  padded(text: string, count: number): void {
    assert(text.length <= count, 'text is longer than its field');
    this.latin1(text.padEnd(count, ' '));
  }

  /** Text with its 16-bit length in front. */
  counted(value: string | Uint8Array): void {
    this.u16(value.length);
    if (typeof value === 'string') this.latin1(value);
    else this.bytes(value);
  }

  /** An item: type, reserved byte, 16-bit length of what `write` writes. */
  item(type: number, write: () => void): void {
    this.u8(type);
    this.u8(0);
    const at = this.#room(2);
    write();
    const length = this.#length - at - 2;
    assert(length <= 0xffff, 'item is longer than its 16-bit length can say');
    this.#bytes.writeUInt16BE(length, at);
  }

  /** A PDU: type, reserved byte, 32-bit length of what `write` writes. */
  pdu(type: number, write: () => void): void {
    this.u8(type);
    this.u8(0);
    const at = this.#room(4);
    write();
    this.#bytes.writeUInt32BE(this.#length - at - 4, at);
  }

  finish(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }
}
