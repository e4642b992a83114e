import { inflateSync } from 'node:zlib';
import { DataSet, Tag } from '@leadglass/dicom';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CodecModules } from '../codecs/codec-modules.ts';
import { decodeFrame } from '../decode-frame.ts';
import { expand } from './palette.ts';
import { renderInputs } from './render-inputs.ts';
import type { RenderOptions } from './render-options.ts';
import { render } from './render.ts';
import { windowed } from './voi.ts';

const EXPLICIT = '1.2.840.10008.1.2.1';
const modules = new CodecModules();

interface Wanted {
  readonly rows: number;
  readonly columns: number;
  readonly bitsAllocated?: number;
  readonly bitsStored?: number;
  readonly samples?: number;
  readonly signed?: boolean;
  readonly photometric?: string;
}

function dataSetOf(wanted: Wanted): DataSet {
  const { rows, columns, bitsAllocated = 8, samples = 1, photometric = 'MONOCHROME2' } = wanted;
  const dataSet = new DataSet();
  dataSet.set(Tag.SamplesPerPixel, samples);
  dataSet.set(Tag.PhotometricInterpretation, photometric);
  dataSet.set(Tag.Rows, rows);
  dataSet.set(Tag.Columns, columns);
  dataSet.set(Tag.BitsAllocated, bitsAllocated);
  dataSet.set(Tag.BitsStored, wanted.bitsStored ?? bitsAllocated);
  dataSet.set(Tag.HighBit, (wanted.bitsStored ?? bitsAllocated) - 1);
  dataSet.set(Tag.PixelRepresentation, wanted.signed === true ? 1 : 0);
  return dataSet;
}

/** The samples of the PNG that comes out, which is read back here: filter Up alone is used. */
async function levels(dataSet: DataSet, bytes: Uint8Array, options: RenderOptions = {}): Promise<number[]> {
  const inputs = renderInputs(dataSet, EXPLICIT);
  const rendered = await render(modules, inputs, [bytes], { ...options, mediaType: 'image/png' });
  const png = Buffer.from(rendered.bytes);
  const dataLength = png.readUInt32BE(33);
  const lines = inflateSync(png.subarray(41, 41 + dataLength));
  const rowBytes = lines.length / rendered.rows - 1;
  const result: number[] = [];
  for (let row = 0; row < rendered.rows; row++)
    for (let at = 0; at < rowBytes; at++) {
      const above = row === 0 ? 0 : (result[(row - 1) * rowBytes + at] as number);
      result.push(((lines[row * (rowBytes + 1) + 1 + at] as number) + above) & 0xff);
    }
  return result;
}

function words(...values: number[]): Uint8Array {
  return new Uint8Array(Int16Array.from(values).buffer);
}

describe('values of interest (PS3.3 C.11.2.1.2, C.11.2.1.3)', () => {
  test('LINEAR of center 2048 and width 4096 is the whole of 12 bits', () => {
    const window = { center: 2048, width: 4096, function: 'LINEAR' as const };
    expect([0, 4095].map((value) => windowed(window, value))).toEqual([0, 1]);
    expect(windowed(window, 2047.5)).toBeCloseTo(0.5);
  });

  test('LINEAR of width 1 is a threshold', () => {
    const window = { center: 10, width: 1, function: 'LINEAR' as const };
    expect([9.5, 9.6].map((value) => windowed(window, value))).toEqual([0, 1]);
  });

  test('LINEAR_EXACT and SIGMOID are a half at their center', () => {
    for (const shape of ['LINEAR_EXACT', 'SIGMOID'] as const) {
      expect(windowed({ center: 7, width: 3, function: shape }, 7)).toBe(0.5);
      expect(windowed({ center: 7, width: 3, function: shape }, 100)).toBeCloseTo(1);
    }
  });

  test('never leave their range, and never fall', () => {
    const shapes = fc.constantFrom('LINEAR' as const, 'LINEAR_EXACT' as const, 'SIGMOID' as const);
    const real = fc.double({ min: -1e5, max: 1e5, noNaN: true });
    fc.assert(
      fc.property(
        shapes,
        real,
        fc.double({ min: 1, max: 1e5, noNaN: true }),
        real,
        real,
        (shape, center, width, a, b) => {
          const [low, high] = [a, b]
            .sort((x, y) => x - y)
            .map((value) => windowed({ center, width, function: shape }, value));
          expect(low).toBeGreaterThanOrEqual(0);
          expect(high).toBeLessThanOrEqual(1);
          expect(low).toBeLessThanOrEqual(high as number);
        },
      ),
    );
  });
});

