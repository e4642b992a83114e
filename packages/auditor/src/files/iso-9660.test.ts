import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isoFiles } from './iso-9660.ts';
import type { IsoErrorCode } from './iso-9660.ts';
import { isoOf } from './testing/iso-writer.ts';
import { readAtBytes } from './zip-members.ts';

function read(image: Uint8Array): { names: string[]; contents: string[]; problems: IsoErrorCode[] } {
  const problems: IsoErrorCode[] = [];
  const files = [...isoFiles(readAtBytes(image), image.length, (code) => problems.push(code))];
  const contents = files.map(({ offsetBytes, sizeBytes }) =>
    Buffer.from(image.subarray(offsetBytes, offsetBytes + sizeBytes)).toString(),
  );
  return { names: files.map(({ name }) => Buffer.from(name).toString()), contents, problems };
}

const image = isoOf({ DICOMDIR: Buffer.from('one') }, { IM1: Buffer.from('two'), IM2: Buffer.from('three') });

describe('CD images (ISO 9660, ECMA-119)', () => {
  test('files of all folders, with their bytes', () => {
    expect(read(image)).toEqual({
      names: ['DICOMDIR;1', 'BELOW/IM1;1', 'BELOW/IM2;1'],
      contents: ['one', 'two', 'three'],
      problems: [],
    });
  });

  test('without a primary descriptor there is nothing', () => {
    expect(read(new Uint8Array(64 * 1024)).problems).toEqual(['ISO_DESCRIPTOR_INVALID']);
    expect(read(new Uint8Array(0)).problems).toEqual(['ISO_DESCRIPTOR_INVALID']);
  });

  test('extents outside the image are left out', () => {
    const bad = new Uint8Array(image);
    const at = Buffer.from(bad).indexOf('DICOMDIR;1') - 33;
    new DataView(bad.buffer).setUint32(at + 2, 0x00ffffff, true);
    expect(read(bad)).toMatchObject({
      names: ['BELOW/IM1;1', 'BELOW/IM2;1'],
      problems: ['ISO_EXTENT_OUTSIDE'],
    });
  });

  test('a folder that holds itself is entered once', () => {
    const bad = new Uint8Array(image);
    const at = Buffer.from(bad).indexOf('BELOW') - 33;
    new DataView(bad.buffer).setUint32(at + 2, 18, true);
    expect(read(bad).names).toEqual(['DICOMDIR;1']);
  });

  test('any bytes in place of the descriptors and directories end, with files inside the image', () => {
    const places = fc.array(
      fc.record({
        at: fc.integer({ min: 16 * 2048, max: 20 * 2048 - 1 }),
        byte: fc.integer({ min: 0, max: 255 }),
      }),
      { minLength: 1, maxLength: 60 },
    );
    fc.assert(
      fc.property(places, (changes) => {
        const bad = new Uint8Array(image);
        for (const { at, byte } of changes) bad[at] = byte;
        for (const file of isoFiles(readAtBytes(bad), bad.length, () => undefined)) {
          expect(file.offsetBytes + file.sizeBytes).toBeLessThanOrEqual(bad.length);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('any bytes at all end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 6, maxLength: 6 * 2048 }), (bytes) => {
        const whole = new Uint8Array(16 * 2048 + bytes.length);
        whole.set(bytes, 16 * 2048);
        whole.set(Buffer.from('\x01CD001'), 16 * 2048);
        expect([...isoFiles(readAtBytes(whole), whole.length, () => undefined)].length).toBeLessThan(1_000);
      }),
      { numRuns: 200 },
    );
  });
});
