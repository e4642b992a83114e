import { store } from '@leadglass/network';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestArchive, type TestDevice } from '../support/archive.ts';
import { associateForGet, fetchSums } from '../support/fetching.ts';
import {
  CT_IMAGE_STORAGE,
  CT_STORAGE,
  EXPLICIT_LITTLE_ENDIAN,
  makeInstance,
  sha256,
} from '../support/instances.ts';
import { chooseSeed, seededRandom } from '../support/random.ts';
import { differences } from '../support/received.ts';
import { Scope } from '../support/scope.ts';
import { associate } from '../support/tls-client.ts';

const STUDY = '2.25.400';
/** Around the chunks in which data sets are kept (256 KiB), and around nothing at all. */
const PIXEL_BYTES = [0, 2, 262_000, 262_144, 262_146, 524_288, 1_000_000];

const seed = chooseSeed();
const random = seededRandom(seed);
const scope = new Scope();
let archive: TestArchive;
let device: TestDevice;

beforeAll(async () => {
  archive = await TestArchive.create(scope);
  device = await archive.addDevice('MIRROR', 'store,get');
  await archive.start();
});
afterAll(() => scope.close());

test(`L4: what was stored comes back bit for bit, at once and after a restart (LEADGLASS_SEED=${seed})`, async () => {
  const expected = new Map<string, string>();
  const association = await associate(device, archive.port, CT_STORAGE);
  for (const [number, length] of PIXEL_BYTES.entries()) {
    const sopInstanceUID = `${STUDY}.${number + 1}`;
    const pixels = Uint8Array.from({ length }, () => random() * 256);
    const uids = { sopInstanceUID, studyInstanceUID: STUDY, seriesInstanceUID: `${STUDY}.0` };
    const dataSet = makeInstance({ ...uids, pixels });
    const named = { sopClassUID: CT_IMAGE_STORAGE, transferSyntaxUID: EXPLICIT_LITTLE_ENDIAN };
    expect((await store(association, { ...named, sopInstanceUID, dataSet })).status).toBe(0);
    expected.set(sopInstanceUID, sha256(dataSet));
  }
  await association.release();
  await expectBack(expected);
  expect(await archive.stop()).toBe(0);
  await archive.start();
  await expectBack(expected);
});

async function expectBack(expected: ReadonlyMap<string, string>): Promise<void> {
  const association = await associateForGet(device, archive.port);
  const found = await fetchSums(association, 'STUDY', { StudyInstanceUID: STUDY });
  expect(differences(found, expected)).toEqual([]);
  expect(found.size).toBe(expected.size);
  await association.release();
}
