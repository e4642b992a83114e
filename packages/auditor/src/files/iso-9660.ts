import { isoDepthMax, isoDirectoryMaxBytes, memberCountMax } from './limits.ts';

/** A file on a CD image. */
export interface IsoFile {
  /** Name as recorded, its folders before it. */
  readonly name: Uint8Array;
  readonly offsetBytes: number;
  readonly sizeBytes: number;
}

/** Why an image, or a part of it, was not read. */
export type IsoErrorCode =
  | 'ISO_DESCRIPTOR_INVALID'
  | 'ISO_DIRECTORY_INVALID'
  | 'ISO_TOO_DEEP'
  | 'ISO_TOO_MANY_FILES'
  | 'ISO_EXTENT_OUTSIDE'
  | 'ISO_EXTENT_UNSUPPORTED';

/** Reads so many bytes at a place; fewer at the end. */
export type ReadAt = (offsetBytes: number, lengthBytes: number) => Uint8Array;

const sectorBytes = 2048;
const firstDescriptorSector = 16;
/** Primary, boot, supplementary and partition descriptors: real images have three or four. */
const descriptorCountMax = 64;

interface Directory {
  readonly name: Uint8Array;
  readonly offsetBytes: number;
  readonly sizeBytes: number;
  readonly depth: number;
}

/**
 * Files of an ISO 9660 image (ECMA-119), from its primary volume descriptor. Every offset and length is checked against
 * the image; a directory met twice is not entered again. Rock Ridge and Joliet names are not looked at: the files are
 * the same. What is wrong is told and left out; the rest is given.
 */
export function* isoFiles(
  readAt: ReadAt,
  imageBytes: number,
  onProblem: (code: IsoErrorCode) => void,
): Generator<IsoFile> {
  const root = rootDirectory(readAt);
  if (root === undefined) {
    onProblem('ISO_DESCRIPTOR_INVALID');
    return;
  }
  const { blockBytes } = root;
  const seen = new Set<number>();
  const waiting: Directory[] = [root.directory];
  let fileCount = 0;
  for (let directory = waiting.pop(); directory !== undefined; directory = waiting.pop()) {
    if (seen.has(directory.offsetBytes)) continue;
    seen.add(directory.offsetBytes);
    const problem = directoryProblem(directory, imageBytes);
    if (problem !== undefined) {
      onProblem(problem);
      continue;
    }
    const bytes = readAt(directory.offsetBytes, directory.sizeBytes);
    const below: Directory[] = [];
    for (const record of recordsOf(bytes, onProblem)) {
      if (++fileCount > memberCountMax) {
        onProblem('ISO_TOO_MANY_FILES');
        return;
      }
      const name = joined(directory.name, record.name);
      const offsetBytes = record.block * blockBytes;
      const { sizeBytes } = record;
      if (record.isDirectory) below.push({ name, offsetBytes, sizeBytes, depth: directory.depth + 1 });
      else if (record.isInterleaved) onProblem('ISO_EXTENT_UNSUPPORTED');
      else if (offsetBytes + sizeBytes > imageBytes) onProblem('ISO_EXTENT_OUTSIDE');
      else yield { name, offsetBytes, sizeBytes };
    }
    waiting.push(...below.reverse());
  }
}

function directoryProblem(directory: Directory, imageBytes: number): IsoErrorCode | undefined {
  if (directory.depth > isoDepthMax) return 'ISO_TOO_DEEP';
  if (directory.offsetBytes + directory.sizeBytes > imageBytes) return 'ISO_EXTENT_OUTSIDE';
  return directory.sizeBytes > isoDirectoryMaxBytes ? 'ISO_DIRECTORY_INVALID' : undefined;
}

