import { layoutOf, storedSamplesPerPixel } from '../frame-description.ts';
import type { DecodedFrame } from '../frame-description.ts';
import { ensure } from '../imaging-error.ts';

/**
 * The same frame with colour by pixel, and each pixel with its own chrominance: what codecs take. Values are moved and
 * repeated, never changed.
 * @throws ImagingError PIXELS_UNSUPPORTED
 */
export function colourByPixel(frame: DecodedFrame): DecodedFrame {
  const { layout } = frame;
  if (layout.samplesPerPixel === 1) return frame;
  if (storedSamplesPerPixel(layout) !== layout.samplesPerPixel) return withOwnChrominance(frame);
  return layout.planarConfiguration === 1 ? interleaved(frame) : frame;
}

function interleaved({ layout, samples }: DecodedFrame): DecodedFrame {
  const { samplesPerPixel, bitsAllocated } = layout;
  ensure(bitsAllocated >= 8, 'PIXELS_UNSUPPORTED', { bitsAllocated, samplesPerPixel });
  const bytesPerSample = bitsAllocated / 8;
  const mixed = new Uint8Array(samples.length);
  const planeBytes = samples.length / samplesPerPixel;
  const step = samplesPerPixel * bytesPerSample;
  let from = 0;
  for (let sample = 0; sample < samplesPerPixel; sample++)
    for (let byte = 0; byte < bytesPerSample; byte++) {
      from = sample * planeBytes + byte;
      for (let to = sample * bytesPerSample + byte; to < mixed.length; to += step, from += bytesPerSample)
        mixed[to] = samples[from] as number;
    }
  return { layout: layoutOf(layout, { planarConfiguration: 0 }), samples: mixed };
}

/** Y1 Y2 Cb Cr for every two pixels of a row (PS3.3 C.7.6.3.1.2). */
function withOwnChrominance({ layout, samples }: DecodedFrame): DecodedFrame {
  const { bitsAllocated, rows, columns, photometricInterpretation } = layout;
  ensure(bitsAllocated === 8 && columns % 2 === 0, 'PIXELS_UNSUPPORTED', { photometricInterpretation });
  const own = new Uint8Array(rows * columns * 3);
  let to = 0;
  for (let at = 0; at + 3 < samples.length; at += 4) {
    const blue = samples[at + 2] as number;
    const red = samples[at + 3] as number;
    own[to++] = samples[at] as number;
    own[to++] = blue;
    own[to++] = red;
    own[to++] = samples[at + 1] as number;
    own[to++] = blue;
    own[to++] = red;
  }
  const full = photometricInterpretation === 'YBR_FULL_422' ? 'YBR_FULL' : 'YBR_PARTIAL';
  return {
    layout: layoutOf(layout, { planarConfiguration: 0, photometricInterpretation: full }),
    samples: own,
  };
}
