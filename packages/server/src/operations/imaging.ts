import { DataSet, Tag, transferSyntax } from '@leadglass/dicom';
import type { InstanceRecord } from '../archive/index/index.ts';
import {
  canDecode,
  canEncode,
  CINE_FRAMES_MAX,
  describeFrames,
  type FrameDescription,
  type FrameTranscoder,
  ImagingError,
  ImagingPool,
  isPlainNative,
  type JobOptions,
  type JobResults,
  nativeFrameBits,
  renderInputs,
  type RenderOptions,
  transcodeInstance,
} from '../imaging/index.ts';
import { ByteGate, GateFull } from './byte-gate.ts';
import { framesInOrder } from './frames-in-order.ts';
import { gathered, takenInTime } from './gathered.ts';
import type { InstanceHeader } from './instance-header.ts';
import type { KeptFrames } from './kept-frames.ts';
import { LRU } from './lru.ts';
import type { StoredBytes } from './stored-bytes.ts';
import { type LaidOut, pixelElement, readLaidOut, type StoredFrames, storedFrames } from './stored-frames.ts';

/** Frames that are read, wait for a thread or are in one, encoded and decoded, of all requests together. */
const FRAMES_IN_HAND_MAX_BYTES = 192 * 1024 * 1024;
/** Frames that wait for room; who comes then is told to come again. */
const WAITING_MAX = 2048;
/** Frames of one request that are made while one is sent. */
const FRAMES_AHEAD = 3;
/** Frames that were encoded before and are read, of all requests together. */
const KEPT_IN_HAND_MAX_BYTES = 96 * 1024 * 1024;
/** All frames of a cine loop are read before it is rendered. */
const CINE_MAX_BYTES = 128 * 1024 * 1024;
/** A header that is written anew is held, long values and all; larger ones are given as they are stored. */
const WHOLE_HEADER_MAX_BYTES = 64 * 1024 * 1024;
/** Rendered images that are kept: a screen full of thumbnails is asked for again and again. */
const RENDERED_MAX_BYTES = 24 * 1024 * 1024;

/** A data set that is transcoded before it is sent, all that is held for it counted. */
const WHOLE_MAX_BYTES = 256 * 1024 * 1024;
/** Of all requests together: one of the largest, and smaller ones beside it. Who comes then waits in order. */
const WHOLE_IN_HAND = 1.5;
/** A peer that takes what was made for it more slowly than a line of 2 Mbit/s keeps others from theirs: it is let go,
 *  and can have the data set as it is stored, for which nothing is held. */
const TAKEN_MIN_BYTES_PER_SECOND = 256 * 1024;
/** Beside that, for a receiver that has to wake its disks or its people. */
const TAKEN_GRACE_MS = 60_000;
/** Encoded pixels that cannot be compressed are a little longer than native ones, and each frame has a header. */
const ENCODED_GROWTH = 1.125;
const ENCODED_FRAME_OVERHEAD_BYTES = 1024;
/** A header is held as it was read, as parts and as it was written. */
const HEADER_COPIES = 3;

/** Groups in which rendering looks for LUTs, palettes, overlays and what describes frames. */
const RENDERING_GROUPS: ReadonlySet<number> = new Set([0x0008, 0x0018, 0x0020, 0x0028, 0x2050, 0x5200]);

export type Rendered = JobResults['render'];

export interface ImagingOptions {
  readonly wholeMaxBytes?: number;
  /** How long whoever asked for a whole data set of so many bytes has to take it. */
  readonly takenInMs?: (bytes: number) => number;
  /** Frames that were encoded before; without it all are encoded when they are asked for. */
  readonly kept?: KeptFrames | undefined;
}

/** Which instance, and who lets us read it. */
export interface StoredInstance {
  readonly source: StoredBytes;
  readonly record: InstanceRecord;
}

/**
 * Pixels in another form than they are stored in, for every door: frames and instances in other transfer syntaxes,
 * images for people. Threads are started with the first that is asked for. What can be read here was authorised
 * before: everything comes through a View or a Retrieval.
 */
