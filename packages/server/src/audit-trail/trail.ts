import { closeSync, existsSync, fsyncSync, ftruncateSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { timingSafeEqual } from 'node:crypto';
import { encodeEntry, type TrailEntry } from './entry.ts';
import { AuditTrailError } from './errors.ts';
import { HEAD_NAME, readHead, writeHead, writeHeadSync, type Head } from './head.ts';
import { chainOf, SEAL_OVERHEAD, sequenceOf, TrailSealer } from './sealing.ts';
import {
  listSegments,
  readSegment,
  SEALED_LENGTH_MAX,
  segmentLength,
  SEGMENT_LENGTH_MAX,
} from './segment.ts';
import { SegmentWriter } from './segment-writer.ts';

interface TrailOptions {
  readonly folder: string;
  /** 32 bytes, derived from the master key for the trail alone. */
  readonly key: Uint8Array;
  /** A new segment begins beyond this many bytes. */
  readonly segmentLengthMax?: number;
}

/** What opening had to repair: bytes after the last checkpoint that were no whole entries. */
export interface TrailRecovery {
  readonly cutBytes: number;
  readonly droppedSegments: number;
}

/**
 * The memory of who looked. Entries are numbered, encrypted and chained with a keyed hash; they are sealed first,
 * written elsewhere (the pack's commit) in sealed form, and settled into the trail's own segments when that
 * commit is durable. One process at a time: the data folder's lock sees to that.
 */
export class AuditTrail {
  /** What `open` had to cut; both zero after a clean stop. */
  readonly recovery: TrailRecovery;
  readonly #folder: string;
  readonly #sealer: TrailSealer;
  readonly #headKey: Uint8Array;
  readonly #writer: SegmentWriter;
  #settled: { sequence: number; chain: Uint8Array };
  #tentative: { sequence: number; chain: Uint8Array };
  #pending: Buffer[] = [];
  #checkpoint: number;
  #syncing: Promise<unknown> = Promise.resolve();
  #closed = false;

  private constructor(options: TrailOptions, sealer: TrailSealer, head: Head, recovery: TrailRecovery) {
    this.#folder = options.folder;
    this.#sealer = sealer;
    this.#headKey = sealer.headKey;
    this.recovery = recovery;
    this.#settled = { sequence: head.sequence, chain: Buffer.from(head.chain) };
    this.#tentative = this.#settled;
    this.#checkpoint = -1;
    this.#writer = new SegmentWriter(options.folder, head, options.segmentLengthMax ?? SEGMENT_LENGTH_MAX);
  }

  /** A new, empty trail. @throws AuditTrailError ALREADY_EXISTS */
  static create(options: TrailOptions): void {
    mkdirSync(options.folder, { recursive: true, mode: 0o700 });
    if (existsSync(join(options.folder, HEAD_NAME)) || listSegments(options.folder).length > 0) {
      throw new AuditTrailError('ALREADY_EXISTS', `there is an audit trail already: ${options.folder}`);
    }
    const sealer = new TrailSealer(options.key);
    writeHeadSync(options.folder, sealer.headKey, {
      sequence: 0,
      chain: sealer.genesis,
      segment: 1,
      offset: 0,
    });
  }

  /**
   * Opens a trail for writing. Reads only what follows the last checkpoint, and cuts there what a crash left
   * unfinished; the entries lost that way are in the packs and come back through `replay`.
   * @throws AuditTrailError HEAD_MISSING (never created, or removed), HEAD_UNREADABLE, DAMAGED
   */
  // Async although it reads with the synchronous calls: a later store may not be a local disk.
  static async open(options: TrailOptions & { readonly clock?: () => number }): Promise<AuditTrail> {
    const sealer = new TrailSealer(options.key);
    const head = readHead(options.folder, sealer.headKey);
    const found = recover(options.folder, sealer, head);
    const trail = new AuditTrail(options, sealer, found.head, found.recovery);
    await trail.sync();
    return trail;
  }

  /** The last settled entry. */
  get head(): { readonly sequence: number; readonly hash: Uint8Array } {
    return { sequence: this.#settled.sequence, hash: this.#settled.chain };
  }

  /**
   * Seals entries in order, for a commit that is being built. They count only when `settle(true)` is called;
   * further calls before that go on from here.
   */
  seal(entries: readonly TrailEntry[]): Uint8Array[] {
    this.#assertOpen();
    let { sequence, chain } = this.#tentative;
    const sealed: Buffer[] = [];
    for (const entry of entries) {
      sequence += 1;
      const record = this.#sealer.seal(encodeEntry(entry), sequence, chain);
      chain = chainOf(record);
      sealed.push(record);
    }
    this.#pending.push(...sealed);
    this.#tentative = { sequence, chain };
    return sealed;
  }

  /**
   * The commit that carried everything sealed so far is durable (`true`), or failed (`false`: as if never sealed).
   * Writes without waiting for the disk; entries the disk refuses are held and written later.
   * @throws AuditTrailError CANNOT_WRITE when too much is held back; the entries stay held
   */
  settle(ok: boolean): void {
    this.#assertOpen();
    const pending = this.#pending;
    this.#pending = [];
    if (!ok) {
      this.#tentative = this.#settled;
      return;
    }
    const before = this.#settled;
    this.#settled = this.#tentative;
    this.#writer.append(pending, before);
  }

  /**
   * Seals entries and makes them durable in the segments before it returns: the way of entries that no commit carries.
   * @throws AuditTrailError CANNOT_WRITE, with the system's error as its cause: as if never sealed
   */
  keepNow(entries: readonly TrailEntry[]): void {
    if (this.#pending.length > 0)
      throw new AuditTrailError('OUT_OF_ORDER', 'entries that were sealed before are not settled yet');
    this.seal(entries);
    const pending = this.#pending;
    this.#pending = [];
    try {
      this.#writer.appendNow(pending, this.#settled);
    } catch (error) {
      this.#tentative = this.#settled;
      throw error;
    }
    this.#settled = this.#tentative;
  }

  /**
   * After a crash: an entry that is durable in the packs. Entries must come in order.
   * @returns whether it was missing here; false for one that is there already
   * @throws AuditTrailError OUT_OF_ORDER, FOREIGN
   */
  replay(sealed: Uint8Array): boolean {
    this.#assertOpen();
    if (this.#pending.length > 0)
      throw new AuditTrailError('OUT_OF_ORDER', 'replay comes before new entries');
    if (sealed.length < SEAL_OVERHEAD || sealed.length > SEALED_LENGTH_MAX) {
      throw new AuditTrailError('FOREIGN', 'what the packs hold as an entry is none');
    }
    const sequence = sequenceOf(sealed);
    const last = this.#settled.sequence;
    if (sequence < last) return false;
    if (sequence === last) {
      if (timingSafeEqual(chainOf(sealed), this.#settled.chain)) return false;
      throw new AuditTrailError('FOREIGN', `two different entries have the number ${sequence}`, { sequence });
    }
    if (sequence > last + 1) {
      throw new AuditTrailError('OUT_OF_ORDER', `entry ${sequence} cannot follow entry ${last}`, {
        sequence,
        last,
      });
    }
    if (!this.#sealer.follows(sealed, this.#settled.chain)) {
      throw new AuditTrailError('FOREIGN', `entry ${sequence} does not continue this trail`, { sequence });
    }
    const record = Buffer.from(sealed);
    const before = this.#settled;
    this.#settled = { sequence, chain: chainOf(record) };
    this.#tentative = this.#settled;
    this.#writer.append([record], before);
    return true;
  }

  /**
   * Makes all settled entries durable in the segments and seals the head.
   * @returns the sequence number up to which the packs are no longer needed
   */
  async sync(): Promise<number> {
    const previous = this.#syncing;
    const turn = (async () => {
      await previous.catch(() => undefined);
      return await this.#syncNow();
    })();
    this.#syncing = turn.catch(() => undefined);
    return await turn;
  }

  /** Syncs and closes. Entries sealed but not settled are given up. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#pending = [];
    this.#tentative = this.#settled;
    try {
      await this.sync();
    } finally {
      this.#closed = true;
      this.#writer.close();
    }
  }

  async #syncNow(): Promise<number> {
    this.#assertOpen();
    const { sequence, chain } = this.#settled;
    if (sequence === this.#checkpoint) return sequence;
    const place = await this.#writer.sync();
    await writeHead(this.#folder, this.#headKey, { sequence, chain, ...place });
    this.#checkpoint = sequence;
    return sequence;
  }

  #assertOpen(): void {
    if (this.#closed) throw new AuditTrailError('CLOSED', 'the audit trail is closed');
  }
}

/** Follows the chain from the checkpoint to the last whole entry and removes what comes after it. */
function recover(folder: string, sealer: TrailSealer, head: Head): { head: Head; recovery: TrailRecovery } {
  assertCheckpointReached(folder, head);
  let { sequence, segment, offset } = head;
  let chain: Uint8Array = Buffer.from(head.chain);
  let cutBytes = 0;
  let droppedSegments = 0;
  let broken = false;
  for (const file of listSegments(folder).filter(({ firstSequence }) => firstSequence >= head.segment)) {
    const start = file.firstSequence === head.segment ? head.offset : 0;
    // A segment whose first entry is not the next one was begun after entries that the crash took away.
    if (broken || (start === 0 && file.firstSequence !== sequence + 1)) {
      broken = true;
      droppedSegments += 1;
      cutBytes += segmentLength(folder, file.name);
      rmSync(join(folder, file.name));
      continue;
    }
    segment = file.firstSequence;
    offset = start;
    for (const item of readSegment(folder, file, start)) {
      if (item.kind === 'begin') continue;
      if (item.kind !== 'record' || !sealer.follows(item.sealed, chain)) {
        broken = true;
        break;
      }
      sequence = sequenceOf(item.sealed);
      chain = Buffer.from(chainOf(item.sealed));
      offset = item.end;
    }
    // Behind a last record that is whole there are only zeros, for entries that never came.
    if (broken) cutBytes += segmentLength(folder, file.name) - offset;
    cutAndSync(join(folder, file.name), offset);
  }
  return { head: { sequence, chain, segment, offset }, recovery: { cutBytes, droppedSegments } };
}

/** The next checkpoint vouches for what is in the file now, so it must be on the disk before. */
function cutAndSync(path: string, length: number): void {
  const handle = openSync(path, 'r+');
  try {
    ftruncateSync(handle, length);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** What the checkpoint vouches for was on the disk; a file shorter than that was cut by somebody. */
function assertCheckpointReached(folder: string, head: Head): void {
  if (head.offset === 0) return;
  const file = listSegments(folder).find(({ firstSequence }) => firstSequence === head.segment);
  if (file === undefined || segmentLength(folder, file.name) < head.offset) {
    throw new AuditTrailError(
      'DAMAGED',
      'the audit trail is shorter than its sealed head says: entries were removed. Run `leadglass trail verify`, ' +
        'keep the folder as evidence and restore the trail from a backup',
      { segment: head.segment, sequence: head.sequence },
    );
  }
}
