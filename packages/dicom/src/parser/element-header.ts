import { implicitVR } from '../dictionary/implicit-vr.ts';
import { vrOfBytes } from '../dictionary/vr.ts';
import type { VR } from '../dictionary/vr.ts';
import { ParseError } from './parse-error.ts';

/** Value Length of a value that a delimitation item ends (PS3.5 7.1.1). */
export const undefinedLength = 0xffffffff;

/** The longest element header: tag, VR, two reserved bytes, 32-bit length (PS3.5 Table 7.1-1). */
export const headerLengthMax = 12;

/** Group FFFE: items and delimitation items, which have no VR in any syntax (PS3.5 7.5). */
const firstDelimitationTag = 0xfffe0000;
const lastDelimitationTag = 0xfffeffff;

/** Tag, VR and Value Length of the element that was read last. One object is used again for all. */
export interface ElementHeader {
  tag: number;
  vr: VR;
  length: number;
  /** What stood where the VR is, is none of this edition; it was read as UN. */
  vrUnknown: boolean;
}

export function newElementHeader(): ElementHeader {
  return { tag: 0, vr: 'UN', length: 0, vrUnknown: false };
}

/**
 * Reads an element's header (PS3.5 7.1.2, 7.1.3; items and delimiters: 7.5).
 * @returns its length, 8 or 12; 0 when `end` comes before the header does.
 */
export function readElementHeader(
  bytes: Uint8Array,
  at: number,
  end: number,
  encoding: {
    readonly explicitVR: boolean;
    readonly littleEndian: boolean;
    readonly pixelsAreSigned: boolean;
  },
  header: ElementHeader,
): number {
  if (end - at < 8) return 0;
  const { littleEndian } = encoding;
  header.tag = tagAt(bytes, at, littleEndian);
  header.vrUnknown = false;
  if (header.tag >= firstDelimitationTag && header.tag <= lastDelimitationTag) {
    header.vr = 'UN';
    header.length = uint32(bytes, at + 4, littleEndian);
    return 8;
  }
  if (encoding.explicitVR) return readExplicit(bytes, at, end, littleEndian, header);
  header.vr = implicitVR(header.tag, encoding.pixelsAreSigned);
  header.length = uint32(bytes, at + 4, littleEndian);
  return 8;
}

function readExplicit(
  bytes: Uint8Array,
  at: number,
  end: number,
  littleEndian: boolean,
  header: ElementHeader,
): number {
  const info = vrOfBytes(bytes[at + 4] as number, bytes[at + 5] as number);
  if (info === 'none') return readWithoutVR(bytes, at, littleEndian, header);
  if (info !== 'future' && info.lengthFieldBytes === 2) {
    header.vr = info.vr;
    header.length = uint16(bytes, at + 6, littleEndian);
    return 8;
  }
  if (end - at < 12) return 0;
  // A VR of a later edition has the wide form (PS3.5 6.2.2 and 7.1.2) and is kept as unknown.
  header.vrUnknown = info === 'future';
  header.vr = info === 'future' ? 'UN' : info.vr;
  header.length = uint32(bytes, at + 8, littleEndian);
  return 12;
}

/**
 * Bytes where a VR should be, and which are none. Old writers put two spaces or '??', always with a 16-bit length;
 * anything else is data in another syntax, which reading on would only garble.
 */
function readWithoutVR(bytes: Uint8Array, at: number, littleEndian: boolean, header: ElementHeader): number {
  const filler = bytes[at + 4];
  if (filler !== bytes[at + 5] || (filler !== space && filler !== questionMark)) {
    throw new ParseError('VR_INVALID', { tag: header.tag });
  }
  header.vrUnknown = true;
  header.vr = 'UN';
  header.length = uint16(bytes, at + 6, littleEndian);
  return 8;
}

const space = 0x20;
const questionMark = 0x3f;

/** The tag at an index: two words in the byte order (PS3.5 7.1.1). */
export function tagAt(bytes: Uint8Array, at: number, littleEndian: boolean): number {
  return uint16(bytes, at, littleEndian) * 0x10000 + uint16(bytes, at + 2, littleEndian);
}

function uint16(bytes: Uint8Array, at: number, littleEndian: boolean): number {
  const first = bytes[at] as number;
  const second = bytes[at + 1] as number;
  return littleEndian ? (second << 8) | first : (first << 8) | second;
}

export function uint32(bytes: Uint8Array, at: number, littleEndian: boolean): number {
  const low = uint16(bytes, littleEndian ? at : at + 2, littleEndian);
  const high = uint16(bytes, littleEndian ? at + 2 : at, littleEndian);
  return high * 0x10000 + low;
}
