import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { Tag, TransferSyntaxUID, writeDataSet } from '@leadglass/dicom';
import { store } from '@leadglass/network';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestArchive, type TestDevice } from '../support/archive.ts';
import { associateForGet, fetchSums } from '../support/fetching.ts';
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

const MEGABYTE = 1024 * 1024;
const RETRIEVALS = 8;
const SIDE = 512;
const FRAMES = 210;
/** 105 MB. */
const INSTANCE_BYTES = SIDE * SIDE * 2 * FRAMES;
/** Data sets made and held (384 MiB at the most), frames in hand, and what the process takes anyway: eight at once would
 *  take far more than a gigabyte. */
const PEAK_MAX_BYTES = 800 * MEGABYTE;
const TIMEOUT_MS = 400_000;
const UIDS = {
  sopInstanceUID: '2.25.700.1.1',
  studyInstanceUID: '2.25.700',
  seriesInstanceUID: '2.25.700.1',
};

const reason = existsSync('/proc/self/status') ? undefined : 'no /proc here';
const scope = new Scope();
let archive: TestArchive;
let device: TestDevice;

beforeAll(async () => {
  archive = await TestArchive.create(scope, { config: '[dimse]\nassociationsMax = 64' });
  device = await archive.addDevice('LARGE', 'store,get');
  await archive.start();
});
afterAll(() => scope.close());

/** A multi-frame image, made while it is sent: its header, then the same random frame again and again. */
async function* largeInstance(): AsyncGenerator<Uint8Array> {
  const pixels = new Uint8Array(2);
  const more = [
    [Tag.NumberOfFrames, String(FRAMES)],
    [Tag.PhotometricInterpretation, 'MONOCHROME2'],
  ] as const;
  const numbers = [
    [Tag.SamplesPerPixel, 1],
    [Tag.Rows, SIDE],
    [Tag.Columns, SIDE],
    [Tag.BitsAllocated, 16],
    [Tag.BitsStored, 16],
    [Tag.HighBit, 15],
    [Tag.PixelRepresentation, 0],
  ] as const;
  const dataSet = dataSetOf({ ...UIDS, pixels, more });
  for (const [tag, value] of numbers) dataSet.set(tag, value);
  const head = writeDataSet(dataSet, explicitLittleEndian()).slice(0, -pixels.length);
  new DataView(head.buffer).setUint32(head.length - 4, INSTANCE_BYTES, true);
  yield head;
  const frame = randomBytes(SIDE * SIDE * 2);
  for (let sent = 0; sent < FRAMES; sent++) yield await Promise.resolve(frame);
}

describe.skipIf(reason !== undefined)(titleOf('Memory of the server is bounded', reason), () => {
  test(
    `${RETRIEVALS} retrievals of 105 MB that have to be transcoded: all are answered, under 800 MB at its highest`,
    async () => {
      const sender = await associate(device, archive.port, CT_STORAGE);
      const { status } = await store(sender, {
        sopClassUID: CT_IMAGE_STORAGE,
        sopInstanceUID: UIDS.sopInstanceUID,
        transferSyntaxUID: EXPLICIT_LITTLE_ENDIAN,
        dataSet: largeInstance(),
      });
      expect(status).toBe(0);
      await sender.release();
      archive.resetMemoryPeak();
      const wanted = [{ sopClassUID: CT_IMAGE_STORAGE, transferSyntaxUID: TransferSyntaxUID.RLELossless }];
      const sums = await Promise.all(
        Array.from({ length: RETRIEVALS }, async () => {
          const association = await associateForGet(device, archive.port, wanted);
          const { studyInstanceUID } = UIDS;
          const fetched = await fetchSums(association, 'STUDY', { StudyInstanceUID: studyInstanceUID });
          await association.release();
          return fetched.get(UIDS.sopInstanceUID);
        }),
      );
      expect(new Set(sums).size).toBe(1);
      expect(sums[0]).toMatch(/^[0-9a-f]{64}$/);
      const peak = archive.memoryBytes('VmHWM');
      process.stderr.write(`memory: ${Math.round(peak / MEGABYTE)} MB at its highest\n`);
      expect(peak).toBeLessThan(PEAK_MAX_BYTES);
    },
    TIMEOUT_MS,
  );
});
