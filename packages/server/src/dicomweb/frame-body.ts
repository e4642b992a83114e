import { type DataElement, Tag } from '@leadglass/dicom';
import { type InstanceRecord, stretch, type View } from '../operations/index.ts';
import type { LaidOut } from './header-cache.ts';
import { joined, type RangedBody } from './ranged-body.ts';
import { stretchBody } from './stretches.ts';

/** One frame as stored, native ones in little endian; undefined when it cannot be found. @param index from 0 */
export function frameBody(
  view: View,
  record: InstanceRecord,
  header: LaidOut,
  index: number,
): RangedBody | undefined {
  const { syntax, frames } = header;
  const fragments = frames?.[index];
  if (!fragments) return frames ? undefined : bitFrame(view, record, header, index);
  const swapUnit = unitOf(header);
  const element = swapUnit === 1 ? undefined : pixelsOf(header);
  const [only, ...others] = fragments;
  if (only && others.length === 0) {
    if (!element) return stretchBody(view, record, { syntax, ...only });
    // Words are swapped as they stand in the whole value: a frame may begin or end amid one.
    const { offset, length } = element;
    const whole = stretchBody(view, record, { syntax, offset, length, swapUnit });
    const start = only.offset - offset;
    return { length: only.length, read: (from, to) => whole.read(start + from, start + to) };
  }
  return joined(fragments.map((fragment) => stretchBody(view, record, { syntax, ...fragment })));
}

function pixelsOf({ dataSet }: LaidOut): DataElement | undefined {
  return (
    dataSet.get(Tag.PixelData) ?? dataSet.get(Tag.FloatPixelData) ?? dataSet.get(Tag.DoubleFloatPixelData)
  );
}

/** Bytes of a sample that is swapped when big endian; OB is not, whatever the syntax (PS3.5 7.3). */
function unitOf({ syntax, dataSet }: LaidOut): number {
  if (syntax.littleEndian || syntax.encapsulated) return 1;
  if (dataSet.has(Tag.FloatPixelData)) return 4;
  if (dataSet.has(Tag.DoubleFloatPixelData)) return 8;
  return dataSet.get(Tag.PixelData)?.vr === 'OW' ? 2 : 1;
}

/** Frames of single bits follow each other without padding (PS3.5 8.1.1): this one's begin anywhere in a byte. */
function bitFrame(
  view: View,
  record: InstanceRecord,
  header: LaidOut,
  index: number,
): RangedBody | undefined {
  const { dataSet, syntax } = header;
  const element = dataSet.get(Tag.PixelData);
  const isBits = dataSet.number(Tag.BitsAllocated) === 1 && element?.fragments === undefined;
  const [rows, columns] = [dataSet.number(Tag.Rows), dataSet.number(Tag.Columns)];
  if (!element || !isBits || rows === undefined || columns === undefined || !syntax.littleEndian)
    return undefined;
  const bits = rows * columns * (dataSet.number(Tag.SamplesPerPixel) ?? 1);
  const firstBit = index * bits;
  const from = Math.floor(firstBit / 8);
  const to = Math.ceil((firstBit + bits) / 8);
  if (bits === 0 || to > element.length) return undefined;
  const length = Math.ceil(bits / 8);
  const read = async function* (start: number, end: number): AsyncGenerator<Uint8Array> {
    const pieces: Uint8Array[] = [];
    const place = [element.offset + from, element.offset + to] as const;
    for await (const piece of stretch(view, record, syntax, ...place)) pieces.push(piece);
    yield shifted(Buffer.concat(pieces), firstBit % 8, bits).subarray(start, end);
  };
  return { length, read };
}

/** Bits from a place in the first byte on, packed from the lowest bit of a byte; the rest of the last is zero. */
function shifted(bytes: Uint8Array, firstBit: number, bits: number): Uint8Array {
  const length = Math.ceil(bits / 8);
  const result = new Uint8Array(length);
  for (let at = 0; at < length; at++) {
    const both = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
    result[at] = (both >>> firstBit) & 0xff;
  }
  const spare = length * 8 - bits;
  result[length - 1] = (result[length - 1] ?? 0) & (0xff >>> spare);
  return result;
}
