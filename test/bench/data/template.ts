import {
  readDataSet,
  SOPClassUID,
  Tag,
  transferSyntax,
  TransferSyntaxUID,
  writeDataSet,
} from '@leadglass/dicom';
import type { DataSet, TransferSyntax } from '@leadglass/dicom';
import { benchInstances } from '../../../packages/server/src/demo/index.ts';
import { blankStudy, studyValues } from './studies.ts';
import { type InstancePlace, instanceUID, seriesUID, studyUID } from './uids.ts';

/** What is sent: a CT of 0.525 MB, a DX of 10.5 MB, an SR of 3 KB, an instance of a study of its own, 200 MB of frames. */
export type DataKind = 'CT' | 'DX' | 'SR' | 'study' | 'multi-frame';

/** One encoded data set in which some values are written over for each instance, always of the same length. */
export interface Template {
  readonly kind: DataKind;
  readonly sopClassUID: string;
  readonly transferSyntaxUID: string;
  readonly dataSet: Uint8Array;
  /** Where values stand in the data set, by tag. */
  readonly offsets: ReadonlyMap<number, number>;
  /** The values of one instance, by tag; of the lengths that the template has. */
  values(place: InstancePlace): readonly (readonly [number, string])[];
}

const patched: readonly number[] = [
  Tag.SOPInstanceUID,
  Tag.StudyInstanceUID,
  Tag.SeriesInstanceUID,
  Tag.PatientID,
  Tag.AccessionNumber,
];

/** Frames of a CT's size that make 200 MB. */
const FRAMES = 400;

export function makeTemplate(kind: DataKind): Template {
  if (kind === 'study') return studyTemplate();
  const [instance] = benchInstances(kind === 'multi-frame' ? 'CT' : kind, 1, { studies: 1 });
  if (instance === undefined) throw new Error(`no instance of ${kind} was made`);
  const { transferSyntaxUID } = instance;
  const single = { ...instance, offsets: offsetsIn(instance.dataSet, transferSyntaxUID, patched) };
  const { sopClassUID, dataSet, offsets } = kind === 'multi-frame' ? manyFrames(instance) : single;
  return { kind, sopClassUID, transferSyntaxUID, dataSet, offsets, values: commonValues };
}

/** Patient and accession differ from study to study; 12 characters each, as the generator makes them. */
function commonValues(place: InstancePlace): (readonly [number, string])[] {
  const number = ((place.run * 64 + place.association) * 1000 + place.study) % 1_000_000;
  const six = String(number).padStart(6, '0');
  return [
    [Tag.SOPInstanceUID, instanceUID(place)],
    [Tag.StudyInstanceUID, studyUID(place)],
    [Tag.SeriesInstanceUID, seriesUID(place)],
    [Tag.PatientID, `BENCH-${six}`],
    [Tag.AccessionNumber, `ACCESS${six}`],
  ];
}

interface Encoded {
  readonly sopClassUID: string;
  readonly dataSet: Uint8Array;
  readonly offsets: ReadonlyMap<number, number>;
}

/** The picture of a CT many times over, as a multi-frame secondary capture. */
function manyFrames(ct: { dataSet: Uint8Array; transferSyntaxUID: string }): Encoded {
  const dataSet = parse(ct.dataSet, ct.transferSyntaxUID);
  const frame = dataSet.bytes(Tag.PixelData) ?? new Uint8Array(0);
  const pixels = new Uint8Array(frame.length * FRAMES);
  for (let at = 0; at < pixels.length; at += frame.length) pixels.set(frame, at);
  const sopClassUID = SOPClassUID.MultiFrameGrayscaleWordSecondaryCaptureImageStorage;
  dataSet.set(Tag.SOPClassUID, sopClassUID);
  dataSet.set(Tag.NumberOfFrames, FRAMES);
  dataSet.set(Tag.PixelData, pixels, 'OW');
  const syntax = transferSyntax(ct.transferSyntaxUID) as TransferSyntax;
  const bytes = writeDataSet(dataSet, syntax);
  return { sopClassUID, dataSet: bytes, offsets: offsetsIn(bytes, ct.transferSyntaxUID, patched) };
}

function studyTemplate(): Template {
  const transferSyntaxUID = TransferSyntaxUID.ExplicitVRLittleEndian;
  const blank = blankStudy();
  const dataSet = writeDataSet(blank, transferSyntax(transferSyntaxUID) as TransferSyntax);
  const tags = studyValues({ run: 0, association: 0, study: 0, instance: 0 }).map(([tag]) => tag);
  const offsets = offsetsIn(dataSet, transferSyntaxUID, tags);
  const sopClassUID = blank.string(Tag.SOPClassUID) ?? '';
  return { kind: 'study', sopClassUID, transferSyntaxUID, dataSet, offsets, values: studyValues };
}

/** The pixels that every instance of a template has. */
export function pixelsOf({ dataSet, transferSyntaxUID }: Template): Uint8Array {
  return parse(dataSet, transferSyntaxUID).bytes(Tag.PixelData) ?? new Uint8Array();
}

function parse(bytes: Uint8Array, transferSyntaxUID: string): DataSet {
  return readDataSet(bytes, transferSyntax(transferSyntaxUID) as TransferSyntax);
}

function offsetsIn(
  bytes: Uint8Array,
  transferSyntaxUID: string,
  tags: readonly number[],
): Map<number, number> {
  const dataSet = parse(bytes, transferSyntaxUID);
  return new Map(tags.map((tag) => [tag, dataSet.get(tag)?.offset ?? 0]));
}
