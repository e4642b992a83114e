import { bareCodestream, readJpeg2000Header } from '../codestream/jpeg-2000-header.ts';
import type { Jpeg2000Header } from '../codestream/jpeg-2000-header.ts';
import type { JpegHeader } from '../codestream/jpeg-header.ts';
import { layoutOf } from '../frame-description.ts';
import type { DecodedFrame, FrameDescription } from '../frame-description.ts';
import { ensure, ImagingError } from '../imaging-error.ts';
import type { CodecModules } from './codec-modules.ts';
import { copied } from './codec-modules.ts';
import { fitSamples } from './fit-samples.ts';

/** What of a codestream's header must be the data set's (PS3.5 8.2). */
interface Dimensions {
  readonly rows: number;
  readonly columns: number;
  readonly components: number;
  readonly precision: number;
}

/**
 * A header that says otherwise than the data set is refused before a codec allocates for it.
 * @throws ImagingError CODESTREAM_MISMATCH
 */
export function checkDimensions(description: FrameDescription, found: Dimensions): void {
  const { rows, columns, samplesPerPixel, bitsAllocated } = description;
  ensure(found.rows === rows && found.columns === columns, 'CODESTREAM_MISMATCH', {
    rows,
    columns,
    codestreamRows: found.rows,
    codestreamColumns: found.columns,
  });
  ensure(found.components === samplesPerPixel, 'CODESTREAM_MISMATCH', {
    samplesPerPixel,
    components: found.components,
  });
  const fits = found.precision >= 1 && found.precision <= bitsAllocated;
  ensure(fits, 'CODESTREAM_MISMATCH', { bitsAllocated, precision: found.precision });
}

function run(decoder: CodecDecoder, bytes: Uint8Array): void {
  decoder.getEncodedBuffer(bytes.length).set(bytes);
  decoder.decode();
}

interface CodecDecoder {
  getEncodedBuffer(length: number): Uint8Array;
  decode(): void;
}

function ensureLength(given: Uint8Array, expected: number): void {
  ensure(given.length === expected, 'LENGTH_WRONG', { expected, given: given.length });
}

/**
 * Decodes JPEG of 8 bits: baseline, extended, progressive (PS3.5 A.4.1). Colour is left as it is coded, whatever
 * markers in the codestream ask for: see colourOfJpeg.
 */
export async function decodeJpeg8(
  modules: CodecModules,
  description: FrameDescription,
  header: JpegHeader,
  bytes: Uint8Array,
): Promise<DecodedFrame> {
  ensure(header.precision === 8, 'PIXELS_UNSUPPORTED', { jpegPrecision: header.precision });
  const components = header.components.length;
  ensure(components === 1 || components === 3, 'PIXELS_UNSUPPORTED', { components });
  const given = await modules.use('turbo', (codec) => {
    const decoder = new codec.JPEGDecoder();
    try {
      run(decoder, components === 3 ? withoutColourTransform(header, bytes) : bytes);
      return copied(decoder.getDecodedBuffer(), codec);
    } finally {
      decoder.delete();
    }
  });
  ensureLength(given, header.rows * header.columns * components);
  const photometricInterpretation = components === 3 ? colourOfJpeg(description, header) : undefined;
  const layout = layoutOf(description, {
    planarConfiguration: 0,
    ...(photometricInterpretation === undefined ? {} : { photometricInterpretation }),
  });
  return { layout, samples: fitSamples(given, 8, description) };
}

/** An Adobe segment that says the components are coded as they are (transform 0), in place of all that say otherwise. */
const adobeWithoutTransform = Uint8Array.of(
  ...[0xff, 0xee, 0, 14, 0x41, 0x64, 0x6f, 0x62, 0x65, 0, 100, 0, 0, 0, 0, 0],
);

function withoutColourTransform(header: JpegHeader, bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [bytes.subarray(0, 2), adobeWithoutTransform];
  let at = 2;
  for (const [from, to] of header.colourSegments) {
    parts.push(bytes.subarray(at, from));
    at = to;
  }
  parts.push(bytes.subarray(at));
  return Buffer.concat(parts);
}

/**
 * Which colours the components of a JPEG codestream are. The data set says (PS3.3 C.7.6.3.1.2); but "RGB" is often
 * left over from before compression, and the codestream then knows better: an Adobe segment says so itself, and
 * components of RGB are never subsampled.
 */
