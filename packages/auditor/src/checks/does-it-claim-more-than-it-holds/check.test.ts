import { describe, expect, test } from 'vitest';
import { DataSet, deflateDataSet, Tag, TransferSyntaxUID } from '@leadglass/dicom';
import { buildFile, changed, countedBy, exposedBy, setFragments } from '../../files/testing/build-file.ts';

function nested(depth: number): DataSet {
  let item = new DataSet();
  item.set(Tag.CodeMeaning, 'x');
  for (let level = 0; level < depth; level++) {
    const outer = new DataSet();
    outer.set(Tag.ContentSequence, [item]);
    item = outer;
  }
  return item;
}

describe('P07: a file claims more than it holds (CWE-400)', () => {
  test('sequences in sequences', async () => {
    expect(await exposedBy('P07', buildFile({ dataSet: nested(100) }))).toEqual(['nesting']);
    expect(await exposedBy('P07', buildFile({ dataSet: nested(12) }))).toEqual([]);
  });

  test('a length of gigabytes in a file of bytes; cut short by a little it is damaged only', async () => {
    const file = buildFile();
    const at = file.length - 512 - 4;
    const view = new DataView(file.buffer);
    view.setUint32(at, 0xfffffff0, true);
    expect(await exposedBy('P07', file)).toEqual(['length']);
    view.setUint32(at, 1024, true);
    expect(await exposedBy('P07', file)).toEqual([]);
    expect(await countedBy('P07', file)).toEqual(['damaged']);
  });

  test('a deflated data set that inflates without end (PS3.5 A.5)', async () => {
    const deflated = await deflateDataSet(new Uint8Array(64 * 1024 * 1024));
    const header = buildFile({
      dataSet: new DataSet(),
      transferSyntaxUID: TransferSyntaxUID.DeflatedExplicitVRLittleEndian,
    });
    const file = new Uint8Array(Buffer.concat([header, deflated]));
    expect(await exposedBy('P07', file)).toEqual(['inflated-size']);
  });

  test('frames of gigabytes in 512 bytes (PS3.3 C.7.6.6)', async () => {
    const dataSet = changed((one) => {
      one.set(Tag.Rows, 60_000);
      one.set(Tag.Columns, 60_000);
      one.set(Tag.NumberOfFrames, 1_000_000);
    });
    expect(await exposedBy('P07', buildFile({ dataSet }))).toEqual(['frames']);
    setFragments(dataSet, [new Uint8Array(100)]);
    const file = buildFile({ dataSet, transferSyntaxUID: TransferSyntaxUID.JPEGBaseline8Bit });
    expect(await exposedBy('P07', file)).toEqual(['frames']);
  });

  test('a frame no detector makes', async () => {
    const dataSet = changed((one) => {
      one.set(Tag.Rows, 65_535);
      one.set(Tag.Columns, 65_535);
      one.set(Tag.SamplesPerPixel, 4);
    });
    expect(await exposedBy('P07', buildFile({ dataSet }))).toContain('frame-size');
  });

  test('a clean image, native and in fragments: silent', async () => {
    expect(await exposedBy('P07', buildFile())).toEqual([]);
    const dataSet = changed((one) => {
      one.set(Tag.NumberOfFrames, 2);
      setFragments(one, [new Uint8Array(100_000), new Uint8Array(100_000)]);
    });
    const file = buildFile({ dataSet, transferSyntaxUID: TransferSyntaxUID.JPEGBaseline8Bit });
    expect(await exposedBy('P07', file)).toEqual([]);
    expect(await countedBy('P07', file)).toEqual([]);
  });
});
