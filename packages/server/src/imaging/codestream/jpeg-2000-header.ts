import { ensure, ImagingError } from '../imaging-error.ts';
import { JP2_BOXES_MAX, JPEG_2000_TILES_MAX } from '../limits.ts';

/** What the main header of a JPEG 2000 or HTJ2K codestream says (ISO/IEC 15444-1 Annex A). */
export interface Jpeg2000Header {
  readonly rows: number;
  readonly columns: number;
  readonly hasOffset: boolean;
  readonly components: readonly Jpeg2000Component[];
  /** Byte offsets in the codestream of each component's Ssiz. */
  readonly ssizOffsets: readonly number[];
  /** The multiple component transformation is used: RCT or ICT. */
  readonly usesColourTransform: boolean;
  /** The 5-3 wavelet, which loses nothing by itself. */
  readonly isReversible: boolean;
  /** 0 LRCP, 1 RLCP, 2 RPCL, 3 PCRL, 4 CPRL. */
  readonly progressionOrder: number;
  /** Blocks are coded as ISO/IEC 15444-15 has it (bit 14 of Pcap). */
  readonly isHighThroughput: boolean;
}

export interface Jpeg2000Component {
  readonly precision: number;
  readonly isSigned: boolean;
  readonly horizontalSampling: number;
  readonly verticalSampling: number;
}

const SOC = 0xff4f;
const CAP = 0xff50;
const SIZ = 0xff51;
const COD = 0xff52;
const SOT = 0xff90;
const EOC = 0xffd9;

/** SOT, its length, Isot, Psot, TPsot, TNsot (A.4.2), and SOD: no tile-part is shorter. */
const tilePartMinBytes = 14;

const jp2Signature = [0, 0, 0, 12, 0x6a, 0x50, 0x20, 0x20];

/**
 * The codestream itself: DICOM wants it bare (PS3.5 A.4.4), but some wrap it in a JP2 file, whose other boxes are
 * left out, because a colour space they name would make a decoder change pixels.
 * @throws ImagingError CODESTREAM_INVALID
 */
export function bareCodestream(bytes: Uint8Array): Uint8Array {
  if (!jp2Signature.every((byte, index) => bytes[index] === byte)) return bytes;
  const view = viewOf(bytes);
  let at = 0;
  for (let boxes = 0; boxes < JP2_BOXES_MAX && at + 8 <= bytes.length; boxes++) {
    const length = view.getUint32(at);
    const isLong = length === 1;
    ensure(!isLong || at + 16 <= bytes.length, 'CODESTREAM_TRUNCATED', { offset: at });
    const headerLength = isLong ? 16 : 8;
    const end = length === 0 ? bytes.length : at + (isLong ? Number(view.getBigUint64(at + 8)) : length);
    ensure(end >= at + headerLength, 'CODESTREAM_INVALID', { expected: 'a box', offset: at });
    if (view.getUint32(at + 4) === 0x6a703263) return bytes.subarray(at + headerLength, end);
    at = end;
  }
  throw new ImagingError('CODESTREAM_INVALID', { expected: 'a codestream in the JP2 file' });
}

/**
 * Reads the main header and walks the tile-parts by their lengths: decoders take a codestream that ends early and
 * give wrong pixels without an error.
 * @throws ImagingError CODESTREAM_INVALID, CODESTREAM_TRUNCATED, FRAME_TOO_LARGE
 */
export function readJpeg2000Header(bytes: Uint8Array): Jpeg2000Header {
  const view = viewOf(bytes);
  ensure(bytes.length > 4 && view.getUint16(0) === SOC, 'CODESTREAM_INVALID', { expected: 'SOC' });
  let siz: SizeFacts | undefined;
  let coding: Pick<Jpeg2000Header, 'usesColourTransform' | 'isReversible' | 'progressionOrder'> | undefined;
  let isHighThroughput = false;
  let at = 2;
  for (;;) {
    ensure(at + 4 <= bytes.length, 'CODESTREAM_TRUNCATED', { offset: at });
    const marker = view.getUint16(at);
    if (marker === SOT) break;
    ensure(marker >= 0xff00, 'CODESTREAM_INVALID', { expected: 'a marker', offset: at });
    const length = view.getUint16(at + 2);
    ensure(length >= 2, 'CODESTREAM_INVALID', { expected: 'a segment length', offset: at });
    ensure(at + 2 + length <= bytes.length, 'CODESTREAM_TRUNCATED', { offset: at });
    if (marker === SIZ) siz = readSize(view, at + 4, length - 2);
    else if (marker === COD) coding = readCodingStyle(view, at + 4, length - 2);
    else if (marker === CAP) isHighThroughput ||= length >= 6 && (view.getUint32(at + 4) & 0x00020000) !== 0;
    at += 2 + length;
  }
  ensure(siz !== undefined && coding !== undefined, 'CODESTREAM_INVALID', { expected: 'SIZ and COD' });
  checkTileParts(view, at, siz.tiles);
  const { tiles: _tiles, ...size } = siz;
  return { ...size, ...coding, isHighThroughput };
}

