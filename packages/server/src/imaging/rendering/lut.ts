import type { DataSet } from '@leadglass/dicom';
import { ensure, ImagingError } from '../imaging-error.ts';
import { LUT_ENTRIES_MAX } from '../limits.ts';

/** A lookup table (PS3.3 C.11.1.1, C.11.2.1.1, C.7.6.3.1.5). A plain object. */
export interface Lut {
  /** The input that gets the first entry; below it is the same, above the last entry gets the last. */
  readonly firstMapped: number;
  /** Bits of an entry. */
  readonly bits: number;
  readonly entries: Uint16Array;
}

/**
 * Reads a table from its descriptor and its data.
 * @param isSigned whether inputs are, and the first of them with it, whatever VR the descriptor was given
 * @throws ImagingError DESCRIPTION_INVALID
 */
export function readLut(
  dataSet: DataSet,
  descriptorTag: number,
  dataTag: number,
  isSigned: boolean,
): Lut | undefined {
  const descriptor = readLutDescriptor(dataSet, descriptorTag, isSigned);
  const data = dataSet.get(dataTag);
  const value = data?.value;
  if (descriptor === undefined || data === undefined) return undefined;
  if (value === undefined) throw new ImagingError('DESCRIPTION_INVALID', { attribute: 'LUTData' });
  const { count } = descriptor;
  const isWords = value.length >= count * 2;
  ensure(isWords || value.length >= count, 'DESCRIPTION_INVALID', {
    attribute: 'LUTData',
    bytes: value.length,
  });
  const littleEndian = dataSet.orderOf(data);
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  const entries = new Uint16Array(count);
  for (let index = 0; index < count; index++) {
    // Two entries of 8 bits share a word, whose bytes big endian turns round.
    const byte = littleEndian || value.length % 2 === 1 ? index : index ^ 1;
    entries[index] = isWords ? view.getUint16(index * 2, littleEndian) : view.getUint8(byte);
  }
  return { firstMapped: descriptor.firstMapped, bits: bitsOf(descriptor.bits, entries), entries };
}

/** Number of entries, first input mapped, bits of an entry (PS3.3 C.11.1.1). */
export function readLutDescriptor(
  dataSet: DataSet,
  tag: number,
  isSigned: boolean,
): { count: number; firstMapped: number; bits: number } | undefined {
  const [count, first, bits] = dataSet.numbers(tag);
  if (count === undefined || first === undefined || bits === undefined) return undefined;
  const firstMapped =
    isSigned && first > 0x7fff ? first - 0x10000 : !isSigned && first < 0 ? first + 0x10000 : first;
  const entries = (count & 0xffff) === 0 ? LUT_ENTRIES_MAX : count & 0xffff;
  return { count: entries, firstMapped, bits };
}

/** Entries of 8 bits are often described as of 16; and nothing of more bits than described may be cut off. */
function bitsOf(described: number, entries: Uint16Array): number {
  let used = 0;
  for (const entry of entries) used |= entry;
  const needed = 32 - Math.clz32(used);
  if (described >= 16 && needed <= 8) return 8;
  return Math.min(16, Math.max(described, needed, 1));
}

/** The entry for an input (PS3.3 C.11.1.1). */
export function lookUp(lut: Lut, input: number): number {
  const index = Math.min(Math.max(Math.round(input) - lut.firstMapped, 0), lut.entries.length - 1);
  return lut.entries[index] ?? 0;
}