export function colourOfJpeg(description: FrameDescription, header: JpegHeader): string {
  const { photometricInterpretation } = description;
  if (header.adobeTransform === 0) return 'RGB';
  if (header.adobeTransform === 1) return 'YBR_FULL';
  if (photometricInterpretation !== 'RGB') return 'YBR_FULL';
  const isSubsampled = header.components.some(
    ({ horizontalSampling, verticalSampling }) =>
      horizontalSampling !== header.components[0]?.horizontalSampling ||
      verticalSampling !== header.components[0]?.verticalSampling,
  );
  return isSubsampled ? 'YBR_FULL' : 'RGB';
}

/** Decodes JPEG-LS (PS3.5 A.4.3). */
export async function decodeJpegLS(
  modules: CodecModules,
  description: FrameDescription,
  header: JpegHeader,
  bytes: Uint8Array,
): Promise<DecodedFrame> {
  ensure(endsWithEOI(bytes), 'CODESTREAM_TRUNCATED', { expected: 'EOI' });
  const { given, isPlanar } = await modules.use('charls', (codec) => {
    const decoder = new codec.JpegLSDecoder();
    try {
      run(decoder, bytes);
      return {
        given: copied(decoder.getDecodedBuffer(), codec),
        isPlanar: decoder.getInterleaveMode() === 0,
      };
    } finally {
      decoder.delete();
    }
  });
  const components = header.components.length;
  const bytesPerSample = header.precision > 8 ? 2 : 1;
  ensureLength(given, header.rows * header.columns * components * bytesPerSample);
  const samples = fitSamples(given, header.precision, description);
  const planarConfiguration = isPlanar && components > 1 ? 1 : 0;
  return { layout: layoutOf(description, { planarConfiguration }), samples };
}

/** EOI, behind which padding may stand, of zeros or, from some writers, of ones. A codec that finds none may look for it for a long time. */
function endsWithEOI(bytes: Uint8Array): boolean {
  let end = bytes.length;
  while (end > 2 && (bytes[end - 1] === 0 || bytes[end - 1] === 0xff)) end--;
  return end >= 2 && bytes[end - 2] === 0xff && bytes[end - 1] === 0xd9;
}

/** Decodes JPEG 2000 (PS3.5 A.4.4). */
export async function decodeJpeg2000(
  modules: CodecModules,
  description: FrameDescription,
  bytes: Uint8Array,
): Promise<DecodedFrame> {
  const codestream = bareCodestream(bytes);
  const header = readJpeg2000Header(codestream);
  ensure(!header.isHighThroughput, 'CODESTREAM_MISMATCH', { found: 'HTJ2K' });
  const precision = checkJpeg2000(description, header);
  const components = header.components.length;
  // This build of the codec leaves such samples zero, and says nothing.
  ensure(components === 1 || precision <= 8, 'PIXELS_UNSUPPORTED', { components, precision });
  return decodeSigned(description, header, codestream, (input) =>
    modules.use('openjpeg', (codec) => {
      const decoder = new codec.J2KDecoder();
      try {
        run(decoder, input);
        return copied(decoder.getDecodedBuffer(), codec);
      } finally {
        decoder.delete();
      }
    }),
  );
}

/** Decodes High-Throughput JPEG 2000 (PS3.5 A.4.12). */
export async function decodeHighThroughput(
  modules: CodecModules,
  description: FrameDescription,
  bytes: Uint8Array,
): Promise<DecodedFrame> {
  const codestream = bareCodestream(bytes);
  const header = readJpeg2000Header(codestream);
  ensure(header.isHighThroughput, 'CODESTREAM_MISMATCH', { found: 'JPEG 2000' });
  checkJpeg2000(description, header);
  const decoded = await decodeSigned(description, header, codestream, (input) =>
    modules.use('openjph', (codec) => {
      const decoder = new codec.HTJ2KDecoder();
      try {
        run(decoder, input);
        return copied(decoder.getDecodedBuffer(), codec);
      } finally {
        decoder.delete();
      }
    }),
  );
  const isScrambled = header.components.length > 1 && !header.usesColourTransform;
  return isScrambled ? { ...decoded, samples: linesInOrder(decoded) } : decoded;
}

