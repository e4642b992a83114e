import { TransferSyntaxUID, transferSyntax } from '@leadglass/dicom';
import { readJpegHeader } from './codestream/jpeg-header.ts';
import type { JpegHeader } from './codestream/jpeg-header.ts';
import type { CodecModules } from './codecs/codec-modules.ts';
import { fitSamples } from './codecs/fit-samples.ts';
import { decodeJpegLossless } from './codecs/jpeg-lossless.ts';
import { decodeDeflatedFrame, decodeNative } from './codecs/native.ts';
import { decodeRle } from './codecs/rle.ts';
import {
  checkDimensions,
  decodeHighThroughput,
  decodeJpeg2000,
  decodeJpeg8,
  decodeJpegLS,
} from './codecs/wasm-decoders.ts';
import { checkDescription, layoutOf } from './frame-description.ts';
import type { DecodedFrame, FrameDescription } from './frame-description.ts';
import { ensure, ImagingError } from './imaging-error.ts';
import { ENCODED_FRAME_MAX_BYTES } from './limits.ts';

type Kind = 'native' | 'deflated-frame' | 'rle' | 'jpeg' | 'jpeg-ls' | 'jpeg-2000' | 'htj2k';

/** What decodes each transfer syntax. All others are stored and given back as they are. */
const kinds: ReadonlyMap<string, Kind> = new Map([
  [TransferSyntaxUID.ImplicitVRLittleEndian, 'native'],
  [TransferSyntaxUID.ExplicitVRLittleEndian, 'native'],
  [TransferSyntaxUID.ExplicitVRBigEndian, 'native'],
  [TransferSyntaxUID.DeflatedExplicitVRLittleEndian, 'native'],
  [TransferSyntaxUID.EncapsulatedUncompressedExplicitVRLittleEndian, 'native'],
  [TransferSyntaxUID.DeflatedImageFrameCompression, 'deflated-frame'],
  [TransferSyntaxUID.RLELossless, 'rle'],
  [TransferSyntaxUID.JPEGBaseline8Bit, 'jpeg'],
  [TransferSyntaxUID.JPEGExtended12Bit, 'jpeg'],
  [TransferSyntaxUID.JPEGSpectralSelectionNonHierarchical68, 'jpeg'],
  [TransferSyntaxUID.JPEGFullProgressionNonHierarchical1012, 'jpeg'],
  [TransferSyntaxUID.JPEGLossless, 'jpeg'],
  [TransferSyntaxUID.JPEGLosslessSV1, 'jpeg'],
  [TransferSyntaxUID.JPEGLSLossless, 'jpeg-ls'],
  [TransferSyntaxUID.JPEGLSNearLossless, 'jpeg-ls'],
  [TransferSyntaxUID.JPEG2000Lossless, 'jpeg-2000'],
  [TransferSyntaxUID.JPEG2000, 'jpeg-2000'],
  [TransferSyntaxUID.HTJ2KLossless, 'htj2k'],
  [TransferSyntaxUID.HTJ2KLosslessRPCL, 'htj2k'],
  [TransferSyntaxUID.HTJ2K, 'htj2k'],
] as const);

const JPEG_LS = 0xf7;
const LOSSLESS = 0xc3;
const DCT: ReadonlySet<number> = new Set([0xc0, 0xc1, 0xc2]);

/**
 * Whether frames of a transfer syntax can be decoded here. With a description, also whether this kind of pixels can;
 * a codestream may still turn out to be something else.
 */
export function canDecode(transferSyntaxUID: string, description?: FrameDescription): boolean {
  const kind = kinds.get(transferSyntaxUID);
  if (kind === undefined || description === undefined) return kind !== undefined;
  const { bitsAllocated, bitsStored, samplesPerPixel } = description;
  if (kind === 'native' || kind === 'deflated-frame') return true;
  if (kind === 'rle') return (samplesPerPixel * bitsAllocated) / 8 <= 15;
  if (bitsStored > 16) return false;
  if (kind === 'jpeg-2000' && samplesPerPixel > 1) return bitsStored <= 8;
  // Extended JPEG of 12 bits has no decoder here; nor has any other of more than 8 but the lossless ones.
  const isLossy = kind === 'jpeg' && transferSyntax(transferSyntaxUID)?.lossy !== false;
  return !isLossy || bitsStored <= 8;
}

/**
 * Decodes one frame. Values are the stored ones; colour is left in its space, which the layout names; length and
 * header are checked against the description before and after.
 * @param bytes the frame as stored, fragments joined
 * @throws ImagingError
 */
export async function decodeFrame(
  modules: CodecModules,
  description: FrameDescription,
  bytes: Uint8Array,
): Promise<DecodedFrame> {
  checkDescription(description);
  ensure(bytes.length <= ENCODED_FRAME_MAX_BYTES, 'FRAME_TOO_LARGE', { bytes: bytes.length });
  const { transferSyntaxUID } = description;
  const kind = kinds.get(transferSyntaxUID);
  switch (kind) {
    case 'native':
      return decodeNative(description, bytes);
    case 'deflated-frame':
      return decodeDeflatedFrame(description, bytes);
    case 'rle':
      return decodeRle(description, bytes);
    case 'jpeg':
    case 'jpeg-ls':
      return decodeJpegFamily(modules, description, bytes);
    case 'jpeg-2000':
      return decodeJpeg2000(modules, description, bytes);
    case 'htj2k':
      return decodeHighThroughput(modules, description, bytes);
    case undefined:
      throw new ImagingError('TRANSFER_SYNTAX_NOT_DECODABLE', { transferSyntaxUID });
  }
}

/** The frame header says which JPEG it is: transfer syntaxes of the family are mixed up in the field. */
function decodeJpegFamily(
  modules: CodecModules,
  description: FrameDescription,
  bytes: Uint8Array,
): DecodedFrame | Promise<DecodedFrame> {
  const header = readJpegHeader(bytes);
  checkDimensions(description, { ...header, components: header.components.length });
  if (DCT.has(header.startOfFrame)) return decodeJpeg8(modules, description, header, bytes);
  if (header.startOfFrame === LOSSLESS) return decodeLossless(description, header, bytes);
  if (header.startOfFrame === JPEG_LS) return decodeJpegLS(modules, description, header, bytes);
  throw new ImagingError('PIXELS_UNSUPPORTED', { startOfFrame: header.startOfFrame.toString(16) });
}

function decodeLossless(description: FrameDescription, header: JpegHeader, bytes: Uint8Array): DecodedFrame {
  ensure(header.precision >= 2 && header.precision <= 16, 'CODESTREAM_INVALID', {
    precision: header.precision,
  });
  const decoded = decodeJpegLossless(header, bytes);
  const given = header.precision > 8 ? new Uint8Array(decoded.buffer) : Uint8Array.from(decoded);
  const samples = fitSamples(given, header.precision, description);
  return { layout: layoutOf(description, { planarConfiguration: 0 }), samples };
}
