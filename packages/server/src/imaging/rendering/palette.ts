import { Tag } from '@leadglass/dicom';
import type { DataSet } from '@leadglass/dicom';
import { ensure, ImagingError } from '../imaging-error.ts';
import { lookUp, readLut, readLutDescriptor } from './lut.ts';
import type { Lut } from './lut.ts';

/** Red, green and blue of each stored value (PS3.3 C.7.6.3.1.5, C.7.6.3.1.6). */
export interface Palette {
  readonly red: Lut;
  readonly green: Lut;
  readonly blue: Lut;
}

const tables = {
  red: [
    Tag.RedPaletteColorLookupTableDescriptor,
    Tag.RedPaletteColorLookupTableData,
    Tag.SegmentedRedPaletteColorLookupTableData,
  ],
  green: [
    Tag.GreenPaletteColorLookupTableDescriptor,
    Tag.GreenPaletteColorLookupTableData,
    Tag.SegmentedGreenPaletteColorLookupTableData,
  ],
  blue: [
    Tag.BluePaletteColorLookupTableDescriptor,
    Tag.BluePaletteColorLookupTableData,
    Tag.SegmentedBluePaletteColorLookupTableData,
  ],
} as const;

/**
 * The palette of a data set, whole or segmented.
 * @throws ImagingError DESCRIPTION_INVALID when there is none, or it is spoilt
 */
export function readPalette(dataSet: DataSet): Palette {
  return {
    red: readTable(dataSet, 'red'),
    green: readTable(dataSet, 'green'),
    blue: readTable(dataSet, 'blue'),
  };
}

function readTable(dataSet: DataSet, colour: keyof typeof tables): Lut {
  const [descriptorTag, dataTag, segmentedTag] = tables[colour];
  const isSigned = dataSet.number(Tag.PixelRepresentation) === 1;
  const lut =
    readLut(dataSet, descriptorTag, dataTag, isSigned) ??
    readSegmented(dataSet, descriptorTag, segmentedTag, isSigned);
  if (lut === undefined) throw new ImagingError('DESCRIPTION_INVALID', { attribute: `${colour} palette` });
  return lut;
}

/** Segments: opcode, length, then values (PS3.3 C.7.9.2). */
function readSegmented(
  dataSet: DataSet,
  descriptorTag: number,
  tag: number,
  isSigned: boolean,
): Lut | undefined {
  const descriptor = readLutDescriptor(dataSet, descriptorTag, isSigned);
  const element = dataSet.get(tag);
  const value = element?.value;
  if (descriptor === undefined || element === undefined || value === undefined) return undefined;
  const { count, firstMapped, bits } = descriptor;
  const littleEndian = dataSet.orderOf(element);
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  const words =
    bits > 8
      ? Uint16Array.from({ length: value.length >> 1 }, (_, index) => view.getUint16(index * 2, littleEndian))
      : Uint16Array.from(value);
  const entries = new Uint16Array(count);
  const filled = expand(words, bits > 8 ? 2 : 1, entries);
  ensure(filled === count, 'DESCRIPTION_INVALID', { attribute: 'segmented palette', entries: filled });
  return { firstMapped, bits: bits > 8 ? 16 : 8, entries };
}

/**
 * Expands discrete, linear and indirect segments (PS3.3 C.7.9.2.1 to C.7.9.2.3). Indirect segments name segments that
 * are not indirect themselves, so nothing can go round in circles.
 * @param offsetUnit bytes of a word: offsets of indirect segments count bytes
 * @returns how many entries there are, at most those there is room for
 */
export function expand(words: Uint16Array, offsetUnit: 1 | 2, entries: Uint16Array): number {
  let filled = 0;
  const put = (value: number): void => {
    if (filled < entries.length) entries[filled++] = value;
  };
  /** Expands one segment; where the next begins. */
  const segment = (at: number, isIndirect: boolean): number => {
    const opcode = words[at];
    const length = words[at + 1];
    if (opcode === undefined || length === undefined) return words.length;
    if (opcode === 0) {
      for (let index = 0; index < length; index++) put(words[at + 2 + index] ?? 0);
      return at + 2 + length;
    }
    if (opcode === 1) {
      const start = filled === 0 ? 0 : (entries[filled - 1] as number);
      const end = words[at + 2] ?? 0;
      for (let index = 1; index <= length; index++) put(Math.round(start + ((end - start) * index) / length));
      return at + 3;
    }
    ensure(opcode === 2 && !isIndirect, 'DESCRIPTION_INVALID', { attribute: 'segmented palette', opcode });
    const low = words[at + 2] ?? 0;
    const high = words[at + 3] ?? 0;
    // 32 bits, lower part first; with words of 8 bits there are four of them.
    const offset =
      offsetUnit === 2
        ? high * 0x10000 + low
        : low + high * 256 + (words[at + 4] ?? 0) * 65536 + (words[at + 5] ?? 0) * 16777216;
    let from = offset / offsetUnit;
    for (let index = 0; index < length && filled < entries.length && from < words.length; index++)
      from = segment(from, true);
    return at + (offsetUnit === 2 ? 4 : 6);
  };
  for (let at = 0; at < words.length && filled < entries.length;) at = segment(at, false);
  return filled;
}

/** Red, green and blue of one stored value, 8 bits each. */
export function paletteColour(palette: Palette, value: number): [number, number, number] {
  const level = (lut: Lut): number => {
    const entry = lookUp(lut, value);
    return lut.bits <= 8 ? entry & 0xff : entry >> (lut.bits - 8);
  };
  return [level(palette.red), level(palette.green), level(palette.blue)];
}
