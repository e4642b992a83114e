import { open as openFile, readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { DataSetReader, ParseError, readPart10, readPart10Header, Tag, transferSyntax } from '@leadglass/dicom';
import { type Caller, reasonOf, StoreOperation, type Workplace } from '../operations/index.ts';

/** Bytes read at a time. */
const READ_BYTES = 1024 * 1024;
/** Bytes looked at for the header of a file: its UIDs stand well before. */
const HEADER_BYTES = 1024 * 1024;
/** A DICOMDIR of 50,000 images has about 20 MB. */
const DICOMDIR_MAX_BYTES = 256 * 1024 * 1024;
const MEDIA_STORAGE_DIRECTORY = '1.2.840.10008.1.3.10';
/** Folders below folders: deeper is a loop or an attack. */
const MAX_DEPTH = 64;

export type ImportOutcome = 'stored' | 'identical' | 'conflict' | 'refused' | 'skipped';

export interface ImportResult {
  path: string;
  outcome: ImportOutcome;
  /** Code of a refusal, or why a file was passed over. */
  reason?: string;
  /** Where in the file: tag and offset, never a value. */
  detail?: string;
}

/** All files below the paths; a DICOMDIR named itself stands for the files it refers to. */
export async function* filesOf(paths: readonly string[]): AsyncGenerator<string> {
  for (const path of paths) {
    const status = await stat(path);
    if (status.isDirectory()) yield* filesBelow(path, 0);
    else if (/(^|[/\\])DICOMDIR$/i.test(path)) yield* filesOfDicomdir(path);
    else yield path;
  }
}

async function* filesBelow(folder: string, depth: number): AsyncGenerator<string> {
  if (depth > MAX_DEPTH) return;
  const entries = await readdir(folder, { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    // Links are not followed: a medium could point anywhere on this machine.
    if (entry.isDirectory()) yield* filesBelow(path, depth + 1);
    else if (entry.isFile()) yield path;
  }
}

/** The files that a DICOMDIR refers to (PS3.3 F.3.2.2, Referenced File ID), none outside its folder. */
async function* filesOfDicomdir(path: string): AsyncGenerator<string> {
  const { size } = await stat(path);
  if (size > DICOMDIR_MAX_BYTES) throw new ParseError('VALUE_TOO_LONG');
  const handle = await openFile(path, 'r');
  const bytes = await handle.readFile();
  await handle.close();
  const { dataSet } = readPart10(bytes);
  const root = await realpath(dirname(path));
  for (const record of dataSet.items(Tag.DirectoryRecordSequence)) {
    const parts = record.strings(Tag.ReferencedFileID).filter((part) => part !== '');
    if (parts.length === 0) continue;
    const file = await findIgnoringCase(root, parts);
    if (file !== undefined) yield file;
  }
}

/** File IDs are upper case (PS3.10 8.2), file systems often show them in lower case. */
async function findIgnoringCase(root: string, parts: readonly string[]): Promise<string | undefined> {
  let folder = root;
  for (const [i, part] of parts.entries()) {
    if (part === '.' || part === '..' || /[/\\\0]/.test(part)) return undefined;
    const names = await readdir(folder).catch(() => [] as string[]);
    const name = names.find((one) => one === part) ?? names.find((one) => sameName(one, part));
    if (name === undefined) return undefined;
    const path = await realpath(join(folder, name));
    if (!path.startsWith(root + sep)) return undefined;
    if (i === parts.length - 1) return path;
    folder = path;
  }
  return undefined;
}

const sameName = (a: string, b: string): boolean => a.toUpperCase().replace(/\.;?1?$/, '') === b.toUpperCase();

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
      for (let offset = dataSetOffset; ; ) {
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
function identityOf(bytes: Uint8Array, transferSyntaxUID: string): { sopClassUID: string; sopInstanceUID: string } {
  const syntax = transferSyntax(transferSyntaxUID);
  if (!syntax) throw new ParseError('TRANSFER_SYNTAX_UNKNOWN');
  const reader = new DataSetReader(syntax, { retainValueMaxBytes: 64 * 1024 });
  reader.push(bytes);
  const sopClassUID = reader.dataSet.string(Tag.SOPClassUID) ?? '';
  const sopInstanceUID = reader.dataSet.string(Tag.SOPInstanceUID) ?? '';
  return { sopClassUID, sopInstanceUID };
}
