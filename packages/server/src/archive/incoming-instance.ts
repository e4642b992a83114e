import type { ArchiveIndex, InstanceAttributes, InstanceRecord, QuarantineRecord } from './index/index.ts';
import { InstanceWriter, type InstanceSource, type StudyKey, type WriterHost } from './instance-writer.ts';
import type { PackReader } from './packs/pack-reader.ts';
import { type Copy, SameAsOne } from './same-instance.ts';

export type StoreOutcome =
  /** New, durable, can be found. */
  | 'stored'
  /** Bit for bit what is held already: nothing was written. */
  | 'identical'
  /** Another data set under a UID that is taken: kept in quarantine, not in the index. */
  | 'conflict';

export interface StoreFacts {
  outcome: StoreOutcome;
  studyInstanceUID: string;
  seriesInstanceUID: string;
  sopInstanceUID: string;
  sopClassUID: string;
  patientID?: string;
}

export interface IncomingHost<Note> extends WriterHost<Note> {
  index: ArchiveIndex;
  reader: PackReader;
  heldKey(slot: number): Uint8Array | undefined;
  /** Instances on their way in, by SOPInstanceUID: the second of two waits for the first. */
  inFlight: Map<string, Promise<void>>;
}

/** What is held under a UID at the moment. */
export interface KnownUnderUID {
  readonly held: InstanceRecord | undefined;
}

/**
 * One instance on its way in, whether it turns out to be new, held already, or in conflict with what is
 * held. Write its bytes, then `finish` or `abort`, each exactly once.
 */
export class IncomingInstance<Note> {
  readonly #host: IncomingHost<Note>;
  readonly #source: InstanceSource;
  #started: Promise<void> | undefined;
  #ready = false;
  #writer: InstanceWriter<Note> | undefined;
  /** Nothing is written while it agrees with one that is there already, held or in quarantine. */
  #same: SameAsOne | undefined;
  /** What is held under this UID. */
  #held: InstanceRecord | undefined;
  /** What is held cannot be read, and this one is what was stored, as far as that can still be said. */
  #mayReplace = false;
  #length = 0;
  #leave: (() => void) | undefined;
  #ended = false;

  /** @param known the index is asked when it is not given */
  constructor(host: IncomingHost<Note>, source: InstanceSource, known?: KnownUnderUID) {
    this.#host = host;
    this.#source = source;
    // Nobody else brings this UID: the usual case takes no detour through promises.
    if (!host.inFlight.has(source.sopInstanceUID)) this.#begin(known);
  }

  /** Throws or rejects with ParseError or StoreError. A promise asks to wait before the next fragment. */
  write(fragment: Uint8Array): void | Promise<void> {
    if (this.#ended) return undefined;
    if (!this.#ready) return this.#waitForTurn().then(() => this.write(fragment));
    this.#length += fragment.length;
    if (this.#same) return this.#compare(this.#same, fragment);
    return this.#writer?.write(fragment);
  }

  /**
   * Makes the instance durable with the note of it. Rejects with ParseError, StoreError, WriteRefused.
   *
   * @param acknowledge called as soon as a new instance is durable, before the index knows of it; others see it there
   *   when they could have heard of it. Not called for one that is held already or in conflict.
   */
  async finish(note: (facts: StoreFacts) => Note, acknowledge?: () => void): Promise<StoreFacts> {
    try {
      if (!this.#ready) await this.#waitForTurn();
      if (this.#same) {
        const copy = await this.#same.end();
        if (copy) {
          const facts = factsOf(copy.held ? 'identical' : 'conflict', copy.record);
          await this.#host.packs.commit(undefined, undefined, note(facts));
          return facts;
        }
        await this.#fallBack(this.#same);
      }
      return await this.#commit(note, acknowledge);
    } catch (error) {
      this.#writer?.abort();
      throw error;
    } finally {
      await this.#end();
    }
  }

  async abort(): Promise<void> {
    this.#writer?.abort();
    await this.#end();
  }

  async #commit(note: (facts: StoreFacts) => Note, acknowledge?: () => void): Promise<StoreFacts> {
    const writer = this.#writer;
    if (!writer) throw new Error('an instance is committed once');
    const attributes = writer.complete();
    const isConflict = this.#held !== undefined && !this.#replaces(this.#held, attributes);
    const facts = factsOf(isConflict ? 'conflict' : 'stored', attributes);
    if (isConflict) {
      await writer.commit('quarantine', attributes, note(facts), { reason: 'DIFFERENT_UNDER_SAME_UID' });
    } else {
      await writer.commit('instance', attributes, note(facts), { acknowledge });
    }
    return facts;
  }

  /** A copy that cannot be read any more is replaced by what has its length and its place, and agrees with what can. */
  #replaces(held: InstanceRecord, attributes: InstanceAttributes): boolean {
    return (
      this.#mayReplace &&
      this.#length === held.dataSetLength &&
      attributes.studyInstanceUID === held.studyInstanceUID &&
      attributes.seriesInstanceUID === held.seriesInstanceUID &&
      attributes.sopClassUID === held.sopClassUID
    );
  }

  async #waitForTurn(): Promise<void> {
    this.#started ??= (async () => {
      for (;;) {
        const other = this.#host.inFlight.get(this.#source.sopInstanceUID);
        if (!other) break;
        await other;
      }
      // Whoever gave up while waiting must not take the turn: nobody would ever end it.
      if (!this.#ended) this.#begin();
    })();
    await this.#started;
  }

