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
