import { createDeflateRaw } from 'node:zlib';
import { Readable } from 'node:stream';
import { DataElement, DataSet, Tag, transferSyntax, writeDataSet } from '@leadglass/dicom';
import type { TransferSyntax } from '@leadglass/dicom';
import { describeFrames, layoutOf, nativeFrameBits } from './frame-description.ts';
import type { FrameDescription, SampleLayout } from './frame-description.ts';
import { ensure, ImagingError } from './imaging-error.ts';
import { BitJoiner } from './native-frames.ts';
import type { JobResults } from './pool/protocol.ts';

/** Frames under way at once: enough to keep two workers busy while one is written. */
const framesAhead = 3;

/** Lengths of values are 32 bits, of which FFFFFFFFH means undefined; pixel data longer than this cannot be native. */
const nativeLengthMax = 0xfffffffe;

/** An item's tag and length stand before each fragment (PS3.5 A.4). */
const ITEM_TAG = [0xfe, 0xff, 0x00, 0xe0] as const;
const SEQUENCE_DELIMITATION = [0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0] as const;

/** Who transcodes a frame: the pool. */
export interface FrameTranscoder {
  transcodeFrame(
    description: FrameDescription,
    bytes: Uint8Array,
    transferSyntaxUID: string,
  ): Promise<JobResults['transcode']>;
}

export interface TranscodeInput {
  /** The data set without its pixels, every other value in it retained. */
  readonly header: DataSet;
  /** The transfer syntax it is stored in, and the one that is wanted. */
  readonly from: string;
  readonly to: string;
  /** Its frames as stored, each whole and beginning on a byte, in order. Not asked for when there are none. */
  readonly frames: AsyncIterable<Uint8Array>;
}

/**
 * A whole data set in another transfer syntax, as a stream: memory is bounded by a few frames, whatever their number.
 * Values of pixels are never altered; the header says what became of their layout (PS3.5 section 8, PS3.3 C.7.6.3),
 * nothing else in it changes. Compressed frames are one fragment each, with an empty offset table unless there is one
 * frame, because lengths are not known before.
 * @throws ImagingError also after bytes were given, when a later frame cannot be had
 */
export async function* transcodeInstance(
  transcoder: FrameTranscoder,
  input: TranscodeInput,
): AsyncGenerator<Uint8Array> {
  const target = transferSyntax(input.to);
  if (target === undefined)
    throw new ImagingError('TRANSFER_SYNTAX_NOT_ENCODABLE', { transferSyntaxUID: input.to });
  const whole = dataSetBytes(transcoder, input, target);
  if (target.deflated) yield* deflated(whole);
  else yield* whole;
}

/** Padded to an even length (PS3.5 A.5). */
async function* deflated(whole: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let length = 0;
  for await (const piece of Readable.from(whole).compose(createDeflateRaw()) as AsyncIterable<Uint8Array>) {
    length += piece.length;
    yield piece;
  }
  if (length % 2 === 1) yield Uint8Array.of(0);
}

async function* dataSetBytes(
  transcoder: FrameTranscoder,
  input: TranscodeInput,
  target: TransferSyntax,
): AsyncGenerator<Uint8Array> {
  const { header } = input;
  const pixelTag = [Tag.PixelData, Tag.FloatPixelData, Tag.DoubleFloatPixelData].find((tag) =>
    header.has(tag),
  );
  const plain = { ...target, encapsulated: false, deflated: false };
  if (pixelTag === undefined) {
    yield writeDataSet(part(header, 0, Infinity), plain);
    return;
  }
  const description = describeFrames(header, input.from);
  const frames = transcodedFrames(transcoder, description, input);
  const first = await frames.next();
  if (first.done === true) throw new ImagingError('LENGTH_WRONG', { frames: 0 });
  const changed = part(header, 0, pixelTag - 1);
  writeLayout(changed, description, first.value.layout);
  // Both before the first byte is given: what cannot be written fails while nothing was promised.
  const [before, after] = [
    writeDataSet(changed, plain),
    writeDataSet(part(header, pixelTag + 1, Infinity), plain),
  ];
  yield before;
  const all = frameBytes(first.value, frames, description);
  if (target.encapsulated) yield* encapsulated(pixelTag, all, description.numberOfFrames);
  else yield* native(pixelTag, all, first.value.layout, description.numberOfFrames, target);
  yield after;
}

