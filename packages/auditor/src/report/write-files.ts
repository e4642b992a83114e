import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileEncrypterFor } from './encrypt.ts';

/** Only whoever ran the audit may read what it found. */
const fileMode = 0o600;
const folderMode = 0o700;

/** A text may come in pieces, which are then never together in memory; unless it is encrypted. */
export type FileContent = string | Uint8Array | Iterable<string>;

/**
 * Writes files into a folder, all of them encrypted when there are recipients: then no clear text touches the disk,
 * and each name ends in `.age` or `.cms`. Every file is whole or absent: written beside its place, synced, renamed.
 * @param files name and content; taken one after the other, so that a generator has one in memory at a time
 * @param recipients age recipients (`age1...`), or certificates in PEM
 * @returns the paths written
 * @throws ReportError BAD_RECIPIENT, before anything is written
 */
export async function writeFiles(
  folder: string,
  files: Iterable<readonly [name: string, content: FileContent]>,
  recipients: readonly string[] = [],
): Promise<string[]> {
  const encrypter = recipients.length === 0 ? undefined : await fileEncrypterFor(recipients, new Date());
  const written: string[] = [];
  for (const [name, content] of files) {
    const path = join(folder, encrypter === undefined ? name : `${name}${encrypter.suffix}`);
    const blocks = content instanceof Uint8Array ? [content] : blocksOf(content);
    await writeAtomically(
      path,
      encrypter === undefined ? blocks : [await encrypter.encrypt(Buffer.concat([...blocks]))],
    );
    written.push(path);
  }
  return written;
}

/** Characters put together for one write. */
const BLOCK_CHARACTERS = 256 * 1024;

function* blocksOf(content: string | Iterable<string>): Generator<Uint8Array> {
  let text = '';
  for (const piece of typeof content === 'string' ? [content] : content) {
    text += piece;
    if (text.length < BLOCK_CHARACTERS) continue;
    yield Buffer.from(text, 'utf8');
    text = '';
  }
  yield Buffer.from(text, 'utf8');
}

async function writeAtomically(path: string, blocks: Iterable<Uint8Array>): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: folderMode });
  const beside = `${path}.${randomBytes(6).toString('hex')}.part`;
  try {
    // 'wx': a link laid out under this name beforehand is refused, not followed.
    const file = await open(beside, 'wx', fileMode);
    try {
      for (const block of blocks) await file.writeFile(block);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
