import { readSync } from 'node:fs';

/** What a disk loses at once, at least: its sectors are as long, or divide it. */
export const PAGE_BYTES = 4096;
/** What stands for bytes that were lost: neither a record nor zeros written ahead begin like this. */
const LOST = 0xff;

/**
 * As `readSync`, past what the disk cannot give (EIO): one bad sector of a pack is to cost a record, and not all that
 * stands behind it.
 *
 * @param onLost called when bytes were lost; in their place is something that is none of a pack
 * @returns how many bytes there are before the file ends, those that were lost included
 */
export function readPast(fd: number, target: Uint8Array, position: number, onLost?: () => void): number {
  try {
    return readSync(fd, target, 0, target.length, position);
  } catch (error) {
    if (!isLost(error)) throw error;
  }
  onLost?.();
  let at = 0;
  while (at < target.length) {
    const pageEnd = (Math.floor((position + at) / PAGE_BYTES) + 1) * PAGE_BYTES - position;
    const end = Math.min(target.length, pageEnd);
    const got = readPage(fd, target.subarray(at, end), position + at);
    if (got === 0) break;
    at += got;
  }
  return at;
}

function readPage(fd: number, target: Uint8Array, position: number): number {
  try {
    return readSync(fd, target, 0, target.length, position);
  } catch (error) {
    if (!isLost(error)) throw error;
    target.fill(LOST);
    return target.length;
  }
}

const isLost = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'EIO';

/** What the system says of a reading, with the file's name: it tells that only of opening. */
export function ofFile(error: unknown, file: string): unknown {
  return error instanceof Error ? Object.assign(error, { path: file }) : error;
}
