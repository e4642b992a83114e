import type { InstanceAttributes } from './attributes.ts';

/** One instance to be added. */
export interface IndexEntry {
  readonly attributes: InstanceAttributes;
  readonly transferSyntaxUID: string;
  /** Bytes. */
  readonly dataSetLength: number;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
  readonly sourceAETitle?: string | undefined;
  /** Where the packs have it: opaque here. */
  readonly location: Uint8Array;
  /** Slot of the study's key. */
  readonly keySlot: number;
}

/** Up to which place of the packs the index tells. */
export interface PackPosition {
  readonly packID: number;
  readonly offset: number;
}

/** What is held of one instance, and where. */
export interface InstanceRecord {
  /** Undefined when the study's patient has none. */
  readonly patientID: string | undefined;
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID: string;
  readonly sopInstanceUID: string;
  readonly sopClassUID: string;
  readonly transferSyntaxUID: string;
  /** Bytes. */
  readonly dataSetLength: number;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
  readonly sourceAETitle: string | undefined;
  readonly numberOfFrames: number | undefined;
  readonly location: Uint8Array;
  readonly keySlot: number;
}

export interface StudyRecord {
  readonly patientID: string | undefined;
  readonly studyInstanceUID: string;
  readonly keySlot: number;
  readonly numberOfSeries: number;
  readonly numberOfInstances: number;
}

export interface IndexStatistics {
  readonly patients: number;
  readonly studies: number;
  readonly series: number;
  readonly instances: number;
  /** Of the data sets. */
  readonly bytes: number;
}

/** A data set in quarantine: it came under the SOPInstanceUID of another. */
export interface QuarantineRecord {
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID: string;
  readonly sopInstanceUID: string;
  readonly sopClassUID: string;
  readonly transferSyntaxUID: string;
  readonly location: Uint8Array;
  readonly keySlot: number;
}

/** Some of what is in quarantine, and from where to go on when there may be more. */
export interface QuarantinePage {
  readonly records: readonly QuarantineRecord[];
  readonly next: number | undefined;
}
