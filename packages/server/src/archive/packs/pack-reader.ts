import { Worker } from 'node:worker_threads';
import { DamagedRecord } from './cipher.ts';
import { decodeInstancePayload, decodeLocation, type InstanceMeta, type RecordPlace } from './format.ts';
import { PackFiles, readErrorCodeOf, type RecordPart } from './pack-files.ts';

/** Chunks asked for ahead of the one being sent: enough to keep disk and cipher busy while the network
 *  takes the last, few enough that a slow peer costs little memory. */
const READ_AHEAD_CHUNKS = 4;

/** What is longer is read by the thread for it, whoever asks: others are not kept waiting for so long. */
const READ_HERE_MAX_BYTES = 1024 * 1024;
/** A chunk is read here while that takes no longer than this on average; a slower disk is left to the thread for it, for
 *  a while. */
const READ_HERE_MAX_MS = 2;
/** What the last time weighs in that average. */
const READ_HERE_WEIGHT = 1 / 16;
const SLOW_DISK_PAUSE_MS = 1_000;

export interface ReadRange {
  readonly from?: number;
  /** Before this byte. */
  readonly to?: number;
  /**
   * Nobody else waits: what is short is read by the thread that asks, when the disk is quick. Two messages between
   * threads take longer than decrypting it.
   */
  readonly isAlone?: boolean;
  /** All that is wanted is put there, and given as one piece; to be given for what is short. */
  readonly into?: FillTarget;
}

/** Memory, and from where on it is filled. The thread may have it meanwhile: then it comes back as another object. */
export interface FillTarget {
  readonly memory: ArrayBuffer;
  readonly at: number;
}

/** Records under one key, one behind the other: the first is answered under this ID, the others under the next. */
export interface ReadRequest {
  id: number;
  places: readonly RecordPlace[];
  key: Uint8Array;
}
/** Parts of records under one key, one behind the other, to be put into memory that goes with the question and comes back. */
export interface FillRequest {
  id: number;
  parts: readonly RecordPart[];
  key: Uint8Array;
  memory: ArrayBuffer;
  at: number;
}
export type ReadReply =
  { id: number; buffer: ArrayBuffer } | { id: number; errorCode: string; place?: RecordPlace };

/** A record could not be read. `errorCode`: DAMAGED_RECORD, or the system's (`ENOENT`, `EIO` ...). */
export class ReadFailed extends Error {
  readonly code = 'READ_FAILED';
  readonly errorCode: string;
  constructor(errorCode: string, place: RecordPlace) {
    super(`record at ${place.offset} of pack ${place.packID} could not be read: ${errorCode}`);
    this.errorCode = errorCode;
  }
}

/** The archive was closed, and its packs with it. */
export class ReaderClosed extends Error {
  readonly code = 'READER_CLOSED';
}

/** A read ahead fails while a slow receiver still takes what comes before: whoever waits for it is told in turn,
 *  but a failure nobody waits for yet would end the process. */
function handled(reading: Promise<Uint8Array>): Promise<Uint8Array> {
  reading.catch(() => undefined);
  return reading;
}

interface Waiting {
  place: RecordPlace;
  resolve: (clear: Uint8Array) => void;
  reject: (error: Error) => void;
}

/** Reads packs through a thread of its own, one record or a whole data set at a time. */
export class PackReader {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #nextID = 0;
  #asked: (ReadRequest | FillRequest)[] = [];
  #ended: Error | undefined;
  readonly #here: PackFiles;
  #readHereMs = 0;
  #slowDiskUntilMs = -Infinity;

