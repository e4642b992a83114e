import type { DecodedFrame } from '../frame-description.ts';
import { layoutOf } from '../frame-description.ts';
import { ensure } from '../imaging-error.ts';
import type { CodecModules } from './codec-modules.ts';
import { copied } from './codec-modules.ts';
import { colourByPixel } from './colour-by-pixel.ts';
import { readSamples } from './sample-arrays.ts';

/** Sides of the lowest resolution of an HTJ2K codestream with RPCL options: a viewer's first glimpse. */
const lowestResolutionMax = 64;
const decompositionsMin = 5;
const RPCL = 2;

/**
 * Encodes a frame in JPEG-LS without loss (PS3.5 A.4.3), colour interleaved by sample. Values stay as they are, sign
 * bits included: JPEG-LS knows no sign, so signed samples take all bits allocated.
 * @throws ImagingError PIXELS_UNSUPPORTED
 */
export function encodeJpegLS(modules: CodecModules, frame: DecodedFrame): Promise<DecodedFrame> {
  const { layout, samples } = colourByPixel(frame);
  const { rows, columns, samplesPerPixel, bitsAllocated } = layout;
  ensure(bitsAllocated === 8 || bitsAllocated === 16, 'PIXELS_UNSUPPORTED', { bitsAllocated });
  const bitsPerSample = usedBits(layout.pixelRepresentation === 1, frame, 2);
  return modules.use('charls', (codec) => {
    const encoder = new codec.JpegLSEncoder();
    try {
      encoder.setNearLossless(0);
      encoder.setInterleaveMode(samplesPerPixel > 1 ? 2 : 0);
      // Up to 8 bits a sample takes one byte, above two: the precision must not cross from the bits allocated.
      const precision = bitsAllocated === 16 ? Math.max(9, bitsPerSample) : bitsPerSample;
      const input = encoder.getDecodedBuffer({
        width: columns,
        height: rows,
        bitsPerSample: precision,
        componentCount: samplesPerPixel,
      });
      ensure(input.length === samples.length, 'LENGTH_WRONG', {
        expected: samples.length,
        given: input.length,
      });
      input.set(samples);
      encoder.encode();
      return { layout, samples: copied(encoder.getEncodedBuffer(), codec) };
    } finally {
      encoder.delete();
    }
  });
}

/** Bits that hold every sample: those stored, unless something lies above them, or sign bits do. */
function usedBits(isSigned: boolean, { layout, samples }: DecodedFrame, min: number): number {
  const { bitsAllocated, bitsStored } = layout;
  if (isSigned || bitsStored === bitsAllocated) return bitsAllocated;
  let bits = 0;
  for (const sample of readSamples(samples, bitsAllocated, false)) bits |= sample;
  return bits >>> bitsStored === 0 ? Math.max(min, bitsStored) : bitsAllocated;
}

/**
 * Encodes a frame in HTJ2K, reversible, RPCL (PS3.5 A.4.12; ISO/IEC 15444-15), with TLM and a tile-part for each
 * resolution, so that whoever reads the first bytes has the first resolution. RGB is transformed (YBR_RCT).
 *
 * The codec takes samples of 8 bits as unsigned ones and of 16 as they are, and no precision between; a codestream's
 * sign and precision matter only to the level shift of half the range (ISO/IEC 15444-1 G.1). So the shift is done
 * here, and the true precision and sign are written into the codestream's header afterwards.
 * @throws ImagingError PIXELS_UNSUPPORTED
 */