type SizeFacts = Pick<Jpeg2000Header, 'rows' | 'columns' | 'hasOffset' | 'components' | 'ssizOffsets'> & {
  tiles: number;
};

/** SIZ (A.5.1): sizes of the reference grid, of tiles, and of each component. */
function readSize(view: DataView, at: number, length: number): SizeFacts {
  ensure(length >= 36, 'CODESTREAM_INVALID', { expected: 'SIZ' });
  const [x1, y1, x0, y0, tileColumns, tileRows, tileX0, tileY0] = Array.from({ length: 8 }, (_, index) =>
    view.getUint32(at + 2 + index * 4),
  ) as [number, number, number, number, number, number, number, number];
  const componentCount = view.getUint16(at + 34);
  ensure(length === 36 + componentCount * 3 && componentCount > 0, 'CODESTREAM_INVALID', { expected: 'SIZ' });
  ensure(x1 > x0 && y1 > y0 && tileColumns > 0 && tileRows > 0, 'CODESTREAM_INVALID', { expected: 'SIZ' });
  ensure(tileX0 <= x0 && tileY0 <= y0, 'CODESTREAM_INVALID', { expected: 'SIZ' });
  const tiles = Math.ceil((x1 - tileX0) / tileColumns) * Math.ceil((y1 - tileY0) / tileRows);
  ensure(tiles <= JPEG_2000_TILES_MAX, 'FRAME_TOO_LARGE', { tiles, max: JPEG_2000_TILES_MAX });
  const ssizOffsets = Array.from({ length: componentCount }, (_, index) => at + 36 + index * 3);
  return {
    rows: y1 - y0,
    columns: x1 - x0,
    hasOffset: x0 !== 0 || y0 !== 0 || tileX0 !== 0 || tileY0 !== 0,
    components: ssizOffsets.map((offset) => ({
      precision: (view.getUint8(offset) & 0x7f) + 1,
      isSigned: (view.getUint8(offset) & 0x80) !== 0,
      horizontalSampling: view.getUint8(offset + 1),
      verticalSampling: view.getUint8(offset + 2),
    })),
    ssizOffsets,
    tiles,
  };
}

/** COD (A.6.1). */
function readCodingStyle(
  view: DataView,
  at: number,
  length: number,
): Pick<Jpeg2000Header, 'usesColourTransform' | 'isReversible' | 'progressionOrder'> {
  ensure(length >= 10, 'CODESTREAM_INVALID', { expected: 'COD' });
  return {
    progressionOrder: view.getUint8(at + 1),
    usesColourTransform: view.getUint8(at + 4) === 1,
    isReversible: view.getUint8(at + 9) === 1,
  };
}

/** Every tile is there, and every tile-part is as long as it says (A.4.2); EOC may be missing after the last. */
function checkTileParts(view: DataView, from: number, tiles: number): void {
  const seen = new Set<number>();
  let at = from;
  while (at + 2 <= view.byteLength && view.getUint16(at) === SOT) {
    ensure(at + tilePartMinBytes <= view.byteLength, 'CODESTREAM_TRUNCATED', { offset: at });
    const tile = view.getUint16(at + 4);
    ensure(tile < tiles, 'CODESTREAM_INVALID', { tile, tiles });
    seen.add(tile);
    const length = view.getUint32(at + 6);
    if (length === 0) {
      ensure(endsWithEOC(view), 'CODESTREAM_TRUNCATED', { expected: 'EOC' });
      at = view.byteLength;
    } else {
      ensure(length >= tilePartMinBytes, 'CODESTREAM_INVALID', {
        expected: 'a tile-part length',
        offset: at,
      });
      ensure(at + length <= view.byteLength, 'CODESTREAM_TRUNCATED', { offset: at, declared: length });
      at += length;
    }
  }
  ensure(seen.size === tiles, 'CODESTREAM_TRUNCATED', { tiles, found: seen.size });
  const isEnd = at >= view.byteLength || (at + 2 <= view.byteLength && view.getUint16(at) === EOC);
  ensure(isEnd || isPadding(view, at), 'CODESTREAM_INVALID', { expected: 'EOC', offset: at });
}

/** A tile-part of length 0 lasts until EOC (A.4.2), behind which padding may stand. */
function endsWithEOC(view: DataView): boolean {
  let end = view.byteLength;
  while (end > 2 && (view.getUint8(end - 1) === 0 || view.getUint8(end - 1) === 0xff)) end--;
  return view.getUint16(end - 2) === EOC;
}

/** Zeros alone, as some writers leave in place of EOC. */
function isPadding(view: DataView, from: number): boolean {
  for (let at = from; at < view.byteLength; at++) if (view.getUint8(at) !== 0) return false;
  return true;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
