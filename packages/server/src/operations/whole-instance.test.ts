import { deflateRawSync } from 'node:zlib';
import { DataSet, readDataSet, Tag, transferSyntax, TransferSyntaxUID, writeDataSet } from '@leadglass/dicom';
import { afterAll, describe, expect, test } from 'vitest';
import type { InstanceRecord } from '../archive/index/index.ts';
import { noise } from '../archive/testing/instances.ts';
import { framesInOrder } from './frames-in-order.ts';
import { gathered } from './gathered.ts';
import { Imaging, type StoredInstance } from './imaging.ts';
import { collected } from './stored-bytes.ts';
import { readLaidOut, storedFrames } from './stored-frames.ts';

const {
  ExplicitVRLittleEndian: EXPLICIT,
  ImplicitVRLittleEndian: IMPLICIT,
  RLELossless: RLE,
} = TransferSyntaxUID;
const BIG_ENDIAN = '1.2.840.10008.1.2.2';
const DEFLATED = '1.2.840.10008.1.2.1.99';

const imaging = new Imaging();
afterAll(() => imaging.close());

interface Shape {
  readonly rows?: number;
  readonly columns?: number;
  readonly bits?: 1 | 8 | 16;
  readonly frames?: number;
  readonly pixels?: Uint8Array;
  readonly vr?: 'OB' | 'OW';
}

const lengthOf = ({ rows = 5, columns = 7, bits = 16, frames = 3 }: Shape): number =>
  Math.ceil((rows * columns * bits * frames) / 8);

function dataSetOf(shape: Shape): DataSet {
  const { rows = 5, columns = 7, bits = 16, frames = 3 } = shape;
  const dataSet = new DataSet();
  dataSet.set(Tag.SOPInstanceUID, '1.2.3');
  dataSet.set(Tag.SamplesPerPixel, 1);
  dataSet.set(Tag.PhotometricInterpretation, 'MONOCHROME2');
  dataSet.set(Tag.NumberOfFrames, String(frames));
  dataSet.set(Tag.Rows, rows);
  dataSet.set(Tag.Columns, columns);
  dataSet.set(Tag.BitsAllocated, bits);
  dataSet.set(Tag.BitsStored, bits);
  dataSet.set(Tag.HighBit, bits - 1);
  dataSet.set(Tag.PixelRepresentation, 0);
  const length = lengthOf(shape);
  const pixels = new Uint8Array(shape.pixels ?? noise(length + (length % 2)));
  dataSet.set(Tag.PixelData, pixels, shape.vr ?? 'OW');
  return dataSet;
}

/** As if it had been stored: every read is counted. */
function storedOf(bytes: Uint8Array, transferSyntaxUID: string): StoredInstance & { reads: number } {
  const record = { transferSyntaxUID, dataSetLength: bytes.length } as InstanceRecord;
  const stored = {
    record,
    reads: 0,
    source: {
      async *read(_record: InstanceRecord, { from = 0, to = bytes.length } = {}): AsyncGenerator<Uint8Array> {
        stored.reads++;
        // In pieces, as packs give them.
        for (let at = from; at < to; at += 50)
          yield await Promise.resolve(bytes.slice(at, Math.min(to, at + 50)));
      },
    },
  };
  return stored;
}

function nativeOf(shape: Shape, uid: string = EXPLICIT): ReturnType<typeof storedOf> {
  const syntax = transferSyntax(uid);
  if (!syntax) throw new Error('not a transfer syntax');
  const bytes = writeDataSet(dataSetOf(shape), { ...syntax, deflated: false });
  return storedOf(syntax.deflated ? deflateRawSync(bytes) : bytes, uid);
}

async function rleOf(shape: Shape): Promise<Uint8Array> {
  return collected(imaging.whole(nativeOf(shape), RLE));
}

