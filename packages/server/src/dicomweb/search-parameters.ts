import { DataSet, dictionaryEntry, Tag, tagOf } from '@leadglass/dicom';
import { parseQuery, type Query, type QueryLevel, returnableTags } from '../operations/index.ts';
import type { UriQuery } from './uri-query.ts';
import { WebError } from './web-error.ts';

/** Fields named in one search. */
const INCLUDES_MAX = 1024;
const OFFSET_MAX = 100_000_000;

/** Parameters that are no attributes (PS3.18 Table 8.3.4-1), and `accept` (8.3.3.1). */
const OWN_NAMES: ReadonlySet<string> = new Set([
  'accept',
  'charset',
  'emptyvaluematching',
  'fuzzymatching',
  'includefield',
  'limit',
  'multiplevaluematching',
  'offset',
]);

/** Attributes of every answer at a level, besides those matched (PS3.18 Tables 10.6.3-3 to 10.6.3-5). */
const DEFAULT_FIELDS: Readonly<Record<QueryLevel, readonly number[]>> = {
  PATIENT: [],
  STUDY: [
    Tag.StudyDate,
    Tag.StudyTime,
    Tag.AccessionNumber,
    Tag.ModalitiesInStudy,
    Tag.ReferringPhysicianName,
    Tag.PatientName,
    Tag.PatientID,
    Tag.PatientBirthDate,
    Tag.PatientSex,
    Tag.StudyInstanceUID,
    Tag.StudyID,
    Tag.StudyDescription,
    Tag.NumberOfStudyRelatedSeries,
    Tag.NumberOfStudyRelatedInstances,
  ],
  SERIES: [
    Tag.Modality,
    Tag.SeriesDescription,
    Tag.SeriesInstanceUID,
    Tag.SeriesNumber,
    Tag.NumberOfSeriesRelatedInstances,
    Tag.PerformedProcedureStepStartDate,
    Tag.PerformedProcedureStepStartTime,
    Tag.RequestAttributesSequence,
  ],
  IMAGE: [
    Tag.SOPClassUID,
    Tag.SOPInstanceUID,
    Tag.InstanceNumber,
    Tag.Rows,
    Tag.Columns,
    Tag.BitsAllocated,
    Tag.NumberOfFrames,
  ],
};

export interface SearchOptions {
  readonly level: QueryLevel;
  readonly studyInstanceUID?: string;
  readonly seriesInstanceUID?: string;
  readonly resultsMax: number;
}

export interface ParsedSearch {
  readonly query: Query;
  /** For the Warning header: codes and words, never a value. */
  readonly warnings: readonly string[];
}

/** Reads the parameters of a search (PS3.18 8.3.4) into the same query that a C-FIND makes. @throws WebError 400 */
export function parseSearch(parameters: UriQuery, options: SearchOptions): ParsedSearch {
  const { level, studyInstanceUID, seriesInstanceUID } = options;
  const identifier = new DataSet();
  identifier.set(Tag.SpecificCharacterSet, 'ISO_IR 192');
  const matching = {
    fuzzy: flag(parameters, 'fuzzymatching'),
    multipleValues: flag(parameters, 'multiplevaluematching'),
    emptyValues: flag(parameters, 'emptyvaluematching'),
  };
  for (const name of parameters.names()) {
    if (OWN_NAMES.has(name.toLowerCase())) continue;
    const path = parsePath(name);
    setKey(identifier, path, valueOf(path, parameters.all(name)));
  }
  for (const path of fieldsOf(parameters, options)) addReturnKey(identifier, path);
  identifier.set(Tag.QueryRetrieveLevel, level);
  restrict(identifier, Tag.StudyInstanceUID, studyInstanceUID);
  restrict(identifier, Tag.SeriesInstanceUID, seriesInstanceUID);
  const warnings: string[] = [];
  const limit = Math.min(whole(parameters, 'limit') ?? options.resultsMax, options.resultsMax);
  const offset = Math.min(whole(parameters, 'offset') ?? 0, OFFSET_MAX);
  const query = parseQuery(identifier, { root: 'STUDY', relational: true, ...matching, limit, offset });
  if (query.unsupportedKeys.length > 0) {
    warnings.push('Some attributes are not held at this level: neither matched nor returned');
  }
  return { query, warnings };
}

/** `PatientName`, `00100010`, `RequestAttributesSequence.ScheduledProcedureStepID` (PS3.18 8.3.4.1). */
function parsePath(text: string): number[] {
  const path = text.split('.').map((word) => {
    const tag = tagOf(word);
    if (tag === undefined) throw new WebError(400, 'UNKNOWN_ATTRIBUTE');
    return tag;
  });
  if (path.length > 3) throw new WebError(400, 'UNKNOWN_ATTRIBUTE');
  return path;
}

