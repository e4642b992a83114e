import { DataSet } from '../data-set/data-set.ts';
import { Tag } from '../dictionary/tag.ts';
import { vrOfBytes } from '../dictionary/vr.ts';
import { dictionaryEntry } from '../dictionary/dictionary.ts';
import { tagAt, uint32 } from '../parser/element-header.ts';
import { ParseError } from '../parser/parse-error.ts';
import { Parser } from '../parser/parser.ts';
import { defaultReadLimits } from '../parser/read-limits.ts';
import { knownTransferSyntax, TransferSyntaxUID } from '../uid/transfer-syntax.ts';
import { writeDataSet } from '../writer/write-data-set.ts';

/** What stands before the data set in a file (PS3.10 7.1), or was concluded where it lacks. */
export interface Part10Header {
  readonly hasPreamble: boolean;
  /** Whether the preamble's 128 bytes are zero, as they are unless a file is a second thing as well (PS3.10 7.1). */
  readonly preambleIsZero: boolean;
  /** File Meta Information, group 0002; empty when it lacks. */
  readonly meta: DataSet;
  readonly transferSyntaxUID: string;
  /** Whether transferSyntaxUID was guessed from the data set's first element because File Meta Information lacks. */
  readonly transferSyntaxGuessed: boolean;
  /** Where the data set begins. */
  readonly dataSetOffset: number;
}

const preambleBytes = 128;
const prefix: readonly number[] = [0x44, 0x49, 0x43, 0x4d];

/** File Meta Information is a dozen short elements; private information (0002,0102) may add some. */
const metaMaxBytes = 1024 * 1024;

/**
 * Reads preamble, prefix and File Meta Information (PS3.10 7.1). `bytes` need to hold no more than these. Files that
 * lack preamble or meta are read if their first element shows a transfer syntax.
 * @throws ParseError NOT_DICOM when nothing shows one
 */
export function readPart10Header(bytes: Uint8Array): Part10Header {
  const hasPreamble = hasPrefixAt(bytes, preambleBytes) && !isDataSetWithPrefixInside(bytes);
  const hasPrefix = hasPreamble || hasPrefixAt(bytes, 0);
  const start = hasPreamble ? preambleBytes + prefix.length : hasPrefix ? prefix.length : 0;
  const preambleIsZero = hasPreamble && bytes.subarray(0, preambleBytes).every((byte) => byte === 0);
  const meta = readMeta(bytes, start);
  const dataSetOffset = start + (meta?.length ?? 0);
  const named = meta?.dataSet.string(Tag.TransferSyntaxUID);
  if (named !== undefined && meta !== undefined) {
    return {
      hasPreamble,
      preambleIsZero,
      meta: meta.dataSet,
      transferSyntaxUID: named,
      transferSyntaxGuessed: false,
      dataSetOffset,
    };
  }
  return {
    hasPreamble,
    preambleIsZero,
    meta: meta?.dataSet ?? new DataSet(),
    transferSyntaxUID: guessTransferSyntax(bytes, dataSetOffset, hasPrefix || meta !== undefined),
    transferSyntaxGuessed: true,
    dataSetOffset,
  };
}

function hasPrefixAt(bytes: Uint8Array, at: number): boolean {
  return prefix.every((byte, index) => bytes[at + index] === byte);
}

/**
 * Group 0002, Explicit VR Little Endian (PS3.10 7.1). It ends where another group begins, or where the group begins
 * again: its group length is not relied on, because files have wrong ones.
 */
function readMeta(bytes: Uint8Array, start: number): { dataSet: DataSet; length: number } | undefined {
  if (bytes[start] !== 0x02 || bytes[start + 1] !== 0x00) return undefined;
  const explicitVR = isVRAt(bytes, start + 4);
  let elementCount = 0;
  const parser = new Parser({
    explicitVR,
    littleEndian: true,
    limits: { ...defaultReadLimits, valueLengthMaxBytes: metaMaxBytes },
    copies: false,
    totalBytes: bytes.length - start,
    passOver: () => false,
    stopBefore: (tag) => {
      const beginsAgain = tag === Tag.FileMetaInformationGroupLength && elementCount > 0;
      elementCount++;
      return tag >>> 16 !== metaGroup || beginsAgain;
    },
  });
  parser.push(bytes.subarray(start));
  if (!parser.stopped) parser.end();
  return { dataSet: parser.dataSet, length: parser.offset };
}

