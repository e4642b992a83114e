import { storageSOPClassTable } from '../generated/storage-sop-classes.js';

/** A SOP Class whose instances can be stored (PS3.4 Annex B and Annex GG). */
export interface StorageSOPClass {
  readonly uid: string;
  readonly name: string;
  /** What instances hold, from the modules of their IOD: 'image', 'multi-frame', 'sr', 'waveform', 'non-patient' ... */
  readonly kinds: readonly string[];
  readonly retired: boolean;
}

const classes: ReadonlyMap<string, StorageSOPClass> = new Map(
  storageSOPClassTable.split('\n').map((line) => {
    const [uid = '', kinds = '', retired, name = ''] = line.split('|');
    return [uid, { uid, name, kinds: kinds.split(','), retired: retired === 'R' }];
  }),
);

/** The storage SOP Class of a UID; undefined when it is not one of PS3.4. */
export function storageSOPClass(uid: string): StorageSOPClass | undefined {
  return classes.get(uid);
}

/** UIDs of all storage SOP Classes, retired ones included, in UID order. */
export const storageSOPClassUIDs: readonly string[] = [...classes.keys()];
