import {
  DataSet,
  inflateDataSetSync,
  ParseError,
  readPart10Header,
  Tag,
  transferSyntax,
} from '@leadglass/dicom';
import type { DataElement, Part10Header, TransferSyntax } from '@leadglass/dicom';
import { BufferFeed } from './byte-feed.ts';
import type { ByteFeed } from './byte-feed.ts';
import { DataSetScan } from './data-set-scan.ts';
import type { ScannedDataSet } from './data-set-scan.ts';
import { DocumentScanner } from './document-scanner.ts';
import type { FileCheck, FileFacts, FileVisitor, Notes, ReadFailure } from './file-check.ts';
import { chunkBytes, deflatedMaxBytes, headMaxBytes, inflatedMaxBytes } from './limits.ts';
import { signatureAt } from './signatures.ts';
import { ElementWalk } from './walk-elements.ts';

/** What a file is, by its content. */
export type FileKind = 'dicom' | 'dicomdir' | 'zip' | 'iso9660' | 'other';

/** One thing a check noted: places in the file it was seen at. */
export interface Note {
  readonly check: string;
  readonly kind: string;
  readonly exposes: boolean;
  places: number;
}

export interface Examination {
  readonly kind: FileKind;
  readonly notes: readonly Note[];
  /** Why the file was not read to its end: a ParseError's code. */
  readonly failure?: string;
}

/** Reads a file and asks all checks about it. @throws what the feed throws; hostile bytes do not throw */
export async function examineFile(feed: ByteFeed, checks: readonly FileCheck[]): Promise<Examination> {
  const head = await readHead(feed, new Uint8Array(0), chunkBytes);
  const container = containerKind(head);
  if (container !== undefined) return { kind: container, notes: [] };
  const read = await readDicom(feed, head);
  if (read === undefined) return { kind: 'other', notes: [] };
  const notes = askChecks(checks, read);
  const isDirectory = read.facts.dataSet?.has(Tag.DirectoryRecordSequence) === true;
  const kind = isDirectory ? 'dicomdir' : 'dicom';
  const { failure } = read.facts;
  return failure === undefined ? { kind, notes } : { kind, notes, failure: failure.code };
}

/** Reads on until so many bytes are there, or the end. */
async function readHead(feed: ByteFeed, before: Uint8Array, wantedBytes: number): Promise<Uint8Array> {
  const pieces = [new Uint8Array(before)];
  let length = before.length;
  while (length < wantedBytes) {
    const piece = await feed.read(wantedBytes - length);
    if (piece.length === 0) break;
    // A buffer that is used again for the next piece.
    pieces.push(new Uint8Array(piece));
    length += piece.length;
  }
  return new Uint8Array(Buffer.concat(pieces));
}

const isoIdentifierAt = 16 * 2048 + 1;

/** A volume descriptor's identifier (ECMA-119 8.1.2), or a ZIP archive's first bytes; DICOM has precedence. */
function containerKind(head: Uint8Array): 'zip' | 'iso9660' | undefined {
  if (Buffer.from(head.subarray(preambleBytes, preambleBytes + 4)).equals(prefix)) return undefined;
  if (signatureAt(head) === 'zip') return 'zip';
  const identifier = Buffer.from(head.subarray(isoIdentifierAt, isoIdentifierAt + 5)).toString('latin1');
  return identifier === 'CD001' ? 'iso9660' : undefined;
}

const preambleBytes = 128;
const prefix = Buffer.from('DICM');

interface ReadFile {
  readonly facts: FileFacts;
  readonly prefixes: ReadonlyMap<DataElement, Uint8Array>;
}

/** The file's facts; undefined when it is not DICOM. */
async function readDicom(feed: ByteFeed, start: Uint8Array): Promise<ReadFile | undefined> {
  let head = start;
  let header: Part10Header | undefined;
  let failure: ReadFailure | undefined;
  for (;;) {
    const outcome = tryHeader(head);
    header = outcome.header;
    failure = outcome.failure;
    // File Meta Information longer than what was read: the rest of it may still come.
    if (failure?.code !== 'DATA_CUT_SHORT' || head.length >= headMaxBytes || head.length >= feed.sizeBytes)
      break;
    const longer = await readHead(feed, head, headMaxBytes);
    if (longer.length === head.length) break;
    head = longer;
  }
  const isMarked = Buffer.from(head.subarray(preambleBytes, preambleBytes + 4)).equals(prefix);
  if (header === undefined && !isMarked) return undefined;
  const preamble =
    (header?.hasPreamble ?? isMarked) ? new Uint8Array(head.subarray(0, preambleBytes)) : undefined;
  const scanned = header === undefined ? undefined : await scan(feed, head, header);
  if (!isMarked && scanned !== undefined && !looksLikeDicom(header, scanned)) return undefined;
  return {
    prefixes: scanned?.prefixes ?? new Map<DataElement, Uint8Array>(),
    facts: {
      sizeBytes: feed.sizeBytes,
      preamble,
      header,
      dataSet: scanned?.dataSet,
      failure: scanned?.failure ?? failure,
      pixels: scanned?.pixels,
      document: scanned?.document ?? keptDocument(scanned?.dataSet),
      trailing: scanned?.trailing,
      lastByte: lastVisibleByte(feed, preamble),
      inflationRatio: scanned?.inflationRatio,
    },
  };
}

