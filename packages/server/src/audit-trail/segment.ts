import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { TRAIL_ENTRY_LENGTH_MAX } from './entry.ts';
import { CHAIN_LENGTH, SEAL_OVERHEAD, writeUint64 } from './sealing.ts';

/**
 * A segment file: bytes 0-7 `LGTRAIL1`, bytes 8-15 the sequence number of its first entry (also its name),
 * bytes 16-47 the chain value before that entry, then records: length (4 bytes, big endian), sealed entry. While it is
 * written to, zeros may stand behind the last record: they are no part of it, and go when it is closed.
 */
const MAGIC = Buffer.from('LGTRAIL1', 'latin1');
const CHAIN_AT = 16;
export const SEGMENT_HEADER_LENGTH = CHAIN_AT + CHAIN_LENGTH;
export const RECORD_HEADER_LENGTH = 4;
export const SEALED_LENGTH_MAX = SEAL_OVERHEAD + TRAIL_ENTRY_LENGTH_MAX;
/** A new file begins beyond this: small enough to copy and check one at a time, some 30,000 entries. */
export const SEGMENT_LENGTH_MAX = 16 * 1024 * 1024;
/** Read this much at a time; longer than the longest record. */
const READ_LENGTH = 256 * 1024;
const NAME_DIGITS = 16;

export function segmentName(firstSequence: number): string {
  return `${String(firstSequence).padStart(NAME_DIGITS, '0')}.segment`;
}

/** The segments of a folder in order, by the sequence number in their names. */
export function listSegments(
  folder: string,
): readonly { readonly name: string; readonly firstSequence: number }[] {
  return readdirSync(folder)
    .filter((name) => /^\d{16}\.segment$/.test(name))
    .sort()
    .map((name) => ({ name, firstSequence: Number(name.slice(0, NAME_DIGITS)) }));
}

export function segmentHeader(firstSequence: number, previousChain: Uint8Array): Buffer {
  const header = Buffer.alloc(SEGMENT_HEADER_LENGTH);
  MAGIC.copy(header);
  writeUint64(header, MAGIC.length, firstSequence);
  header.set(previousChain, CHAIN_AT);
  return header;
}

/** Records as they stand in a segment: each with its length before it. */
export function frameRecords(sealed: readonly Uint8Array[]): Buffer {
  const parts: Uint8Array[] = [];
  for (const record of sealed) {
    const length = Buffer.allocUnsafe(RECORD_HEADER_LENGTH);
    length.writeUInt32BE(record.length);
    parts.push(length, record);
  }
  return Buffer.concat(parts);
}

/** A record of a segment, or where the file stops being one. Offsets in bytes from the start of the file. */
export type SegmentItem =
  /** The header: the chain value that the first entry continues. Only when read from the start. */
  | { readonly kind: 'begin'; readonly previousChain: Uint8Array; readonly offset: 0 }
  | { readonly kind: 'record'; readonly sealed: Uint8Array; readonly offset: number; readonly end: number }
  /** Fewer bytes than the record announces: a write that did not finish, or a file that was cut. */
  | { readonly kind: 'incomplete'; readonly offset: number }
  /** No record can begin with these bytes. */
  | { readonly kind: 'malformed'; readonly offset: number };

/**
 * Reads one segment from `offset` on, in pieces, so that memory does not grow with the file. After an item that is
 * no record the reading ends. `sealed` is valid until the next item is asked for.
 */
export function* readSegment(
  folder: string,
  segment: { readonly name: string; readonly firstSequence: number },
  offset = 0,
): Generator<SegmentItem> {
  const file = openSync(join(folder, segment.name), 'r');
  try {
    let position = offset;
    if (position < SEGMENT_HEADER_LENGTH) {
      const header = Buffer.alloc(SEGMENT_HEADER_LENGTH);
      const count = readSync(file, header, 0, SEGMENT_HEADER_LENGTH, 0);
      if (count < SEGMENT_HEADER_LENGTH) return yield { kind: 'incomplete', offset: 0 };
      const previousChain = header.subarray(CHAIN_AT);
      if (!header.equals(segmentHeader(segment.firstSequence, previousChain))) {
        return yield { kind: 'malformed', offset: 0 };
      }
      yield { kind: 'begin', previousChain, offset: 0 };
      position = SEGMENT_HEADER_LENGTH;
    }
    yield* readRecords(file, position);
  } finally {
    closeSync(file);
  }
}

function* readRecords(file: number, start: number): Generator<SegmentItem> {
  const buffer = Buffer.alloc(READ_LENGTH);
  let bufferStart = start;
  let filled = 0;
  let at = 0;
  for (;;) {
    const available = filled - at;
    const declared = available >= RECORD_HEADER_LENGTH ? buffer.readUInt32BE(at) : undefined;
    if (declared === 0) {
      if (isZerosFrom(file, bufferStart + at)) return;
      return yield { kind: 'incomplete', offset: bufferStart + at };
    }
    if (declared !== undefined && (declared < SEAL_OVERHEAD || declared > SEALED_LENGTH_MAX)) {
      return yield { kind: 'malformed', offset: bufferStart + at };
    }
    if (declared !== undefined && available >= RECORD_HEADER_LENGTH + declared) {
      const from = at + RECORD_HEADER_LENGTH;
      const end = from + declared;
      yield {
        kind: 'record',
        sealed: buffer.subarray(from, end),
        offset: bufferStart + at,
        end: bufferStart + end,
      };
      at = end;
      continue;
    }
    buffer.copyWithin(0, at, filled);
    bufferStart += at;
    filled = available;
    at = 0;
    const count = readSync(file, buffer, filled, buffer.length - filled, bufferStart + filled);
    if (count === 0) {
      if (filled > 0 && !isZerosFrom(file, bufferStart)) yield { kind: 'incomplete', offset: bufferStart };
      return;
    }
    filled += count;
  }
}

/** Whether nothing but zeros follows: room that was made for entries to come. */
function isZerosFrom(file: number, start: number): boolean {
  const buffer = Buffer.alloc(READ_LENGTH);
  for (let position = start; ;) {
    const count = readSync(file, buffer, 0, buffer.length, position);
    if (count === 0) return true;
    for (let at = 0; at < count; at++) if (buffer[at] !== 0) return false;
    position += count;
  }
}

export function segmentLength(folder: string, name: string): number {
  return statSync(join(folder, name)).size;
}
