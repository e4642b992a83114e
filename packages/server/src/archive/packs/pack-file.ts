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
import { crc32 } from 'node:zlib';
import { NonceSource, PreparedKeys, sealRecord } from './cipher.ts';
import {
  encodeDroppedPayload,
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
import { PackState } from './pack-state.ts';
import type {
  ChunkTask,
  CommitItem,
  CommittedInstance,
  DropTask,
  PackPosition,
  WriterStart,
} from './writer-protocol.ts';

export const lengthOf = (parts: readonly { length: number }[]): number =>
  parts.reduce((sum, { length }) => sum + length, 0);
const recordBytes = (payloads: readonly { length: number }[]): number =>
  lengthOf(payloads) + payloads.length * RECORD_HEADER_BYTES;

const ZEROS = Buffer.alloc(1024 * 1024);
const PREWRITE_MIN_BYTES = 4 * 1024 * 1024;
/** Memory of less than this is not worth giving back one by one. */
const RELEASED_MIN_BYTES = 16 * 1024;

/**
 * The pack that is being written. Every thread that may write has its own of these over the same file and the same
 * state: whoever calls anything here has the turn.
 */
export class PackFile {
  readonly #start: WriterStart;
  readonly #state: PackState;
  readonly #nonces = new NonceSource();
  readonly #keys = new PreparedKeys();

  constructor(start: WriterStart) {
    this.#start = start;
    this.#state = new PackState(start.state);
  }

  /** Opens or makes the first file; once, by the thread that will close it. */
  open(): void {
    const { firstPackID, resumeAt, folder } = this.#start;
    this.#state.packID = firstPackID;
    this.#state.offset = resumeAt ?? PACK_HEADER_BYTES;
    this.#state.prewrittenTo = this.#state.offset;
    this.#state.fd =
      resumeAt === undefined
        ? this.#create(firstPackID)
        : openSync(join(folder, packFileName(firstPackID)), 'r+');
  }

  get position(): PackPosition {
    const { packID, offset } = this.#state;
    return { packID, offset };
  }

  /** Whether these bytes go into this pack: who may not begin the next one asks before. */
  hasRoomFor(bytes: number): boolean {
    return !this.#state.damaged && this.#state.offset + bytes <= this.#start.packBytes;
  }

  /** Bytes that were written ahead of the next record. */
  get zerosAhead(): number {
    return this.#state.prewrittenTo - this.#state.offset;
  }

  appendChunk(task: ChunkTask): RecordPlace {
    return this.#append(RecordKind.chunk, task, new Uint8Array(task.buffer, 0, task.length));
  }

  /** The record that makes an instance of its chunks. */
  appendInstance(item: CommitItem, chunks: RecordPlace[]): CommittedInstance {
    const kind = item.kind === 'instance' ? RecordKind.instance : RecordKind.quarantine;
    const payload = encodeInstancePayload(item.metaJson, chunks);
    return { record: this.#append(kind, { ...item, index: chunks.length }, payload), chunks };
  }

  /**
   * Says what is dropped, each with the place of its note, which is to be written behind: a tail that is torn between
   * the two has neither.
   */
  appendDrops(tasks: readonly DropTask[], notes: readonly Uint8Array[]): void {
    const payloadOf = (task: DropTask, note: RecordPlace): Buffer => encodeDroppedPayload({ ...task, note });
    const nowhere = { packID: 0, offset: 0, payloadLength: 0 };
    const ahead = recordBytes(tasks.map((task) => payloadOf(task, nowhere)));
    this.#makeRoom(ahead + recordBytes(notes));
    const { packID, offset } = this.position;
    const places: RecordPlace[] = [];
    for (let i = 0, at = offset + ahead; i < notes.length; i++) {
      const payloadLength = notes[i]?.length ?? 0;
      places.push({ packID, offset: at, payloadLength });
      at += RECORD_HEADER_BYTES + payloadLength;
    }
    for (const task of tasks) {
      const payload = payloadOf(task, places[task.note] ?? nowhere);
      this.#append(RecordKind.dropped, { ...task, index: 0 }, payload);
    }
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
    writeRecordEnd(header, Buffer.alloc(12), tag, this.#state.packID);
    return this.#write(header, sealed);
  }

  sync(): void {
    fdatasyncSync(this.#state.fd);
  }

  /** Takes back what was written since `mark`, when a commit failed half-way: notes that were never
   *  acknowledged must not stand beside those that later take their place in the chain. */
  rollBackTo(mark: { packID: number; offset: number }): void {
    const samePack = mark.packID === this.#state.packID;
    for (let packID = mark.packID; packID < this.#state.packID; packID++) {
      const end = packID === mark.packID ? mark.offset : PACK_HEADER_BYTES;
      truncateSync(join(this.#start.folder, packFileName(packID)), end);
    }
    this.#state.offset = samePack ? mark.offset : PACK_HEADER_BYTES;
    ftruncateSync(this.#state.fd, this.#state.offset);
    this.#state.prewrittenTo = this.#state.offset;
    this.#state.damaged = false;
  }

  /** Grows the zeros ahead by one step; false when there are enough of them. */
  prewriteStep(): boolean {
    // As much ahead as was stored in this pack, within bounds: a small archive stays small, a busy one finds
    // room for its next study.
    const ahead = Math.min(Math.max(this.#state.offset, PREWRITE_MIN_BYTES), this.#start.prewriteBytes);
    const wanted = Math.min(this.#state.offset + ahead, this.#start.packBytes);
    const from = Math.max(this.#state.prewrittenTo, this.#state.offset);
    if (from >= wanted) return false;
    const length = Math.min(ZEROS.length, wanted - from);
    writevSync(this.#state.fd, [ZEROS.subarray(0, length)], from);
    this.#state.prewrittenTo = from + length;
    if (this.#state.prewrittenTo >= wanted) fdatasyncSync(this.#state.fd);
    return true;
  }

  close(): void {
    // The zeros ahead go: a closed pack is its records and nothing else.
    ftruncateSync(this.#state.fd, this.#state.offset);
    fsyncSync(this.#state.fd);
    closeSync(this.#state.fd);
  }

  #append(kind: RecordKind, task: Omit<ChunkTask, 'buffer' | 'length'>, payload: Uint8Array): RecordPlace {
    this.#makeRoom(RECORD_HEADER_BYTES + payload.length);
    const start = {
      kind,
      keySlot: task.keySlot,
      streamHigh: task.stream.high,
      streamLow: task.stream.low,
      index: task.index,
    };
    const key = this.#keys.get(task.keySlot, task.key);
    const [header, ...encrypted] = sealRecord(start, this.#state.packID, key, payload, this.#nonces);
    const place = this.#write(header, ...encrypted);
    for (const slice of encrypted) release(slice);
    return place;
  }

  #write(header: Buffer, ...payload: Uint8Array[]): RecordPlace {
    const parts = [header, ...payload];
    const total = lengthOf(parts);
    const { packID, offset } = this.#state;
    const place = { packID, offset, payloadLength: total - header.length };
    try {
      let written = writevSync(this.#state.fd, parts, offset);
      while (written < total) {
        const rest = Buffer.concat(parts).subarray(written);
        written += writevSync(this.#state.fd, [rest], offset + written);
      }
    } catch (error) {
      this.#state.damaged = true;
      throw error;
    }
    this.#state.offset += total;
    return place;
  }

  /** Opens the next pack when this one is full, or when a write failed half-way: what was written of a
   *  failed record must stay the last thing in its pack, or readers of the tail would stop at it. */
  #makeRoom(bytes: number): void {
    const full = this.#state.offset > PACK_HEADER_BYTES && this.#state.offset + bytes > this.#start.packBytes;
    if (!full && !this.#state.damaged) return;
    const next = this.#create(this.#state.packID + 1);
    this.close();
    this.#state.packID += 1;
    this.#state.fd = next;
    this.#state.offset = PACK_HEADER_BYTES;
    this.#state.prewrittenTo = PACK_HEADER_BYTES;
    this.#state.damaged = false;
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

/** Encrypted bytes are written and nobody's: freed at once, they need no garbage collection, and the next find the
 *  memory warm. */
function release({ buffer, byteLength }: Buffer): void {
  if (byteLength < RELEASED_MIN_BYTES) return;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}
