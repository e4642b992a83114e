import { lstat, opendir, realpath } from 'node:fs/promises';
import { folderDepthMax, sortedNamesMax } from './limits.ts';

/** A regular file below a root. Paths are bytes: names need not be text. */
export interface FoundFile {
  readonly path: Buffer;
}

/** What the walk left out, by reason. */
export type WalkProblems = (code: string) => void;

interface Folder {
  readonly path: Buffer;
  readonly depth: number;
}

/**
 * All regular files at or below a path, folder by folder. Symbolic links are never followed (what they lead to inside
 * the root is met anyway), except the root itself; devices, sockets and pipes are left out.
 */
export async function* walkFolder(root: string, onProblem: WalkProblems): AsyncGenerator<FoundFile> {
  const start = await realpath(root, { encoding: 'buffer' });
  const status = await lstat(start);
  if (status.isFile()) {
    yield { path: start };
    return;
  }
  if (!status.isDirectory()) {
    onProblem('SPECIAL_FILE');
    return;
  }
  const waiting: Folder[] = [{ path: start, depth: 0 }];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    const below: Folder[] = [];
    yield* filesIn(folder, below, onProblem);
    waiting.push(...below.reverse());
  }
}

async function* filesIn(folder: Folder, below: Folder[], onProblem: WalkProblems): AsyncGenerator<FoundFile> {
  if (folder.depth > folderDepthMax) {
    onProblem('FOLDER_TOO_DEEP');
    return;
  }
  let names: string[] = [];
  try {
    // Latin-1 keeps every byte of a name as it is.
    const entries = await opendir(folder.path, { encoding: 'latin1', bufferSize: 512 });
    for await (const entry of entries) {
      if (entry.isFile()) names.push(entry.name);
      else if (entry.isDirectory())
        below.push({ path: join(folder.path, entry.name), depth: folder.depth + 1 });
      else onProblem(entry.isSymbolicLink() ? 'SYMBOLIC_LINK' : 'SPECIAL_FILE');
      if (names.length >= sortedNamesMax) {
        for (const name of names.sort()) yield { path: join(folder.path, name) };
        names = [];
      }
    }
  } catch (error) {
    onProblem(errorCode(error));
  }
  below.sort((a, b) => Buffer.compare(a.path, b.path));
  for (const name of names.sort()) yield { path: join(folder.path, name) };
}

function join(folder: Buffer, latin1Name: string): Buffer {
  return Buffer.concat([folder, Buffer.from(`/${latin1Name}`, 'latin1')]);
}

/** The system's code of an error ('EACCES'); its message would hold the path. */
export function errorCode(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,40}$/.test(code) ? code : 'UNEXPECTED';
}
