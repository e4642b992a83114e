import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ImagingError } from '../imaging-error.ts';
import { bareCodestream, readJpeg2000Header } from './jpeg-2000-header.ts';
import { readJpegHeader } from './jpeg-header.ts';

/** SOC; SIZ of one component of 12 signed bits, 300 x 200, in tiles of 256 x 256; COD; two tile-parts; EOC. */
function codestream(changes: { tileColumns?: number; lastLength?: number } = {}): Uint8Array {
  const bytes = Buffer.concat([
    Buffer.from('ff4fff510029', 'hex'),
    Buffer.from('0000', 'hex'),
    words32(300, 200, 0, 0, changes.tileColumns ?? 256, 256, 0, 0),
    Buffer.from('0001' + '8b0101', 'hex'),
    Buffer.from('ff52000c' + '00' + '02' + '0001' + '00' + '05' + '04' + '04' + '00' + '01', 'hex'),
    tilePart(0, 16),
    tilePart(1, changes.lastLength ?? 16),
    Buffer.from('ffd9', 'hex'),
  ]);
  return new Uint8Array(bytes);
}

function words32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, index * 4);
  return bytes;
}

function tilePart(tile: number, length: number): Buffer {
  return Buffer.concat([
    Buffer.from('ff90000a000' + tile, 'hex'),
    words32(length),
    Buffer.from('0001ff93abcd', 'hex'),
  ]);
}

describe('the header of JPEG 2000 (ISO/IEC 15444-1 Annex A)', () => {
  test('tells size, precision, sign and progression', () => {
    expect(readJpeg2000Header(codestream())).toMatchObject({
      rows: 200,
      columns: 300,
      components: [{ precision: 12, isSigned: true }],
      progressionOrder: 2,
      isReversible: true,
      isHighThroughput: false,
    });
  });

  test('with a tile-part longer than what is there, or a tile missing, is cut short', () => {
    for (const bytes of [codestream({ lastLength: 40 }), codestream({ tileColumns: 64 })])
      expect(() => readJpeg2000Header(bytes)).toThrow(
        expect.objectContaining({ code: 'CODESTREAM_TRUNCATED' }),
      );
    const whole = codestream();
    for (let length = 0; length < whole.length - 2; length++)
      expect(() => readJpeg2000Header(whole.subarray(0, length)), `${length}`).toThrow(ImagingError);
  });

  test('with a last tile-part of unknown length ends with EOC', () => {
    const open = codestream({ lastLength: 0 });
    expect(readJpeg2000Header(open).rows).toBe(200);
    expect(() => readJpeg2000Header(open.subarray(0, -2))).toThrow(ImagingError);
  });

  test('with more tiles than anybody makes is refused', () => {
    const forged = codestream();
    new DataView(forged.buffer).setUint32(24, 1);
    new DataView(forged.buffer).setUint32(28, 1);
    expect(() => readJpeg2000Header(forged)).toThrow(expect.objectContaining({ code: 'FRAME_TOO_LARGE' }));
  });

  test('of any bytes is read or refused, within their length', () => {
    const change = fc.tuple(fc.nat(codestream().length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 6 }), (changes) => {
        const bytes = codestream();
        for (const [at, value] of changes) bytes[at] = value;
        try {
          readJpeg2000Header(bareCodestream(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(ImagingError);
        }
      }),
      { numRuns: 3000 },
    );
  });

  test('is found in a JP2 file, whatever boxes come before', () => {
    const box = (type: string, body: Uint8Array): Buffer =>
      Buffer.concat([words32(body.length + 8), Buffer.from(type, 'latin1'), body]);
    const file = Buffer.concat([
      box('jP  ', Uint8Array.of(13, 10, 135, 10)),
      box('ftyp', new Uint8Array(12)),
      box('jp2c', codestream()),
    ]);
    expect([...bareCodestream(file)]).toEqual([...codestream()]);
    expect(() => bareCodestream(file.subarray(0, 30))).toThrow(ImagingError);
    const endless = Buffer.concat([file.subarray(0, 12), words32(1), Buffer.from('free'), new Uint8Array(8)]);
    expect(() => bareCodestream(endless)).toThrow(ImagingError);
  });
});

describe('the header of JPEG (ISO/IEC 10918-1 Annex B)', () => {
  const header = Uint8Array.from(
    Buffer.from(
      'ffd8' +
        'ffe0000e4a46494600010100000100010000'.slice(0, 32) +
        'ffc0000b080010002001011100' +
        'ffda0008010100003f00' +
        'abcd' +
        'ffd9',
      'hex',
    ),
  );

  test('tells size, precision, components and markers of colour', () => {
    expect(readJpegHeader(header)).toMatchObject({
      startOfFrame: 0xc0,
      precision: 8,
      rows: 16,
      columns: 32,
      components: [{ id: 1, horizontalSampling: 1, verticalSampling: 1 }],
      hasJFIF: true,
      adobeTransform: undefined,
    });
  });

  test('of any bytes is read or refused, within their length', () => {
    const change = fc.tuple(fc.nat(header.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 6 }), fc.nat(header.length), (changes, length) => {
        const bytes = header.slice(0, length);
        for (const [at, value] of changes) if (at < length) bytes[at] = value;
        try {
          readJpegHeader(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(ImagingError);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
