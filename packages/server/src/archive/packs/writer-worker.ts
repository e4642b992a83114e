import { fdatasyncSync } from 'node:fs';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { RecordPlace } from './format.ts';
import { PackFile } from './pack-file.ts';
import { PackState } from './pack-state.ts';
import type {
  ChunkTask,
  CommitItem,
  CommittedInstance,
  StreamRef,
  WriteFailure,
  WriterReply,
  WriterRequest,
  WriterStart,
} from './writer-protocol.ts';

/**
 * The thread that writes: chunks are encrypted and written as they come; a commit writes the records that make
 * instances and notes complete and then syncs once for all of them. Everything here is synchronous: this thread has
 * nothing else to do, and order is what makes a torn tail recognisable. It has the turn while it writes.
 */
const errorCodeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'EUNKNOWN';

/** An earlier chunk of the stream could not be written. */
class StreamFailed extends Error {
  readonly errorCode: string;
  constructor(errorCode: string) {
    super(`an earlier chunk could not be written: ${errorCode}`);
    this.errorCode = errorCode;
  }
}

class Writer {
  readonly #pack: PackFile;
  readonly #state: PackState;
  readonly #keyFileDescriptor: number;
  readonly #port: MessagePort;
  /** Chunks of streams not yet committed, or the failure that ended a stream. */
  readonly #streams = new Map<string, RecordPlace[] | WriteFailure>();
  #idle: NodeJS.Immediate | undefined;

  constructor(start: WriterStart, port: MessagePort) {
    this.#pack = new PackFile(start);
    this.#state = new PackState(start.state);
    this.#keyFileDescriptor = start.keyFileDescriptor;
    this.#port = port;
    this.#pack.open();
    this.#state.giveTurn();
  }

  handle(request: WriterRequest): void {
    // Zeros are for quiet moments: work does not wait for them, and they are asked for again behind it.
    clearImmediate(this.#idle);
    switch (request.type) {
      case 'chunks': {
        this.#inTurn(() => {
          for (const task of request.tasks) this.#writeChunk(task);
        });
        const buffers = request.tasks.map((task) => task.buffer);
        this.#reply({ type: 'recycled', buffers }, buffers);
        break;
      }
      case 'abandon':
        this.#streams.delete(nameOf(request.stream));
        break;
      case 'commit':
        this.#inTurn(() => this.#commit(request));
        break;
      case 'prewrite':
        this.#prewriteWhenIdle();
        break;
      case 'close':
        this.#state.takeTurn();
        this.#pack.close();
        this.#reply({ type: 'closed' });
        this.#port.close();
        break;
    }
  }

  #inTurn<Result>(work: () => Result): Result {
    this.#state.takeTurn();
    try {
      return work();
    } finally {
      this.#state.giveTurn();
    }
  }

  #writeChunk(task: ChunkTask): void {
    const name = nameOf(task.stream);
    const places = this.#streams.get(name) ?? [];
    if (!Array.isArray(places)) return;
    try {
      places.push(this.#pack.appendChunk(task));
      this.#streams.set(name, places);
    } catch (error) {
      this.#streams.set(name, { errorCode: errorCodeOf(error) });
    }
  }

  #commit({ items, notes, drops, syncKeyFile }: Extract<WriterRequest, { type: 'commit' }>): void {
    const recycled = items.flatMap((item) => item.chunks.map((task) => task.buffer));
    const mark = this.#pack.position;
    try {
      for (const item of items) for (const task of item.chunks) this.#writeChunk(task);
      const results = items.map((item) => this.#appendInstance(item));
      if (drops.length > 0) this.#pack.appendDrops(drops, notes);
      for (const note of notes) this.#pack.appendNote(note);
      if (syncKeyFile) fdatasyncSync(this.#keyFileDescriptor);
      this.#pack.sync();
      this.#reply({ type: 'committed', results, position: this.#pack.position, recycled }, recycled);
    } catch (error) {
      for (const item of items) this.#streams.delete(nameOf(item.stream));
      this.#pack.rollBackTo(mark);
      const errorCode = error instanceof StreamFailed ? error.errorCode : errorCodeOf(error);
      this.#reply({ type: 'commit-failed', errorCode, recycled }, recycled);
    }
  }

  #appendInstance(item: CommitItem): CommittedInstance {
    const name = nameOf(item.stream);
    const chunks = this.#streams.get(name) ?? [];
    this.#streams.delete(name);
    if (!Array.isArray(chunks)) throw new StreamFailed(chunks.errorCode);
    return this.#pack.appendInstance(item, chunks);
  }

  #prewriteWhenIdle(): void {
    this.#idle = setImmediate(() => {
      try {
        if (this.#inTurn(() => this.#pack.prewriteStep())) this.#prewriteWhenIdle();
      } catch {
        // No room for zeros is no failure: the next record finds out whether there is room for it.
      }
    });
  }

  #reply(reply: WriterReply, transfer: ArrayBuffer[] = []): void {
    this.#port.postMessage(reply, transfer);
  }
}

const nameOf = (stream: StreamRef): string => `${stream.high}.${stream.low}`;

if (parentPort) {
  const port = parentPort;
  const writer = new Writer(workerData as WriterStart, port);
  port.on('message', (request: WriterRequest) => writer.handle(request));
}
