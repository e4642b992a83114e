import type { DataSet } from '@leadglass/dicom';
import { nativeFrameBits } from '../frame-description.ts';
import type { FrameDescription } from '../frame-description.ts';
import { PIXELS_PER_FRAME_MAX } from '../limits.ts';

/** An overlay plane (PS3.3 C.9.2): one bit a pixel, of its own or in unused bits of the image's. */
export interface OverlayPlane {
  readonly rows: number;
  readonly columns: number;
  /** Where its first pixel lies in the image, from 0; may be outside. */
  readonly originRow: number;
  readonly originColumn: number;
  /** The image's frame it begins with, from 0, and how many it is for; all if undefined. */
  readonly firstFrame: number;
  readonly frames: number | undefined;
  readonly source:
    | { readonly kind: 'data'; readonly bits: Uint8Array }
    | { readonly kind: 'embedded'; readonly bitPosition: number };
}

/** Groups 6000 to 601E, even ones (PS3.5 7.6). */
const firstGroup = 0x6000;
const lastGroup = 0x601e;

/** Overlay planes of a data set; spoilt ones are left out. */
export function readOverlays(dataSet: DataSet, description: FrameDescription): OverlayPlane[] {
  const planes: OverlayPlane[] = [];
  for (let group = firstGroup; group <= lastGroup; group += 2) {
    const tag = (element: number): number => group * 0x10000 + element;
    if (!dataSet.has(tag(0x0010)) && !dataSet.has(tag(0x0100))) continue;
    const plane = readPlane(dataSet, tag, description);
    if (plane !== undefined) planes.push(plane);
  }
  return planes;
}

function readPlane(
  dataSet: DataSet,
  tag: (element: number) => number,
  description: FrameDescription,
): OverlayPlane | undefined {
  const rows = dataSet.number(tag(0x0010)) ?? description.rows;
  const columns = dataSet.number(tag(0x0011)) ?? description.columns;
  if (rows < 1 || columns < 1 || rows * columns > PIXELS_PER_FRAME_MAX) return undefined;
  const [originRow = 1, originColumn = 1] = dataSet.numbers(tag(0x0050));
  const common = {
    rows,
    columns,
    originRow: originRow - 1,
    originColumn: originColumn - 1,
    firstFrame: (dataSet.number(tag(0x0051)) ?? 1) - 1,
  };
  const element = dataSet.get(tag(0x3000));
  if (element === undefined) return embedded(dataSet, tag, description, common);
  const bits = element.value;
  const frames = dataSet.number(tag(0x0015)) ?? 1;
  if (bits === undefined || frames < 1 || bits.length < Math.ceil((rows * columns * frames) / 8))
    return undefined;
  // Words of OW in big endian hold their first eight pixels in the second byte.
  const isSwapped = element.vr === 'OW' && !dataSet.orderOf(element) && bits.length % 2 === 0;
  const ordered = isSwapped ? new Uint8Array(Buffer.from(bits).swap16()) : bits.slice();
  return {
    ...common,
    frames: dataSet.has(tag(0x0015)) ? frames : undefined,
    source: { kind: 'data', bits: ordered },
  };
}

/** Retired, and still there in older images: a plane in a bit of the pixels that no value uses (PS3.5 8.1.2). */
function embedded(
  dataSet: DataSet,
  tag: (element: number) => number,
  description: FrameDescription,
  common: Omit<OverlayPlane, 'frames' | 'source'>,
): OverlayPlane | undefined {
  const bitPosition = dataSet.number(tag(0x0102));
  const { bitsAllocated, bitsStored, highBit, samplesPerPixel, rows, columns } = description;
  if (bitPosition === undefined || bitsAllocated > 16 || samplesPerPixel !== 1) return undefined;
  const isUnused = bitPosition > highBit || bitPosition <= highBit - bitsStored;
  if (!isUnused || bitPosition >= bitsAllocated || bitPosition < 0) return undefined;
  if (nativeFrameBits(description) === 0) return undefined;
  return {
    ...common,
    rows,
    columns,
    originRow: 0,
    originColumn: 0,
    frames: undefined,
    source: { kind: 'embedded', bitPosition },
  };
}

/** Calls `mark` for every set pixel of a plane that lies in the image. */
export function markOverlay(
  plane: OverlayPlane,
  image: { readonly rows: number; readonly columns: number },
  frameIndex: number,
  sampleBits: (pixel: number) => number,
  mark: (pixel: number) => void,
): void {
  const frame = plane.frames === undefined ? 0 : frameIndex - plane.firstFrame;
  if (frame < 0 || (plane.frames !== undefined && frame >= plane.frames)) return;
  const { source } = plane;
  const start = frame * plane.rows * plane.columns;
  for (let row = 0; row < plane.rows; row++) {
    const y = row + plane.originRow;
    if (y < 0 || y >= image.rows) continue;
    for (let column = 0; column < plane.columns; column++) {
      const x = column + plane.originColumn;
      if (x < 0 || x >= image.columns) continue;
      const pixel = y * image.columns + x;
      const bit = start + row * plane.columns + column;
      const isSet =
        source.kind === 'data'
          ? ((source.bits[bit >> 3] ?? 0) >> (bit & 7)) & 1
          : (sampleBits(pixel) >> source.bitPosition) & 1;
      if (isSet === 1) mark(pixel);
    }
  }
}
