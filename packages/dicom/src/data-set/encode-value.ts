import { vrInfo } from '../dictionary/vr.ts';
import type { VR } from '../dictionary/vr.ts';
import { encodeText } from '../text/encode-text.ts';
import { DataElement } from './data-element.ts';
import type { DataSet, SettableValue } from './data-set.ts';
import { formatDecimalString } from './decimal-string.ts';
import { ValueError } from './value-error.ts';

type NumberWriter = (view: DataView, at: number, value: number | bigint, littleEndian: boolean) => void;

interface NumberCodec {
  readonly size: number;
  /** Lowest and highest value; undefined for floating point, which takes any. */
  readonly range?: readonly [number | bigint, number | bigint];
  readonly write: NumberWriter;
}

/** Encodings of binary numbers (PS3.5 Table 6.2-1). */
const numberCodecs: Readonly<Partial<Record<VR, NumberCodec>>> = {
  US: {
    size: 2,
    range: [0, 0xffff],
    write: (view, at, value, order) => view.setUint16(at, Number(value), order),
  },
  SS: {
    size: 2,
    range: [-0x8000, 0x7fff],
    write: (view, at, value, order) => view.setInt16(at, Number(value), order),
  },
  UL: {
    size: 4,
    range: [0, 0xffffffff],
    write: (view, at, value, order) => view.setUint32(at, Number(value), order),
  },
  SL: {
    size: 4,
    range: [-0x80000000, 0x7fffffff],
    write: (view, at, value, order) => view.setInt32(at, Number(value), order),
  },
  FL: { size: 4, write: (view, at, value, order) => view.setFloat32(at, Number(value), order) },
  FD: { size: 8, write: (view, at, value, order) => view.setFloat64(at, Number(value), order) },
  UV: {
    size: 8,
    range: [0n, 0xffffffffffffffffn],
    write: (view, at, value, order) => view.setBigUint64(at, BigInt(value), order),
  },
  SV: {
    size: 8,
    range: [-0x8000000000000000n, 0x7fffffffffffffffn],
    write: (view, at, value, order) => view.setBigInt64(at, BigInt(value), order),
  },
  AT: { size: 4, range: [0, 0xffffffff], write: writeTag },
};

function writeTag(view: DataView, at: number, value: number | bigint, littleEndian: boolean): void {
  const tag = Number(value);
  view.setUint16(at, Math.floor(tag / 0x10000), littleEndian);
  view.setUint16(at + 2, tag % 0x10000, littleEndian);
}

/** Encodes a value as an element of its own. @throws ValueError */
export function encodeValue(
  tag: number,
  vr: VR,
  value: SettableValue,
  littleEndian: boolean,
  specificCharacterSet: () => readonly string[],
): DataElement {
  if (isItems(value) && (value.length > 0 || vr === 'SQ')) {
    if (vr !== 'SQ') throw new ValueError('VALUE_DOES_NOT_FIT_VR', tag, vr);
    return sequenceElement(tag, [...value]);
  }
  if (value instanceof Uint8Array) return bytesElement(tag, vr, padded(value, vr));
  const values = typeof value === 'object' ? value.filter((single) => typeof single !== 'object') : [value];
  return bytesElement(tag, vr, padded(encodeList(tag, vr, values, littleEndian, specificCharacterSet), vr));
}

/** An element that holds bytes as they are. */
export function bytesElement(tag: number, vr: VR, bytes: Uint8Array): DataElement {
  const headerLength = vrInfo(vr).lengthFieldBytes === 2 ? 8 : 12;
  const element = new DataElement(tag, vr, 0, bytes.length, headerLength, false);
  element.source = { bytes, base: 0 };
  return element;
}

function sequenceElement(tag: number, items: DataSet[]): DataElement {
  const element = new DataElement(tag, 'SQ', 0, 0, 12, false);
  element.items = items;
  return element;
}

function isItems(value: SettableValue): value is readonly DataSet[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'object');
}

function encodeList(
  tag: number,
  vr: VR,
  values: readonly (string | number | bigint)[],
  littleEndian: boolean,
  specificCharacterSet: () => readonly string[],
): Uint8Array {
  if (values.length === 0) return new Uint8Array(0);
  const codec = numberCodecs[vr];
  if (codec !== undefined) return encodeNumbers(tag, vr, codec, values, littleEndian);
  const info = vrInfo(vr);
  if (info.kind !== 'string' || (values.length > 1 && !info.multiValue)) {
    throw new ValueError('VALUE_DOES_NOT_FIT_VR', tag, vr);
  }
  const text = values.map((value) => textOf(tag, vr, value)).join('\\');
  const bytes = encodeText(text, info.usesSpecificCharacterSet ? specificCharacterSet() : [''], vr);
  if (bytes === undefined) throw new ValueError('CHARACTER_NOT_IN_SET', tag, vr);
  return bytes;
}

function encodeNumbers(
  tag: number,
  vr: VR,
  codec: NumberCodec,
  values: readonly (string | number | bigint)[],
  littleEndian: boolean,
): Uint8Array {
  const bytes = new Uint8Array(values.length * codec.size);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of values.entries()) {
    const number = typeof value === 'string' ? numberOf(tag, vr, value) : value;
    if (codec.range !== undefined && !isInRange(number, codec.range)) {
      throw new ValueError('VALUE_DOES_NOT_FIT_VR', tag, vr);
    }
    codec.write(view, index * codec.size, number, littleEndian);
  }
  return bytes;
}

function isInRange(
  value: number | bigint,
  [low, high]: readonly [number | bigint, number | bigint],
): boolean {
  if (typeof value === 'number' && !Number.isInteger(value)) return false;
  return value >= low && value <= high;
}

/** Numbers may come as text, tags as eight hexadecimal digits. */
function numberOf(tag: number, vr: VR, text: string): number | bigint {
  if (vr === 'AT') {
    if (/^[0-9A-Fa-f]{8}$/.test(text)) return Number.parseInt(text, 16);
  } else if (vr === 'SV' || vr === 'UV') {
    if (/^-?[0-9]{1,20}$/.test(text)) return BigInt(text);
  } else if (text.trim() !== '' && (vr === 'FL' || vr === 'FD' || Number.isFinite(Number(text)))) {
    if (text === 'NaN' || !Number.isNaN(Number(text))) return Number(text);
  }
  throw new ValueError('VALUE_DOES_NOT_FIT_VR', tag, vr);
}

function textOf(tag: number, vr: VR, value: string | number | bigint): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint') return value.toString();
  if (vr === 'DS' && Number.isFinite(value)) return formatDecimalString(value);
  if (vr === 'IS' && !Number.isInteger(value)) throw new ValueError('VALUE_DOES_NOT_FIT_VR', tag, vr);
  if (!Number.isFinite(value)) throw new ValueError('VALUE_DOES_NOT_FIT_VR', tag, vr);
  return String(value);
}

/** The value with the padding byte of its VR, if its length is odd (PS3.5 6.2). */
export function padded(value: Uint8Array, vr: VR): Uint8Array {
  if (value.length % 2 === 0) return value;
  const even = new Uint8Array(value.length + 1);
  even.set(value);
  even[value.length] = vrInfo(vr).padding;
  return even;
}