/** Components of one precision and sign, of full size, at the origin: what this room decodes. The precision. */
function checkJpeg2000(description: FrameDescription, header: Jpeg2000Header): number {
  const [first] = header.components;
  if (first === undefined) throw new ImagingError('CODESTREAM_INVALID', { components: 0 });
  checkDimensions(description, {
    ...header,
    components: header.components.length,
    precision: first.precision,
  });
  const isUniform = header.components.every(
    ({ precision, isSigned, horizontalSampling, verticalSampling }) =>
      precision === first.precision &&
      isSigned === first.isSigned &&
      horizontalSampling === 1 &&
      verticalSampling === 1,
  );
  ensure(isUniform && !header.hasOffset, 'PIXELS_UNSUPPORTED', {
    uniform: isUniform,
    offset: header.hasOffset,
  });
  ensure(first.precision <= 16, 'PIXELS_UNSUPPORTED', { precision: first.precision });
  const components = header.components.length;
  ensure(components === 1 || components === 3, 'PIXELS_UNSUPPORTED', { components });
  return first.precision;
}

/**
 * Decodes signed samples of up to 8 bits as unsigned ones, because the codecs cut off what is below zero: unsigned,
 * they come out higher by half the range (ISO/IEC 15444-1 G.1), which is then taken away. Signs are then as the data
 * set has them.
 */
async function decodeSigned(
  description: FrameDescription,
  header: Jpeg2000Header,
  codestream: Uint8Array,
  decode: (input: Uint8Array) => Promise<Uint8Array<ArrayBuffer>>,
): Promise<DecodedFrame> {
  const { precision, isSigned } = header.components[0] as { precision: number; isSigned: boolean };
  const isShifted = isSigned && precision <= 8;
  const given = await decode(isShifted ? asUnsigned(codestream, header) : codestream);
  const bytesPerSample = precision > 8 ? 2 : 1;
  ensureLength(given, header.rows * header.columns * header.components.length * bytesPerSample);
  if (isShifted)
    for (let at = 0; at < given.length; at++) given[at] = (given[at] as number) - (1 << (precision - 1));
  const samples = fitSamples(given, precision, description, isSigned);
  const photometricInterpretation = colourOfJpeg2000(description, header);
  return { layout: layoutOf(description, { planarConfiguration: 0, photometricInterpretation }), samples };
}

function asUnsigned(codestream: Uint8Array, header: Jpeg2000Header): Uint8Array {
  const changed = codestream.slice();
  for (const offset of header.ssizOffsets) changed[offset] = (changed[offset] as number) & 0x7f;
  return changed;
}

/** The multiple component transformation is undone by the decoder: what comes out of it is RGB (PS3.5 8.2.4). */
function colourOfJpeg2000(description: FrameDescription, header: Jpeg2000Header): string {
  const { photometricInterpretation, samplesPerPixel } = description;
  if (samplesPerPixel !== 3) return photometricInterpretation;
  if (header.usesColourTransform) return 'RGB';
  const isTransformed = photometricInterpretation === 'YBR_RCT' || photometricInterpretation === 'YBR_ICT';
  if (isTransformed) return 'RGB';
  return photometricInterpretation.startsWith('YBR') ? 'YBR_FULL' : photometricInterpretation;
}

/**
 * Without a colour transformation this build of the HTJ2K codec gives all lines of one component before the next, but
 * lays them down as if they alternated. Puts each where it belongs.
 */
function linesInOrder({ layout, samples }: DecodedFrame): Uint8Array<ArrayBuffer> {
  const { rows, columns, samplesPerPixel, bitsAllocated } = layout;
  const bytesPerSample = bitsAllocated / 8;
  const ordered = new Uint8Array(samples.length);
  const step = samplesPerPixel * bytesPerSample;
  const lineBytes = columns * step;
  for (let line = 0; line < rows * samplesPerPixel; line++) {
    const laidAt = Math.floor(line / samplesPerPixel) * lineBytes + (line % samplesPerPixel) * bytesPerSample;
    const belongsAt = (line % rows) * lineBytes + Math.floor(line / rows) * bytesPerSample;
    for (let x = 0; x < lineBytes; x += step)
      for (let byte = 0; byte < bytesPerSample; byte++)
        ordered[belongsAt + x + byte] = samples[laidAt + x + byte] as number;
  }
  return ordered;
}
