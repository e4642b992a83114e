import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { noise } from '../testing/instances.ts';
import { Folders } from '../testing/folders.ts';
import { sealFile, SealedFileDamaged, unsealFile } from './sealed-file.ts';

const BLOCK_BYTES = 1024 * 1024;
const BLOCK_HEADER_BYTES = 33;
const folders = new Folders();
afterAll(() => folders.remove());
const key = randomBytes(32);

async function sealedOf(content: Uint8Array): Promise<{ file: string; sealed: Buffer; clear: string }> {
  const folder = folders.make();
  const source = join(folder, 'source');
  const file = join(folder, 'sealed');
  writeFileSync(source, content);
  await sealFile(source, file, key);
  return { file, sealed: readFileSync(file), clear: join(folder, 'clear') };
}

async function unseal(sealed: Uint8Array, withKey = key): Promise<Buffer> {
  const folder = folders.make();
  writeFileSync(join(folder, 'sealed'), sealed);
  await unsealFile(join(folder, 'sealed'), join(folder, 'clear'), withKey);
  return readFileSync(join(folder, 'clear'));
}

describe('a sealed file', () => {
  test.each([0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 2 * BLOCK_BYTES, 2 * BLOCK_BYTES + 12345])(
    'of %i bytes opens to what was sealed',
    async (size) => {
      const content = noise(size, size + 1);
      const { file, sealed, clear } = await sealedOf(content);
      await unsealFile(file, clear, key);
      expect(readFileSync(clear).equals(content)).toBe(true);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(statSync(clear).mode & 0o777).toBe(0o600);
      if (size > 32) expect(sealed.includes(content.subarray(0, 32))).toBe(false);
      expect(existsSync(`${file}.new`)).toBe(false);
    },
  );

  test('takes the place of an older one only when it is whole', async () => {
    const { file, clear } = await sealedOf(Buffer.from('older'));
    await expect(sealFile(join(file, 'no such source'), file, key)).rejects.toThrow();
    await unsealFile(file, clear, key);
    expect(readFileSync(clear, 'utf8')).toBe('older');
  });

  test('cut anywhere is damaged', async () => {
    const { sealed } = await sealedOf(noise(BLOCK_BYTES + 1000));
    const firstBlock = BLOCK_HEADER_BYTES + BLOCK_BYTES;
    for (const length of [
      0,
      1,
      32,
      33,
      1000,
      firstBlock - 1,
      firstBlock,
      firstBlock + 20,
      sealed.length - 1,
    ]) {
      await expect(unseal(sealed.subarray(0, length)), `${length}`).rejects.toThrow(SealedFileDamaged);
    }
  });

  test('with blocks in another order, left out or doubled is damaged', async () => {
    const { sealed } = await sealedOf(noise(3 * BLOCK_BYTES));
    const size = BLOCK_HEADER_BYTES + BLOCK_BYTES;
    const [a, b, c] = [0, 1, 2].map((i) => sealed.subarray(i * size, (i + 1) * size));
    for (const blocks of [[b, a, c], [a, c], [c], [a, a, b, c], [a, b, b]]) {
      const parts = blocks.flatMap((block) => block ?? []);
      await expect(unseal(Buffer.concat(parts))).rejects.toThrow(SealedFileDamaged);
    }
  });

  test('with any byte changed, or under another key, is damaged', async () => {
    const { sealed } = await sealedOf(noise(2000));
    await expect(unseal(sealed, randomBytes(32))).rejects.toThrow(SealedFileDamaged);
    const places = [...Array(BLOCK_HEADER_BYTES + 3).keys(), sealed.length - 1];
    for (const at of places) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      await expect(unseal(changed), `byte ${at}`).rejects.toThrow(SealedFileDamaged);
    }
  });

  test('with bytes behind its last block is damaged', async () => {
    const { sealed } = await sealedOf(noise(2000));
    await expect(unseal(Buffer.concat([sealed, Buffer.alloc(10)]))).rejects.toThrow(SealedFileDamaged);
  });
});
