import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { store } from '@leadglass/network';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestArchive, type TestDevice } from '../support/archive.ts';
import {
  CT_IMAGE_STORAGE,
  CT_STORAGE,
  EXPLICIT_LITTLE_ENDIAN,
  makeInstance,
  sha256,
} from '../support/instances.ts';
import { dataSetSum } from '../support/received.ts';
import { Scope } from '../support/scope.ts';
import { associate } from '../support/tls-client.ts';

const STUDY = '2.25.300';
const INSTANCES = 3;

const scope = new Scope();
let archive: TestArchive;
let device: TestDevice;

beforeAll(async () => {
  archive = await TestArchive.create(scope);
  device = await archive.addDevice('STORER', 'store');
  await archive.start();
});
afterAll(() => scope.close());

test('L3: a copy of the data folder made at the moment of a Success has the instance and its trail entry', async () => {
  const copies = scope.folder('copies');
  const sums: string[] = [];
  const association = await associate(device, archive.port, CT_STORAGE);
  for (let number = 1; number <= INSTANCES; number++) {
    const sopInstanceUID = `${STUDY}.${number}`;
    const dataSet = makeInstance({
      sopInstanceUID,
      studyInstanceUID: STUDY,
      seriesInstanceUID: `${STUDY}.0`,
    });
    const named = { sopClassUID: CT_IMAGE_STORAGE, transferSyntaxUID: EXPLICIT_LITTLE_ENDIAN };
    expect((await store(association, { ...named, sopInstanceUID, dataSet })).status).toBe(0);
    sums.push(sha256(dataSet));
    copyFolder(archive.dataFolder, join(copies, String(number)));
  }
  await archive.kill();
  for (let number = 1; number <= INSTANCES; number++) {
    // The index in memory belongs to the same installation: without it the copy stands on its own.
    rmSync(archive.memoryFolder, { recursive: true, force: true });
    rmSync(archive.dataFolder, { recursive: true });
    cpSync(join(copies, String(number)), archive.dataFolder, { recursive: true });
    const out = scope.folder('exported');
    const exported = await archive.command('export', '--study', STUDY, '--out', out);
    expect(`${exported.code} ${exported.output.slice(-300)}`).toMatch(/^0 /);
    const files = readdirSync(out, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    const found = files
      .map((entry) => readFileSync(join(entry.parentPath, entry.name)))
      .filter((bytes) => bytes.subarray(128, 132).toString() === 'DICM')
      .map(dataSetSum);
    expect(found).toEqual(expect.arrayContaining(sums.slice(0, number)));
    const stored = (await archive.trail()).filter(
      ({ verb, outcome }) => verb === 'store' && outcome === 'success',
    );
    expect(stored.map(({ subject }) => subject?.sopInstanceUID)).toEqual(
      Array.from({ length: number }, (_, index) => `${STUDY}.${index + 1}`),
    );
    expect((await archive.verifyTrail()).firstProblem).toBeUndefined();
  }
});

/** Files only: a control socket cannot be copied, and the lock is the living server's. */
function copyFolder(from: string, to: string): void {
  const isCopied = (path: string): boolean => !/(?:\.sock|lock)$/.test(path);
  cpSync(from, to, { recursive: true, filter: isCopied });
}
