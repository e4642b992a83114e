import { inflateRawSync } from 'node:zlib';
import { transferSyntax } from '@leadglass/dicom';
import { layoutOf, nativeFrameBits } from '../frame-description.ts';
import type { DecodedFrame, FrameDescription } from '../frame-description.ts';
import { ensure, ImagingError } from '../imaging-error.ts';

/** Bytes behind a frame that are let pass: the padding of an odd length. */
const paddingBytes = 1;

/**
 * Samples of a native frame, little endian (PS3.5 8.1.1, Annex A): a copy, with colour as it is stored.
 *
 * In big endian, words of OW have their bytes the other way round, whatever samples lie in them.
 * @throws ImagingError LENGTH_WRONG, PIXELS_UNSUPPORTED
 */
export function decodeNative(description: FrameDescription, bytes: Uint8Array): DecodedFrame {
  const length = Math.ceil(nativeFrameBits(description) / 8);
  const isEnough = bytes.length >= length && bytes.length <= length + paddingBytes;
  ensure(isEnough, 'LENGTH_WRONG', { expected: length, given: bytes.length });
  const isBigEndian = transferSyntax(description.transferSyntaxUID)?.littleEndian === false;
  const swapsBy = isBigEndian ? swapUnit(description) : 1;
  const samples = new Uint8Array(length);
  if (swapsBy === 1) {
    samples.set(bytes.subarray(0, length));
  } else {
    // The last byte of an odd frame lies in a word with its padding, or with the next frame's first byte.
    ensure(bytes.length % swapsBy === 0, 'PIXELS_UNSUPPORTED', { bigEndianFrameBytes: bytes.length });
    const swapped = Buffer.from(bytes);
    if (swapsBy === 2) swapped.swap16();
    else if (swapsBy === 4) swapped.swap32();
    else swapped.swap64();
    samples.set(swapped.subarray(0, length));
  }
  return { layout: layoutOf(description), samples };
}

function swapUnit({ pixelDataVR }: FrameDescription): 1 | 2 | 4 | 8 {
  return { OB: 1, OW: 2, OF: 4, OD: 8 }[pixelDataVR] as 1 | 2 | 4 | 8;
}

/**
 * A frame of Deflated Image Frame Compression (PS3.5 A.4.13): a raw RFC 1951 stream of a native frame.
 * @throws ImagingError CODESTREAM_INVALID, LENGTH_WRONG
 */
export function decodeDeflatedFrame(description: FrameDescription, bytes: Uint8Array): DecodedFrame {
  const length = Math.ceil(nativeFrameBits(description) / 8);
  try {
    const inflated = inflateRawSync(bytes, { maxOutputLength: length + paddingBytes });
    return decodeNative(description, inflated);
  } catch (error) {
    if (error instanceof ImagingError) throw error;
    if (error instanceof RangeError) throw new ImagingError('LENGTH_WRONG', { expected: length });
    throw new ImagingError('CODESTREAM_INVALID', { codec: 'deflate' });
  }
}
