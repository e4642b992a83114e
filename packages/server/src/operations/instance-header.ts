import {
  type DataSet,
  DataSetReader,
  ParseError,
  Tag,
  type TransferSyntax,
  transferSyntax,
} from '@leadglass/dicom';
import type { InstanceRecord } from '../archive/index/index.ts';
import { INFLATED_READ_MAX_BYTES, StoreError } from '../archive/instance-writer.ts';

/** Reads a stretch of a data set as stored. */
export type ReadStretch = (range: { from: number; to: number }) => AsyncIterable<Uint8Array>;

export interface InstanceHeader {
  readonly syntax: TransferSyntax;
  /** Everything but Pixel Data and long values, of which the place is known. */
  readonly dataSet: DataSet;
}

/** Bytes that stand for Pixel Data the reader passes over, instead of reading and decrypting them. */
const NOTHING = new Uint8Array(256 * 1024);

/** One chunk of a pack: most headers end in it, and what lies behind need not be decrypted. */
const FIRST_WINDOW_BYTES = 256 * 1024;

/** Values to this length are in the header; longer ones are bulk data. */
export const HEADER_VALUE_MAX_BYTES: number = 64 * 1024;

/** What is kept of a header in memory: values to a length, and all of it together. */
export interface HeaderLimits {
  readonly valueMaxBytes?: number;
  readonly retainedMaxBytes?: number;
}

/**
 * Reads a stored data set to its end without its pixels: native Pixel Data is stepped over, its length being known;
 * of an encapsulated one the fragments are walked through. @throws ParseError, ReadFailed
 */
export async function readInstanceHeader(
  record: Pick<InstanceRecord, 'transferSyntaxUID' | 'dataSetLength'>,
  read: ReadStretch,
  { valueMaxBytes = HEADER_VALUE_MAX_BYTES, retainedMaxBytes }: HeaderLimits = {},
): Promise<InstanceHeader> {
  const syntax = transferSyntax(record.transferSyntaxUID);
  if (!syntax) throw new StoreError('UNKNOWN_TRANSFER_SYNTAX');
  const reader = new DataSetReader(syntax, {
    retainValueMaxBytes: valueMaxBytes,
    limits: {
      inflatedMaxBytes: INFLATED_READ_MAX_BYTES,
      ...(retainedMaxBytes === undefined ? {} : { retainedMaxBytes }),
    },
  });
  const end = record.dataSetLength;
  let windowBytes = FIRST_WINDOW_BYTES;
  try {
    for (let at = 0; at < end; windowBytes *= 4) {
      at = await readOn(reader, syntax, read, at, Math.min(end, at + windowBytes));
    }
    reader.end();
  } catch (error) {
    // Long deflated pixels are not inflated to their end: what describes them comes before.
    const isLong = error instanceof ParseError && error.code === 'INFLATED_TOO_LARGE';
    if (!isLong || !reader.headerComplete) throw error;
  }
  return { syntax, dataSet: reader.dataSet };
}

/** Reads a window from an offset; gives where to go on. */
async function readOn(
  reader: DataSetReader,
  syntax: TransferSyntax,
  read: ReadStretch,
  from: number,
  to: number,
): Promise<number> {
  for await (const chunk of read({ from, to })) {
    reader.push(chunk);
    const next = syntax.deflated ? undefined : endOfNativePixels(reader.dataSet);
    if (next === undefined || next <= reader.bytesRead) continue;
    for (let left = next - reader.bytesRead; left > 0; left = next - reader.bytesRead) {
      reader.push(left >= NOTHING.length ? NOTHING : NOTHING.subarray(0, left));
    }
    return next;
  }
  return to;
}

function endOfNativePixels(dataSet: DataSet): number | undefined {
  const element =
    dataSet.get(Tag.PixelData) ?? dataSet.get(Tag.FloatPixelData) ?? dataSet.get(Tag.DoubleFloatPixelData);
  if (element === undefined || element.undefinedLength) return undefined;
  return element.offset + element.length;
}