describe('a grey frame', () => {
  test('goes through rescale and window', async () => {
    const dataSet = dataSetOf({ rows: 1, columns: 4, bitsAllocated: 16, signed: true });
    dataSet.set(Tag.RescaleSlope, '1');
    dataSet.set(Tag.RescaleIntercept, '-1024');
    dataSet.set(Tag.WindowCenter, '40');
    dataSet.set(Tag.WindowWidth, '80');
    expect(await levels(dataSet, words(1024 - 500, 1024, 1024 + 79, 3000))).toEqual([0, 0, 255, 255]);
  });

  test('takes the window asked for by index, by values, or all there is', async () => {
    const dataSet = dataSetOf({ rows: 1, columns: 3, bitsAllocated: 16 });
    expect(await levels(dataSet, words(100, 150, 200))).toEqual([0, 128, 255]);
    dataSet.set(Tag.WindowCenter, ['50', '1000']);
    dataSet.set(Tag.WindowWidth, ['10', '2']);
    expect(await levels(dataSet, words(100, 150, 200))).toEqual([255, 255, 255]);
    expect(await levels(dataSet, words(100, 150, 200), { windowIndex: 1 })).toEqual([0, 0, 0]);
    const window = { center: 150, width: 2, function: 'LINEAR' as const };
    expect(await levels(dataSet, words(100, 149, 200), { window })).toEqual([0, 0, 255]);
    await expect(levels(dataSet, words(1, 2, 3), { windowIndex: 2 })).rejects.toMatchObject({
      code: 'OPTION_INVALID',
    });
  });

  test('of MONOCHROME1 is bright where values are low', async () => {
    const dataSet = dataSetOf({ rows: 1, columns: 2, photometric: 'MONOCHROME1' });
    expect(await levels(dataSet, Uint8Array.of(0, 255))).toEqual([255, 0]);
  });

  test('has black padding, which no window is made of', async () => {
    for (const photometric of ['MONOCHROME1', 'MONOCHROME2']) {
      const dataSet = dataSetOf({ rows: 1, columns: 4, bitsAllocated: 16, signed: true, photometric });
      dataSet.set(Tag.PixelPaddingValue, -2000, 'SS');
      dataSet.set(Tag.PixelPaddingRangeLimit, -1990, 'SS');
      const [first, second, low, high] = await levels(dataSet, words(-2000, -1995, 0, 100));
      expect([first, second]).toEqual([0, 0]);
      expect([low, high]).toEqual(photometric === 'MONOCHROME1' ? [255, 0] : [0, 255]);
    }
  });

  test('keeps bits above those stored out of sight, and extends the sign of odd depths', async () => {
    const dataSet = dataSetOf({ rows: 1, columns: 3, bitsAllocated: 16, bitsStored: 10, signed: true });
    const window = { center: 0, width: 1024, function: 'LINEAR_EXACT' as const };
    expect(await levels(dataSet, words(0x0200, 0xfc00, 0x01ff), { window })).toEqual([0, 128, 255]);
  });

  test('goes through tables: modality, then VOI', async () => {
    const dataSet = dataSetOf({ rows: 1, columns: 3 });
    const lut = (first: number, bits: number, entries: number[]): DataSet => {
      const item = new DataSet();
      item.set(Tag.LUTDescriptor, [entries.length, first, bits], 'US');
      item.set(Tag.LUTData, words(...entries), 'OW');
      return item;
    };
    dataSet.set(Tag.ModalityLUTSequence, [lut(10, 16, [300, 301, 302])]);
    dataSet.set(Tag.VOILUTSequence, [lut(300, 12, [4095, 2048, 0])]);
    expect(await levels(dataSet, Uint8Array.of(0, 11, 99))).toEqual([255, 128, 0]);
  });

  test('of one bit, of 32 bits and of floats is shown', async () => {
    expect(await levels(dataSetOf({ rows: 1, columns: 3, bitsAllocated: 1 }), Uint8Array.of(0b101))).toEqual([
      255, 0, 255,
    ]);
    const wide = dataSetOf({ rows: 1, columns: 2, bitsAllocated: 32 });
    expect(await levels(wide, new Uint8Array(Uint32Array.of(0, 4_000_000_000).buffer))).toEqual([0, 255]);
    const float = dataSetOf({ rows: 1, columns: 3 });
    float.set(Tag.FloatPixelData, new Uint8Array(12), 'OF');
    expect(await levels(float, new Uint8Array(Float32Array.of(-1.5, 0, NaN).buffer))).toEqual([0, 255, 0]);
  });

  test('has the window and the slope of its own functional groups (PS3.3 C.7.6.16.2.9, C.7.6.16.2.10)', async () => {
    const dataSet = dataSetOf({ rows: 1, columns: 2, bitsAllocated: 16 });
    dataSet.set(Tag.NumberOfFrames, '2');
    const groups = [1, 10].map((slope) => {
      const transformation = new DataSet();
      transformation.set(Tag.RescaleSlope, String(slope));
      transformation.set(Tag.RescaleIntercept, '0');
      const group = new DataSet();
      group.set(Tag.PixelValueTransformationSequence, [transformation]);
      return group;
    });
    const voi = new DataSet();
    voi.set(Tag.WindowCenter, '50');
    voi.set(Tag.WindowWidth, '100');
    voi.set(Tag.VOILUTFunction, 'LINEAR_EXACT');
    const shared = new DataSet();
    shared.set(Tag.FrameVOILUTSequence, [voi]);
    dataSet.set(Tag.SharedFunctionalGroupsSequence, [shared]);
    dataSet.set(Tag.PerFrameFunctionalGroupsSequence, groups);
    const inputs = renderInputs(dataSet, EXPLICIT, [0, 1]);
    expect(inputs.frames.map(({ modality }) => modality)).toMatchObject([{ slope: 1 }, { slope: 10 }]);
    expect(inputs.frames[1]?.windows).toEqual([{ center: 50, width: 100, function: 'LINEAR_EXACT' }]);
  });
});

