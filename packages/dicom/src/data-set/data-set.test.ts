import { describe, expect, test } from 'vitest';
import { DataSet, Tag, ValueError, tagOf } from '../index.ts';
import { formatDecimalString } from './decimal-string.ts';

describe('DataSet', () => {
  test('keeps elements in ascending order, one of each tag', () => {
    const dataSet = new DataSet();
    dataSet.set(Tag.Rows, 512);
    dataSet.set(Tag.PatientID, 'a');
    dataSet.set(Tag.Rows, 256);
    expect([...dataSet].map(({ tag }) => tag)).toEqual([Tag.PatientID, Tag.Rows]);
    expect(dataSet.number(Tag.Rows)).toBe(256);
    expect(dataSet.delete(Tag.Rows)).toBe(true);
    expect(dataSet.delete(Tag.Rows)).toBe(false);
    expect(dataSet.size).toBe(1);
  });

  test('takes VRs from the dictionary, pads odd values, trims them again (PS3.5 6.2)', () => {
    const dataSet = new DataSet();
    dataSet.set(Tag.StudyInstanceUID, '1.2.3');
    dataSet.set(Tag.Modality, 'MRX');
    expect(dataSet.bytes(Tag.StudyInstanceUID)).toEqual(new TextEncoder().encode('1.2.3\0'));
    expect(dataSet.bytes(Tag.Modality)).toEqual(new TextEncoder().encode('MRX '));
    expect(dataSet.string(Tag.StudyInstanceUID)).toBe('1.2.3');
    expect(dataSet.string(Tag.Modality)).toBe('MRX');
  });

  test('leading spaces count in text and names, not in codes', () => {
    const dataSet = new DataSet();
    dataSet.set(Tag.PatientComments, '  a ');
    dataSet.set(Tag.ImageType, [' A ', '', 'B ']);
    expect(dataSet.string(Tag.PatientComments)).toBe('  a');
    expect(dataSet.strings(Tag.ImageType)).toEqual(['A', '', 'B']);
  });

  test('reads and writes numbers of every VR', () => {
    const dataSet = new DataSet({ littleEndian: false });
    dataSet.set(Tag.PixelSpacing, [0.1, 1e-20]);
    dataSet.set(Tag.InstanceNumber, [12, '-3']);
    dataSet.set(0x00091001, 2n ** 60n, 'UV');
    dataSet.set(0x00091002, [-1, 5], 'SS');
    dataSet.set(0x00091003, [0.5], 'FL');
    dataSet.set(Tag.FrameIncrementPointer, [Tag.FrameTime, '00181065']);
    expect(dataSet.numbers(Tag.PixelSpacing)).toEqual([0.1, 1e-20]);
    expect(dataSet.numbers(Tag.InstanceNumber)).toEqual([12, -3]);
    expect(dataSet.strings(0x00091001)).toEqual([String(2n ** 60n)]);
    expect(dataSet.numbers(0x00091002)).toEqual([-1, 5]);
    expect(dataSet.number(0x00091003)).toBe(0.5);
    expect(dataSet.strings(Tag.FrameIncrementPointer)).toEqual(['00181063', '00181065']);
    dataSet.set(Tag.InstanceNumber, 'x');
    expect(dataSet.number(Tag.InstanceNumber)).toBeUndefined();
  });

  test('answers absent and empty alike', () => {
    const dataSet = new DataSet();
    dataSet.set(Tag.PatientID, []);
    for (const tag of [Tag.PatientID, Tag.PatientName]) {
      expect(dataSet.string(tag)).toBeUndefined();
      expect(dataSet.strings(tag)).toEqual([]);
      expect(dataSet.number(tag)).toBeUndefined();
    }
    expect(dataSet.has(Tag.PatientID)).toBe(true);
    expect(dataSet.items(Tag.PatientID)).toEqual([]);
  });

  test('reads UN of a standard element by the dictionary, little endian (PS3.5 6.2.2)', () => {
    const dataSet = new DataSet({ littleEndian: false });
    dataSet.set(Tag.Rows, Uint8Array.of(1, 2), 'UN');
    dataSet.set(Tag.PatientID, Uint8Array.of(0x41, 0x42), 'UN');
    dataSet.set(0x00091001, Uint8Array.of(0x41, 0x42), 'UN');
    expect(dataSet.number(Tag.Rows)).toBe(0x0201);
    expect(dataSet.string(Tag.PatientID)).toBe('AB');
    expect(dataSet.string(0x00091001)).toBeUndefined();
  });

  test('refuses what does not fit, without repeating it', () => {
    const dataSet = new DataSet();
    const refused: [tag: number, value: string | number | string[], code: string][] = [
      [Tag.Rows, 65536, 'VALUE_DOES_NOT_FIT_VR'],
      [Tag.Rows, 'Smith', 'VALUE_DOES_NOT_FIT_VR'],
      [Tag.PatientName, 'Müller', 'CHARACTER_NOT_IN_SET'],
      [Tag.PatientComments, ['a', 'b'], 'VALUE_DOES_NOT_FIT_VR'],
      [Tag.PixelData, 'Smith', 'VALUE_DOES_NOT_FIT_VR'],
    ];
    for (const [tag, value, code] of refused) {
      let error: unknown;
      try {
        dataSet.set(tag, value);
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toBeInstanceOf(ValueError);
      expect(error).toMatchObject({ code, tag });
      expect(String(error)).not.toMatch(/Smith|Müller/);
    }
  });

  test('items take their character set from around them', () => {
    const dataSet = new DataSet();
    dataSet.set(Tag.SpecificCharacterSet, 'ISO_IR 100');
    const item = new DataSet({ parent: dataSet });
    item.set(Tag.PatientName, 'Müller');
    dataSet.set(Tag.OtherPatientIDsSequence, [item]);
    expect(dataSet.items(Tag.OtherPatientIDsSequence)[0]?.string(Tag.PatientName)).toBe('Müller');
  });
});

test('decimal strings fit 16 bytes and lose no more than they must (PS3.5 Table 6.2-1)', () => {
  for (const value of [0, -1.5, Math.PI, -Math.PI * 1e-7, 1 / 3, -1e300 / 7, 5e-324, 123456789.123456789]) {
    const text = formatDecimalString(value);
    expect(text.length).toBeLessThanOrEqual(16);
    expect(Math.abs(Number(text) - value)).toBeLessThanOrEqual(Math.abs(value) * 1e-8);
  }
});

test('tags by keyword and by digits', () => {
  expect(tagOf('PatientID')).toBe(0x00100020);
  expect(tagOf('(0010,0020)')).toBe(0x00100020);
  expect(tagOf('7fe00010')).toBe(Tag.PixelData);
  for (const unknown of ['constructor', 'patientid', '001000', '']) expect(tagOf(unknown)).toBeUndefined();
});
