import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { AuditTrailError } from './errors.ts';
import { CHAIN_LENGTH } from './sealing.ts';

export const HEAD_NAME = 'head';
const MAGIC = Buffer.from('LGHEAD1\0', 'latin1');
const NONCE_LENGTH = 12;
const TAG_LENGTH = 16;
const BODY_LENGTH = 8 + 8 + 8 + CHAIN_LENGTH;
const HEAD_LENGTH = MAGIC.length + NONCE_LENGTH + BODY_LENGTH + TAG_LENGTH;

/**
 * The last entry known to be on the disk, and where it ends. Sealed, so that a trail which was cut after the fact
 * can be told from one that ends there.
 */
export interface Head {
  readonly sequence: number;
  readonly chain: Uint8Array;
  /** First sequence number (= name) of the segment that the next entry goes to, and the offset it goes to. */
  readonly segment: number;
  readonly offset: number;
}

export function encodeHead(key: Uint8Array, head: Head): Buffer {
  const body = Buffer.alloc(BODY_LENGTH);
  body.writeBigUInt64BE(BigInt(head.sequence), 0);
  body.writeBigUInt64BE(BigInt(head.segment), 8);
  body.writeBigUInt64BE(BigInt(head.offset), 16);
  body.set(head.chain, 24);
  const nonce = randomBytes(NONCE_LENGTH);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(MAGIC);
  const sealed = Buffer.concat([cipher.update(body), cipher.final()]);
  return Buffer.concat([MAGIC, nonce, sealed, cipher.getAuthTag()]);
}

/** undefined when the key or any byte is another. */
export function decodeHead(key: Uint8Array, bytes: Buffer): Head | undefined {
  if (bytes.length !== HEAD_LENGTH || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const bodyAt = MAGIC.length + NONCE_LENGTH;
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(MAGIC.length, bodyAt), {
    authTagLength: TAG_LENGTH,
  });
  decipher.setAAD(MAGIC);
  decipher.setAuthTag(bytes.subarray(bodyAt + BODY_LENGTH));
  let body: Buffer;
  try {
    body = Buffer.concat([decipher.update(bytes.subarray(bodyAt, bodyAt + BODY_LENGTH)), decipher.final()]);
  } catch {
    return undefined;
  }
  return {
    sequence: Number(body.readBigUInt64BE(0)),
    segment: Number(body.readBigUInt64BE(8)),
    offset: Number(body.readBigUInt64BE(16)),
    chain: body.subarray(24),
  };
}

/** @throws AuditTrailError HEAD_MISSING, HEAD_UNREADABLE */
export function readHead(folder: string, key: Uint8Array): Head {
  const file = join(folder, HEAD_NAME);
  if (!existsSync(file)) {
    throw new AuditTrailError(
      'HEAD_MISSING',
      `the audit trail has no head: ${file} was removed, or this is no trail`,
    );
  }
  const head = decodeHead(key, readFileSync(file));
  if (head === undefined) {
    throw new AuditTrailError(
      'HEAD_UNREADABLE',
      `the head of the audit trail does not open: ${file} was changed, or the key is that of another installation`,
    );
  }
  return head;
}

/** Whole or not at all: temporary name, sync, rename, sync of the folder. */
export async function writeHead(folder: string, key: Uint8Array, head: Head): Promise<void> {
  const temporary = join(folder, `${HEAD_NAME}.tmp`);
  const handle = await open(temporary, 'w', 0o600);
  try {
    await handle.writeFile(encodeHead(key, head));
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await rename(temporary, join(folder, HEAD_NAME));
  const directory = await open(folder, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** The same, for the start, where nothing else waits. */
export function writeHeadSync(folder: string, key: Uint8Array, head: Head): void {
  const temporary = join(folder, `${HEAD_NAME}.tmp`);
  const handle = openSync(temporary, 'w', 0o600);
  try {
    writeSync(handle, encodeHead(key, head));
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(temporary, join(folder, HEAD_NAME));
  const directory = openSync(folder, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
