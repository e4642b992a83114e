import { createSecretKey, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  DamagedRecord,
  NONCE_BYTES,
  NonceSource,
  openRecord,
  openRecordInto,
  sealRecord,
  unwrap,
  wrap,
} from './cipher.ts';
import { decodeRecordHeader, RECORD_HEADER_BYTES, type RecordHeader, RecordKind } from './format.ts';

const PACK = 3;
const key = randomBytes(32);
const nonces = new NonceSource();
const start = { kind: RecordKind.chunk, keySlot: 5, streamHigh: 6, streamLow: 7, index: 8 };

function sealed(payload: Uint8Array, about: Partial<typeof start> = {}): Buffer {
  return Buffer.concat(sealRecord({ ...start, ...about }, PACK, key, payload, nonces));
}

/** As a reader does: header first, then payload. Undefined: no header stands there. */
function open(record: Buffer, withKey: Uint8Array = key): Buffer | undefined {
  const header = decodeRecordHeader(record, 0, PACK);
  return header && openRecord(header, 0, withKey, record.subarray(RECORD_HEADER_BYTES));
}

function headerOf(record: Buffer): RecordHeader {
  const header = decodeRecordHeader(record, 0, PACK);
  if (!header) throw new Error('no header');
  return header;
}

describe('a sealed record', () => {
  test('opens to what was sealed, and shows none of it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), (payload) => {
        const record = sealed(payload);
        expect(open(record)).toEqual(Buffer.from(payload));
        if (payload.length >= 16) expect(record.includes(Buffer.from(payload))).toBe(false);
      }),
    );
  });

  test('opens into memory, any stretch of it, however many slices it is decrypted in', () => {
    const payload = randomBytes(200_000);
    const record = sealed(payload);
    const encrypted = record.subarray(RECORD_HEADER_BYTES);
    const place = fc.nat({ max: payload.length });
    fc.assert(
      fc.property(place, place, (a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const target = Buffer.alloc(to - from);
        openRecordInto(headerOf(record), 0, key, encrypted, { target, from });
        expect(target.equals(payload.subarray(from, to))).toBe(true);
      }),
    );
    encrypted[150_000] = (encrypted[150_000] ?? 0) ^ 1;
    const first = { target: Buffer.alloc(10), from: 0 };
    expect(() => openRecordInto(headerOf(record), 0, key, encrypted, first)).toThrow(DamagedRecord);
  });

  test('with any byte of header or payload changed has no header or is a DamagedRecord', () => {
    const record = sealed(randomBytes(300));
    for (let at = 0; at < record.length; at++) {
      const changed = Buffer.from(record);
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      if (at < RECORD_HEADER_BYTES) expect(open(changed)).toBeUndefined();
      else expect(() => open(changed)).toThrow(DamagedRecord);
    }
  });

  test('cut short, lengthened or under another key is a DamagedRecord', () => {
    const record = sealed(randomBytes(100));
    const header = headerOf(record);
    const payload = record.subarray(RECORD_HEADER_BYTES);
    for (const wrong of [
      payload.subarray(0, 99),
      payload.subarray(1),
      Buffer.concat([payload, Buffer.alloc(1)]),
    ]) {
      expect(() => openRecord(header, 0, key, wrong)).toThrow(DamagedRecord);
    }
    expect(() => open(record, randomBytes(32))).toThrow(DamagedRecord);
  });

  // The header's checksum is no secret: who can write the disk can make it right again.
  test.each(Object.entries({ keySlot: 9, streamHigh: 9, streamLow: 9, index: 9, kind: RecordKind.instance }))(
    'does not open as one with another %s, checksum made right',
    (field, value) => {
      const record = sealed(randomBytes(100));
      const other = sealed(randomBytes(100), { [field]: value });
      const { nonce, tag } = headerOf(record);
      const forged = { ...headerOf(other), nonce, tag };
      expect(() => openRecord(forged, 0, key, record.subarray(RECORD_HEADER_BYTES))).toThrow(DamagedRecord);
    },
  );

  test('in the place of another of its stream does not open', () => {
    const first = sealed(randomBytes(64), { index: 0 });
    const second = sealed(randomBytes(64), { index: 1 });
    expect(() => openRecord(headerOf(first), 0, key, second.subarray(RECORD_HEADER_BYTES))).toThrow(
      DamagedRecord,
    );
  });
});

test('nonces do not repeat in 100,000 draws, and one drawn is not changed by the next', () => {
  const source = new NonceSource();
  const first = source.next();
  const seen = new Set([Buffer.from(first).toString('latin1')]);
  for (let i = 1; i < 100_000; i++) seen.add(Buffer.from(source.next()).toString('latin1'));
  expect(seen.size).toBe(100_000);
  expect(seen.has(Buffer.from(first).toString('latin1'))).toBe(true);
  expect(first.length).toBe(NONCE_BYTES);
});

describe('a wrapped secret', () => {
  const wrappingKey = createSecretKey(randomBytes(32));
  const purpose = Buffer.from('slot 1');
  const secret = randomBytes(32);

  test('unwraps with its key and purpose, and with no other', () => {
    const wrapped = wrap(wrappingKey, purpose, secret);
    expect(unwrap(wrappingKey, purpose, wrapped)).toEqual(secret);
    expect(unwrap(wrappingKey, Buffer.from('slot 2'), wrapped)).toBeUndefined();
    expect(unwrap(createSecretKey(randomBytes(32)), purpose, wrapped)).toBeUndefined();
    expect(wrapped.includes(secret)).toBe(false);
  });

  test('with any byte changed is undefined', () => {
    const wrapped = wrap(wrappingKey, purpose, secret);
    for (let at = 0; at < wrapped.length; at++) {
      const changed = Buffer.from(wrapped);
      changed[at] = (changed[at] ?? 0) ^ 0x80;
      expect(unwrap(wrappingKey, purpose, changed)).toBeUndefined();
    }
  });
});
