import { ensure, ImagingError } from '../imaging-error.ts';
import { JPEG_SEGMENTS_MAX } from '../limits.ts';

/** One component of a frame header (ISO/IEC 10918-1 B.2.2). */
export interface JpegComponent {
  readonly id: number;
  readonly horizontalSampling: number;
  readonly verticalSampling: number;
}

/** What stands before the first scan of a JPEG or JPEG-LS codestream. */
export interface JpegHeader {
  /** Low byte of the SOFn marker: C0 baseline, C1 extended, C2 progressive, C3 lossless, F7 JPEG-LS. */
  readonly startOfFrame: number;
  readonly precision: number;
  readonly rows: number;
  readonly columns: number;
  readonly components: readonly JpegComponent[];
  readonly hasJFIF: boolean;
  /** Colour transform of an Adobe APP14 segment: 0 none, 1 YCbCr, 2 YCCK. */
  readonly adobeTransform: number | undefined;
  /** Where the first SOS marker stands. */
  readonly scanOffset: number;
  /** Marker segments that say how colour is coded, to be left out when ours shall count: [from, to). */
  readonly colourSegments: readonly (readonly [number, number])[];
}

const SOI = 0xd8;
const SOS = 0xda;
const EOI = 0xd9;
const APP0 = 0xe0;
const APP14 = 0xee;

/** SOFn markers (ISO/IEC 10918-1 table B.1, ISO/IEC 14495-1), without DHT, JPG and DAC that lie among them. */
function isStartOfFrame(marker: number): boolean {
  if (marker === 0xf7) return true;
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

/**
 * Reads the header of a JPEG or JPEG-LS codestream without touching its scans: one pass, bounded by the bytes and by
 * JPEG_SEGMENTS_MAX.
 * @throws ImagingError CODESTREAM_INVALID, CODESTREAM_TRUNCATED
 */
export function readJpegHeader(bytes: Uint8Array): JpegHeader {
  ensure(bytes[0] === 0xff && bytes[1] === SOI, 'CODESTREAM_INVALID', { expected: 'SOI' });
  let frame: Pick<JpegHeader, 'startOfFrame' | 'precision' | 'rows' | 'columns' | 'components'> | undefined;
  let hasJFIF = false;
  let adobeTransform: number | undefined;
  const colourSegments: [number, number][] = [];
  let at = 2;
  for (let segments = 0; segments < JPEG_SEGMENTS_MAX; segments++) {
    const { marker, start, end } = nextSegment(bytes, at);
    const body = bytes.subarray(start, end);
    if (isStartOfFrame(marker)) {
      ensure(frame === undefined, 'CODESTREAM_INVALID', { found: 'a second frame header' });
      frame = { startOfFrame: marker, ...frameHeader(body) };
    } else if (marker === SOS) {
      ensure(frame !== undefined, 'CODESTREAM_INVALID', { expected: 'a frame header before the scan' });
      return { ...frame, hasJFIF, adobeTransform, scanOffset: start - 4, colourSegments };
    } else if (marker === APP0 && ascii(body, 4) === 'JFIF') {
      hasJFIF = true;
      colourSegments.push([start - 4, end]);
    } else if (marker === APP14 && ascii(body, 5) === 'Adobe' && body.length >= 12) {
      adobeTransform = body[11];
      colourSegments.push([start - 4, end]);
    }
    at = end;
  }
  throw new ImagingError('CODESTREAM_INVALID', { segmentsMax: JPEG_SEGMENTS_MAX });
}

/** The next marker segment: its body from `start` to `end`. Fill bytes FF may stand before a marker (B.1.1.2). */
function nextSegment(bytes: Uint8Array, from: number): { marker: number; start: number; end: number } {
  let at = from;
  ensure(bytes[at] === 0xff, at < bytes.length ? 'CODESTREAM_INVALID' : 'CODESTREAM_TRUNCATED', {
    expected: 'a marker',
    offset: at,
  });
  while (bytes[at] === 0xff) at++;
  const marker = bytes[at];
  if (marker === undefined || at + 2 >= bytes.length)
    throw new ImagingError('CODESTREAM_TRUNCATED', { offset: at });
  ensure(marker !== EOI && marker !== 0, 'CODESTREAM_INVALID', { expected: 'a scan', offset: at });
  const start = at + 3;
  const end = at + 1 + (((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number));
  ensure(end >= start, 'CODESTREAM_INVALID', { expected: 'a segment length', offset: at });
  ensure(end <= bytes.length, 'CODESTREAM_TRUNCATED', { offset: at });
  return { marker, start, end };
}

function frameHeader(body: Uint8Array): Pick<JpegHeader, 'precision' | 'rows' | 'columns' | 'components'> {
  const [precision = 0, rowsHigh = 0, rowsLow = 0, columnsHigh = 0, columnsLow = 0, components = 0] = body;
  ensure(components > 0 && body.length === 6 + components * 3, 'CODESTREAM_INVALID', {
    expected: 'a frame header',
  });
  return {
    precision,
    rows: (rowsHigh << 8) | rowsLow,
    columns: (columnsHigh << 8) | columnsLow,
    components: Array.from({ length: components }, (_, index) => {
      const [id = 0, sampling = 0] = body.subarray(6 + index * 3);
      return { id, horizontalSampling: sampling >> 4, verticalSampling: sampling & 15 };
    }),
  };
}

function ascii(bytes: Uint8Array, length: number): string {
  return String.fromCharCode(...bytes.subarray(0, length));
}
