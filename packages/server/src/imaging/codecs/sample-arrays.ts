import { ImagingError } from '../imaging-error.ts';

/** Samples of one to four bytes as numbers: a view of the same bytes. */
export type SampleArray = Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array;

/**
 * A view of little-endian samples as numbers, copied first where they do not lie on their own boundaries.
 * @throws ImagingError PIXELS_UNSUPPORTED for widths other than 8, 16 and 32 bits
 */
export function readSamples(bytes: Uint8Array, bitsAllocated: number, isSigned: boolean): SampleArray {
  const bytesPerSample = bitsAllocated / 8;
  const aligned = bytes.byteOffset % bytesPerSample === 0 ? bytes : bytes.slice();
  const { buffer, byteOffset } = aligned;
  const length = Math.floor(aligned.byteLength / bytesPerSample);
  switch (bitsAllocated) {
    case 8:
      return isSigned
        ? new Int8Array(buffer, byteOffset, length)
        : new Uint8Array(buffer, byteOffset, length);
    case 16:
      return isSigned
        ? new Int16Array(buffer, byteOffset, length)
        : new Uint16Array(buffer, byteOffset, length);
    case 32:
      return isSigned
        ? new Int32Array(buffer, byteOffset, length)
        : new Uint32Array(buffer, byteOffset, length);
    default:
      throw new ImagingError('PIXELS_UNSUPPORTED', { bitsAllocated });
  }
}
