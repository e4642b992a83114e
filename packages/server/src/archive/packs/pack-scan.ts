import { closeSync, existsSync, fstatSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import {
  decodePackHeader,
  decodeRecordHeader,
  MAX_PAYLOAD_BYTES,
  PACK_HEADER_BYTES,
  packFileName,
  RECORD_HEADER_BYTES,
  type RecordHeader,
  RecordKind,
  type RecordPlace,
} from './format.ts';
import { ofFile, readPast } from './read-past.ts';
import type { PackPosition } from './writer-protocol.ts';

/** Bytes read at a time while looking for the next record behind a damaged one. */
const SEARCH_BYTES = 1024 * 1024;
const ZEROS = Buffer.alloc(SEARCH_BYTES);
/** First bytes of a record, as in format.ts. */
const RECORD_MAGIC_BYTES = Buffer.from('LGR1', 'latin1');

/** Nearly every record that ends a commit is shorter: looked through before all that one could have. */
const USUAL_RECORD_BYTES = 512 * 1024;

export interface ScannedRecord {
  header: RecordHeader;
  offset: number;
  /** Read only when asked for. */
  payload(): Buffer;
}

/** A stretch of a pack in which no record could be recognised. Zeros (space written ahead) are none. */
export interface Damage {
  packID: number;
  from: number;
  to: number;
}

/** IDs of the packs in a folder, oldest first. */
export function listPacks(folder: string): number[] {
  return readdirSync(folder)
    .flatMap((name) => /^(\d{8})\.pack$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

/**
 * Every record of one pack from `from` on, in order. Behind a damaged stretch the next whole header is
 * looked for, so that one bad sector costs one record and not the rest of the pack.
 *
 * @param onLost called when the disk could not give something: that is damage, and never a write that did not end
 */
export function* scanPack(
  folder: string,
  packID: number,
  from: number,
  onDamage: (damage: Damage) => void,
  onLost?: () => void,
): Generator<ScannedRecord> {
  const file = join(folder, packFileName(packID));
  const fd = openSync(file, 'r');
  try {
    const size = fstatSync(fd).size;
    const fileHeader = Buffer.alloc(PACK_HEADER_BYTES);
    readPast(fd, fileHeader, 0, onLost);
    if (decodePackHeader(fileHeader) !== packID) onDamage({ packID, from: 0, to: PACK_HEADER_BYTES });
    let offset = Math.max(from, PACK_HEADER_BYTES);
    while (offset + RECORD_HEADER_BYTES <= size) {
      const found = recordAt(fd, offset, size, packID, onLost);
      if (found) {
        yield found;
        offset += RECORD_HEADER_BYTES + found.header.payloadLength;
        continue;
      }
      const next = nextRecord(fd, offset + 1, size, packID, onLost);
      // Zeros are space written ahead only at the end: with records behind them they are a loss.
      if (next !== undefined || !isZero(fd, offset, size))
        onDamage({ packID, from: offset, to: next ?? size });
      if (next === undefined) return;
      offset = next;
    }
  } catch (error) {
    throw ofFile(error, file);
  } finally {
    closeSync(fd);
  }
}

/** Whether a note stands at this place, whole. */
export function holdsNote(folder: string, place: RecordPlace): boolean {
  const file = join(folder, packFileName(place.packID));
  if (!existsSync(file)) return false;
  const fd = openSync(file, 'r');
  try {
    const header = recordAt(fd, place.offset, fstatSync(fd).size, place.packID)?.header;
    return header?.kind === RecordKind.note && header.payloadLength === place.payloadLength;
  } finally {
    closeSync(fd);
  }
}

/**
 * Whether a record ends at this position, which was reached by storing: an index or a checkpoint that tells of
 * more than the packs hold belongs to a later state of them, as when an older copy of the folder was put back.
 */
export function holdsPosition(folder: string, { packID, offset }: PackPosition): boolean {
  const file = join(folder, packFileName(packID));
  if (!existsSync(file)) return false;
  if (offset <= PACK_HEADER_BYTES) return true;
  const fd = openSync(file, 'r');
  try {
    if (fstatSync(fd).size < offset) return false;
    return [USUAL_RECORD_BYTES, RECORD_HEADER_BYTES + MAX_PAYLOAD_BYTES].some((bytes) =>
      recordEndsAt(fd, offset, bytes, packID),
    );
  } finally {
    closeSync(fd);
  }
}

function recordEndsAt(fd: number, end: number, lookBackBytes: number, packID: number): boolean {
  const from = Math.max(PACK_HEADER_BYTES, end - lookBackBytes);
  const bytes = Buffer.alloc(end - from);
  if (readPast(fd, bytes, from) < bytes.length) return false;
  let at = bytes.lastIndexOf(RECORD_MAGIC_BYTES);
  while (at >= 0) {
    const header = decodeRecordHeader(bytes, at, packID);
    if (header) return at + RECORD_HEADER_BYTES + header.payloadLength === bytes.length;
    at = at === 0 ? -1 : bytes.lastIndexOf(RECORD_MAGIC_BYTES, at - 1);
  }
  return false;
}

function recordAt(
  fd: number,
  offset: number,
  size: number,
  packID: number,
  onLost?: () => void,
): ScannedRecord | undefined {
  const bytes = Buffer.alloc(RECORD_HEADER_BYTES);
  readPast(fd, bytes, offset, onLost);
  const header = decodeRecordHeader(bytes, 0, packID);
  if (!header || offset + RECORD_HEADER_BYTES + header.payloadLength > size) return undefined;
  const payload = (): Buffer => {
    const content = Buffer.alloc(header.payloadLength);
    readPast(fd, content, offset + RECORD_HEADER_BYTES, onLost);
    return content;
  };
  // A note carries no authentication of its own at this level: its checksum tells a torn write.
  if (header.kind === RecordKind.note) {
    const sum = Buffer.from(header.tag).readUInt32LE(0);
    if (crc32(payload()) !== sum) return undefined;
  }
  return { header, offset, payload };
}

function nextRecord(
  fd: number,
  from: number,
  size: number,
  packID: number,
  onLost?: () => void,
): number | undefined {
  const window = Buffer.alloc(SEARCH_BYTES + RECORD_HEADER_BYTES);
  for (let base = from; base < size; base += SEARCH_BYTES) {
    const got = readPast(fd, window, base, onLost);
    const bytes = window.subarray(0, got);
    let at = bytes.indexOf(RECORD_MAGIC_BYTES);
    for (; at >= 0 && at < SEARCH_BYTES; at = bytes.indexOf(RECORD_MAGIC_BYTES, at + 1)) {
      if (decodeRecordHeader(bytes, at, packID)) return base + at;
    }
  }
  return undefined;
}

function isZero(fd: number, from: number, to: number): boolean {
  const window = Buffer.alloc(SEARCH_BYTES);
  for (let base = from; base < to; base += SEARCH_BYTES) {
    const got = readPast(fd, window.subarray(0, to - base), base);
    if (!window.subarray(0, got).equals(ZEROS.subarray(0, got))) return false;
  }
  return true;
}
