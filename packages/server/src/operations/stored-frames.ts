import { type DataElement, type FrameLocation, frameLocations, Tag } from '@leadglass/dicom';
import type { InstanceRecord } from '../archive/index/index.ts';
import {
  describeFrames,
  ENCODED_FRAME_MAX_BYTES,
  FRAGMENT_START_BYTES,
  frameLocationsByStart,
  type FrameDescription,
  ImagingError,
  nativeFrame,
  nativeFrameBits,
  nativeFrameRange,
} from '../imaging/index.ts';
import { type HeaderLimits, type InstanceHeader, readInstanceHeader } from './instance-header.ts';
import { collected, type StoredBytes, stretch } from './stored-bytes.ts';
import { GoneStudy } from './viewing.ts';

/** Little endian pixels, whatever the data set around them is written in. */
const EXPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2.1';

/** Fragments whose first bytes are looked at to find where frames begin: each is a read of its own. */
const FRAGMENT_STARTS_MAX = 4096;

export interface LaidOut extends InstanceHeader {
  /** Where frames lie in the data set (inflated, if it was deflated); undefined when that cannot be told. */
  readonly frames: readonly FrameLocation[] | undefined;
}

/** Reads a header and finds its frames. Rejects with ParseError, ReadFailed, GoneStudy. */
export async function readLaidOut(
  source: StoredBytes,
  record: InstanceRecord,
  limits?: HeaderLimits,
): Promise<LaidOut> {
  const read = (range: { from: number; to: number }): AsyncIterable<Uint8Array> => {
    const bytes = source.read(record, range);
    if (!bytes) throw new GoneStudy();
    return bytes;
  };
  const header = await readInstanceHeader(record, read, limits);
  const fragments = header.dataSet.get(Tag.PixelData)?.fragments;
  const mayLook = fragments !== undefined && fragments.length <= FRAGMENT_STARTS_MAX;
  const frames =
    frameLocations(header.dataSet) ??
    (mayLook
      ? await frameLocationsByStart(header.dataSet, (from) =>
          collected(read({ from, to: from + FRAGMENT_START_BYTES })),
        )
      : undefined);
  return { ...header, frames };
}

/** The element that holds pixels, of whatever kind. */
export function pixelElement({ dataSet }: InstanceHeader): DataElement | undefined {
  return (
    dataSet.get(Tag.PixelData) ?? dataSet.get(Tag.FloatPixelData) ?? dataSet.get(Tag.DoubleFloatPixelData)
  );
}

/** One frame of an instance as imaging takes it: whole, beginning on a byte, little endian when it is native. */
export interface StoredFrames {
  /** Of the frames that are given, which need not be in the stored byte order. */
  readonly description: FrameDescription;
  /** Bytes of a frame, known before it is read. */
  length(index: number): number;
  read(index: number): Promise<Uint8Array>;
}

/** @throws ImagingError when the data set does not say what its frames are, or where */
export function storedFrames(source: StoredBytes, record: InstanceRecord, header: LaidOut): StoredFrames {
  const stored = describeFrames(header.dataSet, header.syntax.uid);
  const element = pixelElement(header);
  if (!element) throw new ImagingError('DESCRIPTION_INVALID', { attribute: 'PixelData' });
  return header.syntax.encapsulated
    ? encapsulatedFrames(source, record, header, stored)
    : nativeFrames(source, record, header, stored, element);
}

function encapsulatedFrames(
  source: StoredBytes,
  record: InstanceRecord,
  { syntax, frames }: LaidOut,
  description: FrameDescription,
): StoredFrames {
  const placeOf = (index: number): FrameLocation => {
    const place = frames?.[index];
    if (!place) throw new ImagingError('LENGTH_WRONG', { frame: index + 1, frames: frames?.length ?? 0 });
    return place;
  };
  const length = (index: number): number =>
    checkedLength(placeOf(index).reduce((sum, fragment) => sum + fragment.length, 0));
  return {
    description,
    length,
    async read(index) {
      length(index);
      const parts: Uint8Array[] = [];
      for (const { offset, length: bytes } of placeOf(index))
        parts.push(await collected(stretch(source, record, syntax, offset, offset + bytes)));
      return parts.length === 1 && parts[0] ? parts[0] : new Uint8Array(Buffer.concat(parts));
    },
  };
}

function nativeFrames(
  source: StoredBytes,
  record: InstanceRecord,
  { syntax }: LaidOut,
  stored: FrameDescription,
  element: DataElement,
): StoredFrames {
  return {
    description: { ...stored, transferSyntaxUID: EXPLICIT_LITTLE_ENDIAN },
    length: () => checkedLength(Math.ceil(nativeFrameBits(stored) / 8)),
    async read(index) {
      const range = nativeFrameRange(stored, index);
      checkedLength(range.length);
      const from = element.offset + range.offset;
      const to = Math.min(from + range.length, element.offset + element.length);
      const bytes = await collected(stretch(source, record, syntax, from, Math.max(from, to)));
      return nativeFrame(stored, range, bytes);
    },
  };
}

function checkedLength(bytes: number): number {
  if (bytes > ENCODED_FRAME_MAX_BYTES)
    throw new ImagingError('FRAME_TOO_LARGE', { bytes, max: ENCODED_FRAME_MAX_BYTES });
  return bytes;
}
