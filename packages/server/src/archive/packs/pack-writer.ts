import { randomBytes } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { CHUNK_BYTES, encodeLocation } from './format.ts';
import { lengthOf, PackFile } from './pack-file.ts';
import { PackState } from './pack-state.ts';
import type {
  ChunkTask,
  CommitItem,
  DropTask,
  PackPosition,
  StreamRef,
  WriterReply,
  WriterRequest,
  WriterStart,
} from './writer-protocol.ts';

/** Bytes handed to the writing thread and not yet written, over all streams: above it, writers wait. */
const IN_FLIGHT_HIGH_WATER_BYTES = 32 * 1024 * 1024;
/** Chunk buffers kept for reuse: as many as may be in flight, so that a busy archive touches no new memory. */
const POOLED_BUFFERS = IN_FLIGHT_HIGH_WATER_BYTES / CHUNK_BYTES;
/** Instances made durable by one sync at the most: bounds how long the first waits for the last. */
const MAX_BATCH = 64;
/** Chunks, of all instances together, that wait for a commit while the writing thread is busy. More go ahead of it: given
 *  all of a batch with its commit, the thread would do nothing while a batch is gathered, and nobody anything while it is
 *  written. */
const HELD_CHUNKS = 8;
/** Notes without instances, and a small instance that comes alone, are written from this thread while that takes no
 *  longer than this on average; a slower disk is left to the writing thread for a while, so that it holds up nobody
 *  who talks. */
const WRITE_NOW_MAX_MS = 2;
/** What the last time weighs in that average. */
const WRITE_NOW_WEIGHT = 1 / 16;
/** An instance that is longer, with its notes, is left to the writing thread: encrypting it costs more than two threads
 *  telling each other. */
const WRITTEN_NOW_BYTES = 32 * 1024;
/** What their headers may take beside it, and what is kept of where an instance came from. */
const RECORDS_NOW_BYTES = 64 * 1024;
/** Zeros that are to lie ahead while small instances follow each other without a quiet moment. */
const ZEROS_LEFT_BYTES = 512 * 1024;
const SLOW_DISK_PAUSE_MS = 1_000;
/** Quiet time after which the thread writes zeros ahead. */
const PREWRITE_AFTER_MS = 20;

/** The disk said no. `errorCode` is the system's (`ENOSPC`, `EIO` ...). */
export class WriteRefused extends Error {
  readonly code = 'WRITE_REFUSED';
  readonly errorCode: string;
  constructor(errorCode: string) {
    super(`the pack could not be written: ${errorCode}`);
    this.errorCode = errorCode;
  }
}

/** Whoever keeps notes (the audit trail) turns them into bytes at the moment their place is certain. */
export interface NoteSealer<Note> {
  /** Bytes of the notes, in this order; tentative until settled. */
  seal(notes: readonly Note[]): Uint8Array[];
  /** Whether what was last sealed is durable. */
  settle(ok: boolean): void;
  /** Makes notes durable where notes are kept, before it returns; throws when it cannot, and then nothing of them
   *  stands. Only asked for when nothing sealed waits to be settled; who cannot has all notes in the packs. */
  keepNow?(notes: readonly Note[]): void;
}

/** An instance whose bytes are on the disk; `context` is what its writer wanted to be told about. */
export interface Durable<Context> {
  context: Context;
  keySlot: number;
  location: Uint8Array;
}

interface Pending<Note, Context> {
  item: CommitItem | undefined;
  context: Context | undefined;
  drop: Omit<DropTask, 'note'> | undefined;
  note: Note | undefined;
  acknowledge: (() => void) | undefined;
  resolve: (durable: Durable<Context> | undefined) => void;
  reject: (error: Error) => void;
}

export interface PackWriterOptions<Note, Context> extends Omit<WriterStart, 'state'> {
  sealer: NoteSealer<Note>;
  /** Called after each sync, before anybody is told: what became durable, up to where, and what was dropped. */
  onDurable: (
    instances: readonly Durable<Context>[],
    position: PackPosition,
    drops: readonly DropTask[],
  ) => void;
  /** True once when new study keys must be synced with the next commit. */
  takeKeyFileDirty: () => boolean;
  /** The writing thread died: nothing can be stored any more. */
  onFatal: (error: Error) => void;
}

