import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ImagingError } from '../imaging-error.ts';
import { description, frame, layouts } from '../testing/frames.ts';
import { decodeRle, encodeRle } from './rle.ts';

describe('RLE Lossless (PS3.5 Annex G)', () => {
  test('comes back as it was', () => {
    fc.assert(
      fc.property(layouts, fc.integer(), (layout, seed) => {
        const original = frame(layout, seed);
        const decoded = decodeRle(description(layout), encodeRle(original));
        expect(decoded.samples).toEqual(original.samples);
      }),
    );
  });

  test('takes samples of 32 bits and colour by plane', () => {
    const wide = frame({ bitsAllocated: 32, rows: 3, columns: 5 });
    expect(decodeRle(description(wide.layout), encodeRle(wide)).samples).toEqual(wide.samples);
    const planes = {
      ...description({ samplesPerPixel: 3, bitsAllocated: 8, rows: 1, columns: 2 }),
      planarConfiguration: 1 as const,
    };
    const encoded = encodeRle({ layout: planes, samples: Uint8Array.of(1, 2, 3, 4, 5, 6) });
    expect([...decodeRle(planes, encoded).samples]).toEqual([1, 3, 5, 2, 4, 6]);
  });

  test('has segments of even length, the first behind 64 bytes (G.5)', () => {
    fc.assert(
      fc.property(layouts, (layout) => {
        const encoded = encodeRle(frame(layout));
        const view = new DataView(encoded.buffer);
        for (let segment = 0; segment < view.getUint32(0, true); segment++)
          expect(view.getUint32(4 + segment * 4, true) % 2).toBe(0);
        expect(view.getUint32(4, true)).toBe(64);
        expect(encoded.length % 2).toBe(0);
      }),
    );
  });

  test('of random noise is no larger than its worst case', () => {
    const noise = frame({ bitsAllocated: 8, rows: 64, columns: 200 }, 77);
    expect(encodeRle(noise).length).toBeLessThan(noise.samples.length * 1.02 + 64 + 128);
  });

  test('cut short is an error', () => {
    const original = frame({ rows: 8, columns: 8 });
    const encoded = encodeRle(original);
    // The last byte may be the padding.
    for (let length = 0; length < encoded.length - 1; length++)
      expect(() => decodeRle(description(original.layout), encoded.subarray(0, length))).toThrow(
        ImagingError,
      );
  });

  test('with another number of segments than the data set needs is refused', () => {
    const encoded = encodeRle(frame({ bitsAllocated: 8 }));
    expect(() => decodeRle(description({ bitsAllocated: 16 }), encoded)).toThrow(
      expect.objectContaining({ code: 'CODESTREAM_MISMATCH' }),
    );
  });

  test('of any bytes is a frame of its size or an ImagingError', () => {
    const header = fc.array(fc.nat(255), { minLength: 0, maxLength: 200 });
    fc.assert(
      fc.property(header, fc.nat(3), (bytes, segments) => {
        const input = Uint8Array.from([segments, 0, 0, 0, 64, 0, 0, 0, ...bytes]);
        try {
          const { samples } = decodeRle(description({ bitsAllocated: 8, rows: 4, columns: 4 }), input);
          expect(samples.length).toBe(16);
        } catch (error) {
          expect(error).toBeInstanceOf(ImagingError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
