import type { InstanceRecord } from './index/index.ts';
import type { PackReader } from './packs/pack-reader.ts';

/**
 * Compares a data set that arrives with the one that is held under the same SOPInstanceUID, as the bytes
 * come: nothing is written while they agree, and nothing is held but one chunk.
 */
export class SameInstance {
  readonly #stored: AsyncGenerator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array();
  #at = 0;
  #agreed = 0;
  #differs = false;

  constructor(reader: PackReader, record: InstanceRecord, key: Uint8Array) {
    this.#stored = reader.readDataSet(record.location, key);
  }

  /** Bytes from the beginning on which both agree. */
  get agreedBytes(): number {
    return this.#agreed;
  }

  get differs(): boolean {
    return this.#differs;
  }

  /** True while both agree. */
  async write(fragment: Uint8Array): Promise<boolean> {
    let from = 0;
    while (from < fragment.length && !this.#differs) {
      if (this.#at === this.#chunk.length && !(await this.#nextChunk())) {
        this.#differs = true;
        break;
      }
      const length = Math.min(fragment.length - from, this.#chunk.length - this.#at);
      const arrived = fragment.subarray(from, from + length);
      const held = this.#chunk.subarray(this.#at, this.#at + length);
      if (Buffer.compare(arrived, held) !== 0) {
        this.#differs = true;
        break;
      }
      from += length;
      this.#at += length;
      this.#agreed += length;
    }
    return !this.#differs;
  }

  /** True when both ended together. */
  async end(): Promise<boolean> {
    if (!this.#differs && (this.#at < this.#chunk.length || (await this.#nextChunk()))) this.#differs = true;
    return !this.#differs;
  }

  async close(): Promise<void> {
    await this.#stored.return(undefined);
  }

  async #nextChunk(): Promise<boolean> {
    const next = await this.#stored.next();
    if (next.done) return false;
    this.#chunk = next.value;
    this.#at = 0;
    return true;
  }
}