/** What a batch drops, each with the number of its note among those of the batch. */
function dropsOf(batch: readonly Pick<Pending<unknown, unknown>, 'drop' | 'note'>[]): DropTask[] {
  const noted = batch.filter(({ note }) => note !== undefined);
  return noted.flatMap(({ drop }, note) => (drop ? [{ ...drop, note }] : []));
}

function errorCodeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'EUNKNOWN';
}

/** Writes packs from the side of the thread that talks to peers: groups commits, recycles buffers, pushes back. */
export class PackWriter<Note, Context> {
  readonly #worker: Worker;
  readonly #options: PackWriterOptions<Note, Context>;
  readonly #state: PackState;
  readonly #pack: PackFile;
  readonly #streamHigh = randomBytes(4).readUInt32LE(0);
  #streamLow = 0;
  readonly #buffers: ArrayBuffer[] = [];
  #inFlightBytes = 0;
  /** Chunks that wait for the commit of their stream, and how many they are. */
  readonly #held = new Map<StreamRef, ChunkTask[]>();
  #heldChunks = 0;
  #drained: (() => void)[] = [];
  #queue: Pending<Note, Context>[] = [];
  #batch: Pending<Note, Context>[] | undefined;
  #scheduled = false;
  #lastBatchLength = 0;
  #fatal: Error | undefined;
  #closing = false;
  /** Commits that are durable and acknowledged, and not yet told of. */
  #untold = 0;
  /** New study keys were in a commit that failed: the next one must sync them. */
  #keySyncOwed = false;
  /** Chunks were handed over since the last commit: a sync of another file may have to wait for them. */
  #unsyncedChunks = false;
  #writeNowMs = 0;
  #slowDiskUntilMs = -Infinity;
  #closed: (() => void) | undefined;
  #prewriteTimer: NodeJS.Timeout | undefined;

