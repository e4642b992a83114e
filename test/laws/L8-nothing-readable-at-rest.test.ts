import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Tag } from '@leadglass/dicom';
import { store } from '@leadglass/network';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestArchive, type TestDevice } from '../support/archive.ts';
import { associateForGet, fetchSums } from '../support/fetching.ts';
import { CT_IMAGE_STORAGE, CT_STORAGE, EXPLICIT_LITTLE_ENDIAN, makeInstance } from '../support/instances.ts';
import { Scope } from '../support/scope.ts';
import { associate } from '../support/tls-client.ts';

const STUDY = '2.25.800';
/** Values that stand nowhere else: whoever finds one on the disk has found a patient. */
const CANARIES = ['Zwetschgenbaum', 'QXJ-58112-K', '19310807', 'Kwannonsfichte'] as const;

/** Others' large files in the temporary folder are not read. */
const LOOSE_FILE_MAX_BYTES = 64 * 1024 * 1024;

const scope = new Scope();
let archive: TestArchive;
let device: TestDevice;

beforeAll(async () => {
  archive = await TestArchive.create(scope);
  device = await archive.addDevice('CANARY', 'store,get');
});
afterAll(() => scope.close());

async function storeCanaries(count: number, from: number): Promise<void> {
  const [familyName, patientID, birthDate, description] = CANARIES;
  const association = await associate(device, archive.port, CT_STORAGE);
  for (let number = from; number < from + count; number++) {
    const sopInstanceUID = `${STUDY}.${number}`;
    const dataSet = makeInstance({
      sopInstanceUID,
      studyInstanceUID: STUDY,
      seriesInstanceUID: `${STUDY}.0`,
      patientName: `${familyName}^${description}`,
      patientID,
      more: [
        [Tag.PatientBirthDate, birthDate],
        [Tag.StudyDescription, description],
      ],
    });
    const named = { sopClassUID: CT_IMAGE_STORAGE, transferSyntaxUID: EXPLICIT_LITTLE_ENDIAN };
    expect((await store(association, { ...named, sopInstanceUID, dataSet })).status).toBe(0);
  }
  await association.release();
}

/** Every file below the folder, or none when it does not exist. */
function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Files that hold a canary, as it stands in a data set, in either case, or in UTF-16. */
function readableIn(files: readonly string[]): string[] {
  const needles = CANARIES.flatMap((canary) =>
    [canary, canary.toLowerCase(), canary.toUpperCase()].flatMap((text) => [
      Buffer.from(text, 'latin1'),
      Buffer.from(text, 'utf16le'),
      Buffer.from(text, 'utf16le').swap16(),
    ]),
  );
  return files.filter((file) => {
    // A file that is there only for a moment may be gone by now.
    const bytes = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
    return needles.some((needle) => bytes.includes(needle));
  });
}

/** The data folder, what this installation's processes have as temporary folder and home, and the key's folder. */
function placesOnDisk(): string[] {
  const ours = [archive.dataFolder, archive.privateFolder, dirname(archive.keyFile)];
  return [...ours.flatMap(filesBelow), ...looseFiles()];
}

/** Whatever a process left directly in the system's temporary folder, SQLite's own spills among it. */
function looseFiles(): string[] {
  return readdirSync(tmpdir(), { withFileTypes: true })
    .filter((entry) => entry.isFile() && statSync(join(tmpdir(), entry.name)).size <= LOOSE_FILE_MAX_BYTES)
    .map((entry) => join(tmpdir(), entry.name));
}

describe('L8: nothing readable at rest', () => {
  test('the search itself finds a canary that is there', () => {
    expect(readableIn([import.meta.filename])).toEqual([import.meta.filename]);
  });

  test('while the server runs', async () => {
    await archive.start();
    await storeCanaries(20, 1);
    expect(placesOnDisk().length).toBeGreaterThan(5);
    expect(readableIn(placesOnDisk())).toEqual([]);
  });

  test('after kill -9: the folder of the index in memory is for nobody else', async () => {
    await archive.kill();
    if (existsSync(archive.memoryFolder)) expect(statSync(archive.memoryFolder).mode & 0o077).toBe(0);
    expect(readableIn(placesOnDisk())).toEqual([]);
  });

  test('after it put itself in order and ended well', async () => {
    await archive.start();
    await storeCanaries(5, 21);
    const association = await associateForGet(device, archive.port);
    expect((await fetchSums(association, 'STUDY', { StudyInstanceUID: STUDY })).size).toBe(25);
    await association.release();
    expect(await archive.stop()).toBe(0);
    expect(filesBelow(archive.dataFolder).some((file) => file.endsWith('index.sealed'))).toBe(true);
    expect(readableIn(placesOnDisk())).toEqual([]);
    expect(existsSync(archive.memoryFolder)).toBe(false);
  });
});
