import { randomBytes } from 'node:crypto';
import { Archive, type ArchiveOptions } from '../archive.ts';
import type { StoreFacts } from '../incoming-instance.ts';
import type { TestInstance } from './instances.ts';
import { MemoryNotes } from './memory-notes.ts';

export const TEST_KEYS = {
  studyKeys: randomBytes(32),
  studyNames: randomBytes(32),
  index: randomBytes(32),
  derivedNames: randomBytes(32),
};

/** An archive for a test: small packs' worth of zeros ahead, notes in memory. */
export async function openArchive(
  folder: string,
  options: Partial<ArchiveOptions<string>> & { notes?: MemoryNotes<string> } = {},
): Promise<{ archive: Archive<string>; notes: MemoryNotes<string> }> {
  const notes = options.notes ?? new MemoryNotes<string>();
  const archive = await Archive.open<string>({
    folder,
    indexFolder: undefined,
    keys: TEST_KEYS,
    prewriteBytes: 256 * 1024,
    nowMs: () => 1_767_312_000_000,
    ...options,
    notes,
  });
  return { archive, notes };
}

/** Stores as a door does: fragment by fragment, waiting when asked to. */
export async function store(
  archive: Archive<string>,
  { source, dataSet }: TestInstance,
  fragmentBytes = 16 * 1024,
): Promise<StoreFacts> {
  const incoming = archive.receive(source);
  try {
    for (let at = 0; at < dataSet.length; at += fragmentBytes) {
      const waiting = incoming.write(dataSet.subarray(at, at + fragmentBytes));
      if (waiting) await waiting;
    }
  } catch (error) {
    await incoming.abort();
    throw error;
  }
  return await incoming.finish((facts) => `${facts.outcome} ${facts.sopInstanceUID}`);
}

/** The data set as it is held; undefined when the archive does not have it, or not any more. */
export async function readBack(
  archive: Archive<string>,
  sopInstanceUID: string,
  range?: { from?: number; to?: number },
): Promise<Buffer | undefined> {
  const record = archive.index.instance(sopInstanceUID);
  const chunks = record && archive.read(record, range);
  if (!chunks) return undefined;
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}
