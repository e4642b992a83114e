import type { CodecModules } from './codecs/codec-modules.ts';
import { colourByPixel } from './codecs/colour-by-pixel.ts';
import { encodeRle } from './codecs/rle.ts';
import { encodeHighThroughput, encodeJpegLS } from './codecs/wasm-encoders.ts';
import { decodeFrame } from './decode-frame.ts';
import { canEncode, encoderOf } from './encodable.ts';
import type { FrameDescription, SampleLayout } from './frame-description.ts';
import { ensure, ImagingError } from './imaging-error.ts';

/**
 * One frame in another transfer syntax. Values of pixels are never altered: syntaxes that lose something are not made.
 * @returns the bytes, and the layout the data set must state
 * @throws ImagingError
 */
export async function transcodeFrame(
  modules: CodecModules,
  description: FrameDescription,
  bytes: Uint8Array,
  transferSyntaxUID: string,
): Promise<{ layout: SampleLayout; bytes: Uint8Array<ArrayBuffer> }> {
  const kind = encoderOf(transferSyntaxUID);
  const isEncodable = kind !== undefined && canEncode(transferSyntaxUID, description);
  ensure(isEncodable, 'TRANSFER_SYNTAX_NOT_ENCODABLE', { transferSyntaxUID });
  const decoded = await decodeFrame(modules, description, bytes);
  switch (kind) {
    case 'native':
      return { layout: decoded.layout, bytes: decoded.samples };
    case 'rle': {
      // Planes of bytes, whatever the order before; what the layout says is of the pixels once decoded.
      const own = colourByPixel(decoded);
      return { layout: own.layout, bytes: encodeRle(own) };
    }
    case 'jpeg-ls': {
      const { layout, samples } = await encodeJpegLS(modules, decoded);
      return { layout, bytes: samples };
    }
    case 'htj2k': {
      const { layout, samples } = await encodeHighThroughput(modules, decoded);
      return { layout, bytes: samples };
    }
    default:
      throw new ImagingError('TRANSFER_SYNTAX_NOT_ENCODABLE', { transferSyntaxUID });
  }
}