/** Elements from one tag to another, without those that describe the old pixel data's encoding. */
function part(header: DataSet, from: number, to: number): DataSet {
  const copy = new DataSet({ littleEndian: header.littleEndian });
  for (const element of header) {
    const isOfPixelData = element.tag >>> 16 === 0x7fe0;
    if (element.tag >= from && element.tag <= to && !isOfPixelData) copy.put(element);
  }
  return copy;
}

/** The attributes of the layout that changed; others stay as they are, even where they are odd. */
function writeLayout(header: DataSet, before: FrameDescription, after: SampleLayout): void {
  if (after.photometricInterpretation !== before.photometricInterpretation)
    header.set(Tag.PhotometricInterpretation, after.photometricInterpretation);
  if (after.samplesPerPixel > 1 && after.planarConfiguration !== before.planarConfiguration)
    header.set(Tag.PlanarConfiguration, after.planarConfiguration);
}

/** Every frame transcoded, in order, a few at a time. */
async function* transcodedFrames(
  transcoder: FrameTranscoder,
  description: FrameDescription,
  { frames, from, to }: TranscodeInput,
): AsyncGenerator<JobResults['transcode']> {
  const isCopy = isPlainNative(from) && isPlainNative(to);
  const ahead: Promise<JobResults['transcode']>[] = [];
  for await (const bytes of frames) {
    const next = isCopy ? copied(description, bytes) : transcoder.transcodeFrame(description, bytes, to);
    // A failure is told in its turn; until then nobody waits for it.
    next.catch(() => undefined);
    ahead.push(next);
    if (ahead.length >= framesAhead) yield await (ahead.shift() as Promise<JobResults['transcode']>);
  }
  while (ahead.length > 0) yield await (ahead.shift() as Promise<JobResults['transcode']>);
}

/** Little endian and native: from one such transfer syntax to another, pixels are the same bytes. */
export function isPlainNative(transferSyntaxUID: string): boolean {
  const syntax = transferSyntax(transferSyntaxUID);
  return syntax?.codec === 'native' && syntax.littleEndian && !syntax.encapsulated;
}

function copied(description: FrameDescription, bytes: Uint8Array): Promise<JobResults['transcode']> {
  const length = Math.ceil(nativeFrameBits(description) / 8);
  if (bytes.length < length)
    return Promise.reject(new ImagingError('LENGTH_WRONG', { expected: length, given: bytes.length }));
  return Promise.resolve({ layout: layoutOf(description), bytes: new Uint8Array(bytes.subarray(0, length)) });
}

/** Frames' bytes: as many as the header says, all of one layout. */
async function* frameBytes(
  first: JobResults['transcode'],
  others: AsyncGenerator<JobResults['transcode']>,
  { numberOfFrames }: FrameDescription,
): AsyncGenerator<Uint8Array> {
  yield first.bytes;
  let count = 1;
  for await (const { layout, bytes } of others) {
    const { photometricInterpretation, planarConfiguration } = layout;
    const isSame =
      photometricInterpretation === first.layout.photometricInterpretation &&
      planarConfiguration === first.layout.planarConfiguration;
    ensure(isSame, 'CODESTREAM_MISMATCH', { frame: count + 1, photometricInterpretation });
    count++;
    ensure(count <= numberOfFrames, 'LENGTH_WRONG', { numberOfFrames });
    yield bytes;
  }
  ensure(count === numberOfFrames, 'LENGTH_WRONG', { numberOfFrames, frames: count });
}