describe('a colour frame', () => {
  test('in every YBR is RGB', async () => {
    const shown = (photometric: string, columns: number, ...bytes: number[]): Promise<number[]> =>
      levels(dataSetOf({ rows: 1, columns, samples: 3, photometric }), Uint8Array.from(bytes));
    expect(await shown('RGB', 1, 1, 2, 3)).toEqual([1, 2, 3]);
    expect(await shown('YBR_FULL', 1, 76, 85, 255)).toEqual([254, 0, 0]);
    expect(await shown('YBR_FULL_422', 2, 100, 200, 128, 128)).toEqual([100, 100, 100, 200, 200, 200]);
    expect(await shown('YBR_PARTIAL_422', 2, 16, 235, 128, 128)).toEqual([0, 0, 0, 255, 255, 255]);
    await expect(shown('CMYK', 1, 1, 2, 3)).rejects.toMatchObject({ code: 'PIXELS_UNSUPPORTED' });
  });

  test('by plane, and of 16 bits', async () => {
    const planes = dataSetOf({ rows: 1, columns: 2, samples: 3, photometric: 'RGB' });
    planes.set(Tag.PlanarConfiguration, 1);
    expect(await levels(planes, Uint8Array.of(1, 2, 3, 4, 5, 6))).toEqual([1, 3, 5, 2, 4, 6]);
    const deep = dataSetOf({ rows: 1, columns: 1, samples: 3, bitsAllocated: 16, photometric: 'RGB' });
    expect(await levels(deep, words(0, 0x7fff, 0xffff))).toEqual([0, 127, 255]);
  });

  test('of a palette, whole or segmented', async () => {
    const dataSet = dataSetOf({ rows: 1, columns: 3, photometric: 'PALETTE COLOR' });
    for (const colour of ['Red', 'Green', 'Blue'] as const)
      dataSet.set(Tag[`${colour}PaletteColorLookupTableDescriptor`], [3, 5, 16], 'US');
    dataSet.set(Tag.RedPaletteColorLookupTableData, words(0, 0x8000, 0xff00), 'OW');
    dataSet.set(Tag.GreenPaletteColorLookupTableData, words(0xff00, 0, 0), 'OW');
    // A discrete entry, then a line of two more.
    dataSet.set(Tag.SegmentedBluePaletteColorLookupTableData, words(0, 1, 0, 1, 2, 0xff00), 'OW');
    expect(await levels(dataSet, Uint8Array.of(0, 6, 255))).toEqual([0, 255, 0, 128, 0, 127, 255, 0, 255]);
  });

  test('of a segmented palette never runs on, whatever its segments (PS3.3 C.7.9.2)', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.nat(3), fc.nat(0xffff)), { maxLength: 60 }),
        fc.constantFrom(1 as const, 2 as const),
        (segments, unit) => {
          try {
            expect(expand(Uint16Array.from(segments), unit, new Uint16Array(50))).toBeLessThanOrEqual(50);
          } catch (error) {
            expect(error).toMatchObject({ code: 'DESCRIPTION_INVALID' });
          }
        },
      ),
    );
  });
});

