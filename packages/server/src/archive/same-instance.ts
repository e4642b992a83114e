import type { InstanceRecord, QuarantineRecord } from './index/index.ts';
import { type PackReader, ReadFailed } from './packs/pack-reader.ts';

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

  constructor(reader: PackReader, record: Pick<InstanceRecord, 'location'>, key: Uint8Array) {
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

/** A data set that is there already under the UID of the one that comes. */
export interface Copy {
  /** The one that is found and fetched; the others are in quarantine. */
  readonly held: boolean;
  readonly record: InstanceRecord | QuarantineRecord;
  readonly key: Uint8Array;
}

interface Compared {
  readonly copy: Copy;
  readonly check: SameInstance;
}

/** Compares what arrives with all copies there are, until it has parted from the last of them. */
export class SameAsOne {
  #agreeing: Compared[];
  #furthest: Compared;
  #heldUnreadable = false;

  constructor(reader: PackReader, copies: readonly [Copy, ...Copy[]]) {
    const compared = (copy: Copy): Compared => ({
      copy,
      check: new SameInstance(reader, copy.record, copy.key),
    });
    const [first, ...others] = copies;
    this.#furthest = compared(first);
    this.#agreeing = [this.#furthest, ...others.map(compared)];
  }

  /** Bytes from the beginning on which it agreed with the copy that it agreed with longest, and that copy. */
  get agreedBytes(): number {
    return this.#furthest.check.agreedBytes;
  }

  get furthest(): Copy {
    return this.#furthest.copy;
  }

  /** The held copy cannot be read any further, and agreed as far as it could. */
  get heldUnreadable(): boolean {
    return this.#heldUnreadable;
  }

  /** True while it agrees with some copy. */
  async write(fragment: Uint8Array): Promise<boolean> {
    return await this.#sift((check) => check.write(fragment));
  }

  /** The copy that ended together with it; undefined when it is another data set than all of them. */
  async end(): Promise<Copy | undefined> {
    await this.#sift((check) => check.end());
    return this.#agreeing[0]?.copy;
  }

  async close(): Promise<void> {
    for (const { check } of this.#agreeing.splice(0)) await check.close();
  }

  async #sift(agrees: (check: SameInstance) => Promise<boolean>): Promise<boolean> {
    const still: Compared[] = [];
    for (const one of this.#agreeing) {
      if (await this.#tell(one, agrees)) still.push(one);
      else await one.check.close();
    }
    const [furthest] = (still.length > 0 ? still : this.#agreeing).toSorted(
      (a, b) => b.check.agreedBytes - a.check.agreedBytes,
    );
    this.#furthest = furthest ?? this.#furthest;
    this.#agreeing = still;
    return still.length > 0;
  }

  async #tell(
    { copy, check }: Compared,
    agrees: (check: SameInstance) => Promise<boolean>,
  ): Promise<boolean> {
    try {
      return await agrees(check);
    } catch (error) {
      // A copy that is damaged is none to compare with; what comes may be all there is of it.
      if (!(error instanceof ReadFailed)) throw error;
      this.#heldUnreadable ||= copy.held;
      return false;
    }
  }
}
