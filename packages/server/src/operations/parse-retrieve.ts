import { type DataSet, Tag } from '@leadglass/dicom';
import { isPlausibleUID } from '../archive/index/matching/matching.ts';
import type { Selection } from './retrieve.ts';

export type RetrieveErrorCode =
  'LEVEL_MISSING' | 'LEVEL_UNKNOWN' | 'UNIQUE_KEY_MISSING' | 'INVALID_VALUE' | 'TOO_MANY_VALUES';

/** An identifier of C-MOVE or C-GET that selects nothing in particular. Carries no attribute value. */
export class RetrieveError extends Error {
  readonly code: RetrieveErrorCode;
  readonly tag: number;
  constructor(code: RetrieveErrorCode, tag: number) {
    super(code);
    this.name = 'RetrieveError';
    this.code = code;
    this.tag = tag;
  }
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** UIDs in one list; more is another request. */
const MAX_UIDS = 10_000;
/** PS3.4 C.6: the levels, with the unique key of each. */
const LEVELS = [
  { level: 'PATIENT', key: Tag.PatientID },
  { level: 'STUDY', key: Tag.StudyInstanceUID },
  { level: 'SERIES', key: Tag.SeriesInstanceUID },
  { level: 'IMAGE', key: Tag.SOPInstanceUID },
] as const;

/**
 * What an identifier selects (PS3.4 C.4.2.2.1): the unique key of its level, one or a list, and those of
 * the levels above, one each, unless relational retrieval was negotiated. Throws RetrieveError.
 */
export function parseRetrieve(
  identifier: DataSet,
  options: { root: 'PATIENT' | 'STUDY'; relational: boolean },
): Selection {
  const wanted = identifier.string(Tag.QueryRetrieveLevel)?.trim();
  if (!wanted) throw new RetrieveError('LEVEL_MISSING', Tag.QueryRetrieveLevel);
  const levels = LEVELS.filter(({ level }) => options.root === 'PATIENT' || level !== 'PATIENT');
  const depth = levels.findIndex(({ level }) => level === wanted);
  const own = levels[depth];
  if (!own) throw new RetrieveError('LEVEL_UNKNOWN', Tag.QueryRetrieveLevel);
  const selection: Mutable<Selection> = {};
  for (const { key } of levels.slice(0, depth)) {
    const values = valuesOf(identifier, key);
    const required = !options.relational;
    if (required && values.length !== 1) throw new RetrieveError('UNIQUE_KEY_MISSING', key);
    if (values.length > 0) select(selection, key, values);
  }
  const values = valuesOf(identifier, own.key);
  if (values.length === 0) throw new RetrieveError('UNIQUE_KEY_MISSING', own.key);
  select(selection, own.key, values);
  return selection;
}

function valuesOf(identifier: DataSet, key: number): string[] {
  const values = identifier.strings(key).filter((value) => value !== '');
  if (values.length > MAX_UIDS) throw new RetrieveError('TOO_MANY_VALUES', key);
  const isValid = key === Tag.PatientID ? values.length <= 1 : values.every(isPlausibleUID);
  if (!isValid) throw new RetrieveError('INVALID_VALUE', key);
  return values;
}

function select(selection: Mutable<Selection>, key: number, values: string[]): void {
  if (key === Tag.PatientID && values[0] !== undefined) selection.patientID = values[0];
  if (key === Tag.StudyInstanceUID) selection.studyInstanceUIDs = values;
  if (key === Tag.SeriesInstanceUID) selection.seriesInstanceUIDs = values;
  if (key === Tag.SOPInstanceUID) selection.sopInstanceUIDs = values;
}
