import { inflateRawSync } from 'node:zlib';
import { DataElement, DataSet, frameLocations, readDataSet, Tag, transferSyntax } from '@leadglass/dicom';
import { describe, expect, test } from 'vitest';
import { CodecModules } from './codecs/codec-modules.ts';
import { decodeFrame } from './decode-frame.ts';
import { describeFrames } from './frame-description.ts';
import type { FrameDescription } from './frame-description.ts';
import { nativeFrame, nativeFrameRange } from './native-frames.ts';
import { description, samplesOf } from './testing/frames.ts';
import { transcodeFrame } from './transcode-frame.ts';
import { transcodeInstance, withAllValues } from './transcode-instance.ts';
import type { FrameTranscoder } from './transcode-instance.ts';

const EXPLICIT = '1.2.840.10008.1.2.1';
const HTJ2K = '1.2.840.10008.1.2.4.202';
const modules = new CodecModules();
// One at a time: codecs are not shared between jobs.
let last: Promise<unknown> = Promise.resolve();
const transcoder: FrameTranscoder = {
  transcodeFrame(from, bytes, to) {
    const next = last.then(() => transcodeFrame(modules, from, bytes, to));
    last = next.catch(() => undefined);
    return next;
  },
};

/** A header for a description, with something before and behind the pixels that must stay. */
function headerOf(layout: FrameDescription): DataSet {
  const header = new DataSet();
  header.set(Tag.SOPInstanceUID, '1.2.3');
  header.set(Tag.SamplesPerPixel, layout.samplesPerPixel);
  header.set(Tag.PhotometricInterpretation, layout.photometricInterpretation);
  if (layout.samplesPerPixel > 1) header.set(Tag.PlanarConfiguration, layout.planarConfiguration);
  header.set(Tag.NumberOfFrames, String(layout.numberOfFrames));
  header.set(Tag.Rows, layout.rows);
  header.set(Tag.Columns, layout.columns);
  header.set(Tag.BitsAllocated, layout.bitsAllocated);
  header.set(Tag.BitsStored, layout.bitsStored);
  header.set(Tag.HighBit, layout.highBit);
  header.set(Tag.PixelRepresentation, layout.pixelRepresentation);
  const pixels = new DataElement(Tag.PixelData, layout.bitsAllocated > 8 ? 'OW' : 'OB', 0, 0, 12, false);
  pixels.passedOver = true;
  header.put(pixels);
  header.set(Tag.DataSetTrailingPadding, Uint8Array.of(9, 9));
  return header;
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return new Uint8Array(Buffer.concat(parts));
}

async function* each<T>(values: readonly T[]): AsyncGenerator<T> {
  for (const value of values) yield await Promise.resolve(value);
}

/** Transcodes and reads again: the data set, and its frames as stored. */
async function transcode(
  layout: FrameDescription,
  frames: readonly Uint8Array[],
  to: string,
): Promise<{ dataSet: DataSet; frames: Uint8Array[]; description: FrameDescription }> {
  const input = { header: headerOf(layout), from: layout.transferSyntaxUID, to, frames: each(frames) };
  const bytes = await collect(transcodeInstance(transcoder, input));
  const target = transferSyntax(to);
  if (target === undefined) throw new Error('no such transfer syntax');
  const encoded = target.deflated ? new Uint8Array(inflateRawSync(bytes)) : bytes;
  const dataSet = readDataSet(encoded, { ...target, deflated: false });
  expect(dataSet.bytes(Tag.DataSetTrailingPadding)).toEqual(Uint8Array.of(9, 9));
  expect(dataSet.string(Tag.SOPInstanceUID)).toBe('1.2.3');
  const locations = frameLocations(dataSet) ?? [];
  return {
    dataSet,
    description: describeFrames(dataSet, to),
    frames: locations.map((location) =>
      Buffer.concat(location.map(({ offset, length }) => encoded.subarray(offset, offset + length))),
    ),
  };
}

