import { closeSync, fdatasync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AuditTrailError } from './errors.ts';
import { frameRecords, segmentHeader, segmentName } from './segment.ts';

const fdatasyncAsync = promisify(fdatasync);

/** Entries held in memory while the disk refuses them (full, read-only): some 100,000; then nothing is accepted. */
export const HELD_BYTES_MAX = 64 * 1024 * 1024;

interface HeldChunk {
  readonly segment: number;
  readonly offset: number;
  readonly bytes: Buffer;
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
  #file: { segment: number; handle: number } | undefined;
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
    try {
      this.#flush();
    } catch (error) {
      // Held and tried again at the next append or sync, which is where a lasting failure surfaces.
      if (this.#heldBytes > HELD_BYTES_MAX) {
        throw new AuditTrailError('CANNOT_WRITE', 'the audit trail cannot be written', {}, error);
      }
    }
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
    if (this.#file !== undefined) closeSync(this.#file.handle);
    this.#retired = [];
    this.#file = undefined;
  }

  #flush(): void {
    for (;;) {
      const chunk = this.#held[0];
      if (chunk === undefined) return;
      const handle = this.#open(chunk.segment, chunk.offset === 0);
      let written = 0;
      while (written < chunk.bytes.length) {
        written += writeSync(
          handle,
          chunk.bytes,
          written,
          chunk.bytes.length - written,
          chunk.offset + written,
        );
      }
      this.#held.shift();
      this.#heldBytes -= chunk.bytes.length;
    }
  }

  #open(segment: number, isNew: boolean): number {
    if (this.#file?.segment === segment) return this.#file.handle;
    if (this.#file !== undefined) {
      this.#retired.push(this.#file.handle);
      this.#file = undefined;
    }
    const handle = openSync(join(this.#folder, segmentName(segment)), isNew ? 'w' : 'r+', 0o600);
    this.#file = { segment, handle };
    if (isNew) {
      ftruncateSync(handle, 0);
      syncFolder(this.#folder);
    }
    return handle;
  }
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
