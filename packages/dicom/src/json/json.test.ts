import { describe, expect, test } from 'vitest';
import {
  DataSet,
  DataSetReader,
  ParseError,
  Tag,
  TransferSyntaxUID,
  fromDicomJson,
  toDicomJson,
  transferSyntax,
} from '../index.ts';

const explicit = transferSyntax(TransferSyntaxUID.ExplicitVRLittleEndian);

describe('DICOM JSON (PS3.18 Annex F)', () => {
  test('has values, names, numbers, tags, nulls and items as F.2 says', () => {
    const dataSet = new DataSet();
    dataSet.set(Tag.SpecificCharacterSet, ['', 'ISO 2022 IR 87']);
    dataSet.set(Tag.PatientName, 'Yamada^Tarou=山田^太郎=');
    dataSet.set(Tag.ImageType, ['A', '', 'B']);
    dataSet.set(Tag.PixelSpacing, ['0.50', '1e3']);
    dataSet.set(Tag.InstanceNumber, ['007', '9999999999']);
    dataSet.set(Tag.PatientID, []);
    dataSet.set(Tag.FrameIncrementPointer, Tag.FrameTime);
    dataSet.set(0x00091001, 2n ** 60n, 'UV');
    dataSet.set(0x00091002, [NaN, 1.5], 'FD');
    dataSet.set(0x00091003, Uint8Array.of(1, 2, 3, 4), 'OB');
    dataSet.set(Tag.OtherPatientIDsSequence, [new DataSet()]);
    dataSet.set(0x00080000, 12);
    expect(toDicomJson(dataSet)).toEqual({
      '00080005': { vr: 'CS', Value: ['ISO_IR 192'] },
      '00080008': { vr: 'CS', Value: ['A', null, 'B'] },
      '00091001': { vr: 'UV', Value: ['1152921504606846976'] },
      '00091002': { vr: 'FD', Value: ['NaN', 1.5] },
      '00091003': { vr: 'OB', InlineBinary: 'AQIDBA==' },
      '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Yamada^Tarou', Ideographic: '山田^太郎' }] },
      '00100020': { vr: 'LO' },
      '00101002': { vr: 'SQ', Value: [{}] },
      '00200013': { vr: 'IS', Value: [7, '9999999999'] },
      '00280009': { vr: 'AT', Value: ['00181063'] },
      '00280030': { vr: 'DS', Value: [0.5, 1000] },
    });
  });

  test('names bulk data by path: long, passed over or encapsulated', () => {
    const item = new DataSet();
    item.set(0x00091001, new Uint8Array(2000), 'OB');
    const dataSet = new DataSet();
    dataSet.set(Tag.OtherPatientIDsSequence, [new DataSet(), item]);
    const json = toDicomJson(dataSet, { bulkDataURI: (path) => `bulk/${path}` });
    expect(json['00101002']?.Value?.[1]).toEqual({
      '00091001': { vr: 'OB', BulkDataURI: 'bulk/00101002/1/00091001' },
    });
    expect(JSON.stringify(toDicomJson(dataSet))).toContain('InlineBinary');
  });

  test('leaves out what was passed over and has no URI', () => {
    if (explicit === undefined) throw new Error('no syntax');
    const reader = new DataSetReader(explicit);
    reader.push(Uint8Array.from(Buffer.from('08006000435302004354e07f10004f57000004000000', 'hex')));
    expect(Object.keys(toDicomJson(reader.dataSet))).toEqual(['00080060']);
    expect(toDicomJson(reader.dataSet, { bulkDataURI: () => 'x' })['7FE00010']).toEqual({
      vr: 'OW',
      BulkDataURI: 'x',
    });
  });

  test('inline binary is little endian (F.2.7)', () => {
    const dataSet = new DataSet({ littleEndian: false });
    dataSet.set(0x00281201, Uint8Array.of(1, 2), 'OW');
    expect(toDicomJson(dataSet)['00281201']?.InlineBinary).toBe('AgE=');
  });

  test('is read: text as UTF-8, which is named when it is needed', () => {
    const plain = fromDicomJson({ '00100020': { vr: 'LO', Value: ['abc'] } });
    expect(plain.has(Tag.SpecificCharacterSet)).toBe(false);
    const dataSet = fromDicomJson(
      {
        '00080005': { vr: 'CS', Value: ['ISO_IR 100'] },
        '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Müller', Phonetic: 'x' }] },
        '00280010': { vr: 'US', Value: [512] },
        '00101002': { vr: 'SQ', Value: [{ '00100020': { vr: 'LO', Value: ['ü'] } }, null] },
        '00091001': { vr: 'OB', BulkDataURI: 'a' },
      },
      { bulkData: (uri) => (uri === 'a' ? Uint8Array.of(1, 2) : undefined) },
    );
    expect(dataSet.specificCharacterSet).toEqual(['ISO_IR 192']);
    expect(dataSet.string(Tag.PatientName)).toBe('Müller==x');
    expect(dataSet.number(Tag.Rows)).toBe(512);
    expect(dataSet.items(Tag.OtherPatientIDsSequence)[0]?.string(Tag.PatientID)).toBe('ü');
    expect(dataSet.bytes(0x00091001)).toEqual(Uint8Array.of(1, 2));
  });

  test.each<[string, unknown, string]>([
    ['no object', [], ''],
    ['a key that is no tag', { Smith: {} }, '(key of 5 characters)'],
    ['an unknown VR', { '00100020': { vr: 'ZZ' } }, '00100020'],
    ['two kinds of value', { '00100020': { vr: 'OB', Value: [], InlineBinary: '' } }, '00100020'],
    ['a backslash that would make two values', { '00100020': { vr: 'LO', Value: ['a\\b'] } }, '00100020'],
    ['a number out of range', { '00280010': { vr: 'US', Value: [70000] } }, '00280010'],
    ['base64 that is none', { '00091001': { vr: 'OB', InlineBinary: '!' } }, '00091001'],
    ['bulk data nobody has', { '00091001': { vr: 'OB', BulkDataURI: 'x' } }, '00091001'],
    ['a name that is no name', { '00100010': { vr: 'PN', Value: ['Smith'] } }, '00100010'],
    [
      'a fault in an item',
      { '00101002': { vr: 'SQ', Value: [{}, { '00100020': 1 }] } },
      '00101002/1/00100020',
    ],
  ])('is refused with its place and without its values: %s', (_title, json, path) => {
    let error: unknown;
    try {
      fromDicomJson(json);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ParseError);
    expect(error).toMatchObject({ code: 'JSON_INVALID', path });
    expect(String(error)).not.toContain('Smith');
  });

  test('nested too deep is refused', () => {
    let json: unknown = {};
    for (let depth = 0; depth < 100; depth++) json = { '00101002': { vr: 'SQ', Value: [json] } };
    expect(() => fromDicomJson(json)).toThrow('NESTING_TOO_DEEP');
  });
});
