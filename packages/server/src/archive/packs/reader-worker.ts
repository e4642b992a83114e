import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { DamagedRecord, openRecord, PreparedKeys } from './cipher.ts';
import { decodeRecordHeader, packFileName, RECORD_HEADER_BYTES, type RecordPlace } from './format.ts';
import type { ReadReply, ReadRequest } from './pack-reader.ts';

/** Packs open at once; the least recently used is closed. */
const OPEN_PACKS = 64;

/** What is decrypted is handed over when it is so much: whoever asked sends it while the rest is decrypted. */
const REPLY_BYTES = 128 * 1024;
/** Less than this goes with what comes before it: a message costs as much as decrypting it. */
const REST_MIN_BYTES = 32 * 1024;

/** The thread that reads and decrypts: a slow disk or a long decryption never holds up those who talk. */
class PackFiles {
  readonly #folder: string;
  readonly #open = new Map<number, number>();
  readonly #keys = new PreparedKeys();
  /** What is read before it is decrypted: always the same memory, which stays warm. */
  #encrypted = Buffer.alloc(0);

  constructor(folder: string) {
    this.#folder = folder;
  }

  read(place: RecordPlace, key: Uint8Array): Buffer {
    const total = RECORD_HEADER_BYTES + place.payloadLength;
    if (this.#encrypted.length < total) this.#encrypted = Buffer.allocUnsafeSlow(total);
    const bytes = this.#encrypted.subarray(0, total);
    const got = readSync(this.#fileOf(place.packID), bytes, 0, total, place.offset);
    const header = got === total ? decodeRecordHeader(bytes, 0, place.packID) : undefined;
    if (!header || header.payloadLength !== place.payloadLength) {
      throw new DamagedRecord(place.packID, place.offset);
    }
    return openRecord(
      header,
      place.offset,
      this.#keys.get(header.keySlot, key),
      bytes.subarray(RECORD_HEADER_BYTES),
    );
  }

  #fileOf(packID: number): number {
    const known = this.#open.get(packID);
    this.#open.delete(packID);
    const fd = known ?? openSync(join(this.#folder, packFileName(packID)), 'r');
    this.#open.set(packID, fd);
    if (this.#open.size > OPEN_PACKS) {
      const [oldest, oldestFd] = this.#open.entries().next().value ?? [0, 0];
      this.#open.delete(oldest);
      closeSync(oldestFd);
    }
    return fd;
  }
}

function answer(files: PackFiles, id: number, place: RecordPlace, key: Uint8Array): ReadReply {
  try {
    const clear = files.read(place, key);
    const whole = clear.byteOffset === 0 && clear.byteLength === clear.buffer.byteLength;
    return { id, buffer: (whole ? clear.buffer : new Uint8Array(clear).buffer) as ArrayBuffer };
  } catch (error) {
    const damaged = error instanceof DamagedRecord;
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'EUNKNOWN';
    return { id, errorCode: damaged ? 'DAMAGED_RECORD' : code };
  }
}

function answerAll(files: PackFiles, requests: readonly ReadRequest[], port: MessagePort): void {
  const asked = requests.flatMap(({ id, places, key }) =>
    places.map((place, index) => ({ id: id + index, place, key })),
  );
  let leftBytes = asked.reduce((sum, { place }) => sum + place.payloadLength, 0);
  let bytes = 0;
  let replies: ReadReply[] = [];
  for (const { id, place, key } of asked) {
    replies.push(answer(files, id, place, key));
    bytes += place.payloadLength;
    leftBytes -= place.payloadLength;
    if (bytes < REPLY_BYTES || leftBytes < REST_MIN_BYTES) continue;
    post(replies, port);
    replies = [];
    bytes = 0;
  }
  if (replies.length > 0) post(replies, port);
}

function post(replies: readonly ReadReply[], port: MessagePort): void {
  port.postMessage(
    replies,
    replies.flatMap((reply) => ('buffer' in reply ? [reply.buffer] : [])),
  );
}

if (parentPort) {
  const port = parentPort;
  const files = new PackFiles(workerData as string);
  port.on('message', (requests: ReadRequest[]) => answerAll(files, requests, port));
}
