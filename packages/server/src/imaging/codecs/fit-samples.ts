import type { SampleLayout } from '../frame-description.ts';
import { ensure } from '../imaging-error.ts';

/**
 * Gives samples the width and the sign the data set has. Codecs give 8 bits where the precision is up to 8, else 16;
 * the data set may allocate more than its codestream needs.
 *
 * Where one is signed and the other is not, bits count, not values: a codestream's two's complement is what was stored
 * before, so a data set that is unsigned takes its bits, and one that is signed extends the sign from the precision.
 * @param given little endian
 * @param isSigned whether the codestream's samples are signed; undefined where its kind cannot say
 */
export function fitSamples(
  given: Uint8Array<ArrayBuffer>,
  precision: number,
  layout: SampleLayout,
  isSigned?: boolean,
): Uint8Array<ArrayBuffer> {
  const { bitsAllocated, pixelRepresentation } = layout;
  if (bitsAllocated === 1 && precision === 1) return packed(given);
  ensure(bitsAllocated === 8 || bitsAllocated === 16 || bitsAllocated === 32, 'PIXELS_UNSUPPORTED', {
    bitsAllocated,
  });
  ensure(precision <= bitsAllocated, 'CODESTREAM_MISMATCH', { precision, bitsAllocated });
  const samples =
    precision > 8
      ? new Int16Array(given.buffer, given.byteOffset, given.byteLength / 2)
      : new Int8Array(given.buffer, given.byteOffset, given.byteLength);
  const width = samples.BYTES_PER_ELEMENT * 8;
  const extendsSign = pixelRepresentation === 1 && (isSigned === true || isSigned === false);
  const isAsStored = width === bitsAllocated && (precision === width || isSigned === undefined);
  if (isAsStored || (width === bitsAllocated && isSigned === (pixelRepresentation === 1))) return given;
  const fitted = new (bitsAllocated === 8 ? Int8Array : bitsAllocated === 16 ? Int16Array : Int32Array)(
    samples.length,
  );
  const shift = 32 - precision;
  const mask = precision === 32 ? -1 : (1 << precision) - 1;
  for (let at = 0; at < samples.length; at++) {
    const sample = samples[at] as number;
    fitted[at] = extendsSign ? (sample << shift) >> shift : sample & mask;
  }
  return new Uint8Array(fitted.buffer);
}

/** One-bit samples, one a byte, as they are stored: eight to a byte, the first in the lowest bit (PS3.5 8.1.1). */
function packed(given: Uint8Array): Uint8Array<ArrayBuffer> {
  const bits = new Uint8Array(Math.ceil(given.length / 8));
  for (let at = 0; at < given.length; at++)
    if (given[at] !== 0) bits[at >> 3] = (bits[at >> 3] as number) | (1 << (at & 7));
  return bits;
}
