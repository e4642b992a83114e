import { type DataSet, Tag } from '@leadglass/dicom';
import { type Range, normalDate, normalTime } from './date-time.ts';
import { QueryError } from '../errors.ts';
import { KEYS_MAX } from '../limits.ts';
import { type Condition, readConditions } from './matching.ts';
import { depthOf, findKey, keysOfLevel, queryLevels, type QueryKey, type QueryLevel } from '../query-keys.ts';

/** Information models (PS3.4 C.6.1, C.6.2). */
export type QueryRoot = 'PATIENT' | 'STUDY';

export interface QueryOptions {
  readonly root: QueryRoot;
  /** Relational queries were negotiated (PS3.4 C.5.1.1), or the door is DICOMweb: keys above the level may be missing. */
  readonly relational?: boolean;
  /** Combined date-time matching was negotiated (PS3.4 C.5.2.1). */
  readonly combinedDateTime?: boolean;
  /** Fuzzy semantic matching of person names (PS3.18 8.3.4.2). */
  readonly fuzzy?: boolean;
  /** Empty value matching (PS3.18 8.3.4.5). */
  readonly emptyValues?: boolean;
  /** Multiple value matching (PS3.18 8.3.4.6). */
  readonly multipleValues?: boolean;
  /** Matches at most. */
  readonly limit?: number;
  /** Matches to pass over first. */
  readonly offset?: number;
}

/** An identifier understood: what narrows, and what is to be returned. */
export interface Query {
  readonly root: QueryRoot;
  readonly level: QueryLevel;
  readonly relational: boolean;
  readonly conditions: readonly Condition[];
  /** StudyDate and StudyTime as one moment; both are then not among the conditions. */
  readonly moment: Range | undefined;
  /** Keys to be returned, in ascending order of tags; undefined key: not held at this level. */
  readonly requested: readonly RequestedKey[];
  /** Optional keys that are neither matched nor returned: the door answers FF01 (PS3.4 C.4.1.1.4). */
  readonly unsupportedKeys: readonly number[];
  /** No key narrows: every entity of the level matches. */
  readonly isUnconstrained: boolean;
  readonly limit: number | undefined;
  readonly offset: number;
  readonly specificCharacterSet: readonly string[];
}

export interface RequestedKey {
  readonly tag: number;
  readonly key: QueryKey | undefined;
  /** Tags asked for inside the items of a sequence; undefined: all that are held. */
  readonly itemTags: readonly number[] | undefined;
}

/** Elements of an identifier that are no keys (PS3.4 C.4.1.1.3). */
const notKeys: ReadonlySet<number> = new Set([
  Tag.SpecificCharacterSet,
  Tag.QueryRetrieveLevel,
  Tag.QueryRetrieveView,
  Tag.RetrieveAETitle,
  Tag.InstanceAvailability,
  // Timezones are adjusted only when that was negotiated: never match on this one (PS3.4 C.2.2.2.1).
  Tag.TimezoneOffsetFromUTC,
  Tag.RetrieveURL,
]);

const uniqueKeys: Readonly<Record<QueryLevel, number>> = {
  PATIENT: Tag.PatientID,
  STUDY: Tag.StudyInstanceUID,
  SERIES: Tag.SeriesInstanceUID,
  IMAGE: Tag.SOPInstanceUID,
};

/**
 * Reads the identifier of a C-FIND, or one made of the parameters of a QIDO-RS search (PS3.4 C.4.1.1.3).
 * @throws QueryError
 */