describe('what lies over the image', () => {
  test('overlay planes of their own and in unused bits are white', async () => {
    const own = dataSetOf({ rows: 2, columns: 2 });
    own.set(0x60000010, 1, 'US');
    own.set(0x60000011, 2, 'US');
    own.set(0x60000050, [2, 1], 'SS');
    own.set(0x60003000, Uint8Array.of(0b10, 0), 'OW');
    const window = { center: 500, width: 2, function: 'LINEAR' as const };
    expect(await levels(own, Uint8Array.of(1, 2, 3, 4), { window })).toEqual([0, 0, 0, 255]);
    expect(await levels(own, Uint8Array.of(1, 2, 3, 4), { window, overlays: false })).toEqual([0, 0, 0, 0]);
    const embedded = dataSetOf({ rows: 1, columns: 2, bitsAllocated: 16, bitsStored: 12 });
    embedded.set(0x60000010, 1, 'US');
    embedded.set(0x60000011, 2, 'US');
    embedded.set(0x60000100, 16, 'US');
    embedded.set(0x60000102, 12, 'US');
    expect(await levels(embedded, words(0x1005, 0x0005), { window })).toEqual([255, 0]);
  });

  test('shutters cover what is outside of them (PS3.3 C.7.6.11)', async () => {
    const shown = async (set: (dataSet: DataSet) => void): Promise<number[]> => {
      const dataSet = dataSetOf({ rows: 3, columns: 3 });
      set(dataSet);
      const window = { center: -500, width: 2, function: 'LINEAR' as const };
      return levels(dataSet, new Uint8Array(9), { window });
    };
    expect(
      await shown((dataSet) => {
        dataSet.set(Tag.ShutterShape, 'RECTANGULAR');
        dataSet.set(Tag.ShutterLeftVerticalEdge, '2');
        dataSet.set(Tag.ShutterRightVerticalEdge, '3');
        dataSet.set(Tag.ShutterUpperHorizontalEdge, '1');
        dataSet.set(Tag.ShutterLowerHorizontalEdge, '2');
        dataSet.set(Tag.ShutterPresentationValue, 0x8080, 'US');
      }),
    ).toEqual([128, 255, 255, 128, 255, 255, 128, 128, 128]);
    expect(
      await shown((dataSet) => {
        dataSet.set(Tag.ShutterShape, 'CIRCULAR');
        dataSet.set(Tag.CenterOfCircularShutter, ['2', '2']);
        dataSet.set(Tag.RadiusOfCircularShutter, '1');
      }),
    ).toEqual([0, 255, 0, 255, 255, 255, 0, 255, 0]);
    expect(
      await shown((dataSet) => {
        dataSet.set(Tag.ShutterShape, 'POLYGONAL');
        dataSet.set(Tag.VerticesOfThePolygonalShutter, ['1', '1', '1', '3', '3', '3', '3', '1']);
      }),
    ).toEqual([255, 255, 255, 255, 255, 255, 0, 0, 0]);
  });
});

describe('size (PS3.18 8.3.5.1.3)', () => {
  const four = Uint8Array.of(0, 85, 170, 255);
  const window = { center: 127.5, width: 255, function: 'LINEAR_EXACT' as const };

  test('a viewport crops, scales and flips', async () => {
    const dataSet = dataSetOf({ rows: 2, columns: 2 });
    const cropped = { columns: 1, rows: 1, sourceX: 1, sourceY: 1, sourceColumns: 1, sourceRows: 1 };
    expect(await levels(dataSet, four, { window, viewport: cropped })).toEqual([255]);
    const flipped = { columns: 2, rows: 2, sourceColumns: -2, sourceRows: 2 };
    expect(await levels(dataSet, four, { window, viewport: flipped })).toEqual([85, 0, 255, 170]);
    expect(await levels(dataSet, four, { window, viewport: { columns: 1, rows: 1 } })).toEqual([128]);
    const large = await levels(dataSet, four, { window, viewport: { columns: 8, rows: 4 } });
    expect(large).toHaveLength(16);
    const outside = { columns: 4, rows: 4, sourceX: 1, sourceColumns: 2 };
    await expect(levels(dataSet, four, { viewport: outside })).rejects.toMatchObject({
      code: 'OPTION_INVALID',
    });
  });

  test('pixels that are not square are made so', async () => {
    const dataSet = dataSetOf({ rows: 1, columns: 2 });
    dataSet.set(Tag.PixelAspectRatio, ['2', '1']);
    expect(await levels(dataSet, Uint8Array.of(0, 255))).toEqual([0, 255, 0, 255]);
    expect(await levels(dataSet, Uint8Array.of(0, 255), { squarePixels: false })).toEqual([0, 255]);
  });
});

