import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readJpeg2000Header } from './codestream/jpeg-2000-header.ts';
import { CodecModules } from './codecs/codec-modules.ts';
import { canDecode, decodeFrame } from './decode-frame.ts';
import { canEncode } from './encodable.ts';
import type { FrameDescription } from './frame-description.ts';
import { ImagingError } from './imaging-error.ts';
import { description, layouts, samplesOf } from './testing/frames.ts';
import { transcodeFrame } from './transcode-frame.ts';

const RLE = '1.2.840.10008.1.2.5';
const JPEG_LS = '1.2.840.10008.1.2.4.80';
const HTJ2K = '1.2.840.10008.1.2.4.202';
const modules = new CodecModules();

/** There and back; what came of it, and the description in between. */
async function roundTrip(
  from: FrameDescription,
  samples: Uint8Array,
  to: string,
): Promise<{ samples: Uint8Array; between: FrameDescription; bytes: Uint8Array }> {
  const { layout, bytes } = await transcodeFrame(modules, from, samples, to);
  const between: FrameDescription = { ...from, ...layout, transferSyntaxUID: to, pixelDataVR: 'OB' };
  const decoded = await decodeFrame(modules, between, bytes);
  return { samples: decoded.samples, between, bytes };
}

describe('a transcoded frame', () => {
  for (const to of [RLE, JPEG_LS, HTJ2K]) {
    test(`has the values it had, in ${to}`, async () => {
      await fc.assert(
        fc.asyncProperty(layouts, fc.integer(), async (layout, seed) => {
          const original = description(layout);
          const samples = samplesOf(original, seed);
          const result = await roundTrip(original, samples, to);
          expect(result.samples).toEqual(samples);
        }),
        { numRuns: 120 },
      );
    }, 120_000);

    test(`keeps what lies above the bits stored, in ${to}`, async () => {
      for (const pixelRepresentation of [0, 1] as const) {
        const original = description({ bitsStored: 10, pixelRepresentation });
        const samples = samplesOf(description({ bitsStored: 16 }), 4);
        expect((await roundTrip(original, samples, to)).samples).toEqual(samples);
      }
    });
  }

  test('states the precision and the sign of the bits stored in HTJ2K (PS3.5 8.2)', async () => {
    for (const [bitsAllocated, bitsStored, pixelRepresentation] of [
      [16, 12, 0],
      [16, 13, 1],
      [8, 7, 0],
      [8, 8, 1],
    ] as const) {
      const original = description({ bitsAllocated, bitsStored, pixelRepresentation });
      const { bytes } = await roundTrip(original, samplesOf(original), HTJ2K);
      const header = readJpeg2000Header(bytes);
      expect(header.components).toEqual([
        expect.objectContaining({ precision: bitsStored, isSigned: pixelRepresentation === 1 }),
      ]);
      expect(header).toMatchObject({ isHighThroughput: true, isReversible: true, progressionOrder: 2 });
    }
  });

  test('in HTJ2K is what OpenJPEG, another decoder of it, makes of it', async () => {
    for (const [bitsAllocated, bitsStored, pixelRepresentation] of [
      [16, 12, 0],
      [16, 16, 0],
      [16, 16, 1],
      [8, 7, 0],
    ] as const) {
      const original = description({ rows: 90, columns: 70, bitsAllocated, bitsStored, pixelRepresentation });
      const samples = samplesOf(original);
      const { bytes } = await roundTrip(original, samples, HTJ2K);
      const decoded = await modules.use('openjpeg', (codec) => {
        const decoder = new codec.J2KDecoder();
        decoder.getEncodedBuffer(bytes.length).set(bytes);
        decoder.decode();
        return new Uint8Array(decoder.getDecodedBuffer());
      });
      expect(decoded).toEqual(samples);
    }
  });

  test('is YBR_RCT in HTJ2K when it was RGB, and RGB again when decoded (PS3.5 8.2.4)', async () => {
    const original = description({
      samplesPerPixel: 3,
      bitsAllocated: 8,
      photometricInterpretation: 'RGB',
    });
    const { between, bytes } = await roundTrip(original, samplesOf(original), HTJ2K);
    expect(between.photometricInterpretation).toBe('YBR_RCT');
    const decoded = await decodeFrame(modules, between, bytes);
    expect(decoded.layout.photometricInterpretation).toBe('RGB');
  });

  test('has colour by pixel, and chrominance for each pixel, once compressed', async () => {
    const planes = description({
      ...{ rows: 1, columns: 2, samplesPerPixel: 3, bitsAllocated: 8, photometricInterpretation: 'RGB' },
      planarConfiguration: 1,
    });
    const mixed = await roundTrip(planes, Uint8Array.of(1, 2, 3, 4, 5, 6), JPEG_LS);
    expect([...mixed.samples]).toEqual([1, 3, 5, 2, 4, 6]);
    const half = description({
      ...planes,
      planarConfiguration: 0,
      photometricInterpretation: 'YBR_FULL_422',
    });
    const full = await roundTrip(half, Uint8Array.of(10, 20, 30, 40), RLE);
    expect(full.between.photometricInterpretation).toBe('YBR_FULL');
    expect([...full.samples]).toEqual([10, 30, 40, 20, 30, 40]);
  });

  test('is refused where nothing encodes it without loss', async () => {
    const rejects = async (layout: FrameDescription, to: string): Promise<void> => {
      expect(canEncode(to, layout)).toBe(false);
      await expect(transcodeFrame(modules, layout, samplesOf(layout), to)).rejects.toMatchObject({
        code: 'TRANSFER_SYNTAX_NOT_ENCODABLE',
      });
    };
    await rejects(description(), '1.2.840.10008.1.2.4.50');
    await rejects(description(), '1.2.840.10008.1.2.4.90');
    await rejects(description({ bitsAllocated: 32 }), JPEG_LS);
    await rejects(description({ samplesPerPixel: 3, photometricInterpretation: 'RGB' }), HTJ2K);
  });

  test('can be decoded from more syntaxes than it can be encoded in', () => {
    const all = [
      '.4.50',
      '.4.51',
      '.4.57',
      '.4.70',
      '.4.80',
      '.4.81',
      '.4.90',
      '.4.91',
      '.4.201',
      '.4.203',
      '.1.98',
      '.1.99',
      '.2',
    ];
    for (const uid of all) expect(canDecode(`1.2.840.10008.1.2${uid}`)).toBe(true);
    for (const uid of ['.4.110', '.4.100', '.4.94', '.4.54'])
      expect(canDecode(`1.2.840.10008.1.2${uid}`)).toBe(false);
    expect(canDecode('1.2.840.10008.1.2.4.51', description({ bitsStored: 12 }))).toBe(false);
  });
});

