import {
  closeSync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  truncateSync,
  unlinkSync,
  writevSync,
} from 'node:fs';
import { join } from 'node:path';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { NonceSource, PreparedKeys, sealRecord } from './cipher.ts';
import {
  encodeInstancePayload,
  encodePackHeader,
  NO_KEY_SLOT,
  PACK_HEADER_BYTES,
  packFileName,
  RECORD_HEADER_BYTES,
  RecordKind,
  type RecordPlace,
  writeRecordEnd,
  writeRecordStart,
} from './format.ts';
import { crc32 } from 'node:zlib';
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
 * The thread that owns the pack being written. Chunks are encrypted and written as they come; a commit
 * writes the records that make instances and notes complete and then syncs once for all of them.
 * Everything here is synchronous: this thread has nothing else to do, and order is what makes a torn tail
 * recognisable.
 */
const ZEROS = Buffer.alloc(1024 * 1024);
const PREWRITE_MIN_BYTES = 4 * 1024 * 1024;

const errorCodeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'EUNKNOWN';

class PackFile {
  readonly #start: WriterStart;
  readonly #nonces = new NonceSource();
  readonly #keys = new PreparedKeys();
  #packID: number;
  #fd: number;
  #offset = PACK_HEADER_BYTES;
  /** End of what was written before, zeros included: writing into it costs the disk less than growing. */
  #prewrittenTo = PACK_HEADER_BYTES;
  #damaged = false;

  constructor(start: WriterStart) {
    this.#start = start;
    this.#packID = start.firstPackID;
    if (start.resumeAt === undefined) {
      this.#fd = this.#create(this.#packID);
      return;
    }
    this.#fd = openSync(join(start.folder, packFileName(this.#packID)), 'r+');
    this.#offset = start.resumeAt;
    this.#prewrittenTo = start.resumeAt;
  }

