import { spawn } from 'node:child_process';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { DataFolderInUse, DataLock } from './data-lock.ts';
import { Folders } from './testing/folders.ts';

const folders = new Folders();
afterAll(() => folders.remove());

test('one holder at a time; whoever comes second is told, and may have it after the first', () => {
  const file = join(folders.make(), 'lock');
  const first = DataLock.take(file);
  expect(() => DataLock.take(file)).toThrow(DataFolderInUse);
  first.release();
  DataLock.take(file).release();
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('a process that is killed leaves no lock behind', async () => {
  const file = join(folders.make(), 'lock');
  const script = join(folders.make(), 'holder.ts');
  const lock = fileURLToPath(new URL('./data-lock.ts', import.meta.url));
  writeFileSync(
    script,
    `import { DataLock } from ${JSON.stringify(lock)};\nDataLock.take(${JSON.stringify(file)});\nconsole.log('held');\nsetInterval(() => undefined, 1000);\n`,
  );
  const holder = spawn(process.execPath, ['--no-warnings', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => holder.stdout.once('data', resolve));
  expect(() => DataLock.take(file)).toThrow(DataFolderInUse);
  const gone = new Promise((resolve) => holder.once('exit', resolve));
  holder.kill('SIGKILL');
  await gone;
  DataLock.take(file).release();
});

test('what is no lock file is an error of its own, not somebody else', () => {
  const file = join(folders.make(), 'lock');
  writeFileSync(file, 'no database at all, but long enough to look at. '.repeat(100));
  expect(() => DataLock.take(file)).toThrow();
  expect(() => DataLock.take(file)).not.toThrow(DataFolderInUse);
});
