import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { KeyObject } from 'node:crypto';
import { DamagedRecord, openRecord, openRecordInto, PreparedKeys } from './cipher.ts';
import {
  decodeRecordHeader,
  packFileName,
  RECORD_HEADER_BYTES,
  type RecordHeader,
  type RecordPlace,
} from './format.ts';

/** Packs that one thread has open at once; the least recently used is closed. */
const OPEN_PACKS = 64;

/** What is wanted of a record's payload: its bytes from `from` to before `to`. */
export interface RecordPart {
  readonly place: RecordPlace;
  readonly from: number;
  readonly to: number;
}

/** What a failed reading is told as: DAMAGED_RECORD, or the system's code. */
export function readErrorCodeOf(error: unknown): string {
  if (error instanceof DamagedRecord) return 'DAMAGED_RECORD';
  return error instanceof Error && 'code' in error ? String(error.code) : 'EUNKNOWN';
}

/** Reads and decrypts records, at once and on the thread that asks. */
export class PackFiles {
  readonly #folder: string;
  readonly #open = new Map<number, number>();
  readonly #keys = new PreparedKeys();
  /** What is read before it is decrypted: always the same memory, which stays warm. */
  #encrypted = Buffer.alloc(0);

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** A record's payload in the clear, in memory of its own. @throws DamagedRecord, or what the system says */
  read(place: RecordPlace, key: Uint8Array): Uint8Array {
    const { header, prepared, encrypted } = this.#sealed(place, key);
    const clear = openRecord(header, place.offset, prepared, encrypted);
    const isOwn = clear.byteOffset === 0 && clear.byteLength === clear.buffer.byteLength;
    return isOwn ? clear : new Uint8Array(clear);
  }

  /**
   * Puts what is wanted of a record's payload into memory, in the clear. Nothing of it may be used when this throws.
   * @throws DamagedRecord, or what the system says
   */
  readInto({ place, from, to }: RecordPart, key: Uint8Array, target: Uint8Array): void {
    const { header, prepared, encrypted } = this.#sealed(place, key);
    const wanted = { target: target.subarray(0, to - from), from };
    openRecordInto(header, place.offset, prepared, encrypted, wanted);
  }

  /** What stands there; the memory is that of the next. */
  #sealed(
    place: RecordPlace,
    key: Uint8Array,
  ): { header: RecordHeader; prepared: KeyObject; encrypted: Uint8Array } {
    const total = RECORD_HEADER_BYTES + place.payloadLength;
    if (this.#encrypted.length < total) this.#encrypted = Buffer.allocUnsafeSlow(total);
    const bytes = this.#encrypted.subarray(0, total);
    const got = readSync(this.#fileOf(place.packID), bytes, 0, total, place.offset);
    const header = got === total ? decodeRecordHeader(bytes, 0, place.packID) : undefined;
    if (!header || header.payloadLength !== place.payloadLength) {
      throw new DamagedRecord(place.packID, place.offset);
    }
    const prepared = this.#keys.get(header.keySlot, key);
    return { header, prepared, encrypted: bytes.subarray(RECORD_HEADER_BYTES) };
  }

  close(): void {
    for (const fd of this.#open.values()) closeSync(fd);
    this.#open.clear();
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
