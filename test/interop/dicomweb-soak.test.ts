import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { Tag, writeDataSet } from '@leadglass/dicom';
import { store } from '@leadglass/network';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestArchive, type TestDevice } from '../support/archive.ts';
import {
  CT_IMAGE_STORAGE,
  CT_STORAGE,
  dataSetOf,
  EXPLICIT_LITTLE_ENDIAN,
  explicitLittleEndian,
} from '../support/instances.ts';
import { Scope } from '../support/scope.ts';
import { associate } from '../support/tls-client.ts';
import { titleOf } from '../support/tools.ts';
import { createToken, partsOf, type WebAnswer, WebClient } from '../support/web-client.ts';

const MEGABYTE = 1024 * 1024;
/** LEADGLASS_SOAK_SECONDS=120 is the long form. */
const SOAK_SECONDS = Number(process.env['LEADGLASS_SOAK_SECONDS'] ?? 15);
const READERS = 64;
const READERS_PER_CLIENT = 4;
const STORERS = 8;
const INSTANCES = 20;
const PIXEL_BYTES = 512 * 1024;
const RESIDENT_MAX_BYTES = 600 * MEGABYTE;
/** Opening everything, and what is under way when the time is up, on a machine that has other things to do. */
const MARGIN_MS = 120_000;

/** What makes so many bytes one frame. */
const oneFrame = [
  [Tag.SamplesPerPixel, 1],
  [Tag.PhotometricInterpretation, 'MONOCHROME2'],
  [Tag.Rows, 512],
  [Tag.Columns, 512],
  [Tag.BitsAllocated, 16],
  [Tag.BitsStored, 16],
  [Tag.HighBit, 15],
  [Tag.PixelRepresentation, 0],
] as const;

const STUDY = '2.25.640';
const SERIES = `${STUDY}.1`;
const path = `/dicom-web/studies/${STUDY}/series/${SERIES}`;
const uidOf = (instance: number): string => `${SERIES}.${instance + 1}`;

const scope = new Scope();
let archive: TestArchive;
let device: TestDevice;
let token: string;
const pixels = Array.from({ length: INSTANCES }, () => new Uint8Array(randomBytes(PIXEL_BYTES)));
const instances = pixels.map((_, at) => instanceOf(STUDY, uidOf(at), at));

/** An instance of one frame, the pixels of a number. */
function instanceOf(studyInstanceUID: string, sopInstanceUID: string, at: number): Uint8Array {
  const facts = { studyInstanceUID, seriesInstanceUID: `${studyInstanceUID}.1`, sopInstanceUID };
  const dataSet = dataSetOf({ ...facts, pixels: pixels[at] ?? new Uint8Array(PIXEL_BYTES) });
  for (const [tag, value] of oneFrame) dataSet.set(tag, value);
  return writeDataSet(dataSet, explicitLittleEndian());
}

beforeAll(async () => {
  archive = await TestArchive.create(scope);
  device = await archive.addDevice('SOAK', 'echo,store');
  await archive.start();
  token = await createToken(archive, 'find,get');
  const statuses = await storeAll(instances.map((dataSet, at) => [uidOf(at), dataSet] as const));
  expect(new Set(statuses)).toEqual(new Set([0]));
}, MARGIN_MS);
afterAll(() => scope.close());

async function storeAll(files: readonly (readonly [uid: string, dataSet: Uint8Array])[]): Promise<number[]> {
  const association = await associate(device, archive.port, CT_STORAGE);
  const statuses: number[] = [];
  for (const [sopInstanceUID, dataSet] of files) {
    const { status } = await store(association, {
      sopClassUID: CT_IMAGE_STORAGE,
      sopInstanceUID,
      transferSyntaxUID: EXPLICIT_LITTLE_ENDIAN,
      dataSet,
    });
    statuses.push(status);
  }
  await association.release();
  return statuses;
}

