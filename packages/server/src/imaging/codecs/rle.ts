import { decodedFrameBytes, layoutOf } from '../frame-description.ts';
import type { DecodedFrame, FrameDescription } from '../frame-description.ts';
import { ensure, ImagingError } from '../imaging-error.ts';

/** The RLE header: the number of segments and 15 offsets, each UL (PS3.5 G.5). */
const headerBytes = 64;
const segmentsMax = 15;

/** The longest replicate or literal run (PS3.5 G.3). */
const runMax = 128;

/**
 * Decodes a frame of RLE Lossless (PS3.5 Annex G): a segment for each byte of each sample, most significant first.
 * @throws ImagingError CODESTREAM_INVALID, CODESTREAM_TRUNCATED, CODESTREAM_MISMATCH
 */
export function decodeRle(description: FrameDescription, bytes: Uint8Array): DecodedFrame {
  const { samplesPerPixel, bitsAllocated } = description;
  const bytesPerSample = Math.max(1, bitsAllocated / 8);
  const segments = segmentsOf(bytes, samplesPerPixel * bytesPerSample);
  const samples = new Uint8Array(decodedFrameBytes(description));
  const stride = segments.length;
  const plane = stride === 1 ? samples : new Uint8Array(samples.length / stride);
  for (const [index, segment] of segments.entries()) {
    unpack(segment, plane);
    if (stride === 1) break;
    const sample = Math.floor(index / bytesPerSample);
    const byteInSample = bytesPerSample - 1 - (index % bytesPerSample);
    let to = sample * bytesPerSample + byteInSample;
    for (let from = 0; from < plane.length; from++, to += stride) samples[to] = plane[from] as number;
  }
  return { layout: layoutOf(description, { planarConfiguration: 0 }), samples };
}

function segmentsOf(bytes: Uint8Array, expected: number): Uint8Array[] {
  ensure(bytes.length >= headerBytes, 'CODESTREAM_TRUNCATED', { expected: 'an RLE header' });
  const view = new DataView(bytes.buffer, bytes.byteOffset, headerBytes);
  const count = view.getUint32(0, true);
  ensure(count >= 1 && count <= segmentsMax, 'CODESTREAM_INVALID', { segments: count });
  ensure(count === expected, 'CODESTREAM_MISMATCH', { segments: count, expected });
  const offsets = Array.from({ length: count }, (_, index) => view.getUint32(4 + index * 4, true));
  return offsets.map((start, index) => {
    const end = offsets[index + 1] ?? bytes.length;
    ensure(start >= headerBytes && start <= end, 'CODESTREAM_INVALID', { expected: 'ascending offsets' });
    ensure(end <= bytes.length, 'CODESTREAM_TRUNCATED', { segment: index });
    return bytes.subarray(start, end);
  });
}

/** Fills `plane` from PackBits runs (PS3.5 G.3.2). Bytes left over are padding. */
function unpack(segment: Uint8Array, plane: Uint8Array): void {
  const length = segment.length;
  let from = 0;
  let to = 0;
  while (to < plane.length) {
    const control = segment[from++];
    if (control === undefined) throw new ImagingError('CODESTREAM_TRUNCATED', { missing: plane.length - to });
    if (control < 128) {
      const run = Math.min(control + 1, plane.length - to);
      if (from + run > length) throw new ImagingError('CODESTREAM_TRUNCATED', { missing: plane.length - to });
      if (run < 16)
        for (let index = 0; index < run; index++) plane[to + index] = segment[from + index] as number;
      else plane.set(segment.subarray(from, from + run), to);
      from += control + 1;
      to += run;
    } else if (control > 128) {
      const value = segment[from++];
      if (value === undefined) throw new ImagingError('CODESTREAM_TRUNCATED', { missing: plane.length - to });
      const end = Math.min(to + 257 - control, plane.length);
      plane.fill(value, to, end);
      to = end;
    }
  }
}

/**
 * Encodes a frame in RLE Lossless (PS3.5 Annex G): runs never cross rows, segments have even lengths.
 * @throws ImagingError PIXELS_UNSUPPORTED when it would need more than 15 segments
 */
export function encodeRle({ layout, samples }: DecodedFrame): Uint8Array<ArrayBuffer> {
  const { rows, columns, samplesPerPixel, bitsAllocated, planarConfiguration } = layout;
  const bytesPerSample = bitsAllocated / 8;
  const segmentCount = samplesPerPixel * bytesPerSample;
  const isEncodable = bytesPerSample >= 1 && segmentCount <= segmentsMax;
  ensure(isEncodable, 'PIXELS_UNSUPPORTED', { bitsAllocated, samplesPerPixel });
  const pixels = rows * columns;
  const packed = new Uint8Array(headerBytes + segmentCount * worstSegmentBytes(rows, columns));
  const header = new DataView(packed.buffer);
  header.setUint32(0, segmentCount, true);
  const plane = new Uint8Array(pixels);
  const isPlanar = planarConfiguration === 1;
  let end = headerBytes;
  for (let index = 0; index < segmentCount; index++) {
    header.setUint32(4 + index * 4, end, true);
    const sample = Math.floor(index / bytesPerSample);
    const byteInSample = bytesPerSample - 1 - (index % bytesPerSample);
    const step = isPlanar ? bytesPerSample : segmentCount;
    let from = (isPlanar ? sample * pixels : sample) * bytesPerSample + byteInSample;
    for (let to = 0; to < pixels; to++, from += step) plane[to] = samples[from] as number;
    for (let row = 0; row < rows; row++) end = packRow(plane, row * columns, columns, packed, end);
    end += end % 2;
  }
  return packed.slice(0, end);
}

/** Literals alone, and the padding byte: nothing is longer. */
function worstSegmentBytes(rows: number, columns: number): number {
  return rows * (columns + Math.ceil(columns / runMax)) + 1;
}

/** Packs one row behind `end`; the new end. Runs of two are left in literals, where they cost the same. */
function packRow(plane: Uint8Array, start: number, length: number, packed: Uint8Array, end: number): number {
  const stop = start + length;
  let at = start;
  let to = end;
  while (at < stop) {
    const value = plane[at];
    let run = 1;
    while (run < runMax && at + run < stop && plane[at + run] === value) run++;
    if (run > 2) {
      packed[to++] = 257 - run;
      packed[to++] = value as number;
      at += run;
      continue;
    }
    const literalStart = at;
    while (at < stop && at - literalStart < runMax) {
      const isRun = at + 2 < stop && plane[at] === plane[at + 1] && plane[at] === plane[at + 2];
      if (isRun) break;
      at++;
    }
    packed[to++] = at - literalStart - 1;
    for (let from = literalStart; from < at; from++) packed[to++] = plane[from] as number;
  }
  return to;
}
