import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { IdentityError } from './errors.ts';
import { writePrivateFile } from './private-file.ts';

/** `LGSEAL` and the version of the layout: magic 7, nonce 12, tag 16, ciphertext. */
const MAGIC = Buffer.from('LGSEAL1', 'latin1');
const NONCE_LENGTH = 12;
const TAG_LENGTH = 16;
/** Private keys and small records only: anything larger is not ours. */
export const SEALED_FILE_LENGTH_MAX = 64 * 1024;

/**
 * AES-256-GCM with the purpose as associated data: a file sealed for one purpose cannot be moved
 * into the place of another, even by somebody who may write in the data folder.
 * @param key 32 bytes, derived for this purpose
 */
export function sealBytes(key: Uint8Array, purpose: string, plain: Uint8Array): Buffer {
  const nonce = randomBytes(NONCE_LENGTH);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(Buffer.concat([MAGIC, Buffer.from(purpose, 'utf8')]));
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([MAGIC, nonce, cipher.getAuthTag(), body]);
}

/** @throws IdentityError SEALED_FILE_UNREADABLE when the key, the purpose or any byte is another */
export function unsealBytes(key: Uint8Array, purpose: string, sealed: Uint8Array): Buffer {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  const bodyAt = MAGIC.length + NONCE_LENGTH + TAG_LENGTH;
  if (bytes.length < bodyAt || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw unreadable(purpose);
  const nonce = bytes.subarray(MAGIC.length, MAGIC.length + NONCE_LENGTH);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_LENGTH });
  decipher.setAAD(Buffer.concat([MAGIC, Buffer.from(purpose, 'utf8')]));
  decipher.setAuthTag(bytes.subarray(MAGIC.length + NONCE_LENGTH, bodyAt));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(bodyAt)), decipher.final()]);
  } catch (error) {
    throw unreadable(purpose, error);
  }
}

export function writeSealedFile(path: string, key: Uint8Array, purpose: string, plain: Uint8Array): void {
  writePrivateFile(path, sealBytes(key, purpose, plain));
}

export function readSealedFile(path: string, key: Uint8Array, purpose: string): Buffer {
  if (statSync(path).size > SEALED_FILE_LENGTH_MAX) throw unreadable(purpose);
  return unsealBytes(key, purpose, readFileSync(path));
}

function unreadable(purpose: string, cause?: unknown): IdentityError {
  return new IdentityError(
    'SEALED_FILE_UNREADABLE',
    `the sealed file for "${purpose}" does not open with this installation's key, or was changed`,
    { purpose },
    cause,
  );
}
