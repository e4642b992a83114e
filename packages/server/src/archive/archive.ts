import { existsSync, mkdirSync, readFileSync, rmSync, statfsSync, statSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DerivedFiles } from './derived/derived-files.ts';
import { carryOutDrops, NotInQuarantine, quarantinedAt, quarantineKeyName } from './dropping.ts';
import { IncomingInstance, type IncomingHost, type KnownUnderUID } from './incoming-instance.ts';
import {
  type ArchiveIndex,
  type InstanceRecord,
  openIndex,
  type QuarantineRecord,
  removeIndexFiles,
} from './index/index.ts';
import type { InstanceSource, StoredContext, StudyKey } from './instance-writer.ts';
import { type InstanceMeta, PACK_HEADER_BYTES, packFileName } from './packs/format.ts';
import { PackReader, ReadFailed, type ReadRange } from './packs/pack-reader.ts';
import { type Durable, type NoteSealer, PackWriter, WriteRefused } from './packs/pack-writer.ts';
import { holdsPosition, listPacks } from './packs/pack-scan.ts';
import { sealFile, SealedFileDamaged, unsealFile } from './packs/sealed-file.ts';
import { StudyKeys } from './packs/study-keys.ts';
import type { DropTask, PackPosition } from './packs/writer-protocol.ts';
import { type ReplayProgress, replayPacks, type ReplayReport } from './recovery.ts';
import { type VerificationOptions, type VerificationReport, verifyPacks } from './verification.ts';

/** A pack is closed and the next begun when it would grow beyond this. */
const PACK_BYTES = 1024 * 1024 * 1024;
/** Zeros written ahead in quiet moments, so that a burst finds space the file system already knows. */
const PREWRITE_BYTES = 256 * 1024 * 1024;
/** Free space below which nothing new is taken: notes of what happens must still find room. */
const DISK_RESERVE_BYTES = 256 * 1024 * 1024;
/** How often the file system is asked how much room is left. */
const DISK_CHECK_MS = 1000;
const CHECKPOINT_MS = 5_000;
/** Between two steps of what the index makes later: others have most of the time. */
const CATCH_UP_PAUSE_MS = 50;
/** The index is saved, encrypted, when this much was stored since, or on close. */
const SAVE_AFTER_BYTES = 8 * 1024 * 1024 * 1024;
/** Studies whose slots are remembered: more than are stored into at the same time. */
const STUDY_SLOTS_MAX = 1024;
const DEFAULT_MAX_INSTANCE_BYTES = 16 * 1024 * 1024 * 1024;

export interface NoteKeeper<Note> extends NoteSealer<Note> {
  /** A note found in the packs that is not yet where notes are kept. False: known already. */
  replay(sealed: Uint8Array): boolean;
  /** Makes everything settled so far durable where notes are kept. */
  sync(): Promise<unknown>;
}

export interface ArchiveOptions<Note> {
  folder: string;
  /** Where the index lives while the archive is open: in memory-backed space, never on a disk. Undefined:
   *  in this process's memory, made again from the packs at each start. */
  indexFolder: string | undefined;
  keys: { studyKeys: Uint8Array; studyNames: Uint8Array; index: Uint8Array; derivedNames: Uint8Array };
  notes: NoteKeeper<Note>;
  nowMs?: () => number;
  maxInstanceBytes?: number;
  packBytes?: number;
  prewriteBytes?: number;
  /** Free space below which nothing new is taken. */
  diskReserveBytes?: number;
  /** Told while packs are read to bring index and notes up to date. */
  onReplay?: (done: ReplayProgress) => void;
  /** Told when the archive can no longer store anything: the process should end. */
  onFatal?: (error: Error) => void;
}