describe('a data set that is transcoded before it is sent', () => {
  test('has the pixels it was stored with, in every native syntax and in RLE', async () => {
    const shape = { frames: 4 };
    const rle = await rleOf(shape);
    for (const to of [EXPLICIT, IMPLICIT]) {
      const syntax = transferSyntax(to);
      if (!syntax) throw new Error('not a transfer syntax');
      const back = await collected(imaging.whole(storedOf(rle, RLE), to));
      expect(Buffer.from(back).equals(writeDataSet(dataSetOf(shape), syntax))).toBe(true);
    }
  });

  test('fails before its first byte when a frame in its middle cannot be decoded', async () => {
    const rle = await rleOf({ frames: 12, rows: 64, columns: 64 });
    const dataSet = readDataSet(rle, {
      ...(transferSyntax(RLE) as NonNullable<ReturnType<typeof transferSyntax>>),
    });
    const fragment = dataSet.get(Tag.PixelData)?.fragments?.[9];
    if (!fragment) throw new Error('it has twelve frames');
    // Its header says that there are 255 segments.
    rle.set([0xff, 0, 0, 0], fragment.offset);
    const streamed: number[] = [];
    const stream = async (): Promise<void> => {
      for await (const chunk of imaging.instance(storedOf(rle, RLE), EXPLICIT)) streamed.push(chunk.length);
    };
    await expect(stream()).rejects.toMatchObject({ name: 'ImagingError' });
    expect(streamed.length).toBeGreaterThan(0);
    const first = imaging.whole(storedOf(rle, RLE), EXPLICIT).next();
    await expect(first).rejects.toMatchObject({ name: 'ImagingError' });
  });

  test('that would be longer than the limit is refused before a frame is decoded', async () => {
    const rle = await rleOf({ frames: 2 });
    const syntax = transferSyntax(RLE);
    if (!syntax) throw new Error('not a transfer syntax');
    const claims = readDataSet(rle, syntax);
    claims.set(Tag.Rows, 4096);
    claims.set(Tag.Columns, 4096);
    claims.set(Tag.NumberOfFrames, '9');
    const large = storedOf(writeDataSet(claims, syntax), RLE);
    await expect(imaging.whole(large, EXPLICIT).next()).rejects.toMatchObject({ code: 'FRAME_TOO_LARGE' });
  });

  test('is streamed where pixels stay the same bytes, if they are all there', async () => {
    const shape = { frames: 200, rows: 32, columns: 32 };
    const stream = imaging.whole(nativeOf(shape, IMPLICIT), EXPLICIT);
    const chunks: Uint8Array[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks.length).toBeGreaterThan(200);
    const explicit = transferSyntax(EXPLICIT);
    if (!explicit) throw new Error('not a transfer syntax');
    expect(Buffer.concat(chunks).equals(writeDataSet(dataSetOf(shape), explicit))).toBe(true);
    const short = nativeOf({ frames: 3, pixels: new Uint8Array(10) }, IMPLICIT);
    await expect(imaging.whole(short, EXPLICIT).next()).rejects.toMatchObject({ code: 'LENGTH_WRONG' });
  });

  test('waits until others were taken, in the order of asking, and gives back its room when it is left', async () => {
    const narrow = new Imaging({ wholeMaxBytes: 256 * 1024 });
    const large = await rleOf({ rows: 256, columns: 128, frames: 1, pixels: new Uint8Array(65_536) });
    const begin = (): {
      pieces: AsyncGenerator<Uint8Array>;
      first: Promise<unknown>;
      isThere: () => boolean;
    } => {
      const pieces = narrow.whole(storedOf(large, RLE), EXPLICIT);
      let isThere = false;
      const first = pieces.next().then(() => (isThere = true));
      return { pieces, first, isThere: () => isThere };
    };
    const all = [begin(), begin(), begin(), begin()];
    await Promise.all(all.slice(0, 2).map(({ first }) => first));
    // Two of 64 KiB leave less than the most that one may take.
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(all.map(({ isThere }) => isThere())).toEqual([true, true, false, false]);
    await all[0]?.pieces.return(undefined);
    await all[2]?.first;
    expect(all[3]?.isThere()).toBe(false);
    await all[1]?.pieces.return(undefined);
    await all[3]?.first;
    await Promise.all(all.map(({ pieces }) => pieces.return(undefined)));
    await narrow.close();
  });
});

