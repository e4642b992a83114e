import { vrInfo } from '../dictionary/vr.ts';
import type { VR } from '../dictionary/vr.ts';
import { decodeText } from '../text/decode-text.ts';

type NumberReader = (view: DataView, at: number, littleEndian: boolean) => number | bigint;

/** Bytes of one value and how to read it, for VRs that hold binary numbers (PS3.5 Table 6.2-1). */
const numberReaders: Readonly<Partial<Record<VR, { readonly size: number; readonly read: NumberReader }>>> = {
  US: { size: 2, read: (view, at, littleEndian) => view.getUint16(at, littleEndian) },
  SS: { size: 2, read: (view, at, littleEndian) => view.getInt16(at, littleEndian) },
  UL: { size: 4, read: (view, at, littleEndian) => view.getUint32(at, littleEndian) },
  SL: { size: 4, read: (view, at, littleEndian) => view.getInt32(at, littleEndian) },
  FL: { size: 4, read: (view, at, littleEndian) => view.getFloat32(at, littleEndian) },
  FD: { size: 8, read: (view, at, littleEndian) => view.getFloat64(at, littleEndian) },
  UV: { size: 8, read: (view, at, littleEndian) => view.getBigUint64(at, littleEndian) },
  SV: { size: 8, read: (view, at, littleEndian) => view.getBigInt64(at, littleEndian) },
  AT: {
    size: 4,
    read: (view, at, littleEndian) =>
      view.getUint16(at, littleEndian) * 0x10000 + view.getUint16(at + 2, littleEndian),
  },
};

/**
 * Binary numbers of a value: US, SS, UL, SL, FL, FD, AT as numbers, UV and SV as bigints; undefined for other VRs.
 * Bytes behind the last whole number are left out.
 */
export function decodeNumbers(
  value: Uint8Array,
  vr: VR,
  littleEndian: boolean,
): (number | bigint)[] | undefined {
  const reader = numberReaders[vr];
  if (reader === undefined) return undefined;
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  const numbers: (number | bigint)[] = [];
  for (let at = 0; at + reader.size <= value.length; at += reader.size) {
    numbers.push(reader.read(view, at, littleEndian));
  }
  return numbers;
}

/** Values of a text VR, decoded and without padding; empty for VRs that hold no text. */
export function decodeStrings(value: Uint8Array, vr: VR, specificCharacterSet: readonly string[]): string[] {
  const info = vrInfo(vr);
  if (info.kind !== 'string') return [];
  const text = decodeText(value, specificCharacterSet, vr);
  if (!info.multiValue || !text.includes('\\')) return [trimValue(text, vr)];
  return text.split('\\').map((single) => trimValue(single, vr));
}

/** VRs whose leading spaces are part of the value (PS3.5 Table 6.2-1). */
const leadingSpacesMatter: ReadonlySet<VR> = new Set(['ST', 'LT', 'UT', 'UC', 'PN', 'UR']);

const space = 0x20;

/**
 * One value without the spaces that mean nothing for its VR (PS3.5 6.2): trailing ones, NUL included because writers
 * pad with it, and leading ones where the VR says so.
 */
export function trimValue(text: string, vr: VR): string {
  let end = text.length;
  while (end > 0 && isPadding(text.charCodeAt(end - 1))) end--;
  let start = 0;
  if (!leadingSpacesMatter.has(vr)) while (start < end && text.charCodeAt(start) === space) start++;
  return start === 0 && end === text.length ? text : text.slice(start, end);
}

function isPadding(code: number): boolean {
  return code === space || code === 0;
}
