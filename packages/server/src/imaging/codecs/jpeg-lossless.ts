import type { JpegHeader } from '../codestream/jpeg-header.ts';
import { ensure, ImagingError } from '../imaging-error.ts';
import { buildHuffmanTable, EntropyReader } from './jpeg-huffman.ts';
import type { HuffmanTable } from './jpeg-huffman.ts';

const DHT = 0xc4;
const SOS = 0xda;
const EOI = 0xd9;
const DRI = 0xdd;

/** Scans of a frame: one for all components, or one for each. */
const scansMax = 4;

interface Scan {
  /** Index of each component in the frame, and its table. */
  readonly components: readonly { readonly index: number; readonly table: HuffmanTable }[];
  /** Selection value of the predictor (ISO/IEC 10918-1 table H.1). */
  readonly predictor: number;
  readonly pointTransform: number;
  readonly restartRows: number;
  /** Where the entropy-coded data begins. */
  readonly dataOffset: number;
}

/**
 * Decodes lossless JPEG with Huffman coding (ISO/IEC 10918-1 Annex H; PS3.5 A.4.1, A.4.2): all predictors, any number
 * of scans, restarts, point transform, 2 to 16 bits. A codestream that ends early is an error, never a guess.
 * @param header read from the same bytes, its dimensions checked against the data set's
 * @returns samples, colour by pixel
 * @throws ImagingError CODESTREAM_INVALID, CODESTREAM_TRUNCATED, PIXELS_UNSUPPORTED
 */
export function decodeJpegLossless(header: JpegHeader, bytes: Uint8Array): Uint16Array<ArrayBuffer> {
  const { rows, columns, components } = header;
  const isSubsampled = components.some(
    ({ horizontalSampling, verticalSampling }) => horizontalSampling !== 1 || verticalSampling !== 1,
  );
  // One component's sampling factors mean nothing (A.2.2), and some writers set others than 1.
  ensure(components.length === 1 || !isSubsampled, 'PIXELS_UNSUPPORTED', { subsampled: true });
  const samples = new Uint16Array(rows * columns * components.length);
  const tables = new Map<number, HuffmanTable>();
  const done = new Set<number>();
  let restartInterval = 0;
  let at = 2;
  for (let scans = 0; done.size < components.length && scans < scansMax;) {
    const { marker, start, end } = nextMarker(bytes, at);
    if (marker === DHT) readTables(bytes.subarray(start, end), tables);
    else if (marker === DRI) restartInterval = ((bytes[start] ?? 0) << 8) | (bytes[start + 1] ?? 0);
    at = end;
    if (marker !== SOS) continue;
    scans++;
    const scan = readScan(header, bytes.subarray(start, end), tables, restartInterval, end);
    for (const { index } of scan.components) {
      ensure(!done.has(index), 'CODESTREAM_INVALID', { found: 'a component in two scans' });
      done.add(index);
    }
    at = decodeScan(header, scan, bytes, samples);
  }
  ensure(done.size === components.length, 'CODESTREAM_INVALID', { scans: done.size });
  return samples;
}

function nextMarker(bytes: Uint8Array, from: number): { marker: number; start: number; end: number } {
  let at = from;
  while (bytes[at] === 0xff && bytes[at + 1] === 0xff) at++;
  const marker = bytes[at + 1];
  ensure(bytes[at] === 0xff && marker !== undefined && marker !== EOI, 'CODESTREAM_TRUNCATED', {
    offset: at,
  });
  const length = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
  const end = at + 2 + length;
  ensure(length >= 2, 'CODESTREAM_INVALID', { expected: 'a segment length', offset: at });
  ensure(end <= bytes.length, 'CODESTREAM_TRUNCATED', { offset: at });
  return { marker, start: at + 4, end };
}

/** DHT (B.2.4.2): lossless coding has tables of class 0 alone. */
function readTables(body: Uint8Array, tables: Map<number, HuffmanTable>): void {
  let at = 0;
  while (at < body.length) {
    const target = body[at] as number;
    const counts = body.subarray(at + 1, at + 17);
    const total = counts.reduce((sum, count) => sum + count, 0);
    const values = body.subarray(at + 17, at + 17 + total);
    ensure(counts.length === 16 && values.length === total, 'CODESTREAM_TRUNCATED', { expected: 'DHT' });
    if (target >> 4 === 0) tables.set(target & 15, buildHuffmanTable(counts, values));
    at += 17 + total;
  }
}

