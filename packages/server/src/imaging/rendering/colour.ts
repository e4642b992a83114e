import { colourByPixel } from '../codecs/colour-by-pixel.ts';
import { readSamples } from '../codecs/sample-arrays.ts';
import type { DecodedFrame } from '../frame-description.ts';
import { ensure, ImagingError } from '../imaging-error.ts';
import { storedValues } from './grey.ts';
import type { RenderedImage } from './image.ts';
import { paletteColour } from './palette.ts';
import type { Palette } from './palette.ts';

/**
 * Renders a colour frame of three samples: RGB, or YCbCr in full or partial range (PS3.3 C.7.6.3.1.2). ICT and RCT
 * were undone by the decoder.
 * @throws ImagingError PIXELS_UNSUPPORTED
 */
export function renderColour(frame: DecodedFrame): RenderedImage {
  const { layout, samples } = colourByPixel(frame);
  const { rows, columns, samplesPerPixel, photometricInterpretation } = layout;
  ensure(samplesPerPixel === 3, 'PIXELS_UNSUPPORTED', { photometricInterpretation, samplesPerPixel });
  const data = eightBits({ layout, samples });
  if (photometricInterpretation === 'YBR_FULL') fromFullRange(data);
  else if (photometricInterpretation.startsWith('YBR_PARTIAL')) fromPartialRange(data);
  else if (photometricInterpretation !== 'RGB')
    throw new ImagingError('PIXELS_UNSUPPORTED', { photometricInterpretation });
  return { rows, columns, channels: 3, data };
}

/** The eight highest of the bits stored. */
function eightBits({ layout, samples }: DecodedFrame): Uint8Array<ArrayBuffer> {
  const { bitsAllocated, bitsStored } = layout;
  ensure(bitsAllocated >= 8 && bitsAllocated <= 32 && bitsStored >= 1, 'PIXELS_UNSUPPORTED', {
    bitsAllocated,
  });
  if (bitsAllocated === 8 && bitsStored === 8) return samples.slice();
  const values = readSamples(samples, bitsAllocated, false);
  const data = new Uint8Array(values.length);
  const scale = 255 / (2 ** bitsStored - 1);
  const mask = 2 ** bitsStored;
  for (let at = 0; at < values.length; at++) data[at] = Math.round(((values[at] as number) % mask) * scale);
  return data;
}

function fromFullRange(data: Uint8Array): void {
  const clamped = new Uint8ClampedArray(data.buffer, data.byteOffset, data.length);
  for (let at = 0; at + 2 < data.length; at += 3) {
    const luminance = data[at] as number;
    const blue = (data[at + 1] as number) - 128;
    const red = (data[at + 2] as number) - 128;
    clamped[at] = luminance + 1.402 * red;
    clamped[at + 1] = luminance - 0.344136 * blue - 0.714136 * red;
    clamped[at + 2] = luminance + 1.772 * blue;
  }
}

/** Luminance from 16 to 235, chrominance from 16 to 240. */
function fromPartialRange(data: Uint8Array): void {
  const clamped = new Uint8ClampedArray(data.buffer, data.byteOffset, data.length);
  for (let at = 0; at + 2 < data.length; at += 3) {
    const luminance = 1.164384 * ((data[at] as number) - 16);
    const blue = (data[at + 1] as number) - 128;
    const red = (data[at + 2] as number) - 128;
    clamped[at] = luminance + 1.596027 * red;
    clamped[at + 1] = luminance - 0.391762 * blue - 0.812968 * red;
    clamped[at + 2] = luminance + 2.017232 * blue;
  }
}

/** Renders a frame of palette indices (PS3.3 C.7.6.3.1.5). */
export function renderPalette(frame: DecodedFrame, palette: Palette | undefined): RenderedImage {
  if (palette === undefined) throw new ImagingError('DESCRIPTION_INVALID', { attribute: 'palette' });
  const { rows, columns } = frame.layout;
  const values = storedValues(frame);
  const data = new Uint8Array(values.length * 3);
  const known = new Map<number, readonly [number, number, number]>();
  for (let at = 0; at < values.length; at++) {
    const value = values[at] as number;
    let colour = known.get(value);
    if (colour === undefined) {
      colour = paletteColour(palette, value);
      known.set(value, colour);
    }
    data[at * 3] = colour[0];
    data[at * 3 + 1] = colour[1];
    data[at * 3 + 2] = colour[2];
  }
  return { rows, columns, channels: 3, data };
}
