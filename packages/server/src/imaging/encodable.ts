import { TransferSyntaxUID } from '@leadglass/dicom';
import type { FrameDescription } from './frame-description.ts';

export type EncoderKind = 'native' | 'rle' | 'jpeg-ls' | 'htj2k';

/** What encodes each transfer syntax: lossless ones alone, so that values are never altered. */
const encoders: ReadonlyMap<string, EncoderKind> = new Map([
  [TransferSyntaxUID.ImplicitVRLittleEndian, 'native'],
  [TransferSyntaxUID.ExplicitVRLittleEndian, 'native'],
  [TransferSyntaxUID.DeflatedExplicitVRLittleEndian, 'native'],
  [TransferSyntaxUID.EncapsulatedUncompressedExplicitVRLittleEndian, 'native'],
  [TransferSyntaxUID.RLELossless, 'rle'],
  [TransferSyntaxUID.JPEGLSLossless, 'jpeg-ls'],
  // Any order of progression may be in it, the one of RPCL too.
  [TransferSyntaxUID.HTJ2KLossless, 'htj2k'],
  [TransferSyntaxUID.HTJ2KLosslessRPCL, 'htj2k'],
] as const);

/** What encodes a transfer syntax; undefined when nothing does. */
export function encoderOf(transferSyntaxUID: string): EncoderKind | undefined {
  return encoders.get(transferSyntaxUID);
}

/**
 * Whether frames can be made in a transfer syntax. With a description, also whether this kind of pixels can: those
 * without a byte of their own, floats and chrominance shared between pixels have no compressed form here.
 */
export function canEncode(transferSyntaxUID: string, description?: FrameDescription): boolean {
  const kind = encoders.get(transferSyntaxUID);
  if (kind === undefined || description === undefined || kind === 'native') return kind !== undefined;
  const { bitsAllocated, samplesPerPixel, isFloat } = description;
  if (isFloat || bitsAllocated === 1) return false;
  if (kind === 'rle') return (samplesPerPixel * bitsAllocated) / 8 <= 15;
  if (bitsAllocated > 16 || (samplesPerPixel !== 1 && samplesPerPixel !== 3)) return false;
  return kind === 'jpeg-ls' || samplesPerPixel === 1 || bitsAllocated === 8;
}
