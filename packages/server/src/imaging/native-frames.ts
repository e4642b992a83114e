import { Tag, transferSyntax } from '@leadglass/dicom';
import type { DataSet, FrameLocation } from '@leadglass/dicom';
import { nativeFrameBits } from './frame-description.ts';
import type { FrameDescription } from './frame-description.ts';
import { ensure } from './imaging-error.ts';

/** Where a native frame lies: bytes that hold all of it, and the bit it begins at, for frames of one-bit pixels. */
export interface NativeFrameRange {
  readonly offset: number;
  readonly length: number;
  readonly bitOffset: number;
}

/**
 * Bytes of the pixel data's value that hold a native frame (PS3.5 8.1.1): whole words where big endian ones would be
 * cut, whole bytes where frames of one-bit pixels begin within one.
 * @param index from 0
 */
export function nativeFrameRange(description: FrameDescription, index: number): NativeFrameRange {
  const bits = nativeFrameBits(description);
  const start = bits * index;
  const isBigEndianWords =
    description.pixelDataVR === 'OW' && transferSyntax(description.transferSyntaxUID)?.littleEndian === false;
  const unit = isBigEndianWords ? 16 : 8;
  const from = Math.floor(start / unit) * unit;
  const to = Math.ceil((start + bits) / unit) * unit;
  return { offset: from / 8, length: (to - from) / 8, bitOffset: start - from };
}

/**
 * A native frame cut out of the bytes of its range: it begins on a byte, is little endian, and unused bits at its end
 * are zero. `description` of what is given: decode it as Explicit VR Little Endian.
 * @throws ImagingError LENGTH_WRONG
 */
export function nativeFrame(
  description: FrameDescription,
  range: NativeFrameRange,
  bytes: Uint8Array,
): Uint8Array<ArrayBuffer> {
  ensure(bytes.length === range.length, 'LENGTH_WRONG', { expected: range.length, given: bytes.length });
  const bits = nativeFrameBits(description);
  const frame = new Uint8Array(Math.ceil(bits / 8));
  const isBigEndian = transferSyntax(description.transferSyntaxUID)?.littleEndian === false;
  const ordered = isBigEndian && description.pixelDataVR === 'OW' ? Buffer.from(bytes).swap16() : bytes;
  const byteOffset = range.bitOffset >> 3;
  const shift = range.bitOffset & 7;
  if (shift === 0) frame.set(ordered.subarray(byteOffset, byteOffset + frame.length));
  for (let at = 0; shift > 0 && at < frame.length; at++) {
    const low = (ordered[byteOffset + at] ?? 0) >> shift;
    const high = (ordered[byteOffset + at + 1] ?? 0) << (8 - shift);
    frame[at] = low | high;
  }
  const unused = frame.length * 8 - bits;
  if (unused > 0) frame[frame.length - 1] = (frame.at(-1) as number) & (0xff >> unused);
  return frame;
}

/** Joins frames whose bits do not fill their last byte, one behind the other (PS3.5 8.1.1). */
export class BitJoiner {
  readonly #bits: number;
  #pending = 0;
  #pendingBits = 0;

  /** @param bits of each frame */
  constructor(bits: number) {
    this.#bits = bits;
  }

  /** Whole bytes that are known after this frame. */
  push(frame: Uint8Array): Uint8Array {
    const total = this.#pendingBits + this.#bits;
    const joined = new Uint8Array(Math.ceil(total / 8));
    joined[0] = this.#pending;
    for (let at = 0; at < Math.ceil(this.#bits / 8); at++) {
      const isLast = at === Math.ceil(this.#bits / 8) - 1;
      const used = isLast ? 0xff >> ((8 - (this.#bits % 8)) % 8) : 0xff;
      const byte = (frame[at] ?? 0) & used;
      joined[at] = (joined[at] as number) | (byte << this.#pendingBits);
      if (at + 1 < joined.length) joined[at + 1] = byte >> (8 - this.#pendingBits);
    }
    this.#pendingBits = total % 8;
    if (this.#pendingBits === 0) {
      this.#pending = 0;
      return joined;
    }
    this.#pending = joined.at(-1) as number;
    return joined.subarray(0, -1);
  }

  /** The last byte, if there is a part of one. */
  end(): Uint8Array {
    return this.#pendingBits === 0 ? new Uint8Array(0) : Uint8Array.of(this.#pending);
  }
}

/** First bytes of a codestream: SOI of JPEG and JPEG-LS, SOC and SIZ of JPEG 2000. */
const codestreamStarts: readonly (readonly number[])[] = [
  [0xff, 0xd8, 0xff],
  [0xff, 0x4f, 0xff, 0x51],
];

/** Bytes of each fragment frameLocationsByStart asks for. */
export const FRAGMENT_START_BYTES = 4;

/**
 * Where frames lie that are cut into several fragments each, without an offset table: a frame begins with each
 * fragment that begins a codestream. Slower than frameLocations, which reads no pixel data; for what it leaves.
 * @param readStart the first FRAGMENT_START_BYTES of the data set from an offset
 * @returns undefined when there are not as many frames as the data set says
 */
export async function frameLocationsByStart(
  dataSet: DataSet,
  readStart: (offset: number) => Promise<Uint8Array>,
): Promise<readonly FrameLocation[] | undefined> {
  const fragments = dataSet.get(Tag.PixelData)?.fragments;
  const frameCount = dataSet.number(Tag.NumberOfFrames) ?? 1;
  if (fragments === undefined) return undefined;
  const frames: { offset: number; length: number }[][] = [];
  for (const fragment of fragments) {
    const start =
      fragment.length < FRAGMENT_START_BYTES ? new Uint8Array(0) : await readStart(fragment.offset);
    const begins = codestreamStarts.some((bytes) => bytes.every((byte, index) => start[index] === byte));
    if (begins) frames.push([]);
    const frame = frames.at(-1);
    if (frame === undefined) return undefined;
    frame.push(fragment);
    if (frames.length > frameCount) return undefined;
  }
  return frames.length === frameCount ? frames : undefined;
}
