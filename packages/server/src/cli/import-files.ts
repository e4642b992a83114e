import { open as openFile, readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { ParseError, readPart10, Tag } from '@leadglass/dicom';

/** A DICOMDIR of 50,000 images has about 20 MB. */
const DICOMDIR_MAX_BYTES = 256 * 1024 * 1024;
/** Folders below folders: deeper is a loop or an attack. */
const MAX_DEPTH = 64;

/** A file to import, or one that a DICOMDIR refers to and that cannot be. */
export interface FoundFile {
  path: string;
  /** Set when there is nothing to import: the DICOMDIR is the path then, and this says which file it is about. */
  missing?: string;
}

/** All files below the paths; a DICOMDIR named itself stands for the files it refers to, each once. */
export async function* filesOf(paths: readonly string[]): AsyncGenerator<FoundFile> {
  for (const path of paths) {
    const status = await stat(path);
    if (status.isDirectory()) yield* filesBelow(path, 0);
    else if (/(^|[/\\])DICOMDIR$/i.test(path)) yield* filesOfDicomdir(path);
    else yield { path };
  }
}

async function* filesBelow(folder: string, depth: number): AsyncGenerator<FoundFile> {
  if (depth > MAX_DEPTH) return;
  const entries = await readdir(folder, { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    // Links are not followed: a medium could point anywhere on this machine.
    if (entry.isDirectory()) yield* filesBelow(path, depth + 1);
    else if (entry.isFile()) yield { path };
  }
}

/** The files that a DICOMDIR refers to (PS3.3 F.3.2.2, Referenced File ID), none outside its folder. */
async function* filesOfDicomdir(path: string): AsyncGenerator<FoundFile> {
  const { size } = await stat(path);
  if (size > DICOMDIR_MAX_BYTES) throw new ParseError('VALUE_TOO_LONG');
  const handle = await openFile(path, 'r');
  const bytes = await handle.readFile();
  await handle.close();
  const { dataSet } = readPart10(bytes);
  const medium = new Medium(await realpath(dirname(path)));
  const seen = new Set<string>();
  for (const record of dataSet.items(Tag.DirectoryRecordSequence)) {
    const parts = record.strings(Tag.ReferencedFileID).filter((part) => part !== '');
    if (parts.length === 0) continue;
    const file = await medium.find(parts);
    if (file === undefined) yield { path, missing: parts.join('/') };
    else if (!seen.has(file)) yield { path: file };
    if (file !== undefined) seen.add(file);
  }
}

/** The folder a DICOMDIR lies in. File IDs are upper case (PS3.10 8.2), file systems often show them otherwise. */
class Medium {
  readonly #root: string;
  /** Names in a folder, read once: a DICOMDIR has as many records as the folder has files. */
  readonly #names = new Map<string, Promise<string[]>>();

  constructor(root: string) {
    this.#root = root;
  }

  /** The file of these components; undefined when there is none, or none inside the folder. */
  async find(parts: readonly string[]): Promise<string | undefined> {
    let path = this.#root;
    for (const part of parts) {
      if (part === '.' || part === '..' || /[/\\\0]/.test(part)) return undefined;
      const names = await this.#namesIn(path);
      const name = names.find((one) => one === part) ?? names.find((one) => sameName(one, part));
      if (name === undefined) return undefined;
      // A link may lead anywhere on this machine, or nowhere.
      const real = await realpath(join(path, name)).catch(() => undefined);
      if (!real?.startsWith(this.#root + sep)) return undefined;
      path = real;
    }
    return (await stat(path)).isFile() ? path : undefined;
  }

  #namesIn(folder: string): Promise<string[]> {
    let names = this.#names.get(folder);
    if (names === undefined) {
      names = readdir(folder).catch(() => []);
      this.#names.set(folder, names);
    }
    return names;
  }
}

/** ISO 9660 shows names with a dot and a version behind them. */
const sameName = (onDisk: string, fileID: string): boolean =>
  onDisk.toUpperCase().replace(/\.?(;\d+)?$/, '') === fileID.toUpperCase();
