import type { CodecModules } from '../codecs/codec-modules.ts';
import { readSamples } from '../codecs/sample-arrays.ts';
import { decodeFrame } from '../decode-frame.ts';
import type { DecodedFrame } from '../frame-description.ts';
import { encodeGif } from '../image-files/gif.ts';
import { encodeJpeg } from '../image-files/jpeg.ts';
import { encodePng } from '../image-files/png.ts';
import { ensure } from '../imaging-error.ts';
import { CINE_FRAMES_MAX, CINE_PIXELS_MAX } from '../limits.ts';
import { renderColour, renderPalette } from './colour.ts';
import { renderGrey } from './grey.ts';
import type { RenderedImage } from './image.ts';
import { markOverlay } from './overlay.ts';
import type { FrameRenderInputs, RenderInputs } from './render-inputs.ts';
import { checkRenderOptions, QUALITY_DEFAULT } from './render-options.ts';
import type { RenderOptions } from './render-options.ts';
import { placeImage } from './scale.ts';
import { coverRow } from './shutter.ts';

/** Between frames of a cine loop whose data set says nothing: ten a second. */
const FRAME_TIME_DEFAULT_MS = 100;

export interface Rendered {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly mediaType: string;
  readonly rows: number;
  readonly columns: number;
}

/**
 * Renders frames to an image file (PS3.18 8.3.5, 10.4.1.1.3).
 * @param frames bytes as stored, one for each of `inputs.frames`
 * @throws ImagingError
 */
export async function render(
  modules: CodecModules,
  inputs: RenderInputs,
  frames: readonly Uint8Array[],
  options: RenderOptions,
): Promise<Rendered> {
  checkRenderOptions(options);
  const mediaType = options.mediaType ?? 'image/jpeg';
  const countFits = frames.length === inputs.frames.length && frames.length >= 1;
  ensure(countFits && (frames.length === 1 || mediaType === 'image/gif'), 'OPTION_INVALID', {
    option: 'frames',
  });
  ensure(frames.length <= CINE_FRAMES_MAX, 'FRAME_TOO_LARGE', {
    frames: frames.length,
    max: CINE_FRAMES_MAX,
  });
  const images: RenderedImage[] = [];
  let pixels = 0;
  for (const [order, bytes] of frames.entries()) {
    const decoded = await decodeFrame(modules, inputs.description, bytes);
    const image = renderFrame(decoded, inputs, inputs.frames[order] as FrameRenderInputs, options);
    pixels += image.rows * image.columns;
    ensure(pixels <= CINE_PIXELS_MAX, 'FRAME_TOO_LARGE', { pixels, max: CINE_PIXELS_MAX });
    images.push(image);
  }
  const image = images[0] as RenderedImage;
  const bytes = await encode(modules, images, mediaType, options, inputs);
  return { bytes, mediaType, rows: image.rows, columns: image.columns };
}

async function encode(
  modules: CodecModules,
  images: readonly RenderedImage[],
  mediaType: RenderOptions['mediaType'],
  options: RenderOptions,
  inputs: RenderInputs,
): Promise<Uint8Array<ArrayBuffer>> {
  const image = images[0] as RenderedImage;
  if (mediaType === 'image/png') return encodePng(image);
  if (mediaType === 'image/gif') return encodeGif(images, inputs.frameTimeMs ?? FRAME_TIME_DEFAULT_MS);
  return encodeJpeg(modules, image, options.quality ?? QUALITY_DEFAULT);
}

/** One frame as people see it: grey levels or colours, overlays, shutters, then its size. */
export function renderFrame(
  decoded: DecodedFrame,
  inputs: RenderInputs,
  frame: FrameRenderInputs,
  options: RenderOptions,
): RenderedImage {
  const { layout } = decoded;
  const isPalette = layout.photometricInterpretation === 'PALETTE COLOR';
  const isColour = layout.samplesPerPixel > 1;
  const image = isPalette
    ? renderPalette(decoded, inputs.palette)
    : isColour
      ? renderColour(decoded)
      : renderGrey(decoded, frame, options);
  if (options.overlays !== false) drawOverlays(image, decoded, inputs, frame);
  if (options.shutters !== false) closeShutters(image, frame);
  return placeImage(image, options.squarePixels === false ? 1 : frame.pixelAspect, options.viewport);
}

/** Overlays are drawn in white. */
function drawOverlays(
  image: RenderedImage,
  decoded: DecodedFrame,
  inputs: RenderInputs,
  frame: FrameRenderInputs,
): void {
  if (inputs.overlays.length === 0) return;
  const { bitsAllocated, samplesPerPixel, isFloat } = decoded.layout;
  const hasSamples = !isFloat && samplesPerPixel === 1 && (bitsAllocated === 8 || bitsAllocated === 16);
  const samples = hasSamples ? readSamples(decoded.samples, bitsAllocated, false) : new Uint8Array(0);
  for (const plane of inputs.overlays)
    markOverlay(
      plane,
      image,
      frame.index,
      (pixel) => samples[pixel] ?? 0,
      (pixel) => {
        image.data.fill(255, pixel * image.channels, (pixel + 1) * image.channels);
      },
    );
}

function closeShutters(image: RenderedImage, { shutters, shutterLevel }: FrameRenderInputs): void {
  const { columns, channels } = image;
  for (const shutter of shutters)
    for (let row = 0; row < image.rows; row++)
      coverRow(shutter, row, columns, (from, to) => {
        image.data.fill(shutterLevel, (row * columns + from) * channels, (row * columns + to) * channels);
      });
}