/** What is asked for in turn, and whether the answer is right. */
const questions: readonly ((web: WebClient, at: number) => Promise<boolean>)[] = [
  async (web, at) => {
    const accept = 'multipart/related; type="application/octet-stream"';
    const answer = await ask(web, `${path}/instances/${uidOf(at)}/frames/1`, accept);
    const [frame, ...others] = partsOf(answer);
    return (
      answer.status === 200 &&
      others.length === 0 &&
      frame?.body.equals(pixels[at] ?? new Uint8Array()) === true
    );
  },
  async (web, at) => {
    const accept = 'multipart/related; type="application/dicom"; transfer-syntax=*';
    const answer = await ask(web, `${path}/instances/${uidOf(at)}`, accept);
    const [file] = partsOf(answer);
    const stored = instances[at] ?? new Uint8Array();
    return answer.status === 200 && file?.body.subarray(-stored.length).equals(stored) === true;
  },
  async (web, at) => {
    const answer = await ask(web, `${path}/instances/${uidOf(at)}/metadata`, 'application/dicom+json');
    return answer.status === 200 && uidsIn(answer).join() === uidOf(at);
  },
  async (web) => {
    const answer = await ask(web, `${path}/metadata`, 'application/dicom+json');
    return answer.status === 200 && new Set(uidsIn(answer)).size === INSTANCES;
  },
];

const ask = (web: WebClient, from: string, accept: string): Promise<WebAnswer> =>
  web.ask(from, { headers: { Accept: accept } });

function uidsIn({ body }: WebAnswer): string[] {
  const list = JSON.parse(body.toString('utf8')) as Record<string, { Value?: unknown[] } | undefined>[];
  return list.map((instance) => String(instance['00080018']?.Value?.[0]));
}

const reason = existsSync('/proc/self/status') ? undefined : 'no /proc here';

describe.skipIf(reason !== undefined)(titleOf('Readers over the web while devices store', reason), () => {
  test(
    `${READERS} readers and ${STORERS} associations for ${SOAK_SECONDS} s: every answer right, memory bounded`,
    async () => {
      const until = performance.now() + SOAK_SECONDS * 1000;
      const isOver = (): boolean => performance.now() > until;
      archive.resetMemoryPeak();
      const counts = { right: 0, wrong: 0, stored: 0, refused: 0 };
      const clients = Array.from(
        { length: READERS / READERS_PER_CLIENT },
        () => new WebClient(scope, archive, { token }),
      );
      const read = async (reader: number): Promise<void> => {
        const web = clients[reader % clients.length] as WebClient;
        for (let time = reader; !isOver(); time++) {
          const question = questions[time % questions.length];
          if (await question?.(web, time % INSTANCES)) counts.right++;
          else counts.wrong++;
        }
      };
      const write = async (storer: number): Promise<void> => {
        for (let time = 0; !isOver(); time++) {
          const study = `2.25.641.${storer}.${time}`;
          const files = Array.from({ length: 4 }, (_, at) => {
            const uid = `${study}.1.${at}`;
            return [uid, instanceOf(study, uid, at)] as const;
          });
          for (const status of await storeAll(files)) {
            if (status === 0) counts.stored++;
            else counts.refused++;
          }
        }
      };
      // Whatever fails rejects: no error is passed over.
      await Promise.all([
        ...Array.from({ length: READERS }, (_, reader) => read(reader)),
        ...Array.from({ length: STORERS }, (_, storer) => write(storer)),
      ]);
      const peak = archive.memoryBytes('VmHWM');
      process.stderr.write(
        `soak: ${counts.right} answers, ${counts.stored} stored, ${Math.round(peak / MEGABYTE)} MB at most\n`,
      );
      expect(counts).toMatchObject({ wrong: 0, refused: 0 });
      expect(counts.right).toBeGreaterThan(READERS);
      expect(counts.stored).toBeGreaterThan(STORERS);
      expect(peak).toBeLessThan(RESIDENT_MAX_BYTES);
    },
    SOAK_SECONDS * 1000 + MARGIN_MS,
  );
});
