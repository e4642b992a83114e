import { createHash, type Hash } from 'node:crypto';
import type { IncomingInstance, StoreFacts } from '../archive/incoming-instance.ts';
import type { InstanceRecord } from '../archive/index/index.ts';
import type { InstanceSource } from '../archive/instance-writer.ts';
import type { TrailEntry } from '../audit-trail/index.ts';
import type { Workplace } from './operation.ts';

/** Data sets kept under one UID beside the one that is held: as many as what comes is compared with. More tell a
 *  person nothing that these do not. */
export const QUARANTINED_PER_UID_MAX = 8;

/** Another data set has this UID, and there is no room to keep this one beside it: nothing of it is kept. */
export class QuarantineFull extends Error {
  readonly code = 'QUARANTINE_FULL';
}

/** What a store operation writes into. */
export type Incoming = Pick<IncomingInstance<TrailEntry>, 'write' | 'finish' | 'abort'>;

/** One instance on its way in, for a caller who has only so much room in quarantine. */
export class LimitedReception {
  readonly incoming: Incoming;
  readonly #workplace: Workplace;
  readonly #callerID: string;
  readonly #sopInstanceUID: string;
  /** Data sets in quarantine under its UID. */
  readonly #beside: number;

  /** Throws QuarantineFull, and what `Archive.receive` does. */
  constructor(workplace: Workplace, callerID: string, source: InstanceSource) {
    this.#workplace = workplace;
    this.#callerID = callerID;
    this.#sopInstanceUID = source.sopInstanceUID;
    const { index } = workplace.archive;
    const held = index.instance(source.sopInstanceUID);
    // Beside nothing there is nothing, and most that comes is new: the index is asked once.
    this.#beside = held ? index.quarantined(source.sopInstanceUID).length : 0;
    this.incoming = this.#open({ ...source, sender: callerID }, held);
  }

  /** Only compared where another has its UID and there is no room beside it. */
  #open(source: InstanceSource, held: InstanceRecord | undefined): Incoming {
    const { archive, quarantine } = this.#workplace;
    const isFull = this.#beside >= QUARANTINED_PER_UID_MAX || quarantine.left(this.#callerID) <= 0;
    const mayReceive = !held || !isFull || quarantine.takeDamaged(source.sopInstanceUID);
    if (mayReceive) return archive.receive(source, { held });
    if (held.transferSyntaxUID !== source.transferSyntaxUID) throw new QuarantineFull();
    return new OnlyCompared(this.#workplace, held);
  }

  /** It was in conflict, and durable: what went into quarantine counts; what is there already does not, again. */
  conflicted(bytes: number): void {
    const { archive, quarantine } = this.#workplace;
    const isNew = archive.index.quarantined(this.#sopInstanceUID).length > this.#beside;
    if (isNew) quarantine.spend(this.#callerID, bytes);
  }
}

/** Takes the bytes, keeps none of them, and says at the end whether they are those that are held. */
class OnlyCompared implements Incoming {
  readonly #workplace: Workplace;
  readonly #held: InstanceRecord;
  readonly #arrived: Hash = createHash('sha256');
  #length = 0;

  constructor(workplace: Workplace, held: InstanceRecord) {
    this.#workplace = workplace;
    this.#held = held;
  }

  write(fragment: Uint8Array): void {
    this.#length += fragment.length;
    if (this.#length > this.#held.dataSetLength) throw new QuarantineFull();
    this.#arrived.update(fragment);
  }

  async finish(note: (facts: StoreFacts) => TrailEntry): Promise<StoreFacts> {
    if (this.#length !== this.#held.dataSetLength || !(await this.#isHeld())) throw new QuarantineFull();
    const { studyInstanceUID, seriesInstanceUID, sopInstanceUID, sopClassUID, patientID } = this.#held;
    const facts: StoreFacts = {
      outcome: 'identical',
      ...{ studyInstanceUID, seriesInstanceUID, sopInstanceUID, sopClassUID },
      ...(patientID === undefined ? {} : { patientID }),
    };
    await this.#workplace.archive.note(note(facts));
    return facts;
  }

  abort(): Promise<void> {
    return Promise.resolve();
  }

  async #isHeld(): Promise<boolean> {
    const stored = createHash('sha256');
    try {
      for await (const chunk of this.#workplace.archive.read(this.#held) ?? []) stored.update(chunk);
    } catch (error) {
      // Sent once more, it heals what is damaged.
      this.#workplace.quarantine.noteDamaged(this.#held.sopInstanceUID);
      throw error;
    }
    return stored.digest().equals(this.#arrived.digest());
  }
}
