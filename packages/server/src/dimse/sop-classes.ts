import { SOPClassUID } from '@leadglass/dicom';

/** Verification (PS3.4 Annex A). */
export const VERIFICATION = SOPClassUID.Verification;
/** Storage Commitment Push Model (PS3.4 Annex J), and the instance its requests name. */
export const STORAGE_COMMITMENT = '1.2.840.10008.1.20.1';
export const STORAGE_COMMITMENT_INSTANCE = '1.2.840.10008.1.20.1.1';

export type RetrieveRoot = 'PATIENT' | 'STUDY';

/** The query/retrieve SOP classes (PS3.4 C.6). Patient/Study Only is retired: it is not offered. */
export const QUERY_RETRIEVE: ReadonlyMap<string, { root: RetrieveRoot; verb: 'find' | 'move' | 'get' }> =
  new Map([
    ['1.2.840.10008.5.1.4.1.2.1.1', { root: 'PATIENT', verb: 'find' }],
    ['1.2.840.10008.5.1.4.1.2.1.2', { root: 'PATIENT', verb: 'move' }],
    ['1.2.840.10008.5.1.4.1.2.1.3', { root: 'PATIENT', verb: 'get' }],
    ['1.2.840.10008.5.1.4.1.2.2.1', { root: 'STUDY', verb: 'find' }],
    ['1.2.840.10008.5.1.4.1.2.2.2', { root: 'STUDY', verb: 'move' }],
    ['1.2.840.10008.5.1.4.1.2.2.3', { root: 'STUDY', verb: 'get' }],
  ]);