describe('room for data sets that are transcoded', () => {
  const LARGE = { rows: 1024, columns: 1024, frames: 1 };
  const MEGABYTE = 1024 * 1024;

  test('is given back when a peer takes what was made too slowly: it gets no more, and others their turn', async () => {
    const narrow = new Imaging({ wholeMaxBytes: 5 * MEGABYTE, takenInMs: () => 50 });
    const rle = await rleOf({ ...LARGE, pixels: new Uint8Array(2 * MEGABYTE) });
    const begin = () => narrow.whole(storedOf(rle, RLE), EXPLICIT);
    const slow = [begin(), begin()];
    for (const pieces of slow) expect((await pieces.next()).value?.length).toBe(MEGABYTE);
    // Made ahead of its turn it waits as long as it has to; from its second block on the clock runs.
    await new Promise((resolve) => setTimeout(resolve, 100));
    for (const pieces of slow) expect((await pieces.next()).value?.length).toBe(MEGABYTE);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const others = await Promise.all([collected(begin()), collected(begin())]);
    expect(others.map(({ length }) => length > 2 * MEGABYTE)).toEqual([true, true]);
    for (const pieces of slow)
      await expect(pieces.next()).rejects.toMatchObject({ code: 'TAKEN_TOO_SLOWLY' });
    await narrow.close();
  });

  test('is not waited for by who gave up', async () => {
    const narrow = new Imaging({ wholeMaxBytes: 4 * MEGABYTE });
    const rle = await rleOf({ ...LARGE, pixels: new Uint8Array(2 * MEGABYTE) });
    const begin = (signal?: AbortSignal) => narrow.whole(storedOf(rle, RLE), EXPLICIT, signal);
    const held = [begin(), begin()];
    await held[0]?.next();
    const giveUp = new AbortController();
    const waiting = begin(giveUp.signal).next();
    giveUp.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'NO_ROOM' });
    for (const pieces of held) await pieces.return(undefined);
    await narrow.close();
  });
});

describe('frames one behind the other', () => {
  const shapes: [string, Shape, string][] = [
    ['of words', {}, EXPLICIT],
    ['of one-bit pixels that share bytes', { bits: 1, frames: 9 }, EXPLICIT],
    ['of bytes in big endian words that share words', { bits: 8, frames: 5 }, BIG_ENDIAN],
    ['of big endian words', { frames: 4 }, BIG_ENDIAN],
    ['of a deflated data set', { frames: 20 }, DEFLATED],
  ];
  test.each(shapes)('%s are those that are read one by one', async (_title, shape, uid) => {
    const stored = nativeOf(shape, uid);
    const header = await readLaidOut(stored.source, stored.record);
    const single = storedFrames(stored.source, stored.record, header);
    const before = stored.reads;
    const inOrder: Buffer[] = [];
    for await (const frame of framesInOrder(stored.source, stored.record, header))
      inOrder.push(Buffer.from(frame));
    expect(stored.reads - before).toBe(1);
    expect(inOrder).toHaveLength(shape.frames ?? 3);
    for (const [index, frame] of inOrder.entries()) expect(frame.equals(await single.read(index))).toBe(true);
  });

  test('that are not all there fail at the first that is missing', async () => {
    const stored = nativeOf({ frames: 3, pixels: new Uint8Array(150) });
    const header = await readLaidOut(stored.source, stored.record);
    const read: number[] = [];
    const all = async (): Promise<void> => {
      for await (const frame of framesInOrder(stored.source, stored.record, header)) read.push(frame.length);
    };
    await expect(all()).rejects.toMatchObject({ code: 'LENGTH_WRONG' });
    expect(read).toEqual([70, 70]);
  });
});

describe('pieces gathered', () => {
  async function* pieces(count: number, bytes: number): AsyncGenerator<Uint8Array> {
    for (let piece = 0; piece < count; piece++)
      yield await Promise.resolve(new Uint8Array(bytes).fill(piece));
  }

  test('are few blocks of the same bytes, and refused beyond a limit', async () => {
    const blocks = await gathered(pieces(3000, 1000), 3_000_000);
    expect(blocks).toHaveLength(3);
    expect(Buffer.concat(blocks).equals(await collected(pieces(3000, 1000)))).toBe(true);
    expect(await gathered(pieces(0, 0), 10)).toEqual([]);
    await expect(gathered(pieces(3001, 1000), 3_000_000)).rejects.toMatchObject({ code: 'FRAME_TOO_LARGE' });
  });
});
