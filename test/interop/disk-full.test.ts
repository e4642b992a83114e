import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Association, find, store } from '@leadglass/network';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestArchive, type TestDevice } from '../support/archive.ts';
import { CT_IMAGE_STORAGE, CT_STORAGE, EXPLICIT_LITTLE_ENDIAN, makeInstance } from '../support/instances.ts';
import { identifierBytes } from '../support/queries.ts';
import { Scope } from '../support/scope.ts';
import { associate } from '../support/tls-client.ts';
import { missingTools, runTool, titleOf } from '../support/tools.ts';
import { waitFor } from '../support/wait-for.ts';

const MEGABYTE = 1024 * 1024;
const DISK_BYTES = 700 * MEGABYTE;
/** The archive keeps 256 MB free for its trail: this much more leaves less than that. */
const BALLAST_BYTES = 460 * MEGABYTE;
const STUDY_ROOT_FIND = '1.2.840.10008.5.1.4.1.2.2.1';
const STUDY = '2.25.900';

const scope = new Scope();
let archive: TestArchive;
let device: TestDevice;
let disk: string;

/** A file system of its own for the data folder; says why when this machine does not allow one. */
async function mountDisk(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'only root can mount a small file system';
  const missing = missingTools('mount', 'umount');
  if (missing !== undefined) return missing;
  disk = scope.folder('disk');
  const mounted = await runTool('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'tmpfs', disk]);
  if (mounted.code !== 0) return 'mounting is not allowed here';
  scope.onClose(async () => void (await runTool('umount', [disk])));
  return undefined;
}

const reason = await mountDisk();
afterAll(() => scope.close());

describe.skipIf(reason !== undefined)(titleOf('A full disk', reason), () => {
  let association: Association;
  let number = 0;

  beforeAll(async () => {
    archive = await TestArchive.create(scope, { dataFolder: join(disk, 'data') });
    device = await archive.addDevice('FILLER', 'store,find');
    await archive.start();
    const asked = { abstractSyntax: STUDY_ROOT_FIND, transferSyntaxes: [EXPLICIT_LITTLE_ENDIAN] };
    association = await associate(device, archive.port, [...CT_STORAGE, asked]);
  });

  async function storeOne(): Promise<number> {
    const sopInstanceUID = `${STUDY}.${++number}`;
    const uids = { sopInstanceUID, studyInstanceUID: STUDY, seriesInstanceUID: `${STUDY}.0` };
    const named = { sopClassUID: CT_IMAGE_STORAGE, transferSyntaxUID: EXPLICIT_LITTLE_ENDIAN };
    return (await store(association, { ...named, sopInstanceUID, dataSet: makeInstance(uids) })).status;
  }

  async function countMatches(): Promise<number> {
    const identifier = identifierBytes('STUDY', { StudyInstanceUID: STUDY });
    let matches = 0;
    for await (const match of find(association, { sopClassUID: STUDY_ROOT_FIND, identifier })) {
      void match;
      matches++;
    }
    return matches;
  }

  test('C-STORE gets A700 and C-FIND goes on; when room is made, C-STORE succeeds again', async () => {
    expect(await storeOne()).toBe(0);
    const ballast = join(disk, 'ballast');
    writeFileSync(ballast, Buffer.alloc(BALLAST_BYTES));
    await waitFor('the refusal', async () => (await storeOne()) === 0xa700);
    expect(await countMatches()).toBe(1);
    expect(await storeOne()).toBe(0xa700);
    rmSync(ballast);
    await waitFor('room', async () => (await storeOne()) === 0);
    expect(archive.isRunning).toBe(true);
    await association.release();
    expect(await archive.stop()).toBe(0);
    expect((await archive.verifyTrail()).firstProblem).toBeUndefined();
    expect((await archive.command('verify')).code).toBe(0);
  });
});