  get position(): { packID: number; offset: number } {
    return { packID: this.#packID, offset: this.#offset };
  }

  append(kind: RecordKind, task: Omit<ChunkTask, 'buffer' | 'length'>, payload: Uint8Array): RecordPlace {
    this.#makeRoom(RECORD_HEADER_BYTES + payload.length);
    const start = {
      kind,
      keySlot: task.keySlot,
      streamHigh: task.stream.high,
      streamLow: task.stream.low,
      index: task.index,
    };
    const key = this.#keys.get(task.keySlot, task.key);
    const [header, encrypted] = sealRecord(start, this.#packID, key, payload, this.#nonces);
    return this.#write(header, encrypted);
  }

  /** A note is sealed by whoever made it; the record only guards against a torn write. */
  appendNote(sealed: Uint8Array): RecordPlace {
    this.#makeRoom(RECORD_HEADER_BYTES + sealed.length);
    const header = Buffer.alloc(RECORD_HEADER_BYTES);
    writeRecordStart(header, {
      kind: RecordKind.note,
      keySlot: NO_KEY_SLOT,
      payloadLength: sealed.length,
      streamHigh: 0,
      streamLow: 0,
      index: 0,
    });
    const tag = Buffer.alloc(16);
    tag.writeUInt32LE(crc32(sealed), 0);
    writeRecordEnd(header, Buffer.alloc(12), tag, this.#packID);
    return this.#write(header, sealed);
  }

  sync(): void {
    fdatasyncSync(this.#fd);
  }

  /** Takes back what was written since `mark`, when a commit failed half-way: notes that were never
   *  acknowledged must not stand beside those that later take their place in the chain. */
  rollBackTo(mark: { packID: number; offset: number }): void {
    const samePack = mark.packID === this.#packID;
    for (let packID = mark.packID; packID < this.#packID; packID++) {
      const end = packID === mark.packID ? mark.offset : PACK_HEADER_BYTES;
      truncateSync(join(this.#start.folder, packFileName(packID)), end);
    }
    this.#offset = samePack ? mark.offset : PACK_HEADER_BYTES;
    ftruncateSync(this.#fd, this.#offset);
    this.#prewrittenTo = this.#offset;
    this.#damaged = false;
  }

  /** Grows the zeros ahead by one step; false when there are enough of them. */
  prewriteStep(): boolean {
    // As much ahead as was stored in this pack, within bounds: a small archive stays small, a busy one finds
    // room for its next study.
    const ahead = Math.min(Math.max(this.#offset, PREWRITE_MIN_BYTES), this.#start.prewriteBytes);
    const wanted = Math.min(this.#offset + ahead, this.#start.packBytes);
    const from = Math.max(this.#prewrittenTo, this.#offset);
    if (from >= wanted) return false;
    const length = Math.min(ZEROS.length, wanted - from);
    writevSync(this.#fd, [ZEROS.subarray(0, length)], from);
    this.#prewrittenTo = from + length;
    if (this.#prewrittenTo >= wanted) fdatasyncSync(this.#fd);
    return true;
  }

  close(): void {
    // The zeros ahead go: a closed pack is its records and nothing else.
    ftruncateSync(this.#fd, this.#offset);
    fsyncSync(this.#fd);
    closeSync(this.#fd);
  }

  #write(header: Buffer, payload: Uint8Array): RecordPlace {
    const place = { packID: this.#packID, offset: this.#offset, payloadLength: payload.length };
    let written = 0;
    const total = header.length + payload.length;
    try {
      written = writevSync(this.#fd, [header, payload], this.#offset);
      while (written < total) {
        const rest = Buffer.concat([header, payload]).subarray(written);
        written += writevSync(this.#fd, [rest], this.#offset + written);
      }
    } catch (error) {
      this.#damaged = true;
      throw error;
    }
    this.#offset += total;
    return place;
  }

  /** Opens the next pack when this one is full, or when a write failed half-way: what was written of a
   *  failed record must stay the last thing in its pack, or readers of the tail would stop at it. */
  #makeRoom(bytes: number): void {
    const full = this.#offset > PACK_HEADER_BYTES && this.#offset + bytes > this.#start.packBytes;
    if (!full && !this.#damaged) return;
    const next = this.#create(this.#packID + 1);
    this.close();
    this.#packID += 1;
    this.#fd = next;
    this.#offset = PACK_HEADER_BYTES;
    this.#prewrittenTo = PACK_HEADER_BYTES;
    this.#damaged = false;
  }

  #create(packID: number): number {
    const file = join(this.#start.folder, packFileName(packID));
    const fd = openSync(file, 'wx+', 0o600);
    try {
      writevSync(fd, [encodePackHeader(packID, Date.now())], 0);
      fsyncSync(fd);
    } catch (error) {
      // A disk that has no room for the header may have room later: the name must be free then.
      closeSync(fd);
      unlinkSync(file);
      throw error;
    }
    const folder = openSync(this.#start.folder, 'r');
    fsyncSync(folder);
    closeSync(folder);
    return fd;
  }
}

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
  readonly #keyFileDescriptor: number;
  readonly #port: MessagePort;
  /** Chunks of streams not yet committed, or the failure that ended a stream. */
  readonly #streams = new Map<string, RecordPlace[] | WriteFailure>();
  #idle: NodeJS.Immediate | undefined;

  constructor(start: WriterStart, port: MessagePort) {
    this.#pack = new PackFile(start);
    this.#keyFileDescriptor = start.keyFileDescriptor;
    this.#port = port;
  }

  handle(request: WriterRequest): void {
    switch (request.type) {
      case 'chunks': {
        for (const task of request.tasks) this.#writeChunk(task);
        const buffers = request.tasks.map((task) => task.buffer);
        this.#reply({ type: 'recycled', buffers }, buffers);
        break;
      }
      case 'abandon':
        this.#streams.delete(nameOf(request.stream));
        break;
      case 'commit':
        this.#commit(request.items, request.notes, request.syncKeyFile);
        break;
      case 'prewrite':
        this.#prewriteWhenIdle();
        break;
      case 'close':
        clearImmediate(this.#idle);
        this.#pack.close();
        this.#reply({ type: 'closed' });
        this.#port.close();
        break;
    }
  }

  #writeChunk(task: ChunkTask): void {
    const name = nameOf(task.stream);
    const places = this.#streams.get(name) ?? [];
    if (!Array.isArray(places)) return;
    try {
      places.push(this.#pack.append(RecordKind.chunk, task, new Uint8Array(task.buffer, 0, task.length)));
      this.#streams.set(name, places);
    } catch (error) {
      this.#streams.set(name, { errorCode: errorCodeOf(error) });
    }
  }

  #commit(items: CommitItem[], notes: Uint8Array[], syncKeyFile: boolean): void {
    const recycled = items.flatMap((item) => item.chunks.map((task) => task.buffer));
    const mark = this.#pack.position;
    try {
      for (const item of items) for (const task of item.chunks) this.#writeChunk(task);
      const results = items.map((item) => this.#appendInstance(item));
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
    const kind = item.kind === 'instance' ? RecordKind.instance : RecordKind.quarantine;
    const payload = encodeInstancePayload(item.metaJson, chunks);
    return { record: this.#pack.append(kind, { ...item, index: chunks.length }, payload), chunks };
  }

  #prewriteWhenIdle(): void {
    clearImmediate(this.#idle);
    this.#idle = setImmediate(() => {
      try {
        if (this.#pack.prewriteStep()) this.#prewriteWhenIdle();
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