  constructor(folder: string) {
    this.#here = new PackFiles(folder);
    this.#worker = new Worker(new URL('./reader-worker.ts', import.meta.url), { workerData: folder });
    this.#worker.on('message', (replies: ReadReply[]) => {
      for (const reply of replies) this.#onReply(reply);
    });
    this.#worker.on('error', (error) => {
      this.#end(error instanceof Error ? error : new Error(String(error)));
    });
  }

  /** One record's payload in the clear. Rejects with ReadFailed. */
  readRecord(place: RecordPlace, key: Uint8Array): Promise<Uint8Array> {
    const [reading = Promise.reject(new ReaderClosed())] = this.#readRecords([place], key);
    return reading;
  }

  #readRecords(places: readonly RecordPlace[], key: Uint8Array): Promise<Uint8Array>[] {
    const ended = this.#ended;
    if (ended) return places.map(() => Promise.reject(ended));
    const id = this.#nextID;
    this.#nextID += places.length;
    const readings = places.map(
      (place, index) =>
        new Promise<Uint8Array>((resolve, reject) => {
          this.#waiting.set(id + index, { place, resolve, reject });
        }),
    );
    this.#ask({ id, places, key });
    return readings;
  }

  /** Everything asked for in one go travels in one message: messages cost more than small decryptions. */
  #ask(request: ReadRequest | FillRequest): void {
    this.#asked.push(request);
    if (this.#asked.length > 1) return;
    queueMicrotask(() => {
      const requests = this.#asked;
      this.#asked = [];
      const memory = requests.flatMap((each) => ('memory' in each ? [each.memory] : []));
      this.#worker.postMessage(requests, memory);
    });
  }

  /** What was recorded of an instance, and where its chunks lie. */
  async readInstanceRecord(
    encodedLocation: Uint8Array,
    key: Uint8Array,
  ): Promise<{ meta: InstanceMeta; chunks: RecordPlace[] }> {
    const { record } = decodeLocation(encodedLocation);
    return decodeInstancePayload(Buffer.from(await this.readRecord(record, key)));
  }

  /** The data set's bytes, chunk by chunk, from byte `from` to before byte `to` if given. */
  async *readDataSet(
    encodedLocation: Uint8Array,
    key: Uint8Array,
    range: ReadRange = {},
  ): AsyncGenerator<Uint8Array> {
    const location = decodeLocation(encodedLocation);
    const chunks = location.chunks ?? (await this.readInstanceRecord(encodedLocation, key)).chunks;
    const wanted = chunksInRange(chunks, range);
    if (range.into) {
      yield await this.#fill(wanted, key, range, range.into);
      return;
    }
    if (range.isAlone === true && this.#mayReadHere(wanted)) {
      for (const { start, place } of wanted) {
        const clear = this.#inTime(place, () => this.#here.read(place, key));
        yield cutTo(clear, start, range);
      }
      return;
    }
    const ahead: Promise<Uint8Array>[] = [];
    let next = 0;
    for (const { start } of wanted) {
      if (next < wanted.length && ahead.length <= READ_AHEAD_CHUNKS / 2) {
        const group = wanted.slice(next, next + READ_AHEAD_CHUNKS - ahead.length);
        next += group.length;
        const places = group.map((upcoming) => upcoming.place);
        ahead.push(...this.#readRecords(places, key).map(handled));
      }
      yield cutTo((await ahead.shift()) ?? new Uint8Array(), start, range);
    }
  }

  /** @throws ReadFailed, ReaderClosed: then the memory may be gone */
  async #fill(
    wanted: readonly { start: number; place: RecordPlace }[],
    key: Uint8Array,
    range: ReadRange,
    { memory, at }: FillTarget,
  ): Promise<Uint8Array> {
    const parts = wanted.map(({ start, place }) => partOf(place, start, range));
    const length = parts.reduce((sum, { from, to }) => sum + to - from, 0);
    if (at + length > memory.byteLength) throw new RangeError('the memory is too small');
    if (range.isAlone !== true || !this.#mayReadHere(wanted)) {
      const filled = await this.#fillThere({ parts, key, memory, at });
      return new Uint8Array(filled, at, length);
    }
    let next = at;
    for (const part of parts) {
      const target = new Uint8Array(memory, next);
      this.#inTime(part.place, () => this.#here.readInto(part, key, target));
      next += part.to - part.from;
    }
    return new Uint8Array(memory, at, length);
  }

  async #fillThere(asked: Omit<FillRequest, 'id'>): Promise<ArrayBuffer> {
    if (this.#ended) throw this.#ended;
    const id = this.#nextID++;
    const [first] = asked.parts;
    if (!first) return asked.memory;
    const filled = new Promise<Uint8Array>((resolve, reject) => {
      this.#waiting.set(id, { place: first.place, resolve, reject });
    });
    this.#ask({ id, ...asked });
    return (await filled).buffer as ArrayBuffer;
  }

  async close(): Promise<void> {
    this.#end(new ReaderClosed());
    await this.#worker.terminate();
    this.#here.close();
  }

  #mayReadHere(wanted: readonly { place: RecordPlace }[]): boolean {
    const bytes = wanted.reduce((sum, { place }) => sum + place.payloadLength, 0);
    return bytes <= READ_HERE_MAX_BYTES && performance.now() >= this.#slowDiskUntilMs;
  }

  /** @throws ReadFailed, ReaderClosed */
  #inTime<Result>(place: RecordPlace, read: () => Result): Result {
    if (this.#ended) throw this.#ended;
    const startedMs = performance.now();
    try {
      return read();
    } catch (error) {
      throw new ReadFailed(readErrorCodeOf(error), place);
    } finally {
      const endedMs = performance.now();
      this.#readHereMs += (endedMs - startedMs - this.#readHereMs) * READ_HERE_WEIGHT;
      if (this.#readHereMs > READ_HERE_MAX_MS) {
        this.#slowDiskUntilMs = endedMs + SLOW_DISK_PAUSE_MS;
        this.#readHereMs = 0;
      }
    }
  }

  /** Nobody is left waiting for a thread that will not answer. */
  #end(reason: Error): void {
    this.#ended ??= reason;
    for (const waiting of this.#waiting.values()) waiting.reject(reason);
    this.#waiting.clear();
  }

  #onReply(reply: ReadReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (!waiting) return;
    if ('buffer' in reply) waiting.resolve(new Uint8Array(reply.buffer));
    else waiting.reject(new ReadFailed(reply.errorCode, reply.place ?? waiting.place));
  }
}

function partOf(place: RecordPlace, start: number, range: ReadRange): RecordPart {
  const from = Math.max(0, (range.from ?? 0) - start);
  return { place, from, to: Math.min(place.payloadLength, (range.to ?? Infinity) - start) };
}

/** What of a chunk, which begins at `start` of the data set, lies in a range. */
function cutTo(bytes: Uint8Array, start: number, range: ReadRange): Uint8Array {
  const from = Math.max(0, (range.from ?? 0) - start);
  const to = Math.min(bytes.length, (range.to ?? Infinity) - start);
  return from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to);
}

function chunksInRange(
  chunks: readonly RecordPlace[],
  range: { from?: number; to?: number },
): { start: number; place: RecordPlace }[] {
  const wanted: { start: number; place: RecordPlace }[] = [];
  let start = 0;
  for (const place of chunks) {
    const end = start + place.payloadLength;
    if (Math.min(end, range.to ?? Infinity) > Math.max(start, range.from ?? 0)) wanted.push({ start, place });
    start = end;
  }
  return wanted;
}

export { DamagedRecord };
