import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createSecretKey,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';
import { KEY_BYTES, NONCE_BYTES, TAG_BYTES } from '../packs/cipher.ts';

/**
 * A derived file: parts that are read one by one, behind them a table of their lengths.
 *
 *     part:   AES-256-GCM of the part | tag 16           one behind the other
 *     table:  AES-256-GCM of the lengths, u32 each | tag 16
 *     tail:   salt 32 | number of parts u32 | magic "LGDERIV1"
 *
 * Numbers are little endian. The key is the file's own: HKDF-SHA-256 (RFC 5869) of the study's key, with the salt and
 * the purpose. So a nonce is a part's number, parts of two files cannot be exchanged, and nothing opens once the
 * study's key was destroyed. Additional data of all of them is a hash of purpose, name and state: under another name,
 * or for another state than it was made from, a file does not open.
 */
const MAGIC = Buffer.from('LGDERIV1', 'latin1');
export const SALT_BYTES = 32;
export const TAIL_BYTES: number = SALT_BYTES + 4 + MAGIC.length;
const LENGTH_BYTES = 4;
/** Parts of one file: its table is held in memory while one of them is read. */
export const PARTS_MAX = 65_536;
/** Bytes of one part: what a reader must be ready to hold. */
export const PART_MAX_BYTES: number = 256 * 1024 * 1024;
const TABLE_NUMBER = 0xffffffff;
const ALGORITHM = 'aes-256-gcm';

/** What a file is bound to. */
export interface Binding {
  readonly purpose: string;
  readonly name: readonly string[];
  /** Of what it was made from: another state, another binding. */
  readonly state: string;
}

/** Encrypts and opens what is in one file. */
export class PartCipher {
  readonly #key: KeyObject;
  readonly #additional: Buffer;

  constructor(studyKey: Uint8Array, salt: Uint8Array, { purpose, name, state }: Binding) {
    const key = hkdfSync('sha256', studyKey, salt, `leadglass/1/derived/${purpose}`, KEY_BYTES);
    this.#key = createSecretKey(new Uint8Array(key));
    this.#additional = createHash('sha256')
      .update(JSON.stringify([purpose, name, state]))
      .digest();
  }

  seal(number: number, clear: Uint8Array): Buffer {
    const cipher = createCipheriv(ALGORITHM, this.#key, nonceOf(number));
    cipher.setAAD(this.#additional);
    return Buffer.concat([cipher.update(clear), cipher.final(), cipher.getAuthTag()]);
  }

  /** The part in the clear; undefined when a byte of it, its number or its file is another. */
  open(number: number, sealed: Uint8Array): Buffer | undefined {
    if (sealed.length < TAG_BYTES) return undefined;
    const body = sealed.length - TAG_BYTES;
    const decipher = createDecipheriv(ALGORITHM, this.#key, nonceOf(number), { authTagLength: TAG_BYTES });
    decipher.setAAD(this.#additional);
    decipher.setAuthTag(sealed.subarray(body));
    const clear = decipher.update(sealed.subarray(0, body));
    try {
      decipher.final();
    } catch {
      return undefined;
    }
    return clear;
  }

  /** Table and tail: the end of a file. */
  sealEnd(salt: Uint8Array, lengths: readonly number[]): Buffer {
    const table = Buffer.alloc(lengths.length * LENGTH_BYTES);
    for (const [number, length] of lengths.entries()) table.writeUInt32LE(length, number * LENGTH_BYTES);
    const count = Buffer.alloc(4);
    count.writeUInt32LE(lengths.length);
    return Buffer.concat([this.seal(TABLE_NUMBER, table), salt, count, MAGIC]);
  }

  /** Where the parts lie, in a file of so many bytes; undefined when the table is damaged or tells of another file. */
  openTable(sealed: Uint8Array, fileBytes: number): readonly PartPlace[] | undefined {
    const table = this.open(TABLE_NUMBER, sealed);
    if (!table) return undefined;
    const places: PartPlace[] = [];
    let offset = 0;
    for (let at = 0; at < table.length; at += LENGTH_BYTES) {
      const bytes = table.readUInt32LE(at) + TAG_BYTES;
      places.push({ offset, bytes });
      offset += bytes;
    }
    return offset + sealed.length + TAIL_BYTES === fileBytes ? places : undefined;
  }
}

/** A sealed part: its tag included. */
export interface PartPlace {
  readonly offset: number;
  readonly bytes: number;
}

export interface Tail {
  readonly salt: Uint8Array;
  /** Of the sealed table, which lies before the tail. */
  readonly tableBytes: number;
}

/** The tail at the end of these bytes; undefined when there is none, or more parts than may be. */
export function readTail(bytes: Buffer): Tail | undefined {
  const start = bytes.length - TAIL_BYTES;
  if (start < 0 || !bytes.subarray(-MAGIC.length).equals(MAGIC)) return undefined;
  const parts = bytes.readUInt32LE(start + SALT_BYTES);
  if (parts > PARTS_MAX) return undefined;
  return {
    salt: bytes.subarray(start, start + SALT_BYTES),
    tableBytes: parts * LENGTH_BYTES + TAG_BYTES,
  };
}

function nonceOf(number: number): Buffer {
  const nonce = Buffer.alloc(NONCE_BYTES);
  nonce.writeUInt32LE(number);
  return nonce;
}
