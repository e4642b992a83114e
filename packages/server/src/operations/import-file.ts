import { open as openFile } from 'node:fs/promises';
import { DataSetReader, ParseError, readPart10Header, Tag, transferSyntax } from '@leadglass/dicom';
import { StoreError } from '../archive/instance-writer.ts';
import type { Caller } from './caller.ts';
import { reasonOf, type Workplace } from './operation.ts';
import { StoreOperation } from './store.ts';

/** Bytes read at a time. */
const READ_BYTES = 1024 * 1024;
/** Bytes looked at for the header of a file: its UIDs stand well before. */
const HEADER_BYTES = 1024 * 1024;
/** A directory of a medium is no instance of a patient (PS3.4 Table I.4-1). */
const MEDIA_STORAGE_DIRECTORY = '1.2.840.10008.1.3.10';

export type ImportOutcome = 'stored' | 'identical' | 'conflict' | 'refused' | 'skipped';

export interface ImportResult {
  path: string;
  outcome: ImportOutcome;
  /** Code of a refusal, or why a file was passed over. */
  reason?: string;
  /** Where in the file: tag and offset, never a value. */
  detail?: string;
}

/** Imports one file; what is wrong with it is the result, never an exception. */
export async function importFile(workplace: Workplace, caller: Caller, path: string): Promise<ImportResult> {
  try {
    return await importOpenFile(workplace, caller, path);
  } catch (error) {
    if (error instanceof ParseError && error.code === 'NOT_DICOM') {
      return { path, outcome: 'skipped', reason: 'NOT_DICOM' };
    }
    const detail = error instanceof ParseError ? { detail: error.message } : {};
    return { path, outcome: 'refused', reason: reasonOf(error), ...detail };
  }
}

async function importOpenFile(workplace: Workplace, caller: Caller, path: string): Promise<ImportResult> {
  const handle = await openFile(path, 'r');
  try {
    const first = Buffer.alloc(HEADER_BYTES);
    const { bytesRead } = await handle.read(first, 0, first.length, 0);
    const head = first.subarray(0, bytesRead);
    const { transferSyntaxUID, dataSetOffset } = readPart10Header(head);
    const { sopClassUID, sopInstanceUID } = identityOf(head.subarray(dataSetOffset), transferSyntaxUID);
    if (sopClassUID === MEDIA_STORAGE_DIRECTORY) return { path, outcome: 'skipped', reason: 'DICOMDIR' };
    const store = await StoreOperation.open(
      workplace,
      caller,
      { sopClassUID, sopInstanceUID, transferSyntaxUID },
      'import',
    );
    try {
      for (let offset = dataSetOffset; ;) {
        const buffer = Buffer.alloc(READ_BYTES);
        const read = await handle.read(buffer, 0, READ_BYTES, offset);
        if (read.bytesRead === 0) break;
        await store.write(buffer.subarray(0, read.bytesRead));
        offset += read.bytesRead;
      }
    } catch (error) {
      await store.fail(error);
      throw error;
    }
    const { outcome } = await store.finish();
    return { path, outcome, ...(outcome === 'conflict' ? { reason: 'DIFFERENT_UNDER_SAME_UID' } : {}) };
  } finally {
    await handle.close();
  }
}

/** SOP class and instance as the data set itself says; the meta information may be missing or wrong. */
function identityOf(
  bytes: Uint8Array,
  transferSyntaxUID: string,
): { sopClassUID: string; sopInstanceUID: string } {
  const syntax = transferSyntax(transferSyntaxUID);
  if (!syntax) throw new ParseError('TRANSFER_SYNTAX_UNKNOWN');
  const reader = new DataSetReader(syntax, { retainValueMaxBytes: 64 * 1024 });
  reader.push(bytes);
  const { dataSet } = reader;
  // A DICOMDIR has no SOP Common module: it is known by its records.
  if (dataSet.has(Tag.DirectoryRecordSequence)) {
    return { sopClassUID: MEDIA_STORAGE_DIRECTORY, sopInstanceUID: '' };
  }
  const sopClassUID = dataSet.string(Tag.SOPClassUID);
  const sopInstanceUID = dataSet.string(Tag.SOPInstanceUID);
  if (!sopClassUID || !sopInstanceUID) throw new StoreError('NO_SOP_INSTANCE');
  return { sopClassUID, sopInstanceUID };
}
