import { readSamples } from '../codecs/sample-arrays.ts';
import type { DecodedFrame, SampleLayout } from '../frame-description.ts';
import { ensure } from '../imaging-error.ts';
import type { RenderedImage } from './image.ts';
import type { FrameRenderInputs } from './render-inputs.ts';
import type { RenderOptions, Window } from './render-options.ts';
import { interestValue, modalityValue } from './voi.ts';
import type { ValuesOfInterest } from './voi.ts';

/**
 * Renders a monochrome frame: modality LUT, values of interest, presentation (PS3.4 N.2.1). Pixels that are padding
 * are black, whatever the window.
 * @throws ImagingError OPTION_INVALID when there is no such window
 */
export function renderGrey(
  frame: DecodedFrame,
  inputs: FrameRenderInputs,
  options: RenderOptions,
): RenderedImage {
  const { rows, columns } = frame.layout;
  const values = storedValues(frame);
  const interest = chooseInterest(values, inputs, options);
  const level = (stored: number): number => {
    if (isPadding(inputs, stored)) return 0;
    const shown = interestValue(interest, modalityValue(inputs.modality, stored));
    const level = Math.floor(shown * 255 + 0.5);
    return inputs.isInverse ? 255 - level : level;
  };
  const data = new Uint8Array(values.length);
  const bits = frame.layout.bitsStored;
  if (frame.layout.isFloat || bits > 16) {
    for (let at = 0; at < values.length; at++) data[at] = level(values[at] as number);
  } else {
    applyTable(values as IntegerValues, levelTable(frame.layout, level), data);
  }
  return { rows, columns, channels: 1, data };
}

type IntegerValues = Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array;

/** Levels of all values there can be, at value & FFFFH: many times faster than asking for each pixel. */
function levelTable(
  { bitsStored, pixelRepresentation }: SampleLayout,
  level: (stored: number) => number,
): Uint8Array {
  const table = new Uint8Array(65536);
  const low = pixelRepresentation === 1 ? -(2 ** (bitsStored - 1)) : 0;
  for (let stored = low; stored < low + 2 ** bitsStored; stored++) table[stored & 0xffff] = level(stored);
  return table;
}

function applyTable(values: IntegerValues, table: Uint8Array, data: Uint8Array): void {
  for (let at = 0; at < values.length; at++) data[at] = table[(values[at] as number) & 0xffff] as number;
}

/** Values without what lies in unused bits, the sign extended (PS3.5 8.1.1). */
export function storedValues({ layout, samples }: DecodedFrame): IntegerValues | Float32Array | Float64Array {
  const { bitsAllocated, bitsStored, highBit, pixelRepresentation, isFloat, rows, columns } = layout;
  if (isFloat) return floatValues(samples, bitsAllocated);
  if (bitsAllocated === 1) return unpacked(samples, rows * columns);
  ensure(bitsAllocated <= 32, 'PIXELS_UNSUPPORTED', { bitsAllocated });
  const isSigned = pixelRepresentation === 1;
  const values = readSamples(samples, bitsAllocated, isSigned);
  if (bitsStored === bitsAllocated) return values;
  const cleaned = values.slice();
  const left = 32 - 1 - highBit;
  const right = 32 - bitsStored;
  for (let at = 0; at < cleaned.length; at++) {
    const raised = (values[at] as number) << left;
    cleaned[at] = isSigned ? raised >> right : raised >>> right;
  }
  return cleaned;
}

function floatValues(samples: Uint8Array<ArrayBuffer>, bitsAllocated: number): Float32Array | Float64Array {
  return bitsAllocated === 32
    ? new Float32Array(samples.buffer, samples.byteOffset, samples.byteLength / 4)
    : new Float64Array(samples.buffer, samples.byteOffset, samples.byteLength / 8);
}

function unpacked(bits: Uint8Array, length: number): Uint8Array {
  const values = new Uint8Array(length);
  for (let at = 0; at < length; at++) values[at] = ((bits[at >> 3] as number) >> (at & 7)) & 1;
  return values;
}

function isPadding({ padding }: FrameRenderInputs, stored: number): boolean {
  return padding !== undefined && stored >= padding[0] && stored <= padding[1];
}

/** The window asked for, else the data set's by index: windows, then LUTs; else all that is in the frame. */
function chooseInterest(
  values: ArrayLike<number>,
  inputs: FrameRenderInputs,
  options: RenderOptions,
): ValuesOfInterest {
  if (options.window !== undefined) return { kind: 'window', window: options.window };
  const index = options.windowIndex ?? 0;
  const { windows, luts } = inputs;
  const window = windows[index];
  if (window !== undefined) return { kind: 'window', window };
  const lut = luts[index - windows.length];
  if (lut !== undefined) return { kind: 'lut', lut };
  ensure(options.windowIndex === undefined || options.windowIndex === 0, 'OPTION_INVALID', {
    option: 'windowIndex',
  });
  return { kind: 'window', window: fullWindow(values, inputs) };
}

/** From the least to the greatest value in the frame, padding left out. */
function fullWindow(values: ArrayLike<number>, inputs: FrameRenderInputs): Window {
  let low = Infinity;
  let high = -Infinity;
  for (let at = 0; at < values.length; at++) {
    const stored = values[at] as number;
    if (isPadding(inputs, stored) || !Number.isFinite(stored)) continue;
    if (stored < low) low = stored;
    if (stored > high) high = stored;
  }
  if (low > high) return { center: 0.5, width: 1, function: 'LINEAR' };
  // A table need not rise: its own least and greatest are looked for.
  const { modality } = inputs;
  let [least, greatest] = [modalityValue(modality, low), modalityValue(modality, high)];
  if (modality.kind === 'lut') {
    const outputs = modality.lut.entries.subarray(
      Math.max(0, low - modality.lut.firstMapped),
      Math.max(1, high - modality.lut.firstMapped + 1),
    );
    for (const output of outputs) {
      least = Math.min(least, output);
      greatest = Math.max(greatest, output);
    }
  }
  const [from, to] = [Math.min(least, greatest), Math.max(least, greatest)];
  // One value alone is the least there is.
  if (from === to) return { center: to + 1, width: 1, function: 'LINEAR' };
  return { center: (from + to) / 2, width: to - from, function: 'LINEAR_EXACT' };
}
