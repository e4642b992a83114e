import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fchmodSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

/** Nobody but the owner reads what this program keeps. */
export const PRIVATE_FILE_MODE = 0o600;
export const PRIVATE_FOLDER_MODE = 0o700;

/** Creates the folder (and its parents) for the owner only. An existing folder keeps its mode. */
export function makePrivateFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: PRIVATE_FOLDER_MODE });
}

/** Makes a rename or a new name in the folder survive a power cut. */
export function syncFolder(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/**
 * Writes the whole file or leaves the old one: temporary name, fsync, rename, fsync of the folder.
 * @param mode permission bits, set whatever the umask says
 */
export function writePrivateFile(path: string, content: Uint8Array | string, mode = PRIVATE_FILE_MODE): void {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  writeNewFile(temporary, content, mode);
  try {
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncFolder(dirname(path));
}

/** Writes a file that must not exist yet (EEXIST otherwise) and makes it durable. */
export function writeNewFile(path: string, content: Uint8Array | string, mode = PRIVATE_FILE_MODE): void {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
  const handle = openSync(path, 'wx', mode);
  try {
    fchmodSync(handle, mode);
    let written = 0;
    while (written < bytes.length) written += writeSync(handle, bytes, written);
    fsyncSync(handle);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(handle);
  }
}