describe('a forged or spoilt codestream', () => {
  const original = description({ rows: 64, columns: 64, bitsStored: 12 });

  async function encoded(to: string): Promise<{ bytes: Uint8Array; between: FrameDescription }> {
    return roundTrip(original, samplesOf(original), to);
  }

  for (const to of [JPEG_LS, HTJ2K]) {
    test(`that ends early is an error, not a guess, in ${to}`, async () => {
      const { bytes, between } = await encoded(to);
      for (const part of [0.1, 0.3, 0.5, 0.7, 0.9, 0.97]) {
        const cut = bytes.slice(0, Math.floor(bytes.length * part));
        await expect(decodeFrame(modules, between, cut), `${part}`).rejects.toBeInstanceOf(ImagingError);
      }
    });

    test(`with other dimensions than the data set is refused before a codec sees it, in ${to}`, async () => {
      const { bytes, between } = await encoded(to);
      for (const other of [{ rows: 65 }, { columns: 32 }, { rows: 40_000 / 10, columns: 65_535 / 5 }])
        await expect(decodeFrame(modules, { ...between, ...other }, bytes)).rejects.toMatchObject({
          code: 'CODESTREAM_MISMATCH',
        });
      await expect(decodeFrame(modules, { ...between, samplesPerPixel: 3 }, bytes)).rejects.toMatchObject({
        code: 'CODESTREAM_MISMATCH',
      });
    });

    test(`with changed bytes gives a frame of its size or an ImagingError, in ${to}`, async () => {
      const { bytes, between } = await encoded(to);
      const change = fc.tuple(fc.double({ min: 0, max: 0.9999, noNaN: true }), fc.nat(255));
      await fc.assert(
        fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
          const changed = bytes.slice();
          for (const [place, value] of changes) changed[Math.floor(place * place * changed.length)] = value;
          try {
            expect((await decodeFrame(modules, between, changed)).samples.length).toBe(8192);
          } catch (error) {
            expect(error).toBeInstanceOf(ImagingError);
          }
        }),
        { numRuns: 150 },
      );
    }, 120_000);
  }

  test('of garbage is an ImagingError in every syntax', async () => {
    const syntaxes = ['.4.50', '.4.57', '.4.70', '.4.80', '.4.90', '.4.201', '.5', '.1', '.8.1'];
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom(...syntaxes),
        async (bytes, uid) => {
          const transferSyntaxUID = `1.2.840.10008.1.2${uid}`;
          await expect(
            decodeFrame(modules, { ...original, transferSyntaxUID }, bytes),
          ).rejects.toBeInstanceOf(ImagingError);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('that claims what no memory holds is refused by its size', async () => {
    const forged = {
      ...original,
      rows: 65_535,
      columns: 65_535,
      transferSyntaxUID: '1.2.840.10008.1.2.4.70',
    };
    await expect(decodeFrame(modules, forged, new Uint8Array(100))).rejects.toMatchObject({
      code: 'FRAME_TOO_LARGE',
    });
  });

  test('of a deflated frame that grows beyond its size is refused', async () => {
    const { deflateRawSync } = await import('node:zlib');
    const bomb = deflateRawSync(new Uint8Array(50_000_000));
    const deflated = { ...original, transferSyntaxUID: '1.2.840.10008.1.2.8.1' };
    await expect(decodeFrame(modules, deflated, bomb)).rejects.toMatchObject({ code: 'LENGTH_WRONG' });
  });
});