/** Several parameters of a name, or a list with commas for UIDs, are one list (PS3.18 8.3.4.1). */
function valueOf(path: readonly number[], values: readonly string[]): string {
  const isUID = dictionaryEntry(path.at(-1) ?? 0)?.vrs[0] === 'UI';
  const all = isUID ? values.map((value) => value.replaceAll(',', '\\')) : values;
  return all.join('\\');
}

function setKey(identifier: DataSet, path: readonly number[], value: string): void {
  const [tag, ...rest] = path;
  if (tag === undefined) return;
  if (rest.length === 0) {
    identifier.set(tag, Buffer.from(value, 'utf8'), vrForText(tag));
    return;
  }
  const [held] = identifier.items(tag);
  const item = held ?? new DataSet({ parent: identifier });
  setKey(item, rest, value);
  if (!held) identifier.set(tag, [item], 'SQ');
}

/** Values are text here, also of attributes that are binary numbers in a data set. */
function vrForText(
  tag: number,
): 'UI' | 'PN' | 'UT' | 'LO' | 'SH' | 'DA' | 'TM' | 'CS' | 'AE' | 'IS' | 'DS' | 'ST' | 'LT' {
  const vr = dictionaryEntry(tag)?.vrs[0];
  switch (vr) {
    case 'UI':
    case 'PN':
    case 'UT':
    case 'SH':
    case 'DA':
    case 'TM':
    case 'CS':
    case 'AE':
    case 'IS':
    case 'DS':
    case 'ST':
    case 'LT':
      return vr;
    case 'SQ':
      throw new WebError(400, 'SEQUENCE_HAS_NO_VALUE');
    default:
      return 'LO';
  }
}

function addReturnKey(identifier: DataSet, path: readonly number[]): void {
  const [tag, ...rest] = path;
  if (tag === undefined) return;
  const isSequence = rest.length > 0 || dictionaryEntry(tag)?.vrs[0] === 'SQ';
  if (!isSequence) {
    if (!identifier.has(tag)) identifier.set(tag, new Uint8Array(0), 'LO');
    return;
  }
  if (!identifier.has(tag))
    identifier.set(tag, rest.length === 0 ? [] : [new DataSet({ parent: identifier })], 'SQ');
  const [item] = identifier.items(tag);
  if (item && rest.length > 0) addReturnKey(item, rest);
}

/** `includefield=all`, names, tags, dotted paths, lists with commas (PS3.18 8.3.4.3); and what every answer has. */
function fieldsOf(
  parameters: UriQuery,
  { level, studyInstanceUID, seriesInstanceUID }: SearchOptions,
): number[][] {
  const asked = parameters.all('includefield').flatMap((list) => list.split(','));
  if (asked.length > INCLUDES_MAX) throw new WebError(400, 'TOO_MANY_FIELDS');
  const words = asked.map((word) => word.trim()).filter((word) => word !== '');
  const levels: QueryLevel[] = [level];
  // Where the path does not say which study or series, the answer does (PS3.18 10.6.3.3).
  if (level !== 'STUDY' && studyInstanceUID === undefined) levels.push('STUDY');
  if (level === 'IMAGE' && seriesInstanceUID === undefined) levels.push('SERIES');
  const fields = [...levels.flatMap((each) => DEFAULT_FIELDS[each]), Tag.StudyInstanceUID].map((tag) => [
    tag,
  ]);
  if (level !== 'STUDY') fields.push([Tag.SeriesInstanceUID]);
  for (const word of words) {
    if (word === 'all') fields.push(...returnableTags(level).map((tag) => [tag]));
    else fields.push(parsePath(word));
  }
  return fields;
}

/** What the path says holds beside what the query asks for. */
function restrict(identifier: DataSet, tag: number, uid: string | undefined): void {
  if (uid === undefined) return;
  const asked = identifier.strings(tag).filter((value) => value !== '');
  if (asked.length > 0 && !asked.includes(uid)) throw new WebError(400, 'PATH_AND_QUERY_DISAGREE');
  identifier.set(tag, uid);
}

function flag(parameters: UriQuery, name: string): boolean {
  const value = parameters.one(name);
  if (value === undefined || value === 'false') return false;
  if (value !== 'true') throw new WebError(400, 'BAD_PARAMETER');
  return true;
}

function whole(parameters: UriQuery, name: string): number | undefined {
  const value = parameters.one(name);
  if (value === undefined) return undefined;
  if (!/^\d{1,15}$/.test(value)) throw new WebError(400, 'BAD_PARAMETER');
  return Number(value);
}
