import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  type DecipherGCM,
  type KeyObject,
  randomFillSync,
} from 'node:crypto';
import {
  NO_KEY_SLOT,
  RECORD_HEADER_BYTES,
  type RecordHeader,
  type RecordKind,
  writeRecordEnd,
  writeRecordStart,
} from './format.ts';

export const KEY_BYTES = 32;
export const NONCE_BYTES = 12;
export const TAG_BYTES = 16;
const ALGORITHM = 'aes-256-gcm';

/** A record's payload was changed, cut or belongs elsewhere: nothing of it may be used. */
export class DamagedRecord extends Error {
  readonly code = 'DAMAGED_RECORD';
  readonly packID: number;
  readonly offset: number;
  constructor(packID: number, offset: number) {
    super(`record at ${offset} of pack ${packID} is damaged`);
    this.packID = packID;
    this.offset = offset;
  }
}

/** Random nonces, drawn in bulk: one system call serves many records. 96 random bits under a key that
 *  serves one study stay far from the 2^32 records at which NIST SP 800-38D asks for a new key. */
export class NonceSource {
  readonly #pool = Buffer.alloc(NONCE_BYTES * 512);
  #next = this.#pool.length;

  next(): Uint8Array {
    if (this.#next === this.#pool.length) {
      randomFillSync(this.#pool);
      this.#next = 0;
    }
    const nonce = Uint8Array.prototype.slice.call(this.#pool, this.#next, this.#next + NONCE_BYTES);
    this.#next += NONCE_BYTES;
    return nonce;
  }
}

/** Prepared keys kept at hand: a cipher that is given bytes for its key takes six times as long to start. */
const PREPARED_KEYS = 256;

/** Keys ready for use, by slot. A slot is never given to another study, so an entry cannot go stale. */
export class PreparedKeys {
  readonly #bySlot = new Map<number, KeyObject>();

  get(slot: number, key: Uint8Array): KeyObject {
    const known = this.#bySlot.get(slot);
    if (known) return known;
    const prepared = createSecretKey(key);
    if (this.#bySlot.size >= PREPARED_KEYS) {
      const oldest = this.#bySlot.keys().next().value;
      if (oldest !== undefined) this.#bySlot.delete(oldest);
    }
    this.#bySlot.set(slot, prepared);
    return prepared;
  }
}

export interface RecordStart {
  kind: RecordKind;
  keySlot: number;
  streamHigh: number;
  streamLow: number;
  index: number;
}

/**
 * Node.js gives what it encrypts or decrypts in new memory. Of more bytes at once that is new to the system each time, page by
 * page, which took longer than the cipher; of so many it is the same again once it was let go of, and warm.
 */
const SLICE_BYTES = 62 * 1024;

/** One record, ready to write: its header and its encrypted payload, in slices. */
export function sealRecord(
  start: RecordStart,
  packID: number,
  key: Uint8Array | KeyObject,
  payload: Uint8Array,
  nonces: NonceSource,
): [header: Buffer, ...payload: Buffer[]] {
  const header = Buffer.alloc(RECORD_HEADER_BYTES);
  writeRecordStart(header, { ...start, payloadLength: payload.length });
  const nonce = nonces.next();
  const cipher = createCipheriv(ALGORITHM, key, nonce);
  cipher.setAAD(header.subarray(0, 28));
  const encrypted: Buffer[] = [];
  for (let at = 0; at < payload.length; at += SLICE_BYTES)
    encrypted.push(cipher.update(payload.subarray(at, at + SLICE_BYTES)));
  cipher.final();
  writeRecordEnd(header, nonce, cipher.getAuthTag(), packID);
  return [header, ...encrypted];
}

/** The payload of a record in the clear. Throws DamagedRecord. */
export function openRecord(
  header: RecordHeader,
  offset: number,
  key: Uint8Array | KeyObject,
  encrypted: Uint8Array,
): Buffer {
  const decipher = decipherOf(header, key);
  const clear = decipher.update(encrypted);
  endRecord(decipher, header, offset);
  return clear;
}

/**
 * Puts a record's payload into memory, from `target`'s beginning on: that before byte `from` of the payload is left out,
 * and what does not fit. Nothing of it may be used when this throws DamagedRecord.
 */
export function openRecordInto(
  header: RecordHeader,
  offset: number,
  key: Uint8Array | KeyObject,
  encrypted: Uint8Array,
  { target, from }: { target: Uint8Array; from: number },
): void {
  const decipher = decipherOf(header, key);
  const to = from + target.length;
  for (let at = 0; at < encrypted.length; at += SLICE_BYTES) {
    const slice = decipher.update(encrypted.subarray(at, at + SLICE_BYTES));
    const wanted = slice.subarray(Math.max(0, from - at), Math.max(0, to - at));
    if (wanted.length > 0) target.set(wanted, Math.max(0, at - from));
    if (slice.byteLength === slice.buffer.byteLength) slice.buffer.transfer(0);
  }
  endRecord(decipher, header, offset);
}

function decipherOf(header: RecordHeader, key: Uint8Array | KeyObject): DecipherGCM {
  const additional = Buffer.alloc(28);
  writeRecordStart(additional, header);
  const decipher = createDecipheriv(ALGORITHM, key, header.nonce);
  decipher.setAAD(additional);
  decipher.setAuthTag(header.tag);
  return decipher;
}

/** Throws DamagedRecord. */
function endRecord(decipher: DecipherGCM, { packID }: RecordHeader, offset: number): void {
  try {
    decipher.final();
  } catch {
    throw new DamagedRecord(packID, offset);
  }
}

/** Wraps a study's key, or any small secret, under another key; `purpose` is bound to it. */
export function wrap(wrappingKey: KeyObject, purpose: Uint8Array, secret: Uint8Array): Buffer {
  const nonce = randomFillSync(Buffer.alloc(NONCE_BYTES));
  const cipher = createCipheriv(ALGORITHM, wrappingKey, nonce);
  cipher.setAAD(purpose);
  const encrypted = Buffer.concat([cipher.update(secret), cipher.final()]);
  return Buffer.concat([nonce, encrypted, cipher.getAuthTag()]);
}

/** The wrapped secret, or undefined when the key, the purpose or the bytes are not the right ones. */
export function unwrap(wrappingKey: KeyObject, purpose: Uint8Array, wrapped: Uint8Array): Buffer | undefined {
  const decipher = createDecipheriv(ALGORITHM, wrappingKey, wrapped.subarray(0, NONCE_BYTES));
  decipher.setAAD(purpose);
  decipher.setAuthTag(wrapped.subarray(wrapped.length - TAG_BYTES));
  const clear = decipher.update(wrapped.subarray(NONCE_BYTES, wrapped.length - TAG_BYTES));
  try {
    decipher.final();
  } catch {
    return undefined;
  }
  return clear;
}

export const isEncrypted = (header: RecordHeader): boolean => header.keySlot !== NO_KEY_SLOT;