/** Native pixel data: one length for all frames, padded to be even (PS3.5 8.1.1). */
async function* native(
  tag: number,
  frames: AsyncIterable<Uint8Array>,
  layout: SampleLayout,
  numberOfFrames: number,
  { explicitVR }: TransferSyntax,
): AsyncGenerator<Uint8Array> {
  const bits = nativeFrameBits(layout);
  const length = Math.ceil((bits * numberOfFrames) / 8);
  ensure(length <= nativeLengthMax, 'FRAME_TOO_LARGE', { bytes: length, max: nativeLengthMax });
  const isWide = layout.bitsAllocated > 8 || !explicitVR;
  const vr =
    tag === Tag.FloatPixelData ? 'OF' : tag === Tag.DoubleFloatPixelData ? 'OD' : isWide ? 'OW' : 'OB';
  yield elementHeader(tag, vr, length + (length % 2), explicitVR);
  const joiner = bits % 8 === 0 ? undefined : new BitJoiner(bits);
  for await (const frame of frames) yield joiner === undefined ? frame : joiner.push(frame);
  if (joiner !== undefined) yield joiner.end();
  if (length % 2 === 1) yield Uint8Array.of(0);
}

/** Encapsulated pixel data (PS3.5 A.4): one fragment a frame. */
async function* encapsulated(
  tag: number,
  frames: AsyncIterable<Uint8Array>,
  numberOfFrames: number,
): AsyncGenerator<Uint8Array> {
  yield elementHeader(tag, 'OB', 0xffffffff, true);
  yield numberOfFrames === 1 ? item(Uint8Array.of(0, 0, 0, 0)) : item(new Uint8Array(0));
  for await (const frame of frames) {
    ensure(frame.length < nativeLengthMax, 'FRAME_TOO_LARGE', { bytes: frame.length });
    yield itemHeader(frame.length + (frame.length % 2));
    yield frame;
    if (frame.length % 2 === 1) yield Uint8Array.of(0);
  }
  // Bytes of their own each time: whoever sends chunks may give back their memory.
  yield Uint8Array.from(SEQUENCE_DELIMITATION);
}

function item(value: Uint8Array): Uint8Array {
  return Uint8Array.of(...itemHeader(value.length), ...value);
}

function itemHeader(length: number): Uint8Array {
  const bytes = Uint8Array.of(...ITEM_TAG, 0, 0, 0, 0);
  new DataView(bytes.buffer).setUint32(4, length, true);
  return bytes;
}

/** Tag, VR and length of a value of OB, OW, OF or OD, little endian (PS3.5 7.1.2). */
function elementHeader(tag: number, vr: string, length: number, explicitVR: boolean): Uint8Array {
  const bytes = new Uint8Array(explicitVR ? 12 : 8);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, tag >>> 16, true);
  view.setUint16(2, tag & 0xffff, true);
  if (explicitVR) bytes.set([vr.charCodeAt(0), vr.charCodeAt(1)], 4);
  view.setUint32(explicitVR ? 8 : 4, length, true);
  return bytes;
}

/**
 * A data set in which values that were passed over are there, at any depth: readers leave long ones out.
 * @param read the bytes of an element as encoded
 */
export async function withAllValues(
  dataSet: DataSet,
  read: (element: DataElement) => Promise<Uint8Array>,
): Promise<DataSet> {
  const complete = new DataSet({
    littleEndian: dataSet.littleEndian,
    parent: dataSet.parent,
    undefinedLength: dataSet.undefinedLength,
  });
  for (const element of dataSet) {
    const isPixels = element.tag >>> 16 === 0x7fe0 && dataSet.parent === undefined;
    if (element.passedOver && !isPixels && element.fragments === undefined) {
      const filled = new DataElement(element.tag, element.vr, 0, element.length, element.headerLength, false);
      filled.source = { bytes: await read(element), base: 0 };
      complete.put(filled);
    } else if (element.items !== undefined && element.items.some(lacksValues)) {
      const filled = new DataElement(
        element.tag,
        element.vr,
        element.offset,
        element.length,
        element.headerLength,
        element.undefinedLength,
      );
      filled.items = await Promise.all(element.items.map((each) => withAllValues(each, read)));
      complete.put(filled);
    } else {
      complete.put(element);
    }
  }
  return complete;
}

function lacksValues(dataSet: DataSet): boolean {
  for (const element of dataSet)
    if (element.passedOver || element.items?.some(lacksValues) === true) return true;
  return false;
}