/** The root directory record of the primary volume descriptor (ECMA-119 8.4.18). */
function rootDirectory(readAt: ReadAt): { directory: Directory; blockBytes: number } | undefined {
  for (let index = 0; index < descriptorCountMax; index++) {
    const descriptor = readAt((firstDescriptorSector + index) * sectorBytes, sectorBytes);
    if (
      descriptor.length < sectorBytes ||
      Buffer.from(descriptor.subarray(1, 6)).toString('latin1') !== 'CD001'
    )
      return undefined;
    const [type] = descriptor;
    if (type === setTerminator) return undefined;
    if (type !== primaryDescriptor) continue;
    const blockBytes = uint16(descriptor, logicalBlockSizeAt);
    const record = readRecord(descriptor, rootRecordAt);
    if (record === undefined || ![512, 1024, 2048].includes(blockBytes)) return undefined;
    const { block, sizeBytes } = record;
    const directory = { name: new Uint8Array(0), offsetBytes: block * blockBytes, sizeBytes, depth: 0 };
    return { directory, blockBytes };
  }
  return undefined;
}

const primaryDescriptor = 1;
const setTerminator = 255;
const logicalBlockSizeAt = 128;
const rootRecordAt = 156;

interface DirectoryRecord {
  readonly length: number;
  readonly name: Uint8Array;
  readonly block: number;
  readonly sizeBytes: number;
  readonly isDirectory: boolean;
  readonly isInterleaved: boolean;
  /** Another record goes on with the same file (ECMA-119 9.1.6, bit 7). */
  readonly isContinued: boolean;
}

/** Records of a directory (ECMA-119 6.8.1), without those for itself and the one above. */
function* recordsOf(
  bytes: Uint8Array,
  onProblem: (code: IsoErrorCode) => void,
): Generator<Pick<DirectoryRecord, 'name' | 'block' | 'sizeBytes' | 'isDirectory' | 'isInterleaved'>> {
  let begun: DirectoryRecord | undefined;
  for (let at = 0; at < bytes.length;) {
    if (bytes[at] === 0) {
      // Records do not cross sectors: zeros fill up.
      at = (Math.floor(at / sectorBytes) + 1) * sectorBytes;
      continue;
    }
    const record = readRecord(bytes, at);
    if (record === undefined) {
      onProblem('ISO_DIRECTORY_INVALID');
      return;
    }
    at += record.length;
    if (record.name.length === 1 && (record.name[0] ?? 2) < 2) continue;
    // Extents of one file follow each other on every image that has such files.
    const whole: DirectoryRecord =
      begun === undefined
        ? record
        : { ...record, block: begun.block, sizeBytes: begun.sizeBytes + record.sizeBytes };
    begun = record.isContinued ? whole : undefined;
    if (!record.isContinued) yield whole;
  }
}

const recordLengthMin = 34;

/** ECMA-119 9.1: numbers are recorded in both byte orders; the little endian one is read. */
function readRecord(bytes: Uint8Array, at: number): DirectoryRecord | undefined {
  const length = bytes[at] ?? 0;
  const nameLength = bytes[at + 32] ?? 0;
  if (length < recordLengthMin || at + length > bytes.length || nameLength === 0) return undefined;
  if (33 + nameLength > length) return undefined;
  const flags = bytes[at + 25] ?? 0;
  return {
    length,
    name: bytes.slice(at + 33, at + 33 + nameLength),
    block: uint32(bytes, at + 2) + (bytes[at + 1] ?? 0),
    sizeBytes: uint32(bytes, at + 10),
    isDirectory: (flags & 0x02) !== 0,
    isInterleaved: (bytes[at + 26] ?? 0) !== 0,
    isContinued: (flags & 0x80) !== 0,
  };
}

function joined(folder: Uint8Array, name: Uint8Array): Uint8Array {
  return folder.length === 0 ? name : new Uint8Array(Buffer.concat([folder, Buffer.from('/'), name]));
}

function uint16(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) + (bytes[at + 1] ?? 0) * 0x100;
}

function uint32(bytes: Uint8Array, at: number): number {
  return uint16(bytes, at) + uint16(bytes, at + 2) * 0x10000;
}
