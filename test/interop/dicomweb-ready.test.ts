import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Tag, writeDataSet, writePart10Header } from '@leadglass/dicom';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installationFolders } from '../../packages/server/src/config/installation.ts';
import { describeFrames, ImagingPool } from '../../packages/server/src/imaging/index.ts';
import { TestArchive } from '../support/archive.ts';
import {
  CT_IMAGE_STORAGE,
  dataSetOf,
  EXPLICIT_LITTLE_ENDIAN,
  explicitLittleEndian,
} from '../support/instances.ts';
import { Scope } from '../support/scope.ts';
import { waitFor } from '../support/wait-for.ts';
import { createToken, multipart, partsOf, type WebAnswer, WebClient } from '../support/web-client.ts';

const HTJ2K_RPCL = '1.2.840.10008.1.2.4.202';
const STUDY = '2.25.4100';
const SERIES = `${STUDY}.1`;
const SERIES_URL = `/dicom-web/studies/${STUDY}/series/${SERIES}`;
const IMAGES = 4;
const EXTENT = 64;
/** Of a series that was stored: some seconds of quiet, and time to encode. */
const AHEAD_TIMEOUT_MS = 60_000;
const KEPT = '[imaging]\nkeepHTJ2K = true\n';

const scope = new Scope();
const pool = new ImagingPool();
let archive: TestArchive;
let token: string;
let client: WebClient;

beforeAll(async () => {
  archive = await TestArchive.create(scope, { config: KEPT });
  await archive.start();
  token = await createToken(archive, 'store,find,get');
  client = new WebClient(scope, archive, { token });
});
afterAll(async () => {
  await pool.close();
  await scope.close();
});

const uidOf = (number: number): string => `${SERIES}.${number}`;

/** A gradient, another for each image. */
function pixelsOf(number: number): Uint8Array {
  const samples = Uint16Array.from({ length: EXTENT * EXTENT }, (_, at) => (at * (number + 1)) % 4096);
  return new Uint8Array(samples.buffer);
}

const imageOf = (number: number) => {
  const dataSet = dataSetOf({
    sopInstanceUID: uidOf(number),
    studyInstanceUID: STUDY,
    seriesInstanceUID: SERIES,
    more: [[Tag.PhotometricInterpretation, 'MONOCHROME2']],
  });
  const numbers: readonly (readonly [number, number])[] = [
    [Tag.SamplesPerPixel, 1],
    [Tag.Rows, EXTENT],
    [Tag.Columns, EXTENT],
    [Tag.BitsAllocated, 16],
    [Tag.BitsStored, 12],
    [Tag.HighBit, 11],
    [Tag.PixelRepresentation, 0],
  ];
  for (const [tag, value] of numbers) dataSet.set(tag, value);
  dataSet.set(Tag.PixelData, pixelsOf(number), 'OW');
  return dataSet;
};

function fileOf(number: number): Buffer {
  const meta = {
    sopClassUID: CT_IMAGE_STORAGE,
    sopInstanceUID: uidOf(number),
    transferSyntaxUID: EXPLICIT_LITTLE_ENDIAN,
    implementationClassUID: '2.25.1',
  };
  return Buffer.concat([writePart10Header(meta), writeDataSet(imageOf(number), explicitLittleEndian())]);
}

async function store(numbers: readonly number[]): Promise<void> {
  const parts = numbers.map((number) => ({ type: 'application/dicom', body: fileOf(number) }));
  const answer = await client.ask('/dicom-web/studies', { method: 'POST', ...multipart(parts) });
  expect(answer.status).toBe(200);
}

async function restart(): Promise<void> {
  await archive.kill();
  await archive.start();
  client = new WebClient(scope, archive, { token });
}

const derived = (purpose: string): string => join(archive.dataFolder, 'derived', purpose);
const filesOf = (purpose: string): string[] =>
  existsSync(derived(purpose)) ? readdirSync(derived(purpose)).filter((name) => !name.endsWith('.new')) : [];

const metadata = (headers: Record<string, string> = {}): Promise<WebAnswer> =>
  client.ask(`${SERIES_URL}/metadata`, { headers: { Accept: 'application/dicom+json', ...headers } });

interface Instance {
  readonly '00080018': { readonly Value: readonly string[] };
  readonly '7FE00010': { readonly BulkDataURI: string };
}
const instancesIn = (json: Buffer): Instance[] => JSON.parse(json.toString('utf8')) as Instance[];

