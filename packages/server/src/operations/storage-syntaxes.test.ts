import { transferSyntax, transferSyntaxUIDs } from '@leadglass/dicom';
import { expect, test } from 'vitest';
import { isStorageSyntax } from './storage-syntaxes.ts';

test('an instance is stored in every transfer syntax of the Standard that holds its pixels or says where they are, and in no other', () => {
  const refused = transferSyntaxUIDs.filter((uid) => !isStorageSyntax(uid));
  expect(refused.map((uid) => transferSyntax(uid)?.keyword)).toEqual([
    'RFC2557MIMEEncapsulation',
    'XMLEncoding',
    'SMPTEST211020UncompressedProgressiveActiveVideo',
    'SMPTEST211020UncompressedInterlacedActiveVideo',
    'SMPTEST211030PCMDigitalAudio',
    'Papyrus3ImplicitVRLittleEndian',
  ]);
});

test('not in one the Standard does not know', () => {
  expect(['', '1.2.3', 'constructor'].some(isStorageSyntax)).toBe(false);
});
