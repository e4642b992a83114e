import type { DataElement, Fragment } from '../data-set/data-element.ts';
import type { DataSet } from '../data-set/data-set.ts';
import { decodeNumbers } from '../data-set/decode-value.ts';
import { Tag } from '../dictionary/tag.ts';

/** Byte ranges in the data set as encoded which together are one frame. */
export type FrameLocation = readonly Fragment[];

/**
 * Where each frame of Pixel Data lies, from lengths and offset tables alone: no pixel is read. Works on what a
 * DataSetReader kept.
 *
 * Encapsulated frames are found by the Extended Offset Table (PS3.3 C.7.6.3.1.8), the Basic Offset Table (PS3.5 A.4),
 * or because there is one fragment for each, or one frame. Native ones follow each other (PS3.5 8.1.1).
 * @returns undefined when there is no Pixel Data, when tables and fragments disagree, or when frames do not begin on
 *   byte boundaries
 */
export function frameLocations(dataSet: DataSet): readonly FrameLocation[] | undefined {
  const element =
    dataSet.get(Tag.PixelData) ?? dataSet.get(Tag.FloatPixelData) ?? dataSet.get(Tag.DoubleFloatPixelData);
  if (element === undefined) return undefined;
  const frameCount = dataSet.has(Tag.NumberOfFrames) ? dataSet.number(Tag.NumberOfFrames) : 1;
  if (frameCount === undefined || !Number.isInteger(frameCount) || frameCount < 1) return undefined;
  if (element.fragments === undefined) return nativeFrames(dataSet, element, frameCount);
  return (
    byExtendedOffsetTable(dataSet, element.fragments, frameCount) ??
    byBasicOffsetTable(element, element.fragments, frameCount) ??
    byCount(element.fragments, frameCount)
  );
}

function nativeFrames(
  dataSet: DataSet,
  element: DataElement,
  frameCount: number,
): readonly FrameLocation[] | undefined {
  const bits = frameBits(dataSet, element.tag);
  if (bits === undefined || bits === 0 || (frameCount > 1 && bits % 8 !== 0)) return undefined;
  const length = Math.ceil(bits / 8);
  if (frameCount * length > element.length) return undefined;
  return Array.from({ length: frameCount }, (_, index) => [
    { offset: element.offset + index * length, length },
  ]);
}

function frameBits(dataSet: DataSet, tag: number): number | undefined {
  const rows = dataSet.number(Tag.Rows);
  const columns = dataSet.number(Tag.Columns);
  const bitsAllocated =
    tag === Tag.PixelData ? dataSet.number(Tag.BitsAllocated) : tag === Tag.FloatPixelData ? 32 : 64;
  if (rows === undefined || columns === undefined || bitsAllocated === undefined) return undefined;
  // YBR_FULL_422 has two samples for each pixel, though it counts three (PS3.3 C.7.6.3.1.2).
  const isSubsampled = dataSet.string(Tag.PhotometricInterpretation) === 'YBR_FULL_422';
  const samples = isSubsampled ? 2 : (dataSet.number(Tag.SamplesPerPixel) ?? 1);
  return rows * columns * samples * bitsAllocated;
}

/** Offsets count from the first byte behind the Basic Offset Table, to item tags; each frame is one fragment. */
function byExtendedOffsetTable(
  dataSet: DataSet,
  fragments: readonly Fragment[],
  frameCount: number,
): readonly FrameLocation[] | undefined {
  const offsets = numbersOf(dataSet, Tag.ExtendedOffsetTable);
  const lengths = numbersOf(dataSet, Tag.ExtendedOffsetTableLengths);
  const base = fragments[0]?.offset;
  if (base === undefined || offsets?.length !== frameCount || lengths?.length !== frameCount)
    return undefined;
  const byOffset = new Map(fragments.map((fragment) => [fragment.offset - base, fragment]));
  const frames: FrameLocation[] = [];
  for (const [index, offset] of offsets.entries()) {
    const fragment = byOffset.get(offset);
    const length = lengths[index];
    if (fragment === undefined || length === undefined || length > fragment.length) return undefined;
    frames.push([{ offset: fragment.offset, length }]);
  }
  return frames;
}

function numbersOf(dataSet: DataSet, tag: number): number[] | undefined {
  const value = dataSet.bytes(tag);
  return value === undefined ? undefined : decodeNumbers(value, 'UV', dataSet.littleEndian)?.map(Number);
}

/** Each entry is the offset of a frame's first item; its fragments go on to the next entry. */
function byBasicOffsetTable(
  element: DataElement,
  fragments: readonly Fragment[],
  frameCount: number,
): readonly FrameLocation[] | undefined {
  const table = element.basicOffsetTable?.value;
  const base = fragments[0]?.offset;
  if (table === undefined || table.length !== frameCount * 4 || base === undefined) return undefined;
  const starts = new Set(decodeNumbers(table, 'UL', true)?.map(Number));
  if (starts.size !== frameCount || !starts.has(0)) return undefined;
  const frames: Fragment[][] = [];
  for (const fragment of fragments) {
    if (starts.has(fragment.offset - base)) frames.push([]);
    frames.at(-1)?.push(fragment);
  }
  return frames.length === frameCount ? frames : undefined;
}

function byCount(fragments: readonly Fragment[], frameCount: number): readonly FrameLocation[] | undefined {
  if (frameCount === 1) return fragments.length > 0 ? [fragments] : undefined;
  return fragments.length === frameCount ? fragments.map((fragment) => [fragment]) : undefined;
}