function tryHeader(head: Uint8Array): { header?: Part10Header; failure?: ReadFailure } {
  try {
    return { header: readPart10Header(head) };
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    return { failure: { code: error.code, declared: error.declared, available: error.available } };
  }
}

interface Scanned extends ScannedDataSet {
  readonly inflationRatio: number | undefined;
}

async function scan(feed: ByteFeed, head: Uint8Array, header: Part10Header): Promise<Scanned> {
  const syntax = transferSyntax(header.transferSyntaxUID);
  if (syntax === undefined) return notRead('TRANSFER_SYNTAX_UNKNOWN');
  const first = head.subarray(header.dataSetOffset);
  const leftBytes = feed.sizeBytes - header.dataSetOffset;
  if (syntax.deflated) return await scanDeflated(feed, first, syntax, leftBytes);
  return { ...(await new DataSetScan(feed, syntax, leftBytes).run(first)), inflationRatio: undefined };
}

/** Offsets count in the inflated data set, so that it is inflated first: such files are few and small. */
async function scanDeflated(
  feed: ByteFeed,
  first: Uint8Array,
  syntax: TransferSyntax,
  leftBytes: number,
): Promise<Scanned> {
  if (leftBytes > deflatedMaxBytes) return notRead('VALUE_TOO_LONG');
  const stored = await readHead(feed, first, leftBytes);
  try {
    const inflated = inflateDataSetSync(stored, { inflatedMaxBytes });
    const plain = { ...syntax, deflated: false };
    const inner = new BufferFeed(inflated);
    const scanned = await new DataSetScan(inner, plain, inflated.length).run(new Uint8Array(0));
    return { ...scanned, inflationRatio: inflated.length / Math.max(1, stored.length) };
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    const ratio =
      error.code === 'INFLATED_TOO_LARGE' ? inflatedMaxBytes / Math.max(1, stored.length) : undefined;
    return { ...notRead(error.code), inflationRatio: ratio };
  }
}

function notRead(code: ReadFailure['code']): Scanned {
  return {
    dataSet: new DataSet(),
    failure: { code, declared: undefined, available: undefined },
    prefixes: new Map(),
    pixels: undefined,
    document: undefined,
    trailing: undefined,
    inflationRatio: undefined,
  };
}

/** Attributes of which a data set without a prefix must have one, so that chance bytes are not taken for DICOM. */
const signs: readonly number[] = [
  Tag.SOPClassUID,
  Tag.SOPInstanceUID,
  Tag.StudyInstanceUID,
  Tag.Modality,
  Tag.PatientID,
  Tag.DirectoryRecordSequence,
];

function looksLikeDicom(header: Part10Header | undefined, scanned: Scanned): boolean {
  if (header !== undefined && header.meta.size > 0) return true;
  return signs.some((tag) => scanned.dataSet.has(tag));
}

/** A document short enough to have been kept with the data set, at the top level where the Standard puts it. */
function keptDocument(dataSet: DataSet | undefined): FileFacts['document'] {
  const bytes = dataSet?.bytes(Tag.EncapsulatedDocument);
  if (bytes === undefined) return undefined;
  const scanner = new DocumentScanner();
  scanner.push(bytes);
  return scanner.end();
}

/** The end of a text file that is a DICOM file too; looked at only when the preamble begins like such text. */
function lastVisibleByte(feed: ByteFeed, preamble: Uint8Array | undefined): number | undefined {
  const first = preamble?.find((byte) => byte > 0x20);
  const beginsLikeText = first === 0x7b || first === 0x5b || first === 0x2f;
  return beginsLikeText ? feed.tail?.(tailBytes).findLast((byte) => byte > 0x20) : undefined;
}

/** White space behind a closing bracket is seldom longer. */
const tailBytes = 256;

/** One pass through the elements for all checks. */
function askChecks(checks: readonly FileCheck[], read: ReadFile): Note[] {
  const notes: Note[] = [];
  const visitors: FileVisitor[] = [];
  for (const check of checks) {
    const visitor = check.visit(read.facts, noteTaker(check.meta.id, notes));
    if (visitor !== undefined) visitors.push(visitor);
  }
  const { header, dataSet } = read.facts;
  const walk = new ElementWalk(visitors, read.prefixes);
  if (header !== undefined) walk.walk(header.meta);
  if (dataSet !== undefined) walk.walk(dataSet);
  for (const visitor of visitors) visitor.end?.();
  return notes;
}

function noteTaker(check: string, notes: Note[]): Notes {
  const note = (kind: string, places: number, exposes: boolean): void => {
    const known = notes.find((one) => one.check === check && one.kind === kind);
    if (known === undefined) notes.push({ check, kind, exposes, places });
    else known.places += places;
  };
  return {
    expose: (kind, places = 1) => {
      note(kind, places, true);
    },
    count: (kind, places = 1) => {
      note(kind, places, false);
    },
  };
}