export async function encodeHighThroughput(
  modules: CodecModules,
  frame: DecodedFrame,
): Promise<DecodedFrame> {
  const { layout, samples } = colourByPixel(frame);
  const { rows, columns, samplesPerPixel, bitsAllocated } = layout;
  const isColour = samplesPerPixel === 3;
  const isEncodable =
    (samplesPerPixel === 1 && (bitsAllocated === 8 || bitsAllocated === 16)) ||
    (isColour && bitsAllocated === 8 && layout.pixelRepresentation === 0);
  ensure(isEncodable, 'PIXELS_UNSUPPORTED', { bitsAllocated, samplesPerPixel });
  const isSigned = layout.pixelRepresentation === 1;
  const precision = isColour ? 8 : precisionOf({ layout, samples });
  const transforms = isColour && layout.photometricInterpretation === 'RGB';
  const shifted = isColour ? samples : levelShifted({ layout, samples }, precision);
  const given = isColour && !transforms ? linesScrambled(shifted, rows, columns) : shifted;
  const bytes = await modules.use('openjph', (codec) => {
    const encoder = new codec.HTJ2KEncoder();
    try {
      encoder.setDecompositions(decompositionsFor(rows, columns));
      encoder.setQuality(true, 0);
      encoder.setProgressionOrder(RPCL);
      encoder.setTLMMarker(true);
      encoder.setTilePartDivisionsAtResolutions(true);
      const input = encoder.getDecodedBuffer({
        width: columns,
        height: rows,
        bitsPerSample: bitsAllocated,
        componentCount: samplesPerPixel,
        isSigned: bitsAllocated === 16,
        isUsingColorTransform: transforms,
      });
      ensure(input.length === given.length, 'LENGTH_WRONG', { expected: given.length, given: input.length });
      input.set(given);
      encoder.encode();
      return copied(encoder.getEncodedBuffer(), codec);
    } finally {
      encoder.delete();
    }
  });
  if (!isColour) writePrecision(bytes, precision, isSigned);
  const photometricInterpretation = transforms ? 'YBR_RCT' : layout.photometricInterpretation;
  return { layout: layoutOf(layout, { photometricInterpretation }), samples: bytes };
}

function decompositionsFor(rows: number, columns: number): number {
  const needed = Math.ceil(Math.log2(Math.max(rows, columns) / lowestResolutionMax));
  return Math.max(decompositionsMin, needed);
}

/** The bits stored, unless a sample does not fit them: then all. */
function precisionOf({ layout, samples }: DecodedFrame): number {
  const { bitsAllocated, bitsStored, pixelRepresentation } = layout;
  const isSigned = pixelRepresentation === 1;
  const low = isSigned ? -(2 ** (bitsStored - 1)) : 0;
  const high = low + 2 ** bitsStored - 1;
  for (const sample of readSamples(samples, bitsAllocated, isSigned))
    if (sample < low || sample > high) return bitsAllocated;
  return bitsStored;
}

/** Unsigned samples lowered by half their range; those of 8 bits then raised by 128, which the codec takes away. */
function levelShifted({ layout, samples }: DecodedFrame, precision: number): Uint8Array<ArrayBuffer> {
  const { bitsAllocated, pixelRepresentation } = layout;
  const shift = (pixelRepresentation === 1 ? 0 : -(2 ** (precision - 1))) + (bitsAllocated === 8 ? 128 : 0);
  if (shift === 0) return samples;
  const bytes = samples.slice();
  const shifted = readSamples(bytes, bitsAllocated, pixelRepresentation === 1);
  for (let at = 0; at < shifted.length; at++) shifted[at] = (shifted[at] as number) + shift;
  return bytes;
}

/** Ssiz of the one component: SOC, then SIZ with its fixed part of 38 bytes (ISO/IEC 15444-1 A.5.1). */
function writePrecision(codestream: Uint8Array, precision: number, isSigned: boolean): void {
  const ssizOffset = 2 + 2 + 38;
  codestream[ssizOffset] = (precision - 1) | (isSigned ? 0x80 : 0);
}

/** Lines as the codec will take them without a colour transformation: see linesInOrder of the decoder. */
function linesScrambled(samples: Uint8Array, rows: number, columns: number): Uint8Array<ArrayBuffer> {
  const scrambled = new Uint8Array(samples.length);
  const components = 3;
  const lineBytes = columns * components;
  for (let line = 0; line < rows * components; line++) {
    const takenFrom = Math.floor(line / components) * lineBytes + (line % components);
    const belongsAt = (line % rows) * lineBytes + Math.floor(line / rows);
    for (let x = 0; x < lineBytes; x += components)
      scrambled[takenFrom + x] = samples[belongsAt + x] as number;
  }
  return scrambled;
}
