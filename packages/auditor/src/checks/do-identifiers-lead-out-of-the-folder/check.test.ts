import { describe, expect, test } from 'vitest';
import { DataSet, Tag } from '@leadglass/dicom';
import { buildFile, changed, exposedBy } from '../../files/testing/build-file.ts';

const fileWith = (tag: number, value: string): Uint8Array =>
  buildFile({ dataSet: changed((dataSet) => dataSet.set(tag, value)) });

/** UIDs that the writer would refuse are written as bytes. */
const fileWithUID = (value: string): Uint8Array => {
  const bytes = new Uint8Array(Buffer.from(value.length % 2 === 0 ? value : `${value}\0`));
  return buildFile({ dataSet: changed((dataSet) => dataSet.set(Tag.SOPInstanceUID, bytes)) });
};

describe('P06: identifiers that are paths (CWE-22)', () => {
  test.each(['../../etc/passwd', '1.2.3/../../x', '1.2..3', '/etc/cron.d/x'])('a UID: %s', async (uid) => {
    expect(await exposedBy('P06', fileWithUID(uid))).toEqual(['path-in-uid']);
  });

  test.each([
    [Tag.PatientID, '../../../x'],
    [Tag.PatientID, 'C:\\Windows'],
    [Tag.AccessionNumber, '/etc/passwd'],
    [Tag.StudyID, '..\\..\\x'],
    [Tag.PatientID, '%2e%2e%2fx'],
  ])('an identifier', async (tag, value) => {
    const bytes = new Uint8Array(Buffer.from(value.length % 2 === 0 ? value : `${value} `));
    const file = buildFile({ dataSet: changed((dataSet) => dataSet.set(tag, bytes)) });
    expect(await exposedBy('P06', file)).toEqual(['path-in-identifier']);
  });

  test('a Referenced File ID of a DICOMDIR (PS3.10 8.2)', async () => {
    const directory = (id: readonly string[]): Uint8Array => {
      const record = new DataSet();
      record.set(Tag.ReferencedFileID, [...id]);
      return buildFile({ dataSet: changed((dataSet) => dataSet.set(Tag.DirectoryRecordSequence, [record])) });
    };
    expect(await exposedBy('P06', directory(['IMAGES', '..', '..', 'X']))).toEqual(['path-in-file-id']);
    expect(await exposedBy('P06', directory(['IMAGES/X']))).toEqual(['separator-in-file-id']);
    expect(await exposedBy('P06', directory(['IMAGES', 'CT', 'IM0001']))).toEqual([]);
  });

  test.each([
    [Tag.PatientID, '12/345'],
    [Tag.PatientID, 'A..B'],
    [Tag.SeriesDescription, 'T1 / T2'],
  ])('slashes that people use: silent', async (tag, value) => {
    expect(await exposedBy('P06', fileWith(tag, value))).toEqual([]);
  });

  test('a clean image: silent', async () => {
    expect(await exposedBy('P06', buildFile())).toEqual([]);
  });
});
