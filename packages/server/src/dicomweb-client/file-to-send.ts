import { open } from 'node:fs/promises';
import { ParseError, writePart10Header } from '@leadglass/dicom';
import { piecesOf } from './instance-files.ts';
import { type InstanceUIDs, Part10Check } from './part10-check.ts';
import type { Sendable } from './store-batch.ts';

/** An instance's UIDs stand well before. */
const LOOK_MAX_BYTES = 16 * 1024 * 1024;
const PREAMBLE_BYTES = 128;

/** Who wrote File Meta Information where there was none (PS3.10 7.1). */
export interface Implementation {
  readonly implementationClassUID: string;
  readonly implementationVersionName: string;
}

export interface FileToSend extends Sendable {
  readonly uids: InstanceUIDs;
}

/**
 * Looks into a file only as far as its UIDs stand. undefined: a DICOMDIR, or no DICOM at all.
 * @throws ParseError when it begins like one and breaks, or has no UIDs; errors of the file system
 */
export async function readFileToSend(
  path: string,
  implementation: Implementation,
): Promise<FileToSend | undefined> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    const check = new Part10Check();
    for await (const piece of piecesOf(handle, 0, Math.min(size, LOOK_MAX_BYTES))) {
      check.push(piece);
      if (check.uids !== undefined || check.headerComplete || check.isDirectory) break;
    }
    if (check.uids === undefined && size <= LOOK_MAX_BYTES && !check.headerComplete) check.end();
    if (check.isDirectory) return undefined;
    const { uids, header } = check;
    if (uids === undefined || header === undefined) throw new NoInstance();
    // The preamble may be the beginning of another kind of file: it is not sent (PS3.10 7.1).
    if (header.hasPreamble && !header.transferSyntaxGuessed) {
      const start = new Uint8Array(PREAMBLE_BYTES);
      return { path, size, uids, sopInstanceUID: uids.sopInstanceUID, start, offset: PREAMBLE_BYTES };
    }
    const start = writePart10Header({
      ...uids,
      ...implementation,
      transferSyntaxUID: header.transferSyntaxUID,
    });
    return { path, size, uids, sopInstanceUID: uids.sopInstanceUID, start, offset: header.dataSetOffset };
  } catch (error) {
    if (error instanceof ParseError && error.code === 'NOT_DICOM') return undefined;
    throw error;
  } finally {
    await handle.close();
  }
}

/** A data set without the UIDs an instance must have (PS3.3 C.12.1, C.7.2.1, C.7.3.1). */
export class NoInstance extends Error {
  readonly code = 'UID_MISSING';
}
