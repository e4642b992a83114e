import { crc32 } from 'node:zlib';

/**
 * The bytes of a pack: a file header, then records one behind the other until the first that is none.
 * A record describes itself, so that the index can be made again from packs alone.
 *
 *     file header, 64 bytes            record header, 64 bytes
 *      0  magic "LGPACK01"              0  magic "LGR1"
 *      8  pack ID           u32         4  kind                  u8
 *     12  format version    u32         5  flags                 u8
 *     16  created, ms       f64         6  reserved              u16
 *     24  zero                          8  key slot              u32
 *                                      12  payload length        u32
 *                                      16  stream, high and low  u32 u32
 *                                      24  index in the stream   u32
 *                                      28  nonce                 12 bytes
 *                                      40  tag (or CRC-32)       16 bytes
 *                                      56  pack ID               u32
 *                                      60  CRC-32 of bytes 0-59  u32
 *
 * All numbers are little endian. The payload of every record but a `note` is AES-256-GCM under the key of its
 * study, or of its data set alone; bytes 0-27 of the header are its additional data, so that a record cannot be moved
 * to another place in its stream or be given to another study unnoticed.
 */
export const PACK_MAGIC = Buffer.from('LGPACK01', 'latin1');
export const PACK_HEADER_BYTES = 64;
export const RECORD_HEADER_BYTES = 64;
export const FORMAT_VERSION = 1;
const RECORD_MAGIC = 0x3152474c; // "LGR1"

/** Bytes of a data set in one chunk: large enough that the cost of starting a cipher vanishes, small
 *  enough that one frame of a long cine is read without decrypting the rest. */
export const CHUNK_BYTES = 256 * 1024;
/** No record may claim more: a chunk, or the list of chunks of the largest instance. */
export const MAX_PAYLOAD_BYTES = 16 * 1024 * 1024;
/** A key slot that stands for "not encrypted here": the payload is sealed by whoever made it. */
export const NO_KEY_SLOT = 0xffffffff;

export const RecordKind = { chunk: 1, instance: 2, note: 3, quarantine: 4, dropped: 5 } as const;
export type RecordKind = (typeof RecordKind)[keyof typeof RecordKind];

export interface RecordHeader {
  kind: RecordKind;
  keySlot: number;
  payloadLength: number;
  streamHigh: number;
  streamLow: number;
  index: number;
  nonce: Uint8Array;
  tag: Uint8Array;
  packID: number;
}

/** Where a record lies: its header's offset in its pack, and the length of its payload. */
export interface RecordPlace {
  packID: number;
  offset: number;
  payloadLength: number;
}

export function encodePackHeader(packID: number, createdMs: number): Buffer {
  const header = Buffer.alloc(PACK_HEADER_BYTES);
  PACK_MAGIC.copy(header, 0);
  header.writeUInt32LE(packID, 8);
  header.writeUInt32LE(FORMAT_VERSION, 12);
  header.writeDoubleLE(createdMs, 16);
  return header;
}

/** The pack's ID, or undefined when these are not the first bytes of a pack of this format. */
export function decodePackHeader(header: Buffer): number | undefined {
  if (header.length < PACK_HEADER_BYTES || !header.subarray(0, 8).equals(PACK_MAGIC)) return undefined;
  if (header.readUInt32LE(12) !== FORMAT_VERSION) return undefined;
  return header.readUInt32LE(8);
}

/** Writes bytes 0-27: what the payload's encryption vouches for. */
export function writeRecordStart(
  target: Buffer,
  record: Pick<RecordHeader, 'kind' | 'keySlot' | 'payloadLength' | 'streamHigh' | 'streamLow' | 'index'>,
): void {
  target.writeUInt32LE(RECORD_MAGIC, 0);
  target.writeUInt32LE(record.kind, 4);
  target.writeUInt32LE(record.keySlot, 8);
  target.writeUInt32LE(record.payloadLength, 12);
  target.writeUInt32LE(record.streamHigh, 16);
  target.writeUInt32LE(record.streamLow, 20);
  target.writeUInt32LE(record.index, 24);
}

/** Writes bytes 28-63, once the payload's nonce and tag are known. */
export function writeRecordEnd(target: Buffer, nonce: Uint8Array, tag: Uint8Array, packID: number): void {
  target.set(nonce, 28);
  target.set(tag, 40);
  target.writeUInt32LE(packID, 56);
  target.writeUInt32LE(crc32(target.subarray(0, 60)), 60);
}

/** The record at `offset` of `bytes`, or undefined when no whole, undamaged header stands there. */
export function decodeRecordHeader(bytes: Buffer, offset: number, packID: number): RecordHeader | undefined {
  if (offset + RECORD_HEADER_BYTES > bytes.length) return undefined;
  if (bytes.readUInt32LE(offset) !== RECORD_MAGIC) return undefined;
  const header = bytes.subarray(offset, offset + RECORD_HEADER_BYTES);
  if (header.readUInt32LE(60) !== crc32(header.subarray(0, 60))) return undefined;
  const kind = header.readUInt32LE(4);
  const payloadLength = header.readUInt32LE(12);
  if (kind < RecordKind.chunk || kind > RecordKind.dropped || payloadLength > MAX_PAYLOAD_BYTES) {
    return undefined;
  }
  if (header.readUInt32LE(56) !== packID) return undefined;
  return {
    kind: kind as RecordKind,
    keySlot: header.readUInt32LE(8),
    payloadLength,
    streamHigh: header.readUInt32LE(16),
    streamLow: header.readUInt32LE(20),
    index: header.readUInt32LE(24),
    nonce: header.subarray(28, 40),
    tag: header.subarray(40, 56),
    packID,
  };
}

