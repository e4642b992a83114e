import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeDroppedPayload,
  decodeInstancePayload,
  decodeLocation,
  decodePackHeader,
  decodeRecordHeader,
  encodeDroppedPayload,
  encodeInstancePayload,
  encodeLocation,
  encodePackHeader,
  FORMAT_VERSION,
  MAX_INLINE_CHUNKS,
  MAX_PAYLOAD_BYTES,
  PACK_HEADER_BYTES,
  packFileName,
  RECORD_HEADER_BYTES,
  type RecordHeader,
  RecordKind,
  type RecordPlace,
  writeRecordEnd,
  writeRecordStart,
} from './format.ts';

const u32 = fc.integer({ min: 0, max: 0xffffffff });
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

const recordHeader: fc.Arbitrary<RecordHeader> = fc.record({
  kind: fc.constantFrom(...Object.values(RecordKind)),
  keySlot: u32,
  payloadLength: fc.integer({ min: 0, max: MAX_PAYLOAD_BYTES }),
  streamHigh: u32,
  streamLow: u32,
  index: u32,
  nonce: bytes(12),
  tag: bytes(16),
  packID: u32,
});

/** The largest file of any file system in use is far below 2^48 bytes. */
const place: fc.Arbitrary<RecordPlace> = fc.record({
  packID: u32,
  offset: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
  payloadLength: u32,
});

function encodeHeader(header: RecordHeader): Buffer {
  const encoded = Buffer.alloc(RECORD_HEADER_BYTES);
  writeRecordStart(encoded, header);
  writeRecordEnd(encoded, header.nonce, header.tag, header.packID);
  return encoded;
}

const plain = (header: RecordHeader | undefined): unknown =>
  header && {
    ...header,
    nonce: Buffer.from(header.nonce).toString('hex'),
    tag: Buffer.from(header.tag).toString('hex'),
  };

describe('a record header', () => {
  test('reads back as it was written, wherever it stands', () => {
    fc.assert(
      fc.property(recordHeader, fc.nat(200), (header, offset) => {
        const buffer = Buffer.concat([Buffer.alloc(offset, 0xa5), encodeHeader(header)]);
        expect(plain(decodeRecordHeader(buffer, offset, header.packID))).toEqual(plain(header));
      }),
    );
  });

  test('any bytes at any offset are none, or one that is written with the same bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(400), u32, (content, offset, packID) => {
        const buffer = Buffer.from(content);
        const header = decodeRecordHeader(buffer, offset, packID);
        if (header)
          expect(encodeHeader(header)).toEqual(buffer.subarray(offset, offset + RECORD_HEADER_BYTES));
      }),
    );
  });

  test('one changed byte makes it none', () => {
    fc.assert(
      fc.property(
        recordHeader,
        fc.nat(RECORD_HEADER_BYTES - 1),
        fc.integer({ min: 1, max: 255 }),
        (header, at, flip) => {
          const encoded = encodeHeader(header);
          encoded[at] = (encoded[at] ?? 0) ^ flip;
          expect(decodeRecordHeader(encoded, 0, header.packID)).toBeUndefined();
        },
      ),
    );
  });

  test('cut short, of another pack, of a kind nobody knows or too long is none', () => {
    const header: RecordHeader = {
      kind: RecordKind.chunk,
      keySlot: 1,
      payloadLength: 10,
      streamHigh: 2,
      streamLow: 3,
      index: 4,
      nonce: new Uint8Array(12),
      tag: new Uint8Array(16),
      packID: 7,
    };
    const encoded = encodeHeader(header);
    expect(decodeRecordHeader(encoded, 0, 7)).toBeDefined();
    for (let length = 0; length < RECORD_HEADER_BYTES; length++) {
      expect(decodeRecordHeader(encoded.subarray(0, length), 0, 7)).toBeUndefined();
    }
    expect(decodeRecordHeader(encoded, 0, 8)).toBeUndefined();
    const unknownKind = { ...header, kind: 9 as RecordKind };
    expect(decodeRecordHeader(encodeHeader(unknownKind), 0, 7)).toBeUndefined();
    const tooLong = { ...header, payloadLength: MAX_PAYLOAD_BYTES + 1 };
    expect(decodeRecordHeader(encodeHeader(tooLong), 0, 7)).toBeUndefined();
  });
});

describe('a pack header', () => {
  test('tells the ID it was written with', () => {
    fc.assert(
      fc.property(u32, fc.double({ min: 0, noNaN: true }), (packID, createdMs) => {
        expect(decodePackHeader(encodePackHeader(packID, createdMs))).toBe(packID);
      }),
    );
  });

  test('of another format or version, or cut short, is none', () => {
    const header = encodePackHeader(1, 0);
    expect(decodePackHeader(header.subarray(0, PACK_HEADER_BYTES - 1))).toBeUndefined();
    const otherVersion = Buffer.from(header);
    otherVersion.writeUInt32LE(FORMAT_VERSION + 1, 12);
    expect(decodePackHeader(otherVersion)).toBeUndefined();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (content) => {
        const packID = decodePackHeader(Buffer.from(content));
        if (packID !== undefined) expect(Buffer.from(content).toString('latin1', 0, 8)).toBe('LGPACK01');
      }),
    );
  });

  test('names of pack files sort as the packs were written', () => {
    const names = [1, 2, 9, 10, 99, 100, 12345].map(packFileName);
    expect([...names].sort()).toEqual(names);
  });
});

describe('an instance payload', () => {
  test('reads back with its meta and the places of its chunks', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(place, { maxLength: 40 }), (text, chunks) => {
        const meta = { sopInstanceUID: text };
        const decoded = decodeInstancePayload(encodeInstancePayload(JSON.stringify(meta), chunks));
        expect(decoded).toEqual({ meta, chunks });
      }),
    );
  });
});

describe('what says that a data set was dropped', () => {
  test('reads back with the places of what it names and of its note, and is none without both', () => {
    fc.assert(
      fc.property(fc.string(), place, place, (sopInstanceUID, record, note) => {
        const dropped = { sopInstanceUID, record, note };
        expect(decodeDroppedPayload(encodeDroppedPayload(dropped))).toEqual(dropped);
        const without = encodeInstancePayload(JSON.stringify({ sopInstanceUID }), [record]);
        expect(() => decodeDroppedPayload(without)).toThrow(RangeError);
      }),
    );
  });
});

describe('a location', () => {
  test('reads back; a long list of chunks is left in the pack', () => {
    fc.assert(
      fc.property(
        place,
        u32,
        u32,
        fc.array(place, { minLength: 1, maxLength: 12 }),
        (record, high, low, chunks) => {
          const encoded = encodeLocation({ record, streamHigh: high, streamLow: low, chunks });
          expect(decodeLocation(encoded)).toEqual({
            record,
            streamHigh: high,
            streamLow: low,
            chunks: chunks.length <= MAX_INLINE_CHUNKS ? chunks : undefined,
          });
          expect(encoded.length).toBeLessThanOrEqual(8 + 16 * (1 + MAX_INLINE_CHUNKS));
        },
      ),
    );
  });

  test('without its record is refused', () => {
    expect(() => decodeLocation(new Uint8Array(8))).toThrow(RangeError);
    expect(() => decodeLocation(new Uint8Array(0))).toThrow(RangeError);
  });
});
