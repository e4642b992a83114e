import { createHash } from 'node:crypto';

const readablePartMax = 40;
const digestDigits = 8;

/**
 * A name from a scope as a file name: readable letters, and a digest, so that two owners never share a file and no
 * name leads out of the folder.
 */
export function fileName(name: string): string {
  const readable = name
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9]+/g, '-')
    .slice(0, readablePartMax)
    .replace(/^-+|-+$/g, '')
    .toLowerCase();
  const digest = createHash('sha256').update(name).digest('hex').slice(0, digestDigits);
  return readable === '' ? digest : `${readable}-${digest}`;
}
