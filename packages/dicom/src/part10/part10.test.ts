import { describe, expect, test } from 'vitest';
import {
  DataSet,
  ParseError,
  SOPClassUID,
  Tag,
  TransferSyntaxUID,
  deflateDataSet,
  readPart10,
  readPart10Header,
  transferSyntax,
  writeDataSet,
  writePart10Header,
} from '../index.ts';

function encoded(uid: string): Uint8Array {
  const syntax = transferSyntax(uid);
  if (syntax === undefined) throw new Error(uid);
  const dataSet = new DataSet();
  dataSet.set(Tag.SOPClassUID, SOPClassUID.CTImageStorage);
  dataSet.set(Tag.PatientID, 'abc');
  return writeDataSet(dataSet, syntax);
}

function header(transferSyntaxUID: string): Uint8Array {
  return writePart10Header({
    sopClassUID: SOPClassUID.CTImageStorage,
    sopInstanceUID: '1.2.3',
    transferSyntaxUID,
    implementationClassUID: '1.2.3.4',
    implementationVersionName: 'TEST',
    sourceAETitle: 'AE',
  });
}

function concat(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

const {
  ExplicitVRLittleEndian,
  ExplicitVRBigEndian,
  ImplicitVRLittleEndian,
  DeflatedExplicitVRLittleEndian,
} = TransferSyntaxUID;

describe('DICOM files (PS3.10 7.1)', () => {
  test.each([ExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian])(
    'are written and read: %s',
    (uid) => {
      const file = readPart10(concat(header(uid), encoded(uid)));
      expect(file.header).toMatchObject({ hasPreamble: true, preambleIsZero: true, transferSyntaxUID: uid });
      expect(file.header.transferSyntaxGuessed).toBe(false);
      expect(file.header.meta.number(Tag.FileMetaInformationGroupLength)).toBe(
        file.header.dataSetOffset - 144,
      );
      expect(file.header.meta.string(Tag.SourceApplicationEntityTitle)).toBe('AE');
      expect(file.dataSet.string(Tag.PatientID)).toBe('abc');
    },
  );

  test('deflated ones are inflated', async () => {
    const deflated = await deflateDataSet(encoded(ExplicitVRLittleEndian));
    const file = readPart10(concat(header(DeflatedExplicitVRLittleEndian), deflated));
    expect(file.dataSet.string(Tag.PatientID)).toBe('abc');
    expect(file.encoded).toEqual(encoded(ExplicitVRLittleEndian));
  });

  test('need not be whole for their header to be read', () => {
    const bytes = header(ExplicitVRLittleEndian);
    expect(readPart10Header(bytes).dataSetOffset).toBe(bytes.length);
  });

  test('whose preamble holds something else say so', () => {
    const bytes = header(ExplicitVRLittleEndian);
    bytes.set([0x4d, 0x5a]);
    expect(readPart10Header(bytes)).toMatchObject({ hasPreamble: true, preambleIsZero: false });
  });

  test.each([ExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian])(
    'without preamble and meta are guessed from their first element: %s',
    (uid) => {
      const file = readPart10(encoded(uid));
      expect(file.header).toMatchObject({
        hasPreamble: false,
        transferSyntaxUID: uid,
        transferSyntaxGuessed: true,
      });
      expect(file.header.dataSetOffset).toBe(0);
      expect(file.dataSet.string(Tag.PatientID)).toBe('abc');
    },
  );

  test('without preamble but with meta, or with the prefix first, are read', () => {
    const whole = concat(header(ImplicitVRLittleEndian), encoded(ImplicitVRLittleEndian));
    for (const start of [128, 132])
      expect(readPart10(whole.subarray(start)).dataSet.string(Tag.PatientID)).toBe('abc');
  });

  test('with a wrong group length are read all the same', () => {
    const whole = concat(header(ImplicitVRLittleEndian), encoded(ImplicitVRLittleEndian));
    whole[140] = 7;
    expect(readPart10(whole).dataSet.string(Tag.PatientID)).toBe('abc');
  });

  test.each(['', 'not a DICOM file at all', '<html>', '\0'.repeat(200)])(
    'anything else is NOT_DICOM: %j',
    (text) => {
      expect(() => readPart10(new TextEncoder().encode(text))).toThrow(ParseError);
    },
  );

  test('of a transfer syntax nobody knows are an error', () => {
    expect(() => readPart10(header('1.2.3.4.5'))).toThrow('TRANSFER_SYNTAX_UNKNOWN');
  });
});
