import { describe, expect, test } from 'vitest';
import {
  DataSet,
  DataSetReader,
  Tag,
  TransferSyntaxUID,
  encapsulatedPixelData,
  frameLocations,
  readDataSet,
  transferSyntax,
  writeDataSet,
} from '../index.ts';
import type { TransferSyntax } from '../index.ts';

function syntax(keyword: keyof typeof TransferSyntaxUID): TransferSyntax {
  const found = transferSyntax(TransferSyntaxUID[keyword]);
  if (found === undefined) throw new Error(keyword);
  return found;
}

const jpeg = syntax('JPEGBaseline8Bit');

function image(frames: number): DataSet {
  const dataSet = new DataSet();
  dataSet.set(Tag.NumberOfFrames, frames);
  dataSet.set(Tag.Rows, 2);
  dataSet.set(Tag.Columns, 3);
  dataSet.set(Tag.BitsAllocated, 16);
  dataSet.set(Tag.SamplesPerPixel, 1);
  return dataSet;
}

/** Bytes of the data set at the places a DataSetReader found. */
function framesOf(bytes: Uint8Array, ts: TransferSyntax): number[][] | undefined {
  const reader = new DataSetReader(ts);
  for (let at = 0; at < bytes.length; at += 7) reader.push(bytes.slice(at, at + 7));
  reader.end();
  const whole = frameLocations(readDataSet(bytes, ts));
  const streamed = frameLocations(reader.dataSet);
  expect(streamed).toEqual(whole);
  return streamed?.map((frame) =>
    frame.flatMap(({ offset, length }) => [...bytes.subarray(offset, offset + length)]),
  );
}

const frames = [Uint8Array.of(1, 2, 3, 4), Uint8Array.of(5, 6), Uint8Array.of(7, 8, 9, 10)];

describe('frames lie where', () => {
  test('the Basic Offset Table says (PS3.5 A.4)', () => {
    const dataSet = image(3);
    dataSet.put(encapsulatedPixelData(frames));
    expect(framesOf(writeDataSet(dataSet, jpeg), jpeg)).toEqual(frames.map((frame) => [...frame]));
  });

  test('the Basic Offset Table says, several fragments a frame', () => {
    const element = encapsulatedPixelData(frames);
    const table = element.basicOffsetTable;
    if (table === undefined) throw new Error('no table');
    table.length = 8;
    table.source = { bytes: Uint8Array.of(0, 0, 0, 0, 22, 0, 0, 0), base: 0 };
    const dataSet = image(2);
    dataSet.put(element);
    expect(framesOf(writeDataSet(dataSet, jpeg), jpeg)).toEqual([
      [1, 2, 3, 4, 5, 6],
      [7, 8, 9, 10],
    ]);
  });

  test('the Extended Offset Table says, without padding (PS3.3 C.7.6.3.1.8)', () => {
    const element = encapsulatedPixelData(frames);
    element.basicOffsetTable = undefined;
    const empty = encapsulatedPixelData([]).basicOffsetTable;
    element.basicOffsetTable = empty;
    const dataSet = image(3);
    dataSet.set(Tag.ExtendedOffsetTable, uint64s(0, 12, 22), 'OV');
    dataSet.set(Tag.ExtendedOffsetTableLengths, uint64s(3, 2, 4), 'OV');
    dataSet.put(element);
    expect(framesOf(writeDataSet(dataSet, jpeg), jpeg)).toEqual([
      [1, 2, 3],
      [5, 6],
      [7, 8, 9, 10],
    ]);
  });

  test('fragments are, one a frame, or all of one frame', () => {
    for (const count of [1, 3]) {
      const element = encapsulatedPixelData(frames);
      element.basicOffsetTable = encapsulatedPixelData([]).basicOffsetTable;
      const dataSet = image(count);
      dataSet.put(element);
      expect(framesOf(writeDataSet(dataSet, jpeg), jpeg)?.length).toBe(count);
    }
  });

  test('native frames follow each other (PS3.5 8.1.1)', () => {
    const dataSet = image(2);
    dataSet.set(
      Tag.PixelData,
      Uint8Array.from({ length: 24 }, (_, index) => index),
    );
    const explicit = syntax('ExplicitVRLittleEndian');
    expect(framesOf(writeDataSet(dataSet, explicit), explicit)?.[1]?.[0]).toBe(12);
  });

  test('nowhere, when lengths and tables do not fit', () => {
    const short = image(3);
    short.set(Tag.PixelData, new Uint8Array(24));
    const many = image(1e9);
    many.set(Tag.PixelData, new Uint8Array(24));
    const encapsulated = image(2);
    encapsulated.put(encapsulatedPixelData(frames));
    for (const dataSet of [short, many, encapsulated, image(1)])
      expect(frameLocations(dataSet)).toBeUndefined();
  });
});

function uint64s(...values: number[]): Uint8Array {
  return new Uint8Array(BigUint64Array.from(values.map(BigInt)).buffer);
}
