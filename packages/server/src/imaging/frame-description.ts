import { Tag, transferSyntax } from '@leadglass/dicom';
import type { DataSet } from '@leadglass/dicom';
import { ensure, ImagingError } from './imaging-error.ts';
import {
  DECODED_FRAME_MAX_BYTES,
  FRAMES_MAX,
  PIXELS_PER_FRAME_MAX,
  SAMPLES_PER_PIXEL_MAX,
} from './limits.ts';

/** How samples of one frame lie in memory: the Image Pixel Module (PS3.3 C.7.6.3), little endian. */
export interface SampleLayout {
  readonly rows: number;
  readonly columns: number;
  readonly samplesPerPixel: number;
  /** 1, 8, 16, 32 or 64. One-bit pixels are packed, first pixel in the lowest bit (PS3.5 8.1.1). */
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  readonly highBit: number;
  /** 1: two's complement. */
  readonly pixelRepresentation: 0 | 1;
  readonly photometricInterpretation: string;
  /** 0: colour by pixel, 1: colour by plane. */
  readonly planarConfiguration: 0 | 1;
  readonly isFloat: boolean;
}

/** What the data set says of its frames as stored. A plain object: it travels to workers. */
export interface FrameDescription extends SampleLayout {
  readonly transferSyntaxUID: string;
  readonly numberOfFrames: number;
  /** VR of the pixel data as stored, which decides its byte order (PS3.5 A.2). */
  readonly pixelDataVR: 'OB' | 'OW' | 'OF' | 'OD';
}

/** Samples of one frame, decoded: bytes as `layout` says. */
export interface DecodedFrame {
  readonly layout: SampleLayout;
  readonly samples: Uint8Array<ArrayBuffer>;
}

const bitsAllocatedKnown: ReadonlySet<number> = new Set([1, 8, 16, 32, 64]);

/** Photometric interpretations whose pixels, when native, share chrominance two by two (PS3.3 C.7.6.3.1.2). */
const halfChrominance: ReadonlySet<string> = new Set(['YBR_FULL_422', 'YBR_PARTIAL_422']);

/**
 * What a data set says of its frames (PS3.3 C.7.6.3, C.7.6.24), checked against every limit and against itself.
 * Pixel data need not be there: header data sets do.
 * @throws ImagingError DESCRIPTION_INVALID, FRAME_TOO_LARGE, PIXELS_UNSUPPORTED
 */
export function describeFrames(dataSet: DataSet, transferSyntaxUID: string): FrameDescription {
  const float = dataSet.has(Tag.FloatPixelData) ? 32 : dataSet.has(Tag.DoubleFloatPixelData) ? 64 : undefined;
  const bitsAllocated = float ?? count(dataSet, Tag.BitsAllocated, 'BitsAllocated');
  const bitsStored = float ?? dataSet.number(Tag.BitsStored) ?? bitsAllocated;
  const description: FrameDescription = {
    transferSyntaxUID,
    rows: count(dataSet, Tag.Rows, 'Rows'),
    columns: count(dataSet, Tag.Columns, 'Columns'),
    samplesPerPixel: dataSet.number(Tag.SamplesPerPixel) ?? 1,
    bitsAllocated,
    bitsStored,
    highBit: float === undefined ? (dataSet.number(Tag.HighBit) ?? bitsStored - 1) : bitsStored - 1,
    pixelRepresentation: dataSet.number(Tag.PixelRepresentation) === 1 ? 1 : 0,
    photometricInterpretation: dataSet.string(Tag.PhotometricInterpretation) ?? 'MONOCHROME2',
    planarConfiguration: dataSet.number(Tag.PlanarConfiguration) === 1 ? 1 : 0,
    isFloat: float !== undefined,
    numberOfFrames: frameCount(dataSet),
    pixelDataVR: pixelDataVR(dataSet, transferSyntaxUID, bitsAllocated, float),
  };
  checkDescription(description);
  return description;
}

function count(dataSet: DataSet, tag: number, attribute: string): number {
  const value = dataSet.number(tag);
  if (value === undefined || !Number.isInteger(value) || value < 1)
    throw new ImagingError('DESCRIPTION_INVALID', { attribute });
  return value;
}

