import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DataSet,
  encapsulatedPixelData,
  SOPClassUID,
  Tag,
  transferSyntax,
  TransferSyntaxUID,
  writeDataSet,
  writePart10Header,
} from '@leadglass/dicom';
import { BufferFeed } from '../byte-feed.ts';
import { examineFile } from '../examine-file.ts';
import type { Examination } from '../examine-file.ts';
import { fileChecks } from '../file-checks.ts';

/** A small image without any identity: every check is silent about it. */
export function cleanDataSet(): DataSet {
  const dataSet = new DataSet();
  dataSet.set(Tag.SpecificCharacterSet, 'ISO_IR 192');
  dataSet.set(Tag.SOPClassUID, SOPClassUID.CTImageStorage);
  dataSet.set(Tag.SOPInstanceUID, '2.25.1');
  dataSet.set(Tag.Modality, 'CT');
  dataSet.set(Tag.PatientName, '');
  dataSet.set(Tag.PatientID, '');
  dataSet.set(Tag.StudyInstanceUID, '2.25.2');
  dataSet.set(Tag.SeriesInstanceUID, '2.25.3');
  dataSet.set(Tag.SeriesDescription, 'Thorax 5.0');
  dataSet.set(Tag.Rows, 16);
  dataSet.set(Tag.Columns, 16);
  dataSet.set(Tag.BitsAllocated, 16);
  dataSet.set(Tag.SamplesPerPixel, 1);
  dataSet.set(Tag.PixelData, new Uint8Array(512), 'OW');
  return dataSet;
}

export interface FileParts {
  readonly dataSet?: DataSet;
  readonly transferSyntaxUID?: string;
  /** Put over the beginning of the preamble. */
  readonly preamble?: string | Uint8Array;
  /** Put behind the data set. */
  readonly trailing?: Uint8Array;
}

/** A DICOM file (PS3.10 7.1). */
export function buildFile(parts: FileParts = {}): Uint8Array {
  const uid = parts.transferSyntaxUID ?? TransferSyntaxUID.ExplicitVRLittleEndian;
  const syntax = transferSyntax(uid);
  if (syntax === undefined) throw new Error('not a transfer syntax');
  const header = writePart10Header({
    sopClassUID: SOPClassUID.CTImageStorage,
    sopInstanceUID: '2.25.1',
    transferSyntaxUID: uid,
    implementationClassUID: '2.25.4',
  });
  header.set(Buffer.from(parts.preamble ?? ''), 0);
  const body = writeDataSet(parts.dataSet ?? cleanDataSet(), syntax);
  return new Uint8Array(Buffer.concat([header, body, parts.trailing ?? new Uint8Array(0)]));
}

/** A clean data set with something changed. */
export function changed(change: (dataSet: DataSet) => void): DataSet {
  const dataSet = cleanDataSet();
  change(dataSet);
  return dataSet;
}

/** Sets Pixel Data to fragments, for encapsulated transfer syntaxes. */
export function setFragments(dataSet: DataSet, fragments: readonly Uint8Array[]): void {
  dataSet.put(encapsulatedPixelData(fragments));
}

/** Kinds a check exposed about bytes, sorted. */
export async function exposedBy(check: string, bytes: Uint8Array): Promise<string[]> {
  const { notes } = await examineBytes(bytes);
  return notes
    .filter((note) => note.check === check && note.exposes)
    .map((note) => note.kind)
    .sort();
}

/** Kinds a check counted without exposing, sorted. */
export async function countedBy(check: string, bytes: Uint8Array): Promise<string[]> {
  const { notes } = await examineBytes(bytes);
  return notes
    .filter((note) => note.check === check && !note.exposes)
    .map((note) => note.kind)
    .sort();
}

export function examineBytes(bytes: Uint8Array): Promise<Examination> {
  return examineFile(new BufferFeed(bytes), fileChecks);
}

/** A folder of files that is removed afterwards. */
export async function withFolder<Result>(
  files: Readonly<Record<string, Uint8Array>>,
  use: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'leadglass-files-'));
  try {
    for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
