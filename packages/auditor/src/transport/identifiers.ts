import type { QueryLevel } from './askers.ts';
import { freshUID } from './identity.ts';

/** One element in Implicit VR Little Endian (PS3.5 7.1.3); UIDs are padded with NUL, text with a space. */
function element(tag: number, value: string, pad = ' '): Buffer {
  const padded = value.length % 2 === 0 ? value : value + pad;
  const bytes = Buffer.alloc(8 + padded.length);
  bytes.writeUInt16LE(tag >>> 16, 0);
  bytes.writeUInt16LE(tag & 0xffff, 2);
  bytes.writeUInt32LE(padded.length, 4);
  bytes.write(padded, 8, 'latin1');
  return bytes;
}

const uid = (tag: number, value: string): Buffer => element(tag, value, '\0');

const tags = {
  queryRetrieveLevel: 0x00080052,
  patientID: 0x00100020,
  studyInstanceUID: 0x0020000d,
  seriesInstanceUID: 0x0020000e,
  sopInstanceUID: 0x00080018,
} as const;

/**
 * The identifier of a query that matches nothing: its unique keys are fresh random UIDs, or an ID made of one
 * (PS3.4 C.2.2.2.1 single value matching). It asks for no other attribute.
 */
export function zeroMatchIdentifier(level: QueryLevel, isPatientRoot: boolean): Buffer {
  // An ID nobody has: 16 hexadecimal digits of a random UID.
  const randomID = `ZM${BigInt(freshUID().slice(5)).toString(16).slice(0, 14)}`;
  const patient = isPatientRoot ? [element(tags.patientID, randomID)] : [];
  switch (level) {
    case 'WORKLIST':
      // Modality Worklist has no level; StudyInstanceUID is a matching key (PS3.4 Table K.6-1).
      return uid(tags.studyInstanceUID, freshUID());
    case 'PATIENT':
      return Buffer.concat([element(tags.queryRetrieveLevel, 'PATIENT'), element(tags.patientID, randomID)]);
    case 'STUDY':
      return Buffer.concat([
        element(tags.queryRetrieveLevel, 'STUDY'),
        ...patient,
        uid(tags.studyInstanceUID, freshUID()),
      ]);
    case 'SERIES':
      return Buffer.concat([
        element(tags.queryRetrieveLevel, 'SERIES'),
        ...patient,
        uid(tags.studyInstanceUID, freshUID()),
        uid(tags.seriesInstanceUID, freshUID()),
      ]);
    case 'IMAGE':
      return Buffer.concat([
        uid(tags.sopInstanceUID, freshUID()),
        element(tags.queryRetrieveLevel, 'IMAGE'),
        ...patient,
        uid(tags.studyInstanceUID, freshUID()),
        uid(tags.seriesInstanceUID, freshUID()),
      ]);
  }
}

/** The identifier that everything matches and that asks for its unique key alone: for counting. */
export function countIdentifier(level: 'STUDY' | 'PATIENT'): Buffer {
  return level === 'STUDY'
    ? Buffer.concat([element(tags.queryRetrieveLevel, 'STUDY'), uid(tags.studyInstanceUID, '')])
    : Buffer.concat([element(tags.queryRetrieveLevel, 'PATIENT'), element(tags.patientID, '')]);
}
