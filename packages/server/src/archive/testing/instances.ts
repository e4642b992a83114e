import { createCipheriv } from 'node:crypto';
import { DataSet, Tag, transferSyntax, TransferSyntaxUID, writeDataSet } from '@leadglass/dicom';
import type { InstanceSource } from '../instance-writer.ts';

export const CT_IMAGE = '1.2.840.10008.5.1.4.1.1.2';

export interface TestInstance {
  source: InstanceSource;
  dataSet: Uint8Array;
  studyInstanceUID: string;
}

export interface InstanceShape {
  study?: number;
  series?: number;
  number?: number;
  patientName?: string;
  patientID?: string;
  /** Bytes of Pixel Data. */
  pixelBytes?: number;
  /** What the pixels are filled with, so that two instances may differ in nothing else. */
  seed?: number;
  transferSyntaxUID?: string;
  /** Changes the data set before it is written. */
  change?: (dataSet: DataSet) => void;
}

export const studyUID = (study: number): string => `1.2.826.0.1.${study}`;
export const instanceUID = (study: number, series: number, number: number): string =>
  `${studyUID(study)}.${series}.${number}`;

/** Bytes that compress badly and can be made again. */
export function noise(length: number, seed = 1): Buffer {
  const key = Buffer.alloc(16);
  key.writeUInt32LE(seed, 0);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length));
}

/** A CT image as a device sends it: the data set's bytes and what the command set would say. */
export function instanceOf(shape: InstanceShape = {}): TestInstance {
  const { study = 1, series = 1, number = 1, pixelBytes = 1000, seed = 1 } = shape;
  const transferSyntaxUID = shape.transferSyntaxUID ?? TransferSyntaxUID.ExplicitVRLittleEndian;
  const sopInstanceUID = instanceUID(study, series, number);
  const dataSet = new DataSet();
  dataSet.set(Tag.SOPClassUID, CT_IMAGE);
  dataSet.set(Tag.SOPInstanceUID, sopInstanceUID);
  dataSet.set(Tag.StudyDate, '20260102');
  dataSet.set(Tag.Modality, 'CT');
  dataSet.set(Tag.PatientName, shape.patientName ?? `Patient^Number${study}`);
  dataSet.set(Tag.PatientID, shape.patientID ?? `P${study}`);
  dataSet.set(Tag.StudyInstanceUID, studyUID(study));
  dataSet.set(Tag.SeriesInstanceUID, `${studyUID(study)}.${series}`);
  dataSet.set(Tag.InstanceNumber, number);
  dataSet.set(Tag.PixelData, noise(pixelBytes, seed), 'OW');
  shape.change?.(dataSet);
  const syntax = transferSyntax(transferSyntaxUID);
  if (!syntax) throw new Error('not a transfer syntax');
  return {
    source: { sopClassUID: CT_IMAGE, sopInstanceUID, transferSyntaxUID, sourceAETitle: 'CT1' },
    dataSet: writeDataSet(dataSet, syntax),
    studyInstanceUID: studyUID(study),
  };
}