describe('what is made ahead of those who will ask', () => {
  test('is there some seconds after a series was stored, a file for its metadata and one for each image', async () => {
    await store([0, 1, 2]);
    const isMade = (): boolean =>
      filesOf('ready-metadata').length === 1 && filesOf('htj2k-frames').length === IMAGES - 1;
    await waitFor('what is made ahead', isMade, AHEAD_TIMEOUT_MS);
    const names = [...filesOf('ready-metadata'), ...filesOf('htj2k-frames')].join();
    expect(names).not.toContain(STUDY);
  });

  test('after kill -9 it is given as before, with the address of the server as it is reached now', async () => {
    const before = instancesIn((await metadata()).body);
    const formerPort = archive.httpsPort;
    await restart();
    const [plain, compressed] = [await metadata(), await metadata({ 'Accept-Encoding': 'gzip' })];
    expect(compressed.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(compressed.body).equals(plain.body)).toBe(true);
    expect(plain.headers['content-length']).toBe(String(plain.body.length));
    expect(instancesIn(plain.body).map((each) => each['00080018'].Value[0])).toEqual([0, 1, 2].map(uidOf));
    for (const [index, instance] of instancesIn(plain.body).entries()) {
      const { BulkDataURI: link } = instance['7FE00010'];
      expect(link).toBe(
        before[index]?.['7FE00010'].BulkDataURI.replace(`:${formerPort}/`, `:${archive.httpsPort}/`),
      );
      const { body } = await client.ask(link, { headers: { Accept: 'application/octet-stream' } });
      expect(Buffer.from(pixelsOf(index)).equals(body)).toBe(true);
    }
    const tag = compressed.headers.etag ?? '';
    expect((await metadata({ 'Accept-Encoding': 'gzip', 'If-None-Match': tag })).status).toBe(304);
    expect((await metadata({ 'If-None-Match': tag })).status).toBe(200);
  });

  test('is not given when an image was added since, and is made again', async () => {
    const [former = ''] = filesOf('ready-metadata');
    const bytes = readFileSync(join(derived('ready-metadata'), former));
    await store([3]);
    expect(instancesIn((await metadata()).body)).toHaveLength(IMAGES);
    const file = join(derived('ready-metadata'), former);
    // The one of the former state goes when it does not open.
    await waitFor('the new state', () => existsSync(file) && !readFileSync(file).equals(bytes));
    await archive.kill();
    writeFileSync(file, bytes);
    await restart();
    expect(instancesIn((await metadata()).body)).toHaveLength(IMAGES);
  });

  test('frames in HTJ2K have the values of the originals, which are given as they came', async () => {
    const expectFrame = async (number: number): Promise<void> => {
      const path = `${SERIES_URL}/instances/${uidOf(number)}/frames/1`;
      for (const syntax of [HTJ2K_RPCL, '1.2.840.10008.1.2.4.201']) {
        const accept = `multipart/related; type="image/jphc"; transfer-syntax=${syntax}`;
        const answer = await client.ask(path, { headers: { Accept: accept } });
        const [frame] = partsOf(answer);
        expect(frame?.headers.get('content-type')).toContain(syntax);
        const description = {
          ...describeFrames(imageOf(number), EXPLICIT_LITTLE_ENDIAN),
          transferSyntaxUID: syntax,
        };
        const { samples } = await pool.decodeFrame(description, new Uint8Array(frame?.body ?? []));
        expect(Buffer.from(pixelsOf(number)).equals(samples)).toBe(true);
      }
      const original = await client.ask(path, { headers: { Accept: 'application/octet-stream' } });
      expect(Buffer.from(pixelsOf(number)).equals(original.body)).toBe(true);
    };
    // The server was killed before the last was encoded: that is done when it was asked for.
    await expectFrame(IMAGES - 1);
    await waitFor('frames', () => filesOf('htj2k-frames').length === IMAGES, AHEAD_TIMEOUT_MS);
    for (let number = 0; number < IMAGES; number++) await expectFrame(number);
  });

  test('goes when it is no longer configured; without the folder all is made when it is asked for', async () => {
    await archive.kill();
    const { configFile } = installationFolders(archive.dataFolder);
    writeFileSync(configFile, readFileSync(configFile, 'utf8').replace(KEPT, ''));
    await restart();
    await waitFor('its end', () => !existsSync(derived('htj2k-frames')));
    await archive.kill();
    rmSync(join(archive.dataFolder, 'derived'), { recursive: true });
    await restart();
    expect(instancesIn((await metadata()).body)).toHaveLength(IMAGES);
    expect(await archive.stop()).toBe(0);
  });
});
