import { Tag, TransferSyntaxUID, writeDataSet, writePart10Header } from '@leadglass/dicom';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ImagingPool } from '../../packages/server/src/imaging/index.ts';
import { description } from '../../packages/server/src/imaging/testing/frames.ts';
import { TestArchive } from '../support/archive.ts';
import { dataSetOf, EXPLICIT_LITTLE_ENDIAN, explicitLittleEndian } from '../support/instances.ts';
import { Scope } from '../support/scope.ts';
import { createToken, multipart, WebClient } from '../support/web-client.ts';

const STUDY = '2.25.4200';
const EXTENT = 16;
const FRAMES = 3;
/** Segmentation, and a surface segmentation, which has no pixels (PS3.4 B.5). */
const [SEGMENTATION, SURFACE] = ['1.2.840.10008.5.1.4.1.1.66.4', '1.2.840.10008.5.1.4.1.1.66.5'];

/** What comes back: a grey JPEG. */
const JPEG = description({
  transferSyntaxUID: TransferSyntaxUID.JPEGBaseline8Bit,
  rows: EXTENT,
  columns: EXTENT,
  bitsAllocated: 8,
  bitsStored: 8,
});

const scope = new Scope();
const pool = new ImagingPool();
let client: WebClient;

beforeAll(async () => {
  const archive = await TestArchive.create(scope);
  await archive.start();
  client = new WebClient(scope, archive, { token: await createToken(archive, 'store,find,get') });
});
afterAll(async () => {
  await pool.close();
  await scope.close();
});

/** One bit for each pixel (PS3.3 C.8.20.2): a half of every frame belongs to the segment. */
function fileOf(sopClassUID: string, series: string): Buffer {
  const sopInstanceUID = `${STUDY}.${series}.1`;
  const dataSet = dataSetOf({
    sopInstanceUID,
    studyInstanceUID: STUDY,
    seriesInstanceUID: `${STUDY}.${series}`,
    more: [
      [Tag.SOPClassUID, sopClassUID],
      [Tag.Modality, 'SEG'],
    ],
  });
  if (sopClassUID === SEGMENTATION) {
    const numbers: readonly (readonly [number, number])[] = [
      [Tag.SamplesPerPixel, 1],
      [Tag.NumberOfFrames, FRAMES],
      [Tag.Rows, EXTENT],
      [Tag.Columns, EXTENT],
      [Tag.BitsAllocated, 1],
      [Tag.BitsStored, 1],
      [Tag.HighBit, 0],
      [Tag.PixelRepresentation, 0],
    ];
    for (const [tag, value] of numbers) dataSet.set(tag, value);
    dataSet.set(Tag.PhotometricInterpretation, 'MONOCHROME2');
    const frame = Buffer.alloc((EXTENT * EXTENT) / 8);
    frame.fill(0xff, frame.length / 2);
    dataSet.set(Tag.PixelData, new Uint8Array(Buffer.concat(Array(FRAMES).fill(frame))), 'OB');
  }
  const meta = {
    sopClassUID,
    sopInstanceUID,
    transferSyntaxUID: EXPLICIT_LITTLE_ENDIAN,
    implementationClassUID: '2.25.1',
  };
  return Buffer.concat([writePart10Header(meta), writeDataSet(dataSet, explicitLittleEndian())]);
}

async function store(sopClassUID: string, series: string): Promise<void> {
  const parts = [{ type: 'application/dicom', body: fileOf(sopClassUID, series) }];
  const answer = await client.ask('/dicom-web/studies', { method: 'POST', ...multipart(parts) });
  expect(answer.status).toBe(200);
}

const thumbnail = (series: string): ReturnType<WebClient['ask']> =>
  client.ask(`/dicom-web/studies/${STUDY}/series/${STUDY}.${series}/thumbnail?viewport=${EXTENT},${EXTENT}`, {
    headers: { Accept: 'image/jpeg' },
  });

describe('the thumbnail of a series of segmentations (PS3.18 10.4.1.1.4)', () => {
  test('is a mask: what belongs to the segment is white, the rest black', async () => {
    await store(SEGMENTATION, '1');
    const { status, headers, body } = await thumbnail('1');
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('image/jpeg');
    const { samples } = await pool.decodeFrame(JPEG, new Uint8Array(body));
    const [black, white] = [samples.subarray(0, samples.length / 2), samples.subarray(samples.length / 2)];
    expect(Math.max(...black)).toBeLessThan(10);
    expect(Math.min(...white)).toBeGreaterThan(245);
  });

  test('is 406 where there are surfaces alone', async () => {
    await store(SURFACE, '2');
    expect((await thumbnail('2')).status).toBe(406);
  });
});
