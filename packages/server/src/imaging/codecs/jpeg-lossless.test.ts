import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readJpegHeader } from '../codestream/jpeg-header.ts';
import { ImagingError } from '../imaging-error.ts';
import { otherLosslessDecoder } from '../testing/frames.ts';
import { encodeLossless } from '../testing/jpeg-lossless-encoder.ts';
import type { LosslessOptions } from '../testing/jpeg-lossless-encoder.ts';
import { decodeJpegLossless } from './jpeg-lossless.ts';

function decode(bytes: Uint8Array): Uint16Array {
  return decodeJpegLossless(readJpegHeader(bytes), bytes);
}

const options: fc.Arbitrary<LosslessOptions> = fc.record({
  rows: fc.integer({ min: 1, max: 12 }),
  columns: fc.integer({ min: 1, max: 12 }),
  components: fc.constantFrom(1, 3),
  precision: fc.integer({ min: 2, max: 16 }),
  predictor: fc.integer({ min: 1, max: 7 }),
  restartRows: fc.integer({ min: 0, max: 3 }),
  separateScans: fc.boolean(),
});

function randomSamples({ rows, columns, components, precision }: LosslessOptions, seed: number): Uint16Array {
  let state = seed | 1;
  return Uint16Array.from({ length: rows * columns * components }, () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) & ((1 << precision) - 1);
  });
}

describe('lossless JPEG (ISO/IEC 10918-1 Annex H)', () => {
  test('comes back as it was, with every predictor, precision, restart and order of components', () => {
    fc.assert(
      fc.property(options, fc.integer(), (wanted, seed) => {
        const samples = randomSamples(wanted, seed);
        expect(decode(encodeLossless(samples, wanted))).toEqual(samples);
      }),
      { numRuns: 400 },
    );
  });

  test('gives back zeros for what a point transform took away', () => {
    const wanted = { rows: 3, columns: 5, components: 1, precision: 12, predictor: 1, pointTransform: 3 };
    const samples = randomSamples(wanted, 9);
    expect(decode(encodeLossless(samples, wanted))).toEqual(samples.map((sample) => sample & ~7));
  });

  test('is what another decoder makes of it', () => {
    const other = otherLosslessDecoder();
    for (const predictor of [1, 2, 3, 4, 5, 6]) {
      const wanted = { rows: 20, columns: 30, components: 1, precision: 16, predictor };
      const bytes = encodeLossless(randomSamples(wanted, predictor), wanted);
      expect(new Uint8Array(decode(bytes).buffer)).toEqual(other(bytes));
    }
  });

  test('cut short anywhere is an error, never a guess', () => {
    const wanted = { rows: 8, columns: 8, components: 1, precision: 12, predictor: 4 };
    const bytes = encodeLossless(randomSamples(wanted, 5), wanted);
    for (let length = 0; length < bytes.length - 3; length++)
      expect(() => decode(bytes.subarray(0, length)), `${length} bytes`).toThrow(ImagingError);
  });

  test('with any bytes changed gives samples or an ImagingError', () => {
    const wanted = { rows: 6, columns: 7, components: 3, precision: 8, predictor: 7, restartRows: 2 };
    const bytes = encodeLossless(randomSamples(wanted, 3), wanted);
    const change = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
        const changed = bytes.slice();
        for (const [at, value] of changes) changed[at] = value;
        try {
          const header = readJpegHeader(changed);
          // Callers compare dimensions with the data set's first; a forged one never comes this far.
          if (header.rows * header.columns * header.components.length > 10_000) return;
          decodeJpegLossless(header, changed);
        } catch (error) {
          expect(error).toBeInstanceOf(ImagingError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
