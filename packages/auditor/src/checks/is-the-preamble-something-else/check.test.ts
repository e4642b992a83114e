import { describe, expect, test } from 'vitest';
import { buildFile, countedBy, exposedBy } from '../../files/testing/build-file.ts';

describe('P02: the preamble is neither zero nor TIFF', () => {
  test.each([
    ['pdf', '%PDF-1.4'],
    ['zip', 'PK\x03\x04'],
    ['unknown', 'something'],
  ])('%s', async (kind, preamble) => {
    expect(await exposedBy('P02', buildFile({ preamble }))).toEqual([kind]);
  });

  test.each(['', 'II*\0', 'MM\0*', 'II+\0'])('zero and TIFF are as they should be: %j', async (preamble) => {
    expect(await exposedBy('P02', buildFile({ preamble }))).toEqual([]);
  });

  test('TIFF is counted, and programs are left to P01', async () => {
    expect(await countedBy('P02', buildFile({ preamble: 'II*\0' }))).toEqual(['tiff']);
    expect(await exposedBy('P02', buildFile({ preamble: 'MZ' }))).toEqual([]);
  });
});