function frameCount(dataSet: DataSet): number {
  const value = dataSet.string(Tag.NumberOfFrames) === undefined ? 1 : dataSet.number(Tag.NumberOfFrames);
  if (value === undefined || !Number.isInteger(value) || value < 0)
    throw new ImagingError('DESCRIPTION_INVALID', { attribute: 'NumberOfFrames' });
  ensure(value <= FRAMES_MAX, 'FRAME_TOO_LARGE', { attribute: 'NumberOfFrames', max: FRAMES_MAX });
  return Math.max(1, value);
}

/** Encapsulated pixel data is OB, implicit OW; explicit says so itself (PS3.5 A.1, A.2, A.4). */
function pixelDataVR(
  dataSet: DataSet,
  transferSyntaxUID: string,
  bitsAllocated: number,
  float: 32 | 64 | undefined,
): FrameDescription['pixelDataVR'] {
  if (float !== undefined) return float === 32 ? 'OF' : 'OD';
  const syntax = transferSyntax(transferSyntaxUID);
  if (syntax?.encapsulated === true) return 'OB';
  const vr = dataSet.get(Tag.PixelData)?.vr;
  if (vr === 'OB' || vr === 'OW') return vr;
  return bitsAllocated > 8 || syntax?.explicitVR === false ? 'OW' : 'OB';
}

/**
 * Checks what came from elsewhere, such as another thread or a caller.
 * @throws ImagingError DESCRIPTION_INVALID, FRAME_TOO_LARGE, PIXELS_UNSUPPORTED
 */
export function checkDescription(description: FrameDescription): void {
  const { rows, columns, samplesPerPixel, bitsAllocated, bitsStored, highBit } = description;
  ensure(rows >= 1 && rows <= 65535 && columns >= 1 && columns <= 65535, 'DESCRIPTION_INVALID', {
    attribute: 'Rows',
  });
  ensure(samplesPerPixel >= 1 && Number.isInteger(samplesPerPixel), 'DESCRIPTION_INVALID', {
    attribute: 'SamplesPerPixel',
  });
  ensure(samplesPerPixel <= SAMPLES_PER_PIXEL_MAX, 'PIXELS_UNSUPPORTED', { samplesPerPixel });
  ensure(bitsAllocatedKnown.has(bitsAllocated), 'PIXELS_UNSUPPORTED', { bitsAllocated });
  ensure(bitsStored >= 1 && bitsStored <= bitsAllocated, 'DESCRIPTION_INVALID', { attribute: 'BitsStored' });
  const topBit = highBit >= bitsStored - 1 && highBit < bitsAllocated;
  ensure(topBit, 'DESCRIPTION_INVALID', { attribute: 'HighBit' });
  ensure(rows * columns <= PIXELS_PER_FRAME_MAX, 'FRAME_TOO_LARGE', { rows, columns });
  const bytes = rows * columns * samplesPerPixel * Math.max(1, bitsAllocated / 8);
  ensure(bytes <= DECODED_FRAME_MAX_BYTES, 'FRAME_TOO_LARGE', { bytes, max: DECODED_FRAME_MAX_BYTES });
}

/** Samples a stored native pixel has: two where chrominance is shared by pairs, though three are counted. */
export function storedSamplesPerPixel(layout: SampleLayout): number {
  return halfChrominance.has(layout.photometricInterpretation) && layout.samplesPerPixel === 3
    ? 2
    : layout.samplesPerPixel;
}

/** Bits of a native frame; frames of one-bit pixels need not begin on bytes. */
export function nativeFrameBits(layout: SampleLayout): number {
  return layout.rows * layout.columns * storedSamplesPerPixel(layout) * layout.bitsAllocated;
}

/** Bytes of a frame once decoded by a codec: no chrominance is shared any more. */
export function decodedFrameBytes(layout: SampleLayout): number {
  return Math.ceil((layout.rows * layout.columns * layout.samplesPerPixel * layout.bitsAllocated) / 8);
}

/** The layout alone of a description. */
export function layoutOf(description: SampleLayout, changes: Partial<SampleLayout> = {}): SampleLayout {
  return {
    rows: description.rows,
    columns: description.columns,
    samplesPerPixel: description.samplesPerPixel,
    bitsAllocated: description.bitsAllocated,
    bitsStored: description.bitsStored,
    highBit: description.highBit,
    pixelRepresentation: description.pixelRepresentation,
    photometricInterpretation: description.photometricInterpretation,
    planarConfiguration: description.planarConfiguration,
    isFloat: description.isFloat,
    ...changes,
  };
}