/** Reads the LZW of a GIF's image, as every browser does. */
function unpackedGif(gif: Buffer, start: number): number[] {
  const packed: number[] = [];
  let block = start + 1;
  for (let length = gif[block] ?? 0; length > 0; length = gif[block] ?? 0) {
    packed.push(...gif.subarray(block + 1, block + 1 + length));
    block += length + 1;
  }
  const clear = 1 << (gif[start] ?? 0);
  let [strings, bits, at]: [number[][], number, number] = [[], 9, 0];
  let previous: number[] | undefined;
  const result: number[] = [];
  for (;;) {
    let code = 0;
    for (let bit = 0; bit < bits; bit++, at++) code |= (((packed[at >> 3] ?? 0) >> (at & 7)) & 1) << bit;
    if (code === clear + 1) return result;
    if (code === clear) {
      strings = Array.from({ length: clear + 2 }, (_, value) => [value]);
      [bits, previous] = [9, undefined];
      continue;
    }
    const string = strings[code] ?? [...(previous ?? []), previous?.[0] ?? 0];
    if (previous !== undefined && strings.length < 4096) strings.push([...previous, string[0] ?? 0]);
    if (strings.length === 1 << bits && bits < 12) bits++;
    result.push(...string);
    previous = string;
  }
}

describe('image files', () => {
  test('JPEG of any size is decoded as the image it was, tiny ones too', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 40 }),
        fc.boolean(),
        async (rows, columns, isColour) => {
          const wanted = {
            rows,
            columns,
            samples: isColour ? 3 : 1,
            photometric: isColour ? 'RGB' : 'MONOCHROME2',
          };
          const dataSet = dataSetOf(wanted);
          const length = rows * columns * wanted.samples;
          const bytes = Uint8Array.from({ length }, (_, at) => 120 + ((at * 7) % 11));
          const window = { center: 128, width: 256, function: 'LINEAR' as const };
          const options = { mediaType: 'image/jpeg' as const, quality: 100, window };
          const jpeg = await render(modules, renderInputs(dataSet, EXPLICIT), [bytes], options);
          const uid = '1.2.840.10008.1.2.4.50';
          const description = {
            ...renderInputs(dataSet, uid).description,
            photometricInterpretation: isColour ? 'YBR_FULL' : 'MONOCHROME2',
          };
          const back = await decodeFrame(modules, description, jpeg.bytes);
          if (isColour) return;
          for (const [at, sample] of back.samples.entries())
            expect(Math.abs(sample - (bytes[at] as number))).toBeLessThan(4);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('GIF of several frames has the frames and the time between them', async () => {
    const dataSet = dataSetOf({ rows: 90, columns: 150 });
    dataSet.set(Tag.NumberOfFrames, '3');
    dataSet.set(Tag.FrameTime, '40');
    const frames = [1, 2, 3].map((seed) =>
      Uint8Array.from({ length: 13_500 }, (_, at) => (((at * at) >> 7) * seed) % 251),
    );
    const inputs = renderInputs(dataSet, EXPLICIT, [0, 1, 2]);
    const gif = Buffer.from((await render(modules, inputs, frames, { mediaType: 'image/gif' })).bytes);
    expect(gif.toString('latin1', 0, 6)).toBe('GIF89a');
    const delay = Buffer.from([0x21, 0xf9, 4, 4, 4, 0, 0, 0]);
    let count = 0;
    for (let at = gif.indexOf(delay); at >= 0; at = gif.indexOf(delay, at + 1)) count++;
    expect(count).toBe(3);
    const first = gif.indexOf(0x2c, gif.indexOf(delay) + 8) + 10;
    expect(unpackedGif(gif, first)).toEqual(await levels(dataSet, frames[0] ?? new Uint8Array()));
    expect(gif.at(-1)).toBe(0x3b);
  });

  test('options out of range are refused', async () => {
    const dataSet = dataSetOf({ rows: 1, columns: 1 });
    for (const options of [
      { quality: 0 },
      { quality: 101 },
      { viewport: { columns: 0, rows: 1 } },
      { viewport: { columns: 1e6, rows: 1 } },
      { window: { center: 1, width: 0, function: 'LINEAR' as const } },
    ])
      await expect(levels(dataSet, Uint8Array.of(1), options)).rejects.toMatchObject({
        code: 'OPTION_INVALID',
      });
  });
});
