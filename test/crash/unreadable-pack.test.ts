import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { TestArchive } from '../support/archive.ts';
import { Scope } from '../support/scope.ts';

const scope = new Scope();
afterAll(() => scope.close());

test('a pack that cannot be read is named, and the command ends', async () => {
  const archive = await TestArchive.create(scope);
  await archive.start();
  await archive.stop();
  const pack = join(archive.dataFolder, 'packs', '00000099.pack');
  mkdirSync(pack);
  // Ends, or runs into the time a command is given.
  const verified = await archive.command('verify');
  expect(verified.output).toContain(`EISDIR (${pack})`);
  expect(verified.code).toBe(1);
  await expect(archive.start()).rejects.toThrow('EISDIR');
});