  constructor(options: PackWriterOptions<Note, Context>) {
    this.#options = options;
    const { folder, firstPackID, resumeAt, keyFileDescriptor, packBytes, prewriteBytes } = options;
    const state = PackState.allocate();
    const start: WriterStart = {
      ...{ folder, firstPackID, resumeAt, keyFileDescriptor, packBytes, prewriteBytes },
      state,
    };
    this.#state = new PackState(state);
    this.#pack = new PackFile(start);
    this.#worker = new Worker(new URL('./writer-worker.ts', import.meta.url), { workerData: start });
    this.#worker.on('message', (reply: WriterReply) => this.#onReply(reply));
    this.#worker.on('error', (error) =>
      this.#fail(error instanceof Error ? error : new Error(String(error))),
    );
    this.#prewriteSoon();
  }

  openStream(): StreamRef {
    this.#streamLow = (this.#streamLow + 1) >>> 0;
    return { high: this.#streamHigh, low: this.#streamLow };
  }

  takeBuffer(): ArrayBuffer {
    return this.#buffers.pop() ?? new ArrayBuffer(CHUNK_BYTES);
  }

  returnBuffer(buffer: ArrayBuffer): void {
    if (buffer.byteLength === CHUNK_BYTES && this.#buffers.length < POOLED_BUFFERS)
      this.#buffers.push(buffer);
    // Not left to the garbage collector, which would run for every few instances of a busy hour.
    else buffer.transfer(0);
  }

  /** Hands one full chunk over. A promise means: wait, the disk is behind. */
  writeChunk(
    stream: StreamRef,
    index: number,
    study: { slot: number; key: Uint8Array },
    buffer: ArrayBuffer,
    length: number,
  ): void | Promise<void> {
    const held = this.#held.get(stream);
    const task = { stream, index, keySlot: study.slot, key: study.key, buffer, length };
    if (held) held.push(task);
    else this.#held.set(stream, [task]);
    this.#heldChunks++;
    // While the writing thread is busy anyway, a small instance goes over in one piece with its commit: each
    // message between threads costs as much as encrypting 64 KB.
    const isBusy = this.#batch !== undefined || this.#inFlightBytes > 0;
    const mayWait = this.#heldChunks < HELD_CHUNKS && this.#inFlightBytes <= IN_FLIGHT_HIGH_WATER_BYTES;
    if (isBusy && mayWait) return undefined;
    this.#handOver();
    if (this.#inFlightBytes <= IN_FLIGHT_HIGH_WATER_BYTES) return undefined;
    return new Promise((resolve) => this.#drained.push(resolve));
  }

  /** All chunks that wait, in one message. */
  #handOver(): void {
    const tasks = [...this.#held.values()].flat();
    this.#held.clear();
    this.#heldChunks = 0;
    this.#inFlightBytes += tasks.length * CHUNK_BYTES;
    this.#unsyncedChunks = true;
    this.#post(
      { type: 'chunks', tasks },
      tasks.map((task) => task.buffer),
    );
  }

  abandon(stream: StreamRef): void {
    for (const task of this.#takeHeld(stream)) this.returnBuffer(task.buffer);
    this.#post({ type: 'abandon', stream }, []);
  }

  /**
   * Makes an instance and its note, or a note alone, durable. Rejects with WriteRefused.
   *
   * @param acknowledge called once when they are durable, a moment before they are told of by `onDurable`: whoever
   *   waits for an answer has it while that work is done. What others ask after having got that answer finds it done.
   */
  commit(
    item: CommitItem | undefined,
    context: Context | undefined,
    note: Note | undefined,
    acknowledge?: () => void,
  ): Promise<Durable<Context> | undefined> {
    return this.#enqueue({ item, context, drop: undefined, note, acknowledge });
  }

  /** Makes it durable that a data set is dropped, with the note of it. Rejects with WriteRefused. */
  async drop(task: Omit<DropTask, 'note'>, note: Note): Promise<void> {
    await this.#enqueue({ item: undefined, context: undefined, drop: task, note, acknowledge: undefined });
  }

  async close(): Promise<void> {
    clearTimeout(this.#prewriteTimer);
    this.#closing = true;
    while (this.#batch || this.#queue.length > 0 || this.#untold > 0)
      await new Promise((resolve) => setTimeout(resolve, 1));
    if (this.#fatal) return;
    const closed = new Promise<void>((resolve) => (this.#closed = resolve));
    this.#post({ type: 'close' }, []);
    await closed;
    await this.#worker.terminate();
  }

  #enqueue(asked: Omit<Pending<Note, Context>, 'resolve' | 'reject'>): Promise<Durable<Context> | undefined> {
    return new Promise((resolve, reject) => {
      const ended = this.#fatal ?? (this.#closing ? new WriteRefused('ECLOSED') : undefined);
      if (ended) {
        reject(ended);
        return;
      }
      this.#queue.push({ ...asked, resolve, reject });
      this.#schedule();
    });
  }

  #takeHeld(stream: StreamRef): ChunkTask[] {
    const held = this.#held.get(stream) ?? [];
    this.#held.delete(stream);
    this.#heldChunks -= held.length;
    return held;
  }

  /**
   * Everything that asks in one turn of the event loop shares a batch. Where several asked at once, so may others whose
   * requests lie in their sockets by now: one more turn reads them, and spares a sync of their own.
   */
  #schedule(): void {
    if (this.#scheduled || this.#batch) return;
    this.#scheduled = true;
    const send = (): void => {
      this.#scheduled = false;
      this.#sendBatch();
    };
    if (this.#lastBatchLength > 1) setImmediate(() => setImmediate(send));
    else setImmediate(send);
  }

  #sendBatch(): void {
    if (this.#batch || this.#queue.length === 0 || this.#fatal) return;
    clearTimeout(this.#prewriteTimer);
    const batch = this.#queue.slice(0, MAX_BATCH);
    this.#queue = this.#queue.slice(MAX_BATCH);
    this.#lastBatchLength = batch.length;
    const items = batch.flatMap((pending) => pending.item ?? []);
    for (const item of items) item.chunks.unshift(...this.#takeHeld(item.stream));
    const notes = batch.flatMap((pending) => (pending.note === undefined ? [] : [pending.note]));
    const drops = dropsOf(batch);
    if (items.length + drops.length === 0 && this.#mayKeepNow()) {
      this.#keepNow(batch, notes);
      return;
    }
    const syncKeyFile = this.#options.takeKeyFileDirty() || this.#keySyncOwed;
    this.#keySyncOwed = syncKeyFile;
    this.#batch = batch;
    const sealed = this.#options.sealer.seal(notes);
    const [only] = items;
    const isAlone = items.length === 1 && drops.length === 0 && !syncKeyFile;
    if (only && isAlone && this.#mayWriteNow(only, sealed)) {
      this.#commitNow(only, sealed);
      return;
    }
    this.#unsyncedChunks = false;
    const transfer = items.flatMap((item) => item.chunks.map((task) => task.buffer));
    this.#post({ type: 'commit', items, notes: sealed, drops, syncKeyFile }, transfer);
  }

  #isDiskQuick(): boolean {
    return !this.#unsyncedChunks && performance.now() >= this.#slowDiskUntilMs;
  }

  #mayKeepNow(): boolean {
    return this.#options.sealer.keepNow !== undefined && this.#isDiskQuick();
  }

  /** Without instances there is nothing to encrypt, and a small sync is over before two threads have told each
   *  other of it. */
  #keepNow(batch: readonly Pending<Note, Context>[], notes: readonly Note[]): void {
    try {
      this.#timed(() => this.#options.sealer.keepNow?.(notes));
    } catch (error) {
      const errorCode = errorCodeOf(error);
      for (const pending of batch) pending.reject(new WriteRefused(errorCode));
      return;
    } finally {
      if (this.#queue.length > 0) this.#schedule();
    }
    for (const pending of batch) pending.resolve(undefined);
    this.#prewriteSoon();
  }

  /** Whether all of this instance is here, is small, fits into the pack, and nobody else is writing. Then the turn is
   *  taken. */
  #mayWriteNow(item: CommitItem, notes: readonly Uint8Array[]): boolean {
    const bytes = lengthOf([...item.chunks, ...notes]);
    const isWhole = item.chunks[0]?.index === 0;
    if (!isWhole || bytes > WRITTEN_NOW_BYTES || !this.#isDiskQuick() || !this.#state.tryTurn()) return false;
    if (this.#pack.hasRoomFor(WRITTEN_NOW_BYTES + RECORDS_NOW_BYTES)) return true;
    this.#state.giveTurn();
    return false;
  }

  /** As the writing thread does it, in the turn that was taken: two messages between threads are saved. */
  #commitNow(item: CommitItem, notes: readonly Uint8Array[]): void {
    const mark = this.#pack.position;
    const recycled = item.chunks.map((task) => task.buffer);
    let reply: WriterReply;
    try {
      const results = this.#timed(() => {
        const chunks = item.chunks.map((task) => this.#pack.appendChunk(task));
        const instance = this.#pack.appendInstance(item, chunks);
        for (const note of notes) this.#pack.appendNote(note);
        this.#pack.sync();
        return [instance];
      });
      reply = { type: 'committed', results, position: this.#pack.position, recycled };
    } catch (error) {
      if (!this.#takeBack(mark)) return;
      reply = { type: 'commit-failed', errorCode: errorCodeOf(error), recycled };
    } finally {
      this.#state.giveTurn();
    }
    this.#onReply(reply);
    if (this.#pack.zerosAhead < ZEROS_LEFT_BYTES) this.#post({ type: 'prewrite' }, []);
  }

  /** False when the disk does not even let go of what it did not take: then nothing can be stored any more. */
  #takeBack(mark: PackPosition): boolean {
    try {
      this.#pack.rollBackTo(mark);
      return true;
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
      return false;
    }
  }

  /** Does what a disk may hold up, and remembers how long it took. */
  #timed<Result>(work: () => Result): Result {
    const startedMs = performance.now();
    try {
      return work();
    } finally {
      const endedMs = performance.now();
      this.#writeNowMs += (endedMs - startedMs - this.#writeNowMs) * WRITE_NOW_WEIGHT;
      if (this.#writeNowMs > WRITE_NOW_MAX_MS) {
        this.#slowDiskUntilMs = endedMs + SLOW_DISK_PAUSE_MS;
        this.#writeNowMs = 0;
      }
    }
  }

  #onReply(reply: WriterReply): void {
    switch (reply.type) {
      case 'recycled':
        this.#settleBytes(reply.buffers);
        break;
      case 'committed':
        for (const buffer of reply.recycled) this.returnBuffer(buffer);
        this.#keySyncOwed = false;
        this.#onCommitted(reply);
        break;
      case 'commit-failed': {
        for (const buffer of reply.recycled) this.returnBuffer(buffer);
        const failed = this.#takeBatch();
        this.#options.sealer.settle(false);
        for (const pending of failed) pending.reject(new WriteRefused(reply.errorCode));
        break;
      }
      case 'closed':
        this.#closed?.();
        break;
    }
  }

  #onCommitted(reply: Extract<WriterReply, { type: 'committed' }>): void {
    const batch = this.#takeBatch();
    this.#options.sealer.settle(true);
    const durable: Durable<Context>[] = [];
    const answers: (() => void)[] = [];
    let next = 0;
    for (const pending of batch) {
      if (!pending.item || pending.context === undefined) {
        answers.push(() => pending.resolve(undefined));
        continue;
      }
      const result = reply.results[next++];
      if (!result) throw new RangeError('the writing thread answered fewer instances than it was given');
      const location = encodeLocation({
        record: result.record,
        streamHigh: pending.item.stream.high,
        streamLow: pending.item.stream.low,
        chunks: result.chunks,
      });
      const instance = { context: pending.context, keySlot: pending.item.keySlot, location };
      durable.push(instance);
      answers.push(() => pending.resolve(instance));
    }
    const tell = (): void => {
      try {
        this.#options.onDurable(durable, reply.position, dropsOf(batch));
      } catch (error) {
        // The bytes are safe and will be found at the next start, but nobody may be told Success now.
        for (const pending of batch) pending.reject(new WriteRefused('EINDEX'));
        this.#fail(error instanceof Error ? error : new Error(String(error)));
        return;
      }
      for (const answer of answers) answer();
      this.#prewriteSoon();
    };
    const waiting = batch.flatMap(({ acknowledge }) => acknowledge ?? []);
    if (waiting.length === 0 && this.#untold === 0) {
      tell();
      return;
    }
    for (const acknowledge of waiting) acknowledge();
    // After the answers have left, before anything that is asked because of them is read; in the order of commits.
    this.#untold++;
    setImmediate(() => {
      this.#untold--;
      tell();
    });
  }

  #takeBatch(): Pending<Note, Context>[] {
    const batch = this.#batch ?? [];
    this.#batch = undefined;
    if (this.#queue.length > 0) this.#schedule();
    return batch;
  }

  #settleBytes(buffers: readonly ArrayBuffer[]): void {
    this.#inFlightBytes -= buffers.length * CHUNK_BYTES;
    for (const buffer of buffers) this.returnBuffer(buffer);
    if (this.#inFlightBytes > IN_FLIGHT_HIGH_WATER_BYTES / 2 || this.#drained.length === 0) return;
    const waiting = this.#drained;
    this.#drained = [];
    for (const resolve of waiting) resolve();
  }

  #prewriteSoon(): void {
    clearTimeout(this.#prewriteTimer);
    this.#prewriteTimer = setTimeout(() => this.#post({ type: 'prewrite' }, []), PREWRITE_AFTER_MS);
    this.#prewriteTimer.unref();
  }

  #post(request: WriterRequest, transfer: ArrayBuffer[]): void {
    if (!this.#fatal) this.#worker.postMessage(request, transfer);
  }

  #fail(error: Error): void {
    this.#fatal = error;
    for (const pending of [...(this.#batch ?? []), ...this.#queue]) pending.reject(error);
    this.#batch = undefined;
    this.#queue = [];
    for (const resolve of this.#drained) resolve();
    this.#drained = [];
    this.#options.onFatal(error);
  }
}