const metaGroup = 0x0002;

function isVRAt(bytes: Uint8Array, at: number): boolean {
  const vr = vrOfBytes(bytes[at] ?? 0, bytes[at + 1] ?? 0);
  return vr !== 'none' && vr !== 'future';
}

/** The four letters may stand at byte 128 of a bare data set, in a value: then no meta follows, and it begins at 0. */
function isDataSetWithPrefixInside(bytes: Uint8Array): boolean {
  const afterPrefix = preambleBytes + prefix.length;
  const metaFollows = bytes[afterPrefix] === metaGroup && bytes[afterPrefix + 1] === 0;
  return !metaFollows && syntaxOfFirstElement(bytes, 0) !== undefined;
}

/**
 * Concludes the transfer syntax from the first element.
 * @param isDicom prefix or meta were there, so that it must be one of the three
 */
function guessTransferSyntax(bytes: Uint8Array, at: number, isDicom: boolean): string {
  const guess = syntaxOfFirstElement(bytes, at);
  if (guess !== undefined) return guess;
  if (!isDicom) throw new ParseError('NOT_DICOM');
  return isVRAt(bytes, at + 4)
    ? TransferSyntaxUID.ExplicitVRLittleEndian
    : TransferSyntaxUID.ImplicitVRLittleEndian;
}

/** Groups a stored data set may begin with: directory, identifying. */
const firstGroups: ReadonlySet<number> = new Set([0x0004, 0x0008]);

/** A known element of a low group in one byte order, with a VR or a length that fits. */
function syntaxOfFirstElement(bytes: Uint8Array, at: number): string | undefined {
  if (bytes.length - at < 8) return undefined;
  const isExplicit = isVRAt(bytes, at + 4);
  for (const littleEndian of [true, false]) {
    const tag = tagAt(bytes, at, littleEndian);
    if (!firstGroups.has(tag >>> 16) || dictionaryEntry(tag) === undefined) continue;
    if (isExplicit) {
      return littleEndian ? TransferSyntaxUID.ExplicitVRLittleEndian : TransferSyntaxUID.ExplicitVRBigEndian;
    }
    if (littleEndian && uint32(bytes, at + 4, true) <= bytes.length - at - 8) {
      return TransferSyntaxUID.ImplicitVRLittleEndian;
    }
  }
  return undefined;
}

export interface Part10HeaderFields {
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
  readonly transferSyntaxUID: string;
  readonly implementationClassUID: string;
  readonly implementationVersionName?: string;
  readonly sourceAETitle?: string;
}

/** Version of File Meta Information (PS3.10 7.1). */
const metaVersion: readonly number[] = [0x00, 0x01];

/** Preamble of zeros, prefix, and File Meta Information with its group length (PS3.10 7.1). @throws ValueError */
export function writePart10Header(fields: Part10HeaderFields): Uint8Array {
  const meta = new DataSet();
  meta.set(Tag.FileMetaInformationVersion, Uint8Array.from(metaVersion));
  meta.set(Tag.MediaStorageSOPClassUID, fields.sopClassUID);
  meta.set(Tag.MediaStorageSOPInstanceUID, fields.sopInstanceUID);
  meta.set(Tag.TransferSyntaxUID, fields.transferSyntaxUID);
  meta.set(Tag.ImplementationClassUID, fields.implementationClassUID);
  if (fields.implementationVersionName !== undefined) {
    meta.set(Tag.ImplementationVersionName, fields.implementationVersionName);
  }
  if (fields.sourceAETitle !== undefined) meta.set(Tag.SourceApplicationEntityTitle, fields.sourceAETitle);
  return encodePart10Header(meta);
}

/** Preamble, prefix and the given File Meta Information, with a true group length. */
export function encodePart10Header(meta: DataSet): Uint8Array {
  const elements = writeDataSet(meta, knownTransferSyntax('ExplicitVRLittleEndian'));
  const groupLength = new DataSet();
  groupLength.set(Tag.FileMetaInformationGroupLength, elements.length);
  const first = writeDataSet(groupLength, knownTransferSyntax('ExplicitVRLittleEndian'), {
    keepGroupLengths: true,
  });
  const bytes = new Uint8Array(preambleBytes + prefix.length + first.length + elements.length);
  bytes.set(prefix, preambleBytes);
  bytes.set(first, preambleBytes + prefix.length);
  bytes.set(elements, preambleBytes + prefix.length + first.length);
  return bytes;
}
