import { open as openFile, readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { ParseError, readPart10, Tag } from '@leadglass/dicom';

/** A DICOMDIR of 50,000 images has about 20 MB. */
const DICOMDIR_MAX_BYTES = 256 * 1024 * 1024;
/** Folders below folders: deeper is a loop or an attack. */
const MAX_DEPTH = 64;

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

const sameName = (a: string, b: string): boolean =>
  a.toUpperCase().replace(/\.;?1?$/, '') === b.toUpperCase();