/** What we hold: packs of encrypted bytes and an index over them. Knows no users and no protocols. */
export class Archive<Note> {
  readonly index: ArchiveIndex;
  readonly replayed: ReplayReport;
  /** What is made from the packs, kept so that it need not be made again. */
  readonly derived: DerivedFiles;
  readonly #options: ArchiveOptions<Note>;
  readonly #keys: StudyKeys;
  readonly #reader: PackReader;
  readonly #packs: PackWriter<Note, StoredContext>;
  readonly #host: IncomingHost<Note>;
  readonly #newStudies = new Map<string, StudyKey>();
  /** Slots of studies that were stored into lately. */
  readonly #studySlots = new Map<string, number>();
  /** Places of what is being dropped: a second who asks is too late. */
  readonly #dropping = new Set<string>();
  readonly #checkpointTimer: NodeJS.Timeout;
  #catchUpTimer: NodeJS.Timeout | undefined;
  #position: PackPosition;
  #checkpointed: PackPosition | undefined;
  #checkpointing: Promise<void> = Promise.resolve();
  #storedSinceSave = 0;
  #saving: Promise<void> | undefined;
  #diskFull = false;
  #diskCheckedAt = -Infinity;

  private constructor(
    options: ArchiveOptions<Note>,
    parts: { keys: StudyKeys; index: ArchiveIndex; reader: PackReader; replayed: ReplayReport },
  ) {
    this.#options = options;
    this.#keys = parts.keys;
    this.index = parts.index;
    this.#reader = parts.reader;
    this.replayed = parts.replayed;
    const folder = packsFolder(options.folder);
    const begin = placeToWrite(options.folder, options.packBytes ?? PACK_BYTES);
    this.#position = { packID: begin.firstPackID, offset: begin.resumeAt ?? PACK_HEADER_BYTES };
    this.#packs = new PackWriter<Note, StoredContext>({
      folder,
      ...begin,
      keyFileDescriptor: this.#keys.fileDescriptor,
      packBytes: options.packBytes ?? PACK_BYTES,
      prewriteBytes: options.prewriteBytes ?? PREWRITE_BYTES,
      sealer: options.notes,
      onDurable: (instances, position, drops) => this.#onDurable(instances, position, drops),
      takeKeyFileDirty: () => this.#keys.takeDirty(),
      onFatal: (error) => options.onFatal?.(error),
    });
    this.#host = {
      packs: this.#packs,
      index: this.index,
      reader: this.#reader,
      inFlight: new Map(),
      maxInstanceBytes: options.maxInstanceBytes ?? DEFAULT_MAX_INSTANCE_BYTES,
      nowMs: options.nowMs ?? Date.now,
      studyKey: (studyInstanceUID) => this.#studyKey(studyInstanceUID),
      quarantineKey: (stream) => this.#keys.create(quarantineKeyName(stream)),
      heldKey: (slot) => this.#keys.get(slot),
    };
    this.derived = new DerivedFiles({
      folder: join(options.folder, 'derived'),
      nameKey: options.keys.derivedNames,
      keyOf: (slot) => this.#keys.get(slot),
    });
    this.#checkpointTimer = setInterval(() => void this.#checkpoint().catch(() => undefined), CHECKPOINT_MS);
    this.#checkpointTimer.unref();
    this.#catchUpLater();
  }

  /** Opens or creates an archive, replaying what a crash kept from the index and the notes. */
  static async open<Note>(options: ArchiveOptions<Note>): Promise<Archive<Note>> {
    mkdirSync(packsFolder(options.folder), { recursive: true, mode: 0o700 });
    if (options.indexFolder) mkdirSync(options.indexFolder, { recursive: true, mode: 0o700 });
    const { keys: derived } = options;
    const keys = StudyKeys.open(join(options.folder, 'study-keys'), derived.studyKeys, derived.studyNames);
    const index = await openSavedIndex(options);
    const reader = new PackReader(packsFolder(options.folder));
    try {
      const replayed = await replayPacks({
        folder: packsFolder(options.folder),
        index,
        keyOf: (slot) => keys.get(slot),
        notesFrom: heldCheckpoint(options.folder),
        replayNote: (sealed) => options.notes.replay(sealed),
        replayDrop: (drop) => carryOutDrops([drop], index, keys),
        ...(options.onReplay ? { onProgress: options.onReplay } : {}),
      });
      return new Archive(options, { keys, index, reader, replayed });
    } catch (error) {
      // Its thread would keep the process from ending.
      await reader.close();
      index.close();
      keys.close();
      throw error;
    }
  }

  /**
   * Takes an instance that is about to arrive. Throws StoreError (transfer syntax), WriteRefused (disk full).
   * @param known what is held under its UID, from whoever has asked in this very turn
   */
  receive(source: InstanceSource, known?: KnownUnderUID): IncomingInstance<Note> {
    if (this.#diskIsFull()) throw new WriteRefused('ENOSPC');
    return new IncomingInstance(this.#host, source, known);
  }

  /** Makes a note durable on its own. Rejects with WriteRefused. */
  async note(note: Note): Promise<void> {
    await this.#packs.commit(undefined, undefined, note);
  }

  /** The data set, bit for bit as it was stored. Undefined when its study's key was destroyed. */
  read(
    record: Pick<InstanceRecord, 'location' | 'keySlot'>,
    range?: ReadRange,
  ): AsyncGenerator<Uint8Array> | undefined {
    const key = this.#keys.get(record.keySlot);
    return key && this.#reader.readDataSet(record.location, key, range);
  }

  /** What was recorded of a data set in quarantine. Undefined when that cannot be read. */
  async quarantinedMeta(record: QuarantineRecord): Promise<InstanceMeta | undefined> {
    const key = this.#keys.get(record.keySlot);
    if (!key) return undefined;
    try {
      return (await this.#reader.readInstanceRecord(record.location, key)).meta;
    } catch (error) {
      if (error instanceof ReadFailed) return undefined;
      throw error;
    }
  }

  /**
   * Drops the data set in quarantine whose record stands at this place, its note durable with it: its key is destroyed,
   * and nobody is given it again. Rejects with NotInQuarantine, WriteRefused.
   */
  async drop(
    sopInstanceUID: string,
    place: PackPosition,
    note: (dropped: QuarantineRecord) => Note,
  ): Promise<void> {
    const row = quarantinedAt(this.index, sopInstanceUID, place);
    const name = `${place.packID}:${place.offset}`;
    const key = row && this.#keys.get(row.keySlot);
    if (!key || this.#dropping.has(name)) throw new NotInQuarantine();
    this.#dropping.add(name);
    try {
      const { record, stream, keySlot } = row;
      await this.#packs.drop({ sopInstanceUID, record, stream, keySlot, key }, note(row));
    } finally {
      this.#dropping.delete(name);
    }
  }

  /** Reads everything back and compares it with the index, while work goes on. */
  verify(onProgress?: VerificationOptions['onProgress']): Promise<VerificationReport> {
    return verifyPacks({
      folder: packsFolder(this.#options.folder),
      index: this.index,
      reader: this.#reader,
      keyOf: (slot) => this.#keys.get(slot),
      durableEnd: () => this.#position,
      ...(onProgress ? { onProgress } : {}),
    });
  }

  async close(): Promise<void> {
    clearInterval(this.#checkpointTimer);
    clearTimeout(this.#catchUpTimer);
    await this.derived.close();
    await this.#packs.close();
    await this.#checkpoint();
    await this.#saveIndex();
    this.index.close();
    if (this.#options.indexFolder) rmSync(this.#options.indexFolder, { recursive: true, force: true });
    await this.#reader.close();
    this.#keys.close();
  }

  #catchUpLater(): void {
    this.#catchUpTimer = setTimeout(() => {
      try {
        if (this.index.catchUp()) this.#catchUpLater();
      } catch {
        // What is owed stays owed, and is tried at the next start; until then some searches are slow, and complete.
      }
    }, CATCH_UP_PAUSE_MS);
    this.#catchUpTimer.unref();
  }

  #studyKey(studyInstanceUID: string): StudyKey {
    const fresh = this.#newStudies.get(studyInstanceUID);
    if (fresh) return fresh;
    // Instances of a study come one after the other: the index is asked for the first.
    const known = this.#keyIn(this.#studySlots.get(studyInstanceUID));
    if (known) return known;
    const held = this.#keyIn(this.index.study(studyInstanceUID)?.keySlot);
    if (held) {
      if (this.#studySlots.size >= STUDY_SLOTS_MAX) this.#studySlots.clear();
      this.#studySlots.set(studyInstanceUID, held.slot);
      return held;
    }
    const created = this.#keys.create(studyInstanceUID);
    this.#newStudies.set(studyInstanceUID, created);
    return created;
  }

  /** Undefined when there is none any more: a slot is never given to another. */
  #keyIn(slot: number | undefined): StudyKey | undefined {
    const key = slot === undefined ? undefined : this.#keys.get(slot);
    return slot !== undefined && key ? { slot, key } : undefined;
  }

  #onDurable(
    instances: readonly Durable<StoredContext>[],
    position: PackPosition,
    drops: readonly DropTask[],
  ): void {
    this.#position = position;
    // Before the index is told of this position: up to there the packs are not asked again after a crash.
    if (drops.length > 0) carryOutDrops(drops, this.index, this.#keys);
    const entries = instances.flatMap(({ context, keySlot, location }) =>
      context.kind === 'quarantine' ? [] : [{ ...indexEntryOf(context), keySlot, location }],
    );
    const quarantined = instances.flatMap(({ context: { kind, meta }, keySlot, location }) =>
      kind === 'quarantine' ? [{ ...meta, keySlot, location }] : [],
    );
    if (quarantined.length > 0) this.index.quarantine(quarantined);
    if (entries.length > 0) this.index.add(entries, position);
    for (const { context } of instances) {
      // What is in quarantine is not in the index: the study's key must be known from here until something is.
      if (context.kind === 'instance') this.#newStudies.delete(context.meta.studyInstanceUID);
      this.#storedSinceSave += context.meta.dataSetLength;
    }
  }

  #diskIsFull(): boolean {
    const now = performance.now();
    if (now - this.#diskCheckedAt > DISK_CHECK_MS) {
      const space = statfsSync(this.#options.folder);
      const reserve = this.#options.diskReserveBytes ?? DISK_RESERVE_BYTES;
      this.#diskFull = space.bavail * space.bsize < reserve;
      this.#diskCheckedAt = now;
    }
    return this.#diskFull;
  }

  /** One after the other: each writes the same file. */
  #checkpoint(): Promise<void> {
    const turn = this.#checkpointing.then(() => this.#checkpointOnce());
    this.#checkpointing = turn.catch(() => undefined);
    return turn;
  }

  /** Notes are safe where they are kept: packs need not be searched for older ones after a crash. */
  async #checkpointOnce(): Promise<void> {
    const position = this.#position;
    const known = this.#checkpointed;
    if (known && known.packID === position.packID && known.offset === position.offset) return;
    await this.#options.notes.sync();
    await writeCheckpoint(this.#options.folder, position);
    this.#checkpointed = position;
    if (this.#storedSinceSave > SAVE_AFTER_BYTES) await this.#saveIndex();
  }

  async #saveIndex(): Promise<void> {
    this.#saving ??= this.#saveIndexOnce().finally(() => (this.#saving = undefined));
    await this.#saving;
  }

  async #saveIndexOnce(): Promise<void> {
    this.#storedSinceSave = 0;
    if (!this.#options.indexFolder) return;
    const copy = join(this.#options.indexFolder, 'copy.sqlite');
    rmSync(copy, { force: true });
    await this.index.saveTo(copy);
    await sealFile(copy, savedIndexFile(this.#options.folder), this.#options.keys.index);
    rmSync(copy, { force: true });
  }
}

const packsFolder = (folder: string): string => join(folder, 'packs');
const savedIndexFile = (folder: string): string => join(folder, 'index.sealed');
const checkpointFile = (folder: string): string => join(folder, 'checkpoint.json');

function indexEntryOf({ meta, attributes }: StoredContext) {
  return {
    attributes,
    transferSyntaxUID: meta.transferSyntaxUID,
    dataSetLength: meta.dataSetLength,
    receivedAt: meta.receivedAtMs,
    ...(meta.sourceAETitle === undefined ? {} : { sourceAETitle: meta.sourceAETitle }),
  };
}

/** The index as the last process left it in memory, else the saved one, else an empty one: the packs fill the gap. */
async function openSavedIndex<Note>(options: ArchiveOptions<Note>): Promise<ArchiveIndex> {
  if (!options.indexFolder) return openIndex({ location: ':memory:' });
  const location = join(options.indexFolder, 'index.sqlite');
  const saved = savedIndexFile(options.folder);
  const live = existsSync(location) ? openIndexOf(options.folder, location) : undefined;
  if (live) return live;
  if (existsSync(saved)) {
    try {
      await unsealFile(saved, location, options.keys.index);
      const index = openIndexOf(options.folder, location);
      if (index) return index;
    } catch (error) {
      if (!(error instanceof SealedFileDamaged)) throw error;
      removeIndexFiles(location);
    }
  }
  return openIndex({ location });
}

/** An index that tells of these packs. Undefined, its files gone, when it is torn or tells of a later state of
 *  them: then an older copy of the data folder was put back, and nothing in the index can be relied on. */
function openIndexOf(folder: string, location: string): ArchiveIndex | undefined {
  let index: ArchiveIndex | undefined;
  try {
    index = openIndex({ location });
    const position = index.position();
    if (!position || holdsPosition(packsFolder(folder), position)) return index;
  } catch {
    // A torn file is no index.
  }
  index?.close();
  removeIndexFiles(location);
  return undefined;
}

/** The checkpoint, if the packs reach up to it: notes are asked for again rather than missed. */
function heldCheckpoint(folder: string): PackPosition | undefined {
  const checkpoint = readCheckpoint(folder);
  return checkpoint && holdsPosition(packsFolder(folder), checkpoint) ? checkpoint : undefined;
}

/** A pack whose end is vouched for by the checkpoint is written on; behind anything else a new pack begins, so that what
 *  may be torn stays the last thing in its file. */
function placeToWrite(
  folder: string,
  packBytes: number,
): { firstPackID: number; resumeAt: number | undefined } {
  const last = listPacks(packsFolder(folder)).at(-1);
  if (last === undefined) return { firstPackID: 1, resumeAt: undefined };
  const { size } = statSync(join(packsFolder(folder), packFileName(last)));
  const checkpoint = readCheckpoint(folder);
  const closedInOrder = checkpoint?.packID === last && checkpoint.offset === size && size < packBytes / 2;
  return closedInOrder
    ? { firstPackID: last, resumeAt: size }
    : { firstPackID: last + 1, resumeAt: undefined };
}

function readCheckpoint(folder: string): PackPosition | undefined {
  try {
    const { packID, offset } = JSON.parse(readFileSync(checkpointFile(folder), 'utf8')) as PackPosition;
    return Number.isSafeInteger(packID) && Number.isSafeInteger(offset) ? { packID, offset } : undefined;
  } catch {
    return undefined;
  }
}

async function writeCheckpoint(folder: string, position: PackPosition): Promise<void> {
  const file = checkpointFile(folder);
  const handle = await open(`${file}.new`, 'w', 0o600);
  await handle.writeFile(`${JSON.stringify(position)}\n`);
  await handle.datasync();
  await handle.close();
  await rename(`${file}.new`, file);
  const parent = await open(dirname(file), 'r');
  await parent.sync();
  await parent.close();
}

/** Forgets the index, saved and live: the next open makes it again from the packs. */
export function forgetIndex(folder: string, indexFolder: string | undefined): void {
  rmSync(savedIndexFile(folder), { force: true });
  if (indexFolder) rmSync(indexFolder, { recursive: true, force: true });
}