export function parseQuery(identifier: DataSet, options: QueryOptions): Query {
  const { root, relational = false } = options;
  if (identifier.size > KEYS_MAX) throw new QueryError('TOO_MANY_KEYS');
  const level = readLevel(identifier, root);
  const conditions: Condition[] = [];
  const requested: RequestedKey[] = [];
  const unsupportedKeys: number[] = [];
  for (const { tag } of identifier) {
    const isGroupLength = (tag & 0xffff) === 0;
    if (notKeys.has(tag) || isGroupLength) continue;
    const key = findKey(tag, level);
    requested.push({
      tag,
      key,
      itemTags: key?.items === undefined ? undefined : itemTagsOf(identifier, tag),
    });
    const literal = !relational && level !== 'PATIENT' && isPatientOfStars(tag, identifier);
    if (key === undefined) unsupportedKeys.push(tag);
    else conditions.push(...readConditions(key, identifier, literal ? { literal } : options));
  }
  if (!relational) requireUniqueKeys(conditions, root, level);
  const moment = options.combinedDateTime === true ? combinedMoment(conditions) : undefined;
  return {
    root,
    level,
    relational,
    conditions: moment === undefined ? conditions : conditions.filter(({ key }) => key.tag !== Tag.StudyTime),
    moment,
    requested,
    unsupportedKeys,
    isUnconstrained: conditions.length === 0,
    limit: options.limit,
    offset: options.offset ?? 0,
    specificCharacterSet: identifier.has(Tag.SpecificCharacterSet) ? identifier.specificCharacterSet : [],
  };
}

function readLevel(identifier: DataSet, root: QueryRoot): QueryLevel {
  const text = identifier.string(Tag.QueryRetrieveLevel);
  if (text === undefined) throw new QueryError('LEVEL_MISSING', { tag: Tag.QueryRetrieveLevel });
  const level = queryLevels.find((each) => each === text);
  if (level === undefined || depthOf(level) < depthOf(root)) {
    throw new QueryError('LEVEL_UNKNOWN', { tag: Tag.QueryRetrieveLevel });
  }
  return level;
}

/**
 * A Patient ID above the level names one patient and has no wildcards (PS3.4 C.4.1.2.1); one of several asterisks is
 * what some devices give patients they know nothing of. A single one is a mistake, and is told to be one.
 */
function isPatientOfStars(tag: number, identifier: DataSet): boolean {
  return tag === Tag.PatientID && /^\*{2,}$/.test(identifier.string(tag) ?? '');
}

function itemTagsOf(identifier: DataSet, tag: number): number[] | undefined {
  const [item] = identifier.items(tag);
  return item === undefined || item.size === 0 ? undefined : [...item].map((element) => element.tag);
}

/** Hierarchical queries name one entity of each level above the one they ask for (PS3.4 C.4.1.2.1). */
function requireUniqueKeys(conditions: readonly Condition[], root: QueryRoot, level: QueryLevel): void {
  for (const above of queryLevels.slice(depthOf(root), depthOf(level))) {
    const tag = uniqueKeys[above];
    const condition = conditions.find(({ key }) => key.tag === tag);
    if (condition?.values.length !== 1 || condition.wildcards.length > 0) {
      throw new QueryError('UNIQUE_KEY_MISSING', { tag });
    }
  }
}

/** Date and time as one moment, from the first of both to the last of both (PS3.4 C.2.2.2.5.3). */
function combinedMoment(conditions: readonly Condition[]): Range | undefined {
  const date = conditions.find(({ key }) => key.tag === Tag.StudyDate);
  const time = conditions.find(({ key }) => key.tag === Tag.StudyTime);
  if (date?.range === undefined || time?.range === undefined) return undefined;
  const low = date.range.low === undefined ? undefined : date.range.low + (time.range.low ?? '');
  const high = date.range.high === undefined ? undefined : date.range.high + (time.range.high ?? '999999');
  return { low, high };
}

/** The moment of a study, for comparison with a combined range; undefined when it has no date. */
export function studyMoment(date: string, time: string): string | undefined {
  const day = normalDate(date);
  return day === undefined ? undefined : day + (normalTime(time) ?? '');
}

/** Tags of everything a match of a level can return, the levels above included: for includefield=all (PS3.18 8.3.4.3). */
export function returnableTags(level: QueryLevel): number[] {
  return queryLevels.slice(0, depthOf(level) + 1).flatMap((each) => [...keysOfLevel(each).keys()]);
}
