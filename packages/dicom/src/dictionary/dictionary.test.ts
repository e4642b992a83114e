import { describe, expect, test } from 'vitest';
import { Tag, dictionaryEntry, formatTag, tagHex, vrInfo } from '../index.ts';
import { implicitVR } from './implicit-vr.ts';

describe('data dictionary (PS3.6)', () => {
  test('knows elements by tag', () => {
    expect(dictionaryEntry(Tag.PatientName)).toEqual({
      tag: 0x00100010,
      keyword: 'PatientName',
      name: "Patient's Name",
      vrs: ['PN'],
      vm: '1',
      retired: false,
    });
    expect(dictionaryEntry(Tag.PixelData)?.vrs).toEqual(['OB', 'OW']);
    expect(dictionaryEntry(Tag.CommandField)?.vrs).toEqual(['US']);
    expect(dictionaryEntry(0x00081234)).toBeUndefined();
  });

  test('knows repeating groups, group lengths and private creators', () => {
    expect(dictionaryEntry(0x60003000)?.keyword).toBe('OverlayData');
    expect(dictionaryEntry(0x601e0010)?.keyword).toBe('OverlayRows');
    expect(dictionaryEntry(0x60200010)).toBeUndefined();
    expect(dictionaryEntry(0x60010010)?.name).toBe('Private Creator');
    expect(dictionaryEntry(0x50043000)?.keyword).toBe('CurveData');
    expect(dictionaryEntry(0x00203142)?.keyword).toBe('SourceImageIDs');
    expect(dictionaryEntry(0x00180000)?.vrs).toEqual(['UL']);
    expect(dictionaryEntry(0x00091001)).toBeUndefined();
  });

  test('gives Implicit VR its VRs (PS3.5 A.1)', () => {
    expect(implicitVR(Tag.PixelData, false)).toBe('OW');
    expect(implicitVR(Tag.PixelPaddingValue, true)).toBe('SS');
    expect(implicitVR(Tag.PixelPaddingValue, false)).toBe('US');
    expect(implicitVR(Tag.LUTData, false)).toBe('OW');
    expect(implicitVR(0x00090010, false)).toBe('LO');
    expect(implicitVR(0x00091010, false)).toBe('UN');
  });

  test('prints tags as the Standard does', () => {
    expect(formatTag(0x7fe00010)).toBe('(7FE0,0010)');
    expect(tagHex(0xfffee000)).toBe('FFFEE000');
  });

  test('VRs know their length field (PS3.5 7.1.2)', () => {
    expect(vrInfo('CS').lengthFieldBytes).toBe(2);
    for (const vr of [
      'OB',
      'OD',
      'OF',
      'OL',
      'OV',
      'OW',
      'SQ',
      'SV',
      'UC',
      'UN',
      'UR',
      'UT',
      'UV',
    ] as const) {
      expect(vrInfo(vr).lengthFieldBytes, vr).toBe(4);
    }
  });
});
