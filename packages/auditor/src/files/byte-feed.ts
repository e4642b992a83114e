import { readSync } from 'node:fs';

/** Bytes of one file, forwards only. */
export interface ByteFeed {
  readonly sizeBytes: number;
  /** Whether skipping costs nothing. */
  readonly seeks: boolean;
  /** The next bytes, `maxBytes` at most; empty at the end. Valid until the next call. */
  read(maxBytes: number): Uint8Array | Promise<Uint8Array>;
  /** Passes over bytes, not beyond the end. */
  skip(countBytes: number): void | Promise<void>;
  /** The last bytes, wherever reading stands; only where seeking costs nothing. */
  tail?(maxBytes: number): Uint8Array;
}

/** A part of an open file: all of it, or an extent of a CD image. The buffer is the worker's, used again for each. */
export class FileFeed implements ByteFeed {
  readonly seeks = true;
  readonly sizeBytes: number;
  readonly #fd: number;
  readonly #base: number;
  readonly #buffer: Uint8Array;
  #at = 0;

  constructor(fd: number, baseBytes: number, sizeBytes: number, buffer: Uint8Array) {
    this.#fd = fd;
    this.#base = baseBytes;
    this.sizeBytes = sizeBytes;
    this.#buffer = buffer;
  }

  read(maxBytes: number): Uint8Array {
    const wanted = Math.min(maxBytes, this.#buffer.length, this.sizeBytes - this.#at);
    if (wanted <= 0) return empty;
    const count = readSync(this.#fd, this.#buffer, 0, wanted, this.#base + this.#at);
    this.#at += count;
    return this.#buffer.subarray(0, count);
  }

  skip(countBytes: number): void {
    this.#at = Math.min(this.sizeBytes, this.#at + countBytes);
  }

  tail(maxBytes: number): Uint8Array {
    this.#at = Math.max(0, this.sizeBytes - maxBytes);
    return this.read(maxBytes);
  }
}

/** Bytes held in memory. */
export class BufferFeed implements ByteFeed {
  readonly seeks = true;
  readonly sizeBytes: number;
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.sizeBytes = bytes.length;
  }

  read(maxBytes: number): Uint8Array {
    const piece = this.#bytes.subarray(this.#at, this.#at + maxBytes);
    this.#at += piece.length;
    return piece;
  }

  skip(countBytes: number): void {
    this.#at = Math.min(this.sizeBytes, this.#at + countBytes);
  }

  tail(maxBytes: number): Uint8Array {
    return this.#bytes.subarray(Math.max(0, this.#bytes.length - maxBytes));
  }
}

/** Bytes that come one after the other: an entry of an archive as it is inflated, an object from a store. */
export class StreamFeed implements ByteFeed {
  readonly seeks = false;
  readonly sizeBytes: number;
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #onBytes: (count: number) => void;
  #pending: Uint8Array = empty;

  /** @param onBytes is told of bytes that came, and may throw to end it. */
  constructor(chunks: AsyncIterable<Uint8Array>, sizeBytes: number, onBytes: (count: number) => void) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.sizeBytes = sizeBytes;
    this.#onBytes = onBytes;
  }

  async read(maxBytes: number): Promise<Uint8Array> {
    while (this.#pending.length === 0) {
      const next = await this.#chunks.next();
      if (next.done === true) return empty;
      this.#onBytes(next.value.length);
      this.#pending = next.value;
    }
    const piece = this.#pending.subarray(0, maxBytes);
    this.#pending = this.#pending.subarray(piece.length);
    return piece;
  }

  async skip(countBytes: number): Promise<void> {
    let left = countBytes;
    while (left > 0) {
      const piece = await this.read(left);
      if (piece.length === 0) return;
      left -= piece.length;
    }
  }

  /** Lets go of the source before its end. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}

const empty = new Uint8Array(0);
