import { createHash } from 'node:crypto';
import { DataSet, SOPClassUID, Tag, transferSyntax, TransferSyntaxUID, writeDataSet } from '@leadglass/dicom';

export const CT_IMAGE_STORAGE = SOPClassUID.CTImageStorage;
export const EXPLICIT_LITTLE_ENDIAN = TransferSyntaxUID.ExplicitVRLittleEndian;

export interface InstanceFacts {
  readonly sopInstanceUID: string;
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID: string;
  readonly patientID?: string;
  readonly patientName?: string;
  /** The Pixel Data, of even length. */
  readonly pixels?: Uint8Array;
  /** Further attributes by tag. */
  readonly more?: readonly (readonly [number, string])[];
}

/** A small CT image in explicit VR little endian, without file header. */
export function makeInstance(facts: InstanceFacts): Uint8Array {
  return writeDataSet(dataSetOf(facts), explicitLittleEndian());
}

/** The same without its Pixel Data element: what a stream of pixels follows. */
export function dataSetOf(facts: InstanceFacts): DataSet {
  const dataSet = new DataSet();
  dataSet.set(Tag.SOPClassUID, CT_IMAGE_STORAGE);
  dataSet.set(Tag.SOPInstanceUID, facts.sopInstanceUID);
  dataSet.set(Tag.StudyDate, '20240229');
  dataSet.set(Tag.Modality, 'CT');
  dataSet.set(Tag.PatientName, facts.patientName ?? 'Test^Instance');
  dataSet.set(Tag.PatientID, facts.patientID ?? 'TEST-1');
  dataSet.set(Tag.StudyInstanceUID, facts.studyInstanceUID);
  dataSet.set(Tag.SeriesInstanceUID, facts.seriesInstanceUID);
  for (const [tag, value] of facts.more ?? []) dataSet.set(tag, value);
  if (facts.pixels !== undefined) dataSet.set(Tag.PixelData, facts.pixels, 'OW');
  return dataSet;
}

export function explicitLittleEndian() {
  const syntax = transferSyntax(EXPLICIT_LITTLE_ENDIAN);
  if (syntax === undefined) throw new Error('explicit VR little endian is always known');
  return syntax;
}

export function sha256(...parts: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

/** Contexts for storing CT images, as SCU. */
export const CT_STORAGE = [
  { abstractSyntax: CT_IMAGE_STORAGE, transferSyntaxes: [EXPLICIT_LITTLE_ENDIAN] },
] as const;