export const packFileName = (packID: number): string => `${packID.toString().padStart(8, '0')}.pack`;

/** What an `instance` or `quarantine` record says, beside the list of its chunks. */
export interface InstanceMeta {
  studyInstanceUID: string;
  seriesInstanceUID: string;
  sopInstanceUID: string;
  sopClassUID: string;
  transferSyntaxUID: string;
  /** Bytes of the data set as it came over the wire. */
  dataSetLength: number;
  receivedAtMs: number;
  sourceAETitle?: string;
  /** Why an instance is in quarantine, and who brought it: kind and name of the caller. */
  reason?: string;
  sender?: string;
}

const PLACE_BYTES = 16;

function writePlaces(target: Buffer, offset: number, places: readonly RecordPlace[]): void {
  for (const place of places) {
    target.writeUInt32LE(place.packID, offset);
    target.writeUIntLE(place.offset, offset + 4, 6);
    target.writeUInt32LE(place.payloadLength, offset + 10);
    offset += PLACE_BYTES;
  }
}

function readPlaces(bytes: Buffer, offset: number, count: number): RecordPlace[] {
  const places: RecordPlace[] = [];
  for (let i = 0; i < count; i++, offset += PLACE_BYTES) {
    places.push({
      packID: bytes.readUInt32LE(offset),
      offset: bytes.readUIntLE(offset + 4, 6),
      payloadLength: bytes.readUInt32LE(offset + 10),
    });
  }
  return places;
}

/** Payload of an `instance` record: length of the meta part, meta as JSON, places of the chunks. */
export function encodeInstancePayload(metaJson: string, chunks: readonly RecordPlace[]): Buffer {
  const metaBytes = Buffer.byteLength(metaJson);
  const payload = Buffer.alloc(4 + metaBytes + chunks.length * PLACE_BYTES);
  payload.writeUInt32LE(metaBytes, 0);
  payload.write(metaJson, 4);
  writePlaces(payload, 4 + metaBytes, chunks);
  return payload;
}

export function decodeInstancePayload(payload: Buffer): { meta: InstanceMeta; chunks: RecordPlace[] } {
  const metaBytes = payload.readUInt32LE(0);
  const meta = JSON.parse(payload.toString('utf8', 4, 4 + metaBytes)) as InstanceMeta;
  const count = (payload.length - 4 - metaBytes) / PLACE_BYTES;
  return { meta, chunks: readPlaces(payload, 4 + metaBytes, count) };
}

/**
 * Payload of a `dropped` record, which lies under the key and in the stream of the `quarantine` record it names: whoever
 * cannot read that one cannot say that it was dropped. It counts only where its note stands.
 */
export interface DroppedPayload {
  sopInstanceUID: string;
  record: RecordPlace;
  note: RecordPlace;
}

export function encodeDroppedPayload({ sopInstanceUID, record, note }: DroppedPayload): Buffer {
  return encodeInstancePayload(JSON.stringify({ sopInstanceUID }), [record, note]);
}

export function decodeDroppedPayload(payload: Buffer): DroppedPayload {
  const { meta, chunks } = decodeInstancePayload(payload);
  const [record, note] = chunks;
  if (!record || !note) throw new RangeError('a dropped record without the two it names');
  return { sopInstanceUID: meta.sopInstanceUID, record, note };
}

/** Longer lists are left in the pack: the index row stays small however long the instance is. */
export const MAX_INLINE_CHUNKS = 8;

/** What the index keeps of an instance's place: its `instance` record, and its chunks if they are few. */
export interface InstanceLocation {
  record: RecordPlace;
  /** Part of every nonce-independent check: chunks of one stream carry the same pair. */
  streamHigh: number;
  streamLow: number;
  chunks: RecordPlace[] | undefined;
}

export function encodeLocation(location: InstanceLocation): Buffer {
  const chunks = location.chunks && location.chunks.length <= MAX_INLINE_CHUNKS ? location.chunks : [];
  const bytes = Buffer.alloc(8 + PLACE_BYTES * (1 + chunks.length));
  bytes.writeUInt32LE(location.streamHigh, 0);
  bytes.writeUInt32LE(location.streamLow, 4);
  writePlaces(bytes, 8, [location.record, ...chunks]);
  return bytes;
}

export function decodeLocation(encoded: Uint8Array): InstanceLocation {
  const bytes = Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength);
  const [record, ...chunks] = readPlaces(bytes, 8, (bytes.length - 8) / PLACE_BYTES);
  if (!record) throw new RangeError('a location without its record');
  return {
    streamHigh: bytes.readUInt32LE(0),
    streamLow: bytes.readUInt32LE(4),
    record,
    chunks: chunks.length > 0 ? chunks : undefined,
  };
}