describe('a whole instance', () => {
  const grey = description({ rows: 5, columns: 7, bitsStored: 12, numberOfFrames: 5, pixelDataVR: 'OW' });
  const frames = [1, 2, 3, 4, 5].map((seed) => samplesOf(grey, seed));

  test('deflated has an even length, as every value has (PS3.5 A.5)', async () => {
    for (let seed = 1; seed <= 12; seed++) {
      const one = { ...grey, numberOfFrames: 1 };
      const input = { header: headerOf(one), from: one.transferSyntaxUID, to: '1.2.840.10008.1.2.1.99' };
      const bytes = await collect(
        transcodeInstance(transcoder, { ...input, frames: each([samplesOf(one, seed)]) }),
      );
      expect(bytes.length % 2).toBe(0);
      expect(inflateRawSync(bytes).length).toBeGreaterThan(100);
    }
  });

  test('chunks may be given back when they were used: each has memory of its own', async () => {
    const input = { header: headerOf(grey), from: grey.transferSyntaxUID, to: '1.2.840.10008.1.2.5' };
    const whole = (): AsyncIterable<Uint8Array> =>
      transcodeInstance(transcoder, { ...input, frames: each(frames) });
    const expected = await collect(whole());
    const copies: Uint8Array[] = [];
    for (let time = 0; time < 2; time++) {
      for await (const chunk of whole()) {
        copies.push(chunk.slice());
        if (chunk.buffer instanceof ArrayBuffer && chunk.buffer.byteLength === chunk.length)
          chunk.buffer.transfer(0);
      }
    }
    expect(Buffer.concat(copies).equals(Buffer.concat([expected, expected]))).toBe(true);
  });

  test('in RLE, JPEG-LS and HTJ2K and back has the same pixels', async () => {
    for (const to of ['1.2.840.10008.1.2.5', '1.2.840.10008.1.2.4.80', HTJ2K, '1.2.840.10008.1.2.1.98']) {
      const there = await transcode(grey, frames, to);
      expect(there.frames).toHaveLength(5);
      const back = await transcode({ ...there.description }, there.frames, EXPLICIT);
      expect(back.frames.map((frame) => [...frame])).toEqual(frames.map((frame) => [...frame]));
      expect(back.dataSet.has(Tag.LossyImageCompression)).toBe(false);
    }
  });

  test('is native in Implicit VR and deflated too, with the VR and the length of its pixel data', async () => {
    for (const to of ['1.2.840.10008.1.2', '1.2.840.10008.1.2.1.99', EXPLICIT]) {
      const there = await transcode(grey, frames, to);
      expect(there.dataSet.get(Tag.PixelData)).toMatchObject({ vr: 'OW', length: 5 * 70 });
      expect(Buffer.concat(there.frames)).toEqual(Buffer.concat(frames));
    }
  });

  test('of an odd length is padded', async () => {
    const odd = description({ rows: 3, columns: 3, bitsAllocated: 8, pixelDataVR: 'OB' });
    const there = await transcode(odd, [samplesOf(odd)], EXPLICIT);
    expect(there.dataSet.get(Tag.PixelData)).toMatchObject({ vr: 'OB', length: 10 });
  });

  test('in HTJ2K says YBR_RCT when it was RGB, and colour by pixel when it was by plane', async () => {
    const rgb = description({
      ...{ samplesPerPixel: 3, bitsAllocated: 8, photometricInterpretation: 'RGB', planarConfiguration: 1 },
      pixelDataVR: 'OB',
    });
    const there = await transcode(rgb, [samplesOf(rgb)], HTJ2K);
    expect(there.dataSet.string(Tag.PhotometricInterpretation)).toBe('YBR_RCT');
    expect(there.dataSet.number(Tag.PlanarConfiguration)).toBe(0);
    const back = await transcode(there.description, there.frames, EXPLICIT);
    expect(back.dataSet.string(Tag.PhotometricInterpretation)).toBe('RGB');
  });

  test('of one-bit frames that begin within bytes is joined bit by bit', async () => {
    const bits = description({ rows: 3, columns: 3, bitsAllocated: 1, numberOfFrames: 3, pixelDataVR: 'OB' });
    const planes = [Uint8Array.of(0x55, 1), Uint8Array.of(0xaa, 0), Uint8Array.of(0xff, 1)];
    const there = await transcode(bits, planes, EXPLICIT);
    const value = there.dataSet.bytes(Tag.PixelData) ?? new Uint8Array();
    const cut = planes.map((_, index) => {
      const range = nativeFrameRange(bits, index);
      return nativeFrame(bits, range, value.subarray(range.offset, range.offset + range.length));
    });
    expect(cut.map((plane) => [...plane])).toEqual(planes.map((plane) => [...plane]));
  });

  test('with fewer or more frames than it says is an error', async () => {
    for (const wrong of [frames.slice(1), [...frames, ...frames.slice(1)], []])
      await expect(transcode(grey, wrong, HTJ2K)).rejects.toMatchObject({ code: 'LENGTH_WRONG' });
  });

  test('big endian comes out little endian', async () => {
    const big = { ...grey, numberOfFrames: 1, transferSyntaxUID: '1.2.840.10008.1.2.2' };
    const samples = samplesOf(grey);
    const swapped = new Uint8Array(Buffer.from(samples).swap16());
    const there = await transcode(big, [swapped], EXPLICIT);
    expect([...(there.frames[0] ?? [])]).toEqual([...samples]);
    const decoded = await decodeFrame(modules, there.description, there.frames[0] ?? new Uint8Array());
    expect(decoded.samples).toEqual(samples);
  });

  test('without pixels is its header in the other syntax', async () => {
    const header = new DataSet();
    header.set(Tag.SOPInstanceUID, '1.2.3');
    const input = { header, from: EXPLICIT, to: '1.2.840.10008.1.2', frames: each<Uint8Array>([]) };
    const bytes = await collect(transcodeInstance(transcoder, input));
    const implicit = transferSyntax('1.2.840.10008.1.2');
    expect(implicit && readDataSet(bytes, implicit).string(Tag.SOPInstanceUID)).toBe('1.2.3');
  });

  test('gets back values that were passed over, at any depth', async () => {
    const item = new DataSet();
    const long = new DataElement(Tag.LUTData, 'OW', 100, 4, 12, false);
    long.passedOver = true;
    item.put(long);
    const header = new DataSet();
    header.set(Tag.ModalityLUTSequence, [item]);
    const complete = await withAllValues(header, (element) =>
      Promise.resolve(new Uint8Array(element.length).fill(element.offset)),
    );
    expect(complete.items(Tag.ModalityLUTSequence)[0]?.bytes(Tag.LUTData)).toEqual(
      Uint8Array.of(100, 100, 100, 100),
    );
  });
});
