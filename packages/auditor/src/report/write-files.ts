import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Encrypter } from 'age-encryption';
import { ReportError } from '../findings/index.ts';

/** Only whoever ran the audit may read what it found. */
const fileMode = 0o600;
const folderMode = 0o700;

/**
 * Writes files into a folder, all of them encrypted when there are recipients: then no clear text touches the disk,
 * and each name ends in `.age`. Every file is whole or absent: written beside its place, synced, renamed.
 * @param recipients age recipients (`age1...`)
 * @returns the paths written
 * @throws ReportError BAD_RECIPIENT, before anything is written
 */
export async function writeFiles(
  folder: string,
  files: ReadonlyMap<string, string | Uint8Array>,
  recipients: readonly string[] = [],
): Promise<string[]> {
  const encrypter = recipients.length === 0 ? undefined : encrypterFor(recipients);
  const written: string[] = [];
  for (const [name, content] of files) {
    const path = join(folder, encrypter === undefined ? name : `${name}.age`);
    const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
    await writeAtomically(path, encrypter === undefined ? bytes : await encrypter.encrypt(bytes));
    written.push(path);
  }
  return written;
}

function encrypterFor(recipients: readonly string[]): Encrypter {
  const encrypter = new Encrypter();
  for (const [index, recipient] of recipients.entries()) {
    try {
      encrypter.addRecipient(recipient);
    } catch {
      // A secret key pasted by mistake must not be repeated in a message.
      throw new ReportError('BAD_RECIPIENT', `recipient ${index + 1} is no age recipient (age1...)`);
    }
  }
  return encrypter;
}

async function writeAtomically(path: string, content: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: folderMode });
  const beside = `${path}.${randomBytes(6).toString('hex')}.part`;
  try {
    // 'wx': a link laid out under this name beforehand is refused, not followed.
    const file = await open(beside, 'wx', fileMode);
    try {
      await file.writeFile(content);
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
