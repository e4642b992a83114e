import { closeSync, fdatasync, fdatasyncSync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AuditTrailError } from './errors.ts';
import { frameRecords, segmentHeader, segmentName } from './segment.ts';

const fdatasyncAsync = promisify(fdatasync);

/** Entries held in memory while the disk refuses them (full, read-only): some 100,000; then nothing is accepted. */
export const HELD_BYTES_MAX = 64 * 1024 * 1024;

/** Zeros written ahead of the entries, and synced with one of them: a file system syncs bytes within a file in half the
 *  time that it takes to make the file longer. Some 200 entries. */
const AHEAD = Buffer.alloc(64 * 1024);

interface HeldChunk {
  readonly segment: number;
  readonly offset: number;
  readonly bytes: Buffer;
}

interface OpenSegment {
  readonly segment: number;
  readonly handle: number;
  /** Where the entries end, and where the zeros behind them do. */
  end: number;
  zerosTo: number;
}

/**
 * Appends framed records to segment files at offsets it keeps itself, so that a write which failed halfway is
 * simply written again in the same place.
 */
export class SegmentWriter {
  readonly #folder: string;
  readonly #lengthMax: number;
  #segment: number;
  #offset: number;
  #held: HeldChunk[] = [];
  #heldBytes = 0;
  #file: OpenSegment | undefined;
  /** Written to since the last sync and finished with: closed when they are on the disk. */
  #retired: number[] = [];

  constructor(
    folder: string,
    place: { readonly segment: number; readonly offset: number },
    lengthMax: number,
  ) {
    this.#folder = folder;
    this.#lengthMax = lengthMax;
    this.#segment = place.segment;
    this.#offset = place.offset;
  }

  /** @param before what the first record given follows */
  append(
    records: readonly Uint8Array[],
    before: { readonly sequence: number; readonly chain: Uint8Array },
  ): void {
    if (records.length === 0) return;
    this.#hold(records, before);
    try {
      this.#flush();
    } catch (error) {
      // Held and tried again at the next append or sync, which is where a lasting failure surfaces.
      if (this.#heldBytes > HELD_BYTES_MAX) {
        throw new AuditTrailError('CANNOT_WRITE', 'the audit trail cannot be written', {}, error);
      }
    }
  }

  /**
   * Appends, and returns when these records and all before them are on the disk.
   * @throws AuditTrailError CANNOT_WRITE: what was held before stays held, these records are given up
   */
  appendNow(
    records: readonly Uint8Array[],
    before: { readonly sequence: number; readonly chain: Uint8Array },
  ): void {
    if (records.length === 0) return;
    const place = { segment: this.#segment, offset: this.#offset };
    this.#hold(records, before);
    try {
      this.#flush();
      this.#writeAhead();
      for (const handle of this.#retired) fdatasyncSync(handle);
      if (this.#file !== undefined) fdatasyncSync(this.#file.handle);
    } catch (error) {
      this.#takeBack(place);
      throw new AuditTrailError('CANNOT_WRITE', 'the audit trail cannot be written', {}, error);
    }
  }

  #hold(
    records: readonly Uint8Array[],
    before: { readonly sequence: number; readonly chain: Uint8Array },
  ): void {
    if (this.#offset >= this.#lengthMax) {
      this.#segment = before.sequence + 1;
      this.#offset = 0;
    }
    const framed = frameRecords(records);
    const isNew = this.#offset === 0;
    const bytes = isNew ? Buffer.concat([segmentHeader(this.#segment, before.chain), framed]) : framed;
    this.#held.push({ segment: this.#segment, offset: this.#offset, bytes });
    this.#heldBytes += bytes.length;
    this.#offset += bytes.length;
  }

  /** The records appended last are given up: the next ones take their place, in the chain and in the file. */
  #takeBack(place: { readonly segment: number; readonly offset: number }): void {
    const last = this.#held.at(-1);
    if (last?.segment === this.#segment && last.offset + last.bytes.length === this.#offset) {
      this.#held.pop();
      this.#heldBytes -= last.bytes.length;
    }
    const written = this.#file?.segment === this.#segment ? this.#file : undefined;
    try {
      // Whole records left behind here would be taken for real ones after a crash.
      if (written !== undefined) cutTo(written, place.segment === this.#segment ? place.offset : 0);
    } catch {
      // A disk that refuses this too: what comes next is written over it.
    }
    this.#segment = place.segment;
    this.#offset = place.offset;
  }

  /** Everything appended before this call is on the disk when it resolves; gives the place that follows it. */
  async sync(): Promise<{ segment: number; offset: number }> {
    this.#flush();
    const place = { segment: this.#segment, offset: this.#offset };
    const retired = this.#retired;
    this.#retired = [];
    try {
      for (const handle of retired) await fdatasyncAsync(handle);
      if (this.#file !== undefined) await fdatasyncAsync(this.#file.handle);
    } catch (error) {
      this.#retired.unshift(...retired);
      throw error;
    }
    for (const handle of retired) closeSync(handle);
    return place;
  }

  close(): void {
    for (const handle of this.#retired) closeSync(handle);
    if (this.#file !== undefined) {
      if (this.#file.zerosTo > this.#file.end) cutTo(this.#file, this.#file.end);
      closeSync(this.#file.handle);
    }
    this.#retired = [];
    this.#file = undefined;
  }

  #writeAhead(): void {
    const file = this.#file;
    if (file === undefined || file.zerosTo > file.end) return;
    writeSync(file.handle, AHEAD, 0, AHEAD.length, file.end);
    file.zerosTo = file.end + AHEAD.length;
  }

  #flush(): void {
    for (;;) {
      const chunk = this.#held[0];
      if (chunk === undefined) return;
      const file = this.#open(chunk.segment, chunk.offset === 0);
      let written = 0;
      while (written < chunk.bytes.length) {
        written += writeSync(
          file.handle,
          chunk.bytes,
          written,
          chunk.bytes.length - written,
          chunk.offset + written,
        );
      }
      file.end = chunk.offset + chunk.bytes.length;
      this.#held.shift();
      this.#heldBytes -= chunk.bytes.length;
    }
  }

  #open(segment: number, isNew: boolean): OpenSegment {
    if (this.#file?.segment === segment) return this.#file;
    if (this.#file !== undefined) {
      if (this.#file.zerosTo > this.#file.end) cutTo(this.#file, this.#file.end);
      this.#retired.push(this.#file.handle);
      this.#file = undefined;
    }
    const handle = openSync(join(this.#folder, segmentName(segment)), isNew ? 'w' : 'r+', 0o600);
    const file = { segment, handle, end: 0, zerosTo: 0 };
    this.#file = file;
    if (isNew) {
      ftruncateSync(handle, 0);
      syncFolder(this.#folder);
    }
    return file;
  }
}

function cutTo(file: OpenSegment, length: number): void {
  ftruncateSync(file.handle, length);
  file.end = length;
  file.zerosTo = length;
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
