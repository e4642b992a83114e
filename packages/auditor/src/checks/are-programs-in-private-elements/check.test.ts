import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { Tag } from '@leadglass/dicom';
import { buildFile, changed, countedBy, exposedBy } from '../../files/testing/build-file.ts';

/** The shape of a program for Windows, without any code. */
function portableExecutable(lengthBytes = 256): Uint8Array {
  const bytes = Buffer.alloc(lengthBytes);
  bytes.write('MZ');
  bytes.writeUInt32LE(0x80, 0x3c);
  bytes.write('PE\0\0', 0x80, 'latin1');
  return new Uint8Array(bytes);
}

function privateFile(value: Uint8Array, creator = 'ACME 1.0', vr: 'OB' | 'UN' = 'OB'): Uint8Array {
  return buildFile({
    dataSet: changed((dataSet) => {
      dataSet.set(0x00290010, creator, 'LO');
      dataSet.set(0x00291001, value, vr);
    }),
  });
}

const elf = new Uint8Array(Buffer.from('\x7fELF\x02\x01\x01\0\0\0\0\0', 'latin1'));

describe('P05: programs and archives in values no viewer shows', () => {
  test.each([
    ['pe-in-private-element', portableExecutable()],
    ['elf-in-private-element', elf],
    ['script-in-private-element', new Uint8Array(Buffer.from('#!/bin/false'))],
    ['zip-in-private-element', new Uint8Array(Buffer.from('PK\x03\x04\0\0'))],
    ['rar-in-private-element', new Uint8Array(Buffer.from('Rar!\x1a\x07\x01\0', 'latin1'))],
  ])('%s', async (kind, value) => {
    expect(await exposedBy('P05', privateFile(value))).toEqual([kind]);
    expect(await exposedBy('P05', privateFile(value, 'ACME 1.0', 'UN'))).toEqual([kind]);
  });

  test('behind a header of its own, and in a value longer than what is kept', async () => {
    const value = new Uint8Array(300_000);
    value.set(portableExecutable(), 512);
    expect(await exposedBy('P05', privateFile(value))).toEqual(['pe-in-private-element']);
  });

  test('behind the data set', async () => {
    expect(await exposedBy('P05', buildFile({ trailing: portableExecutable() }))).toEqual([
      'pe-behind-data-set',
    ]);
    const zip = new Uint8Array(Buffer.from('PK\x03\x04\0\0\0\0\0\0\0\0\0\0'));
    expect(await exposedBy('P05', buildFile({ trailing: zip }))).toEqual(['zip-behind-data-set']);
  });

  test('in Data Set Trailing Padding (FFFC,FFFC)', async () => {
    const dataSet = changed((one) => one.set(Tag.DataSetTrailingPadding, elf, 'OB'));
    expect(await exposedBy('P05', buildFile({ dataSet }))).toEqual(['elf-in-padding']);
  });

  test('a vendor’s own compressed block is counted', async () => {
    const value = new Uint8Array(gzipSync('protocol text'));
    const even = value.length % 2 === 0 ? value : new Uint8Array([...value, 0]);
    expect(await exposedBy('P05', privateFile(even, 'GEMS_SERS_01'))).toEqual([]);
    expect(await exposedBy('P05', privateFile(even))).toEqual(['gzip-in-private-element']);
  });

  test('bytes that look encrypted are counted', async () => {
    const value = new Uint8Array(randomBytes(4096));
    value.set([1, 2, 3, 4]);
    expect(await countedBy('P05', privateFile(value))).toEqual(['high-entropy']);
  });

  test.each([
    [
      'letters that happen to be MZ',
      new Uint8Array(Buffer.from('MZ is a unit here, and nothing follows it ')),
    ],
    ['zeros', new Uint8Array(64)],
  ])('%s: silent', async (_, value) => {
    expect(await exposedBy('P05', privateFile(value))).toEqual([]);
  });

  test('a clean image, zeros behind it: silent', async () => {
    expect(await exposedBy('P05', buildFile())).toEqual([]);
    expect(await countedBy('P05', buildFile({ trailing: new Uint8Array(512) }))).toEqual([]);
  });
});
