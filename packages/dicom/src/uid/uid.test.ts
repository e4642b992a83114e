import { describe, expect, test } from 'vitest';
import {
  SOPClassUID,
  TransferSyntaxUID,
  generateUID,
  isUID,
  storageSOPClass,
  storageSOPClassUIDs,
  transferSyntax,
  uidName,
} from '../index.ts';

describe('UIDs (PS3.5 9)', () => {
  test('are digits and dots, without leading zeros, of 64 characters at most', () => {
    for (const uid of ['1.2.840.10008.1.1', '0', '2.25.0', `1.${'2'.repeat(62)}`])
      expect(isUID(uid), uid).toBe(true);
    for (const text of ['', '.', '1.', '1..2', '1.02', '1.2a', ' 1.2', '1.2\n', `1.${'2'.repeat(63)}`]) {
      expect(isUID(text), text).toBe(false);
    }
  });

  test('are generated from UUIDs (B.2)', () => {
    const uid = generateUID(new Uint8Array(16).fill(0xff));
    expect(uid).toBe(`2.25.${BigInt('0xffffffffffff4fffbfffffffffffffff')}`);
    expect(isUID(uid)).toBe(true);
    expect(generateUID()).not.toBe(generateUID());
  });

  test('have names and meanings (PS3.6 Annex A)', () => {
    expect(uidName(SOPClassUID.CTImageStorage)).toBe('CT Image Storage');
    expect(uidName('1.2.3')).toBeUndefined();
    expect(storageSOPClass(SOPClassUID.EnhancedCTImageStorage)?.kinds).toContain('multi-frame');
    expect(storageSOPClass(SOPClassUID.Verification)).toBeUndefined();
    expect(storageSOPClassUIDs.length).toBeGreaterThan(200);
  });
});

describe('transfer syntaxes (PS3.5 Annex A)', () => {
  test('say how to read and whether pixels are as they were', () => {
    expect(transferSyntax(TransferSyntaxUID.ImplicitVRLittleEndian)).toMatchObject({
      explicitVR: false,
      littleEndian: true,
      encapsulated: false,
      deflated: false,
      lossy: false,
    });
    expect(transferSyntax(TransferSyntaxUID.ExplicitVRBigEndian)).toMatchObject({
      littleEndian: false,
      retired: true,
    });
    expect(transferSyntax(TransferSyntaxUID.DeflatedExplicitVRLittleEndian)?.deflated).toBe(true);
    expect(transferSyntax(TransferSyntaxUID.JPEGBaseline8Bit)).toMatchObject({
      encapsulated: true,
      lossy: true,
    });
    expect(transferSyntax(TransferSyntaxUID.JPEG2000)?.lossy).toBeUndefined();
    expect(transferSyntax('1.2.3')).toBeUndefined();
  });
});