  #begin(known?: KnownUnderUID): void {
    const { inFlight } = this.#host;
    const uid = this.#source.sopInstanceUID;
    const done = new Promise<void>((resolve) => (this.#leave = resolve));
    inFlight.set(uid, done);
    this.#ready = true;
    try {
      this.#choose(known ? known.held : this.#host.index.instance(uid));
    } catch (error) {
      this.#giveTurnOn();
      throw error;
    }
  }

  /** New, the same again or in conflict: what it looks like before its bytes are there. */
  #choose(record: InstanceRecord | undefined): void {
    if (!record) {
      this.#writer = new InstanceWriter(this.#host, this.#source);
      return;
    }
    this.#held = record;
    const quarantined = this.#host.index.quarantined(record.sopInstanceUID);
    const copies = [record, ...quarantined].flatMap((one) => this.#comparable(one, one === record));
    const [first, ...others] = copies;
    if (first) this.#same = new SameAsOne(this.#host.reader, [first, ...others]);
    else this.#writer = new InstanceWriter(this.#host, this.#source, true);
  }

  #comparable(record: InstanceRecord | QuarantineRecord, held: boolean): Copy[] {
    const key = this.#host.heldKey(record.keySlot);
    if (!key || record.transferSyntaxUID !== this.#source.transferSyntaxUID) return [];
    return [{ record, key, held }];
  }

  async #compare(same: SameAsOne, fragment: Uint8Array): Promise<void> {
    const agreedBefore = same.agreedBytes;
    if (await same.write(fragment)) return;
    await this.#fallBack(same);
    const rest = fragment.subarray(same.agreedBytes - agreedBefore);
    await this.#writer?.write(rest);
  }

  /** It differs from all: what agreed is written from what is there, and the rest follows as it arrives. */
  async #fallBack(same: SameAsOne): Promise<void> {
    this.#mayReplace = same.heldUnreadable;
    this.#same = undefined;
    this.#writer = new InstanceWriter(this.#host, this.#source, !this.#mayReplace);
    const { record, key } = same.furthest;
    const range = { from: 0, to: same.agreedBytes };
    for await (const chunk of this.#host.reader.readDataSet(record.location, key, range)) {
      await this.#writer.write(chunk);
    }
  }

  async #end(): Promise<void> {
    this.#ended = true;
    try {
      await this.#same?.close();
    } finally {
      this.#giveTurnOn();
    }
  }

  #giveTurnOn(): void {
    if (!this.#leave) return;
    this.#host.inFlight.delete(this.#source.sopInstanceUID);
    this.#leave();
    this.#leave = undefined;
  }
}

function factsOf(
  outcome: StoreOutcome,
  from: InstanceAttributes | InstanceRecord | QuarantineRecord,
): StoreFacts {
  return {
    outcome,
    studyInstanceUID: from.studyInstanceUID,
    seriesInstanceUID: from.seriesInstanceUID,
    sopInstanceUID: from.sopInstanceUID,
    sopClassUID: from.sopClassUID,
    ...('patientID' in from && from.patientID !== undefined ? { patientID: from.patientID } : {}),
  };
}

export type { StudyKey };