export class Imaging {
  #pool: ImagingPool | undefined;
  #isClosed = false;
  readonly #gate = new ByteGate(FRAMES_IN_HAND_MAX_BYTES, WAITING_MAX);
  readonly #whole: ByteGate;
  readonly #wholeMaxBytes: number;
  readonly #takenInMs: (bytes: number) => number;
  readonly #rendered = new LRU<Rendered>(RENDERED_MAX_BYTES);
  readonly #kept: KeptFrames | undefined;
  readonly #keptGate = new ByteGate(KEPT_IN_HAND_MAX_BYTES, WAITING_MAX);

  constructor({ wholeMaxBytes = WHOLE_MAX_BYTES, takenInMs = defaultTimeMs, kept }: ImagingOptions = {}) {
    this.#wholeMaxBytes = wholeMaxBytes;
    this.#takenInMs = takenInMs;
    this.#kept = kept;
    this.#whole = new ByteGate(WHOLE_IN_HAND * wholeMaxBytes, WAITING_MAX);
  }

  /**
   * Whether pixels stored in one transfer syntax can be given in another; without a header, whether some can.
   */
  canTranscode(from: string, to: string, header?: InstanceHeader): boolean {
    const stored = transferSyntax(from);
    if (!stored || !canDecode(from) || !canEncode(to)) return false;
    if (header === undefined) return true;
    try {
      const description = describeFrames(header.dataSet, from);
      return canDecode(from, description) && canEncode(to, description);
    } catch (error) {
      if (error instanceof ImagingError) return false;
      throw error;
    }
  }

  /**
   * Frames in another transfer syntax, in the order asked for, a few at a time. Rejects with ImagingError.
   * @param indices from 0
   */
  async *frames(
    { source, record }: StoredInstance,
    header: LaidOut,
    indices: Iterable<number>,
    to: string,
  ): AsyncGenerator<Uint8Array> {
    const frames = storedFrames(source, record, header);
    const ahead: Promise<Uint8Array>[] = [];
    for (const index of indices) {
      const next = this.#frameAs(record, frames, index, to);
      // A failure is told in its turn; until then nobody waits for it.
      next.catch(() => undefined);
      ahead.push(next);
      if (ahead.length >= FRAMES_AHEAD) yield await (ahead.shift() as Promise<Uint8Array>);
    }
    while (ahead.length > 0) yield await (ahead.shift() as Promise<Uint8Array>);
  }

