import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type DataSet, Tag, TransferSyntaxUID } from '@leadglass/dicom';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { InstanceRecord } from '../archive/index/index.ts';
import {
  type InstanceShape,
  instanceOf,
  instanceUID,
  noise,
  studyUID,
} from '../archive/testing/instances.ts';
import { Imaging } from './imaging.ts';
import { KeptFrames, KEPT_FRAMES_PURPOSE } from './kept-frames.ts';
import { collected } from './stored-bytes.ts';
import { readLaidOut } from './stored-frames.ts';
import { TestWorkplace } from './testing/workplaces.ts';
import { viewOf } from './viewing.ts';

const { HTJ2KLosslessRPCL: RPCL, HTJ2KLossless: ANY_ORDER, RLELossless: RLE } = TransferSyntaxUID;
const SERIES = { studyInstanceUID: studyUID(1), seriesInstanceUID: `${studyUID(1)}.1` };
const FRAMES = 3;
const ROWS = 16;
const breathe = (): Promise<void> => Promise.resolve();

let workplace: TestWorkplace;
let imaging: Imaging;
let kept: KeptFrames;
const opened: Imaging[] = [];
beforeEach(async () => {
  workplace = await TestWorkplace.open();
  kept = new KeptFrames(workplace.archive);
  imaging = open();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((each) => each.close()));
  await workplace.close();
});

function open(): Imaging {
  const each = new Imaging({ kept });
  opened.push(each);
  return each;
}

/** Grey frames that can be decoded. */
function image(dataSet: DataSet): void {
  dataSet.set(Tag.SamplesPerPixel, 1);
  dataSet.set(Tag.PhotometricInterpretation, 'MONOCHROME2');
  dataSet.set(Tag.NumberOfFrames, String(FRAMES));
  for (const tag of [Tag.Rows, Tag.Columns, Tag.BitsAllocated, Tag.BitsStored]) dataSet.set(tag, ROWS);
  dataSet.set(Tag.HighBit, ROWS - 1);
  dataSet.set(Tag.PixelRepresentation, 0);
  dataSet.set(Tag.PixelData, new Uint8Array(noise(ROWS * ROWS * 2 * FRAMES)), 'OW');
}

const store = (shape: InstanceShape = {}): Promise<void> =>
  workplace.store(instanceOf({ change: image, ...shape }));

const recordOf = (number = 1): InstanceRecord => {
  const record = workplace.archive.index.instance(instanceUID(1, 1, number));
  if (!record) throw new Error('it was stored');
  return record;
};

async function framesAs(from: Imaging, to: string, number = 1): Promise<Buffer[]> {
  const [source, record] = [viewOf(workplace.archive, SERIES), recordOf(number)];
  const frames: Buffer[] = [];
  const header = await readLaidOut(source, record);
  const indices = Array.from({ length: FRAMES }, (_, index) => index);
  for await (const frame of from.frames({ source, record }, header, indices, to))
    frames.push(Buffer.from(frame));
  return frames;
}

const files = (): string[] => readdirSync(join(workplace.folder, 'derived', KEPT_FRAMES_PURPOSE));

describe('frames kept in HTJ2K', () => {
  test('are given without encoding, the same as if they were encoded now', async () => {
    await store();
    const encoded = await framesAs(imaging, RPCL);
    await kept.keepSeries(imaging, SERIES, breathe);
    const idle = open();
    await idle.close();
    expect(await framesAs(idle, RPCL)).toEqual(encoded);
    // Lossless in whatever order is what RPCL is, too (PS3.5 A.4.12).
    expect(await framesAs(idle, ANY_ORDER)).toEqual(encoded);
    await expect(framesAs(idle, RLE)).rejects.toMatchObject({ code: 'POOL_CLOSED' });
    expect(files()).toHaveLength(1);
  });

  test('leave the original what it was', async () => {
    const instance = instanceOf({ change: image });
    await workplace.store(instance);
    await kept.keepSeries(imaging, SERIES, breathe);
    const bytes = workplace.archive.read(recordOf());
    const stored = bytes && (await collected(bytes));
    expect(stored && Buffer.from(stored).equals(instance.dataSet)).toBe(true);
  });

  test('that are missing are encoded when they are asked for, and the series is told', async () => {
    await store();
    const missed: string[] = [];
    kept.onMissed = ({ seriesInstanceUID }) => missed.push(seriesInstanceUID);
    expect(await framesAs(imaging, RPCL)).toHaveLength(FRAMES);
    expect(new Set(missed)).toEqual(new Set([SERIES.seriesInstanceUID]));
    missed.length = 0;
    await framesAs(imaging, RLE);
    expect(missed).toEqual([]);
  });

  test('are made once, and again only when the instance is another', async () => {
    await store();
    await kept.keepSeries(imaging, SERIES, breathe);
    const closed = open();
    await closed.close();
    await kept.keepSeries(closed, SERIES, breathe);
    workplace.archive.index.remove([instanceUID(1, 1, 1)]);
    await store({ patientName: 'Another^Name' });
    await expect(kept.keepSeries(closed, SERIES, breathe)).rejects.toMatchObject({ code: 'POOL_CLOSED' });
    await kept.keepSeries(imaging, SERIES, breathe);
    expect(files()).toHaveLength(1);
  });

  test('are of what can be decoded; the rest of the series is none the worse', async () => {
    // Pixels cut short, and none at all.
    await store({ number: 1, change: (dataSet) => (image(dataSet), dataSet.set(Tag.Rows, 4000)) });
    await store({ number: 2, change: (dataSet) => dataSet.delete(Tag.PixelData) });
    await store({ number: 3 });
    await kept.keepSeries(imaging, SERIES, breathe);
    expect(await kept.frame(recordOf(3), FRAMES - 1)).toBeDefined();
    expect(files()).toHaveLength(1);
  });

  test('are not made of what lost something before, or is HTJ2K already', () => {
    const stored = (transferSyntaxUID: string): InstanceRecord => ({ transferSyntaxUID }) as InstanceRecord;
    const { JPEGBaseline8Bit, JPEG2000, JPEGLosslessSV1, ExplicitVRLittleEndian } = TransferSyntaxUID;
    for (const uid of [JPEGBaseline8Bit, JPEG2000, RPCL, ANY_ORDER, '1.2.3'])
      expect(kept.mayHold(stored(uid), RPCL)).toBe(false);
    for (const uid of [RLE, JPEGLosslessSV1, ExplicitVRLittleEndian]) {
      expect(kept.mayHold(stored(uid), RPCL)).toBe(true);
      expect(kept.mayHold(stored(uid), RLE)).toBe(false);
    }
  });

  test('of a series that is no longer held are none', async () => {
    await kept.keepSeries(imaging, { ...SERIES, seriesInstanceUID: '1.2.3' }, breathe);
    expect(readdirSync(workplace.folder)).not.toContain('derived');
  });
});
