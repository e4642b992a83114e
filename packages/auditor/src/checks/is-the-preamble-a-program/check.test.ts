import { describe, expect, test } from 'vitest';
import { buildFile, exposedBy } from '../../files/testing/build-file.ts';

describe('P01: the preamble (PS3.10 7.1) is a program', () => {
  test.each([
    ['pe', 'MZ'],
    ['elf', '\x7fELF'],
    ['mach-o', new Uint8Array([0xcf, 0xfa, 0xed, 0xfe])],
    ['mach-o', new Uint8Array([0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 2])],
    ['java-class', new Uint8Array([0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 52])],
    ['script', '#!/bin/false\n'],
    ['script', '  <html><script>'],
    ['script', '@echo off'],
  ])('%s', async (kind, preamble) => {
    expect(await exposedBy('P01', buildFile({ preamble }))).toEqual([kind]);
  });

  test.each([
    ['zeros', ''],
    ['TIFF', 'II*\0'],
    ['a word', 'made by a scanner'],
  ])('%s: silent', async (_, preamble) => {
    expect(await exposedBy('P01', buildFile({ preamble }))).toEqual([]);
  });

  test('a bare data set with the four letters at byte 128 has no preamble', async () => {
    const whole = buildFile({ preamble: 'MZ' });
    expect(await exposedBy('P01', whole.subarray(132))).toEqual([]);
  });
});
