import { open, rename } from 'node:fs/promises';
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { dirname } from 'node:path';

/**
 * A whole file kept encrypted: blocks of 1 MiB, each AES-256-GCM under a nonce of its own, bound to its
 * number and to whether it is the last, so that a cut or reordered file does not open.
 *
 *     block:  length of the payload u32 | last 0/1 u8 | nonce 12 | tag 16 | payload
 */
const BLOCK_BYTES = 1024 * 1024;
const BLOCK_HEADER_BYTES = 33;

export class SealedFileDamaged extends Error {
  readonly code = 'SEALED_FILE_DAMAGED';
}

function additional(number: number, last: boolean): Buffer {
  const bytes = Buffer.alloc(5);
  bytes.writeUInt32LE(number, 0);
  bytes[4] = last ? 1 : 0;
  return bytes;
}

function sealBlock(key: Uint8Array, number: number, last: boolean, clear: Uint8Array): Buffer {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(additional(number, last));
  const payload = cipher.update(clear);
  cipher.final();
  const header = Buffer.alloc(BLOCK_HEADER_BYTES);
  header.writeUInt32LE(payload.length, 0);
  header[4] = last ? 1 : 0;
  header.set(nonce, 5);
  header.set(cipher.getAuthTag(), 17);
  return Buffer.concat([header, payload]);
}

/** Encrypts `source` into `target`, which appears only when it is whole and on the disk. */
export async function sealFile(source: string, target: string, key: Uint8Array): Promise<void> {
  const temporary = `${target}.new`;
  const from = await open(source, 'r');
  const to = await open(temporary, 'w', 0o600);
  try {
    const { size } = await from.stat();
    const block = Buffer.alloc(BLOCK_BYTES);
    for (let number = 0, offset = 0; number === 0 || offset < size; number++) {
      const { bytesRead } = await from.read(block, 0, BLOCK_BYTES, offset);
      offset += bytesRead;
      await to.writeFile(sealBlock(key, number, offset >= size, block.subarray(0, bytesRead)));
    }
    await to.sync();
  } finally {
    await from.close();
    await to.close();
  }
  await rename(temporary, target);
  const folder = await open(dirname(target), 'r');
  await folder.sync();
  await folder.close();
}

/** Decrypts `source` into `target`. Throws SealedFileDamaged when a block was changed, cut or moved. */
export async function unsealFile(source: string, target: string, key: Uint8Array): Promise<void> {
  const from = await open(source, 'r');
  const to = await open(target, 'w', 0o600);
  try {
    const header = Buffer.alloc(BLOCK_HEADER_BYTES);
    let last = false;
    for (let number = 0, offset = 0; !last; number++) {
      const got = await from.read(header, 0, BLOCK_HEADER_BYTES, offset);
      const length = header.readUInt32LE(0);
      if (got.bytesRead < BLOCK_HEADER_BYTES || length > BLOCK_BYTES) throw new SealedFileDamaged(source);
      last = header[4] === 1;
      const payload = Buffer.alloc(length);
      if ((await from.read(payload, 0, length, offset + BLOCK_HEADER_BYTES)).bytesRead < length) {
        throw new SealedFileDamaged(source);
      }
      await to.writeFile(openBlock(key, number, last, header, payload, source));
      offset += BLOCK_HEADER_BYTES + length;
      if (last && (await from.stat()).size !== offset) throw new SealedFileDamaged(source);
    }
  } finally {
    await from.close();
    await to.close();
  }
}

function openBlock(
  key: Uint8Array,
  number: number,
  last: boolean,
  header: Buffer,
  payload: Buffer,
  source: string,
): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, header.subarray(5, 17));
  decipher.setAAD(additional(number, last));
  decipher.setAuthTag(header.subarray(17, 33));
  const clear = decipher.update(payload);
  try {
    decipher.final();
  } catch {
    throw new SealedFileDamaged(source);
  }
  return clear;
}