  /**
   * All frames in another transfer syntax, in order, one at a time and behind everything that somebody waits for.
   * Rejects with ImagingError, ReadFailed, GoneStudy.
   */
  async *framesInBackground(
    { source, record }: StoredInstance,
    header: LaidOut,
    to: string,
  ): AsyncGenerator<Uint8Array> {
    const { description } = storedFrames(source, record, header);
    const options = { transfersInput: true, isBackground: true };
    for await (const bytes of framesInOrder(source, record, header))
      yield (await this.#transcode(description, bytes, to, options)).bytes;
  }

  /**
   * A data set in another transfer syntax, header included (PS3.5 section 8): memory is bounded by a few frames and
   * the header. Rejects with ImagingError, ParseError, ReadFailed, GoneStudy; with what cannot be had from the start
   * before the first byte.
   */
  async *instance(stored: StoredInstance, to: string): AsyncGenerator<Uint8Array> {
    yield* this.#transcodedInstance(stored, await wholeHeader(stored), to);
  }

  /**
   * The same for those who cannot stop amid a data set: with what cannot be made it rejects before the first byte,
   * because all of it is made before. Only where pixels stay the same bytes they are given while they are read. Room
   * is held until the last byte was taken, or too slowly (TakenTooSlowly); what takes more than the limit is
   * FRAME_TOO_LARGE.
   * @param giveUp ends the waiting for room, with NoRoom
   */
  async *whole(stored: StoredInstance, to: string, giveUp?: AbortSignal): AsyncGenerator<Uint8Array> {
    // The most there is first, then what is needed: nobody who came later is let in before, so that of two that one
    // association waits for the first is never behind the second.
    const room = await told(this.#whole.hold(this.#wholeMaxBytes, giveUp));
    try {
      const header = await wholeHeader(stored);
      const pieces = this.#transcodedInstance(stored, header, to);
      if (isOnlyCopied(header, to)) {
        room.shrink(HEADER_COPIES * headerBytes(header, stored.record));
        yield* pieces;
        return;
      }
      const maxBytes = wholeBytes(header, stored.record);
      if (maxBytes > this.#wholeMaxBytes)
        throw new ImagingError('FRAME_TOO_LARGE', { bytes: maxBytes, max: this.#wholeMaxBytes });
      room.shrink(maxBytes);
      const blocks = await gathered(pieces, maxBytes);
      yield* takenInTime(blocks, this.#takenInMs(maxBytes), () => room.release());
    } finally {
      room.release();
    }
  }

  async *#transcodedInstance(
    { source, record }: StoredInstance,
    header: LaidOut,
    to: string,
  ): AsyncGenerator<Uint8Array> {
    const hasPixels = pixelElement(header) !== undefined;
    const frames = hasPixels ? storedFrames(source, record, header) : undefined;
    const transcoder: FrameTranscoder = {
      transcodeFrame: (description, bytes, uid) => this.#transcode(description, bytes, uid),
    };
    yield* transcodeInstance(transcoder, {
      header: header.dataSet,
      from: frames?.description.transferSyntaxUID ?? record.transferSyntaxUID,
      to,
      frames: framesInOrder(source, record, header),
    });
  }

  /**
   * An image for people (PS3.18 8.3.5). Rejects with ImagingError.
   * @param indices of the frames, from 0; several for a GIF alone
   * @param key names the answer: what was rendered a moment ago is given again
   */
  async render(
    { source, record }: StoredInstance,
    header: LaidOut,
    indices: readonly number[],
    options: RenderOptions,
    key: string,
  ): Promise<Rendered> {
    const held = this.#rendered.get(key);
    if (held) return held;
    if (indices.length > CINE_FRAMES_MAX)
      throw new ImagingError('FRAME_TOO_LARGE', { frames: indices.length, max: CINE_FRAMES_MAX });
    const complete = forRendering(
      lacksRenderingValues(header)
        ? await readLaidOut(source, record, {
            valueMaxBytes: WHOLE_HEADER_MAX_BYTES,
            retainedMaxBytes: WHOLE_HEADER_MAX_BYTES,
          })
        : header,
    );
    const frames = storedFrames(source, record, header);
    const inputs = {
      ...renderInputs(complete, header.syntax.uid, indices),
      description: frames.description,
    };
    const bytes = indices.reduce((sum, index) => sum + frames.length(index), 0);
    if (indices.length > 1 && bytes > CINE_MAX_BYTES)
      throw new ImagingError('FRAME_TOO_LARGE', { bytes, max: CINE_MAX_BYTES });
    const rendered = await this.#inHand(bytes + decodedBytes(frames.description), async () => {
      const read: Uint8Array[] = [];
      for (const index of indices) read.push(await frames.read(index));
      return this.#threads().render(inputs, read, options, { transfersInput: true });
    });
    this.#rendered.set(key, rendered, rendered.bytes.length);
    return rendered;
  }

  /** Ends all threads; what is under way is rejected with POOL_CLOSED. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#pool?.close();
  }

  #threads(): ImagingPool {
    if (this.#isClosed) throw new ImagingError('POOL_CLOSED');
    return (this.#pool ??= new ImagingPool());
  }

  async #frameAs(
    record: InstanceRecord,
    frames: StoredFrames,
    index: number,
    to: string,
  ): Promise<Uint8Array> {
    const kept = this.#kept;
    if (!kept?.mayHold(record, to)) return this.#transcodedFrame(frames, index, to);
    const weight = frames.length(index);
    const held = await told(this.#keptGate.run(weight, () => kept.frame(record, index)));
    return held ?? this.#transcodedFrame(frames, index, to);
  }

  #transcodedFrame(frames: StoredFrames, index: number, to: string): Promise<Uint8Array> {
    const { description } = frames;
    return this.#inHand(frames.length(index) + decodedBytes(description), async () => {
      const bytes = await frames.read(index);
      const options = { transfersInput: true };
      return (await this.#threads().transcodeFrame(description, bytes, to, options)).bytes;
    });
  }

  #transcode(
    description: FrameDescription,
    bytes: Uint8Array,
    to: string,
    options: JobOptions = {},
  ): Promise<JobResults['transcode']> {
    const weight = bytes.length + decodedBytes(description);
    return this.#inHand(weight, () => this.#threads().transcodeFrame(description, bytes, to, options));
  }

  #inHand<Result>(bytes: number, work: () => Promise<Result>): Promise<Result> {
    return told(this.#gate.run(bytes, work));
  }
}

const defaultTimeMs = (bytes: number): number =>
  TAKEN_GRACE_MS + (bytes / TAKEN_MIN_BYTES_PER_SECOND) * 1_000;

/** A full gate in the words of imaging. */
async function told<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof GateFull ? new ImagingError('QUEUE_FULL', { queueMax: WAITING_MAX }) : error;
  }
}

function decodedBytes({ rows, columns, samplesPerPixel, bitsAllocated }: FrameDescription): number {
  return Math.ceil((rows * columns * samplesPerPixel * bitsAllocated) / 8);
}

/** A header with every value in it that has to be written. Most have no long ones. */
async function wholeHeader({ source, record }: StoredInstance): Promise<LaidOut> {
  const retainedMaxBytes = WHOLE_HEADER_MAX_BYTES;
  const header = await readLaidOut(source, record, { retainedMaxBytes });
  if (!lacksValues(header.dataSet)) return header;
  const complete = await readLaidOut(source, record, {
    valueMaxBytes: WHOLE_HEADER_MAX_BYTES,
    retainedMaxBytes,
  });
  if (lacksValues(complete.dataSet)) throw new ImagingError('FRAME_TOO_LARGE', { attribute: 'header' });
  return complete;
}

/** Whether pixels become the same bytes, and are all there. */
function isOnlyCopied(header: LaidOut, to: string): boolean {
  const element = pixelElement(header);
  if (!element) return true;
  // A deflated one may end early, which is seen only at its end.
  if (header.syntax.encapsulated || header.syntax.deflated || !isPlainNative(to)) return false;
  const description = describeFrames(header.dataSet, header.syntax.uid);
  return nativeFrameBits(description) * description.numberOfFrames <= element.length * 8;
}

/** Everything but pixels, as stored. */
function headerBytes(header: LaidOut, { dataSetLength }: InstanceRecord): number {
  if (header.syntax.deflated) return WHOLE_HEADER_MAX_BYTES;
  const element = pixelElement(header);
  if (!element) return dataSetLength;
  const pixels = element.fragments?.reduce((sum, { length }) => sum + length, 0) ?? element.length;
  return Math.max(0, dataSetLength - pixels);
}

/** What a data set that is made anew takes, at the most. */
function wholeBytes(header: LaidOut, record: InstanceRecord): number {
  const description = describeFrames(header.dataSet, header.syntax.uid);
  const pixels = decodedBytes(description) * ENCODED_GROWTH + ENCODED_FRAME_OVERHEAD_BYTES;
  return Math.ceil(
    HEADER_COPIES * headerBytes(header, record) +
      ENCODED_FRAME_OVERHEAD_BYTES +
      pixels * description.numberOfFrames,
  );
}

/** Whether something but pixels was passed over, at any depth: such a header cannot be written. */
function lacksValues(dataSet: DataSet): boolean {
  for (const element of dataSet) {
    const isPixels = element.tag >>> 16 === 0x7fe0 && dataSet.parent === undefined;
    if (isPixels) continue;
    if (element.passedOver || element.fragments || element.items?.some(lacksValues)) return true;
  }
  return false;
}

const isForRendering = (tag: number): boolean =>
  RENDERING_GROUPS.has(tag >>> 16) || (tag >>> 24 === 0x60 && (tag >>> 16) % 2 === 0);

function lacksRenderingValues({ dataSet }: InstanceHeader): boolean {
  for (const element of dataSet) {
    if (!isForRendering(element.tag)) continue;
    if (element.passedOver || element.items?.some(lacksValues)) return true;
  }
  return false;
}

/** The part of a data set that rendering reads, and the pixel data's own element. */
function forRendering({ dataSet }: InstanceHeader): DataSet {
  const part = new DataSet({ littleEndian: dataSet.littleEndian });
  const pixels: readonly number[] = [Tag.PixelData, Tag.FloatPixelData, Tag.DoubleFloatPixelData];
  for (const element of dataSet)
    if (isForRendering(element.tag) || pixels.includes(element.tag)) part.put(element);
  return part;
}