/** SOS (B.2.3). */
function readScan(
  header: JpegHeader,
  body: Uint8Array,
  tables: ReadonlyMap<number, HuffmanTable>,
  restartInterval: number,
  dataOffset: number,
): Scan {
  const count = body[0] ?? 0;
  ensure(count >= 1 && body.length === count * 2 + 4, 'CODESTREAM_INVALID', { expected: 'SOS' });
  const components = Array.from({ length: count }, (_, order) => {
    const id = body[1 + order * 2];
    const index = header.components.findIndex((component) => component.id === id);
    const table = tables.get((body[2 + order * 2] ?? 0) >> 4);
    if (index < 0 || table === undefined) throw new ImagingError('CODESTREAM_INVALID', { expected: 'SOS' });
    return { index, table };
  });
  const predictor = body[1 + count * 2] ?? 0;
  const pointTransform = (body[3 + count * 2] ?? 0) & 15;
  ensure(predictor >= 1 && predictor <= 7, 'CODESTREAM_INVALID', { predictor });
  ensure(pointTransform < header.precision, 'CODESTREAM_INVALID', { pointTransform });
  // H.1.1: a restart interval is a whole number of rows.
  const isWholeRows = restartInterval % header.columns === 0;
  ensure(isWholeRows, 'PIXELS_UNSUPPORTED', { restartInterval, columns: header.columns });
  return {
    components,
    predictor,
    pointTransform,
    restartRows: restartInterval / header.columns,
    dataOffset,
  };
}

/** Decodes one scan into `samples`; where the bytes behind it begin. */
function decodeScan(header: JpegHeader, scan: Scan, bytes: Uint8Array, samples: Uint16Array): number {
  const { rows } = header;
  const reader = new EntropyReader(bytes, scan.dataOffset);
  const rowsAtOnce = scan.restartRows === 0 ? rows : scan.restartRows;
  for (let row = 0; row < rows; row += rowsAtOnce) {
    if (row > 0) reader.restart();
    decodeRows(header, scan, reader, samples, row, Math.min(rows, row + rowsAtOnce));
  }
  if (scan.pointTransform > 0) shiftSamples(header, scan, samples);
  return reader.end();
}

/** Rows from one restart to the next: the first is predicted from its left alone (H.1.2.1). */
function decodeRows(
  header: JpegHeader,
  scan: Scan,
  reader: EntropyReader,
  samples: Uint16Array,
  firstRow: number,
  endRow: number,
): void {
  const step = header.components.length;
  const stride = header.columns * step;
  const origin = 1 << (header.precision - scan.pointTransform - 1);
  const indices = scan.components.map(({ index }) => index);
  const tables = scan.components.map(({ table }) => table);
  const count = indices.length;
  const { predictor } = scan;
  for (let row = firstRow; row < endRow; row++) {
    const rowStart = row * stride;
    for (let x = 0; x < stride; x += step) {
      for (let order = 0; order < count; order++) {
        const at = rowStart + x + (indices[order] as number);
        const difference = reader.difference(tables[order] as HuffmanTable);
        let prediction: number;
        if (row === firstRow) prediction = x === 0 ? origin : (samples[at - step] as number);
        else if (x === 0) prediction = samples[at - stride] as number;
        else {
          const left = samples[at - step] as number;
          const above = samples[at - stride] as number;
          prediction =
            predictor === 1 ? left : predict(predictor, left, above, samples[at - stride - step] as number);
        }
        // Sums are modulo 2 to the 16th (H.1.2.1), which the array does.
        samples[at] = prediction + difference;
      }
    }
  }
}

/** Table H.1. */
function predict(predictor: number, left: number, above: number, aboveLeft: number): number {
  switch (predictor) {
    case 2:
      return above;
    case 3:
      return aboveLeft;
    case 4:
      return left + above - aboveLeft;
    case 5:
      return left + ((above - aboveLeft) >> 1);
    case 6:
      return above + ((left - aboveLeft) >> 1);
    case 7:
      return (left + above) >> 1;
    default:
      return left;
  }
}

/** What the point transform took away is given back as zeros (H.1.2.1). */
function shiftSamples(header: JpegHeader, scan: Scan, samples: Uint16Array): void {
  const step = header.components.length;
  for (const { index } of scan.components)
    for (let at = index; at < samples.length; at += step)
      samples[at] = (samples[at] as number) << scan.pointTransform;
}
