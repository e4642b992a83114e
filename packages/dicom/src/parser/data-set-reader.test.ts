import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { DataSet } from '../data-set/data-set.ts';
import { Tag } from '../dictionary/tag.ts';
import { transferSyntax, TransferSyntaxUID } from '../uid/transfer-syntax.ts';
import { writeDataSet } from '../writer/write-data-set.ts';
import { DataSetReader } from './data-set-reader.ts';
import { readDataSet } from './read-data-set.ts';

const littleEndian = transferSyntax(TransferSyntaxUID.ExplicitVRLittleEndian)!;
const bigEndian = transferSyntax(TransferSyntaxUID.ExplicitVRBigEndian)!;

function sample(): DataSet {
  const dataSet = new DataSet();
  dataSet.set(Tag.PatientID, 'A1');
  dataSet.set(Tag.Rows, 512);
  return dataSet;
}

describe('chunks belong to the caller', () => {
  it.each([16, 7, 1000])('what was read survives that a Node Buffer of %i bytes is used again', (size) => {
    const bytes = Buffer.from(writeDataSet(sample(), littleEndian));
    const reader = new DataSetReader(littleEndian);
    for (let at = 0; at < bytes.length; at += size) {
      const chunk = Buffer.from(bytes.subarray(at, at + size));
      reader.push(chunk);
      chunk.fill(0xff);
    }
    reader.end();
    expect(reader.dataSet.string(Tag.PatientID)).toBe('A1');
    expect(reader.dataSet.number(Tag.Rows)).toBe(512);
  });

  it('writing in another byte order leaves the Node Buffer it was read from as it was', () => {
    const bytes = Buffer.from(writeDataSet(sample(), littleEndian));
    const before = Buffer.from(bytes);
    const dataSet = readDataSet(bytes, littleEndian);
    writeDataSet(dataSet, bigEndian);
    expect(bytes.equals(before)).toBe(true);
    expect(dataSet.number(Tag.Rows)).toBe(512);
  });
});

describe('sequences that nobody asked for', () => {
  const undefinedSequence = (tag: string, items: Uint8Array): Uint8Array =>
    Buffer.concat([
      Buffer.from(`${tag}53510000ffffffff`, 'hex'),
      items,
      Buffer.from('feffdde000000000', 'hex'),
    ]);
  const emptyItem = Buffer.from('feff00e000000000', 'hex');
  const patientID = Buffer.from('100020004c4f02004131', 'hex');
  const wantNone = { keepsItemsOf: () => false };

  it('take no memory, however many items they have', () => {
    const limits = { retainedMaxBytes: 2000 };
    const reader = new DataSetReader(littleEndian, { ...wantNone, limits });
    const items = Buffer.concat(Array.from({ length: 1000 }, () => emptyItem));
    reader.push(Buffer.concat([undefinedSequence('08004011', items), patientID]));
    reader.end();
    expect(reader.dataSet.string(Tag.PatientID)).toBe('A1');
    expect(reader.dataSet.items(Tag.ReferencedImageSequence)).toEqual([]);
    const keepsAll = new DataSetReader(littleEndian, { limits });
    expect(() => keepsAll.push(undefinedSequence('08004011', items))).toThrow('RETAINED_TOO_LARGE');
  });

  it('are counted all the same', () => {
    const reader = new DataSetReader(littleEndian, { ...wantNone, limits: { itemCountMax: 3 } });
    const items = Buffer.concat([emptyItem, emptyItem, emptyItem, emptyItem]);
    expect(() => reader.push(undefinedSequence('08004011', items))).toThrow('TOO_MANY_ITEMS');
  });

  it.each([
    [
      'a value that crosses the end of its item',
      'feff00e00a000000 100020004c4f04004131',
      'LENGTH_EXCEEDS_CONTAINER',
    ],
    ['something else than an item', '100020004c4f02004131', 'UNEXPECTED_TAG'],
    ['an end too early', 'feff00e0ffffffff 100020004c4f0200', 'DATA_CUT_SHORT'],
  ])('are checked: %s', (_, hex, code) => {
    const reader = new DataSetReader(littleEndian, wantNone);
    const bytes = Buffer.from(`0800401153510000ffffffff${hex.replaceAll(' ', '')}`, 'hex');
    expect(() => {
      reader.push(bytes);
      reader.end();
    }).toThrow(code);
  });

  it('do not change what is told of order, at any depth and in any pieces', () => {
    const inner = undefinedSequence('08001511', Buffer.concat([emptyItem, emptyItem]));
    const outOfOrder = Buffer.concat([patientID, inner]);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(outOfOrder.length);
    const item = Buffer.concat([Buffer.from('feff00e0', 'hex'), length, outOfOrder]);
    const bytes = Buffer.concat([undefinedSequence('08004011', item), patientID]);
    for (const size of [1, 7, bytes.length]) {
      const readers = [new DataSetReader(littleEndian), new DataSetReader(littleEndian, wantNone)];
      for (const reader of readers) {
        for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
        reader.end();
        expect(reader.dataSet.string(Tag.PatientID)).toBe('A1');
      }
      expect(readers[0]?.warnings).toHaveLength(1);
      expect(readers[1]?.warnings).toEqual(readers[0]?.warnings);
    }
  });
});
