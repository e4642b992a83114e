import { createRequire } from 'node:module';
import fc from 'fast-check';
import type { DecodedFrame, FrameDescription, SampleLayout } from '../frame-description.ts';

/** For tests alone. A description of grey frames of 16 bits, and what differs from that. */
export function description(changes: Partial<FrameDescription> = {}): FrameDescription {
  const bitsAllocated = changes.bitsAllocated ?? 16;
  const bitsStored = changes.bitsStored ?? bitsAllocated;
  return {
    transferSyntaxUID: '1.2.840.10008.1.2.1',
    rows: 16,
    columns: 16,
    samplesPerPixel: 1,
    bitsAllocated,
    bitsStored,
    highBit: bitsStored - 1,
    pixelRepresentation: 0,
    photometricInterpretation: 'MONOCHROME2',
    planarConfiguration: 0,
    isFloat: false,
    numberOfFrames: 1,
    pixelDataVR: 'OW',
    ...changes,
  };
}

/** Samples that fit the layout: smooth with some noise, from a seed. */
export function samplesOf(layout: SampleLayout, seed = 1): Uint8Array<ArrayBuffer> {
  const { rows, columns, samplesPerPixel, bitsAllocated, bitsStored, pixelRepresentation } = layout;
  const count = rows * columns * samplesPerPixel;
  const range = 2 ** bitsStored;
  const low = pixelRepresentation === 1 ? -range / 2 : 0;
  const bytes = new Uint8Array((count * bitsAllocated) / 8);
  const view = new DataView(bytes.buffer);
  let state = seed | 1;
  for (let at = 0; at < count; at++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    const noise = state / 2 ** 32;
    const value = low + Math.floor(((Math.sin(at / 40) + 1) / 2.5 + noise / 6) * (range - 1));
    if (bitsAllocated === 8) view.setUint8(at, value & 0xff);
    else if (bitsAllocated === 16) view.setUint16(at * 2, value & 0xffff, true);
    else view.setUint32(at * 4, value >>> 0, true);
  }
  return bytes;
}

export function frame(changes: Partial<FrameDescription> = {}, seed = 1): DecodedFrame {
  const layout = description(changes);
  return { layout, samples: samplesOf(layout, seed) };
}

/** Layouts that can be compressed: odd bit depths, signs, colour, small and odd sizes. */
export const layouts: fc.Arbitrary<Partial<FrameDescription>> = fc
  .record({
    rows: fc.integer({ min: 1, max: 40 }),
    columns: fc.integer({ min: 1, max: 40 }),
    kind: fc.constantFrom('grey8', 'grey16', 'signed8', 'signed16', 'rgb', 'ybr'),
    bits: fc.integer({ min: 1, max: 16 }),
  })
  .map(({ rows, columns, kind, bits }) => {
    const isColour = kind === 'rgb' || kind === 'ybr';
    const bitsAllocated = kind.endsWith('16') ? 16 : 8;
    return {
      rows,
      columns,
      bitsAllocated,
      bitsStored: isColour ? 8 : Math.min(bits, bitsAllocated),
      samplesPerPixel: isColour ? 3 : 1,
      photometricInterpretation: kind === 'rgb' ? 'RGB' : kind === 'ybr' ? 'YBR_FULL' : 'MONOCHROME2',
      pixelRepresentation: kind.startsWith('signed') ? (1 as const) : (0 as const),
    };
  });

/** The independent decoder of lossless JPEG that tests compare ours with. */
export function otherLosslessDecoder(): (bytes: Uint8Array) => Uint8Array {
  const { Decoder } = createRequire(import.meta.url)('jpeg-lossless-decoder-js') as {
    Decoder: new () => { decompress(buffer: ArrayBuffer): ArrayBuffer };
  };
  return (bytes) => new Uint8Array(new Decoder().decompress(new Uint8Array(bytes).buffer));
}
