import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { type Association, store } from '@leadglass/network';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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

/** LEADGLASS_LONG=1 goes on ten times as long; LEADGLASS_CRASH_ROUNDS says how many. */
const ROUNDS = Number(
  process.env['LEADGLASS_CRASH_ROUNDS'] ?? (process.env['LEADGLASS_LONG'] === '1' ? 2000 : 200),
);
const ASSOCIATIONS = 8;
/** Every round is killed within this time after its first acknowledgement: a commit takes 1 to 5 ms of it. */
const ROUND_MAX_MS = 100;
const PIXELS_MAX_BYTES = 24_000;
/** One study grows over this many rounds, so that crashes also meet studies that are there already. */
const ROUNDS_PER_STUDY = 5;
const TIMEOUT_MS = 60_000 + ROUNDS * 5_000;

const seed = chooseSeed();
const random = seededRandom(seed);
const scope = new Scope();
let archive: TestArchive;
let device: TestDevice;
/** What got Success: study to instance to the sum of its bytes. */
const acknowledged = new Map<string, Map<string, string>>();

beforeAll(async () => {
  archive = await TestArchive.create(scope);
  device = await archive.addDevice('CRASHER', 'store,get');
  // A process that is killed writes no compile cache, and a start without one takes a third longer: one ends well.
  await archive.start();
  await archive.stop();
});
afterAll(() => scope.close());

/** Stores until the connection breaks; notes each Success at once. */
async function storeUntilKilled(
  round: number,
  worker: number,
  onFirst: () => void,
  isKilled: () => boolean,
): Promise<void> {
  const study = `2.25.${seed}.${Math.floor(round / ROUNDS_PER_STUDY)}.${worker}`;
  const sums = acknowledged.get(study) ?? new Map<string, string>();
  acknowledged.set(study, sums);
  let association: Association;
  try {
    association = await associate(device, archive.port, CT_STORAGE);
    for (let number = 0; ; number++) {
      const sopInstanceUID = `${study}.${round}.${number}`;
      const pixels = randomBytes(2 * Math.ceil((random() * PIXELS_MAX_BYTES) / 2));
      const dataSet = makeInstance({
        sopInstanceUID,
        studyInstanceUID: study,
        seriesInstanceUID: `${study}.${round}`,
        pixels,
      });
      const { status, command } = await store(association, {
        sopClassUID: CT_IMAGE_STORAGE,
        sopInstanceUID,
        transferSyntaxUID: EXPLICIT_LITTLE_ENDIAN,
        dataSet,
      });
      if (status !== 0)
        throw new Error(
          `C-STORE status ${status.toString(16)}: ${command.errorComment ?? ''}: ${archive.said}`,
        );
      sums.set(sopInstanceUID, sha256(dataSet));
      onFirst();
    }
  } catch (error) {
    // The kill ends every association; anything before it is a failure of the test.
    if (!isKilled()) throw error;
  }
}

/** Every acknowledged instance of these studies is there and is what was sent. */
async function readBack(studies: readonly string[]): Promise<number> {
  const association = await associateForGet(device, archive.port);
  let count = 0;
  for (const study of studies) {
    const expected = acknowledged.get(study) ?? new Map<string, string>();
    if (expected.size === 0) continue;
    const found = await fetchSums(association, 'STUDY', { StudyInstanceUID: study }).catch(
      async (error: unknown) => {
        const last = (await archive.trail()).findLast(({ verb }) => verb === 'get');
        const facts = `${last?.outcome ?? ''} ${last?.reason ?? ''}; ${archive.said}`;
        throw new Error(`C-GET of ${study}: ${facts}`, { cause: error });
      },
    );
    expect(differences(found, expected)).toEqual([]);
    count += expected.size;
  }
  await association.release();
  return count;
}

async function runRound(round: number): Promise<void> {
  // Now and then the machine itself restarts: what lives in memory-backed space is gone as well.
  if (random() < 0.2) rmSync(archive.memoryFolder, { recursive: true, force: true });
  if (random() < 0.1) {
    // A kill in the middle of the start, while what the last one left is put in order.
    const starting = archive.start().catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 200 + random() * 400));
    await archive.kill();
    await starting;
  }
  await archive.start();
  const written = Math.floor(Math.max(0, round - 1) / ROUNDS_PER_STUDY);
  await readBack([...acknowledged.keys()].filter((study) => study.split('.')[3] === String(written)));
  let first: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => (first = resolve));
  let killed = false;
  const workers = Promise.all(
    Array.from({ length: ASSOCIATIONS }, (_, worker) => storeUntilKilled(round, worker, first, () => killed)),
  );
  await Promise.race([begun, workers]);
  await new Promise((resolve) => setTimeout(resolve, random() * ROUND_MAX_MS));
  killed = true;
  await archive.kill();
  await workers;
}

describe(`kill -9 in the middle of ${ASSOCIATIONS} associations, ${ROUNDS} times (LEADGLASS_SEED=${seed})`, () => {
  test(
    'loses nothing that was acknowledged (L3), and nobody has to repair anything',
    async () => {
      for (let round = 0; round < ROUNDS; round++) await runRound(round);
      await archive.start();
      const count = await readBack([...acknowledged.keys()]);
      // A round goes on until something was acknowledged.
      expect(count).toBeGreaterThanOrEqual(ROUNDS);
      expect(await archive.stop()).toBe(0);
      process.stderr.write(`crash: ${count} acknowledged instances in ${ROUNDS} rounds are all there\n`);
    },
    TIMEOUT_MS,
  );

  test('leaves a trail that is whole and has an entry for each acknowledged instance (L5)', async () => {
    expect((await archive.verifyTrail()).firstProblem).toBeUndefined();
    const stored = new Set(
      (await archive.trail()).flatMap(({ verb, outcome, subject }) =>
        verb === 'store' && outcome === 'success' ? [subject?.sopInstanceUID] : [],
      ),
    );
    const missing = [...acknowledged.values()].flatMap((sums) =>
      [...sums.keys()].filter((uid) => !stored.has(uid)),
    );
    expect(missing).toEqual([]);
  });

  test('leaves packs in which `leadglass verify` finds everything as it was stored', async () => {
    const verified = await archive.command('verify');
    expect(verified.output).toContain('everything is as it was stored');
    expect(verified.code).toBe(0);
  });
});
