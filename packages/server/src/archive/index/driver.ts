import { Tag } from '@leadglass/dicom';
import type { ColumnStatements, DriverStatements } from './driver-statements.ts';
import type { Entity } from './entity.ts';
import { forTrigrams, trigramsOf } from './fold.ts';
import { DRIVER_COUNT_LIMITS, NAME_SCAN_ROWS, TRIGRAMS_MAX } from './limits.ts';
import type { Condition } from './matching.ts';
import { type FuzzyWord, type GroupPattern, hasSomeWord, matchesGroup } from './name-matching.ts';
import { nameOf } from './batch-rows.ts';
import type { Query } from './query.ts';
import type { QueryLevel } from './query-keys.ts';
import type { PatientRow } from './rows.ts';
import { namedGroups, trigramText } from './row-writer.ts';
import { literalPrefix } from './wildcard.ts';

/** Where a driver goes on: what its index is ordered by, of the last row it gave. */
export type Cursor = readonly (string | number)[];

export interface DriverPage {
  /** Rows of the driver's level, in its order. May be empty though there is more. */
  readonly ids: readonly number[];
  /** What the index holds for each row, for drivers that look at it again. */
  readonly keys?: readonly string[];
  /** Where the next page begins; undefined at the end. */
  readonly next: Cursor | undefined;
}

/**
 * Brings the rows of one level that may match, in the order of one index, page by page. Pages are independent
 * statements that go on from a key: nothing stays open while rows are added between two of them.
 */
export interface Driver {
  readonly name: string;
  readonly level: QueryLevel;
  /** Rows it would bring, counted no further than a limit. */
  count(limit: number): number;
  page(after: Cursor | undefined, rows: number): DriverPage;
  /** Whether a row is to be looked at for this key of it: a row with several keys in the range counts once. */
  accepts?(entity: Entity, key: string): boolean;
}

/** Above every row number: JavaScript and SQLite both hold it exactly. */
const endOfRows = Number.MAX_SAFE_INTEGER;
/** Above every text that is stored, in the order of UTF-8. */
const endOfText = '\u{10ffff}';
/** A text and this: the least that is more than the text. No stored text has it. */
const nextText = '\u0001';
/** UIDs of a list looked up at once. */
const uidsAtOnce = 256;

/**
 * The index that narrows a query best. Keys that name one thing go first; of the others, the one with the fewest
 * rows, counted up to a limit; of equals the one named first here.
 */
export function chooseDriver(query: Query, statements: DriverStatements): Driver {
  const condition = (tag: number): Condition | undefined =>
    query.conditions.find(({ key }) => key.tag === tag);
  const named = namedDriver(condition, statements);
  if (named !== undefined) return named;
  const candidates = [...narrowingDrivers(condition, statements)];
  const [first, ...others] = candidates;
  if (first === undefined) return scanDriver(query.level, statements);
  if (others.length === 0) return first;
  for (const limit of DRIVER_COUNT_LIMITS) {
    const counts = candidates.map((driver) => driver.count(limit));
    const fewest = Math.min(...counts);
    if (fewest < limit) return candidates[counts.indexOf(fewest)] ?? first;
  }
  return first;
}

type Find = (tag: number) => Condition | undefined;

function namedDriver(condition: Find, statements: DriverStatements): Driver | undefined {
  const uids = [
    ['IMAGE', Tag.SOPInstanceUID],
    ['SERIES', Tag.SeriesInstanceUID],
    ['STUDY', Tag.StudyInstanceUID],
  ] as const;
  for (const [level, tag] of uids) {
    const values = condition(tag)?.values;
    if (values !== undefined) return uidDriver(level, values, statements);
  }
  const accession = textRange(condition(Tag.AccessionNumber));
  if (accession?.exact === true) return studyTextDriver('accession', accession, statements);
  const patientID = textRange(condition(Tag.PatientID));
  return patientID?.exact === true ? patientIDDriver(patientID, statements) : undefined;
}

function* narrowingDrivers(condition: Find, statements: DriverStatements): Iterable<Driver> {
  const accession = textRange(condition(Tag.AccessionNumber));
  if (accession !== undefined) yield studyTextDriver('accession', accession, statements);
  const patientID = textRange(condition(Tag.PatientID));
  if (patientID !== undefined) yield patientIDDriver(patientID, statements);
  const name = nameDriver(condition(Tag.PatientName), statements);
  if (name !== undefined) yield name;
  const birthDate = dateRange(condition(Tag.PatientBirthDate));
  if (birthDate !== undefined) yield columnDriver('birth date', 'PATIENT', statements.birthDates, birthDate);
  const date = dateRange(condition(Tag.StudyDate));
  const modalities = condition(Tag.ModalitiesInStudy);
  const [modality] = modalities?.values ?? [];
  if (modality !== undefined && modalities?.values.length === 1 && modalities.wildcards.length === 0) {
    yield modalityDriver(modality, date, statements);
  } else if (date !== undefined) {
    yield columnDriver('study date', 'STUDY', statements.dates, date);
  }
  const studyID = textRange(condition(Tag.StudyID));
  if (studyID !== undefined) yield studyTextDriver('studyID', studyID, statements);
}

interface TextRange {
  readonly low: string;
  readonly high: string;
  readonly exact: boolean;
}

/** The range of an index that a single value, or the literal beginning of one with wildcards, is found in. */
function textRange(condition: Condition | undefined): TextRange | undefined {
  if (condition === undefined || condition.values.length + condition.wildcards.length !== 1) return undefined;
  const [value] = condition.values;
  if (value !== undefined) return { low: value, high: value, exact: true };
  const [wildcard] = condition.wildcards;
  const prefix = wildcard === undefined ? '' : literalPrefix(wildcard);
  return prefix === '' ? undefined : { low: prefix, high: prefix + endOfText, exact: false };
}

function dateRange(condition: Condition | undefined): TextRange | undefined {
  if (condition?.range !== undefined) {
    const { low = '0', high = '9' } = condition.range;
    return { low, high, exact: false };
  }
  const [value] = condition?.values ?? [];
  return value === undefined || condition?.values.length !== 1
    ? undefined
    : { low: value, high: value, exact: true };
}

function uidDriver(
  level: 'STUDY' | 'SERIES' | 'IMAGE',
  uids: readonly string[],
  statements: DriverStatements,
): Driver {
  return {
    name: `${level} by UID`,
    level,
    count: (limit) => Math.min(uids.length, limit),
    page: ([from] = [0]) => {
      const end = Number(from) + uidsAtOnce;
      const rows = statements.byUID[level].all(JSON.stringify(uids.slice(Number(from), end)));
      return { ids: rows.map(([id]) => id), next: end < uids.length ? [end] : undefined };
    },
  };
}

function columnDriver(
  name: string,
  level: QueryLevel,
  { same, below }: ColumnStatements,
  range: TextRange,
): Driver {
  const end = range.high + nextText;
  return {
    name,
    level,
    count: (limit) => below.count(range.low, end, limit),
    page: (after, rows) => {
      const found = after === undefined ? [] : same.all(String(after[0]), Number(after[1]), rows);
      const from = after === undefined ? end : String(after[0]);
      if (found.length < rows) found.push(...below.all(range.low, from, rows - found.length));
      return { ids: found.map((row) => row[1]), next: found.length < rows ? undefined : found.at(-1) };
    },
  };
}

function studyTextDriver(
  column: 'accession' | 'studyID',
  range: TextRange,
  statements: DriverStatements,
): Driver {
  return columnDriver(column, 'STUDY', statements[column], range);
}

function modalityDriver(
  modality: string,
  date: TextRange | undefined,
  { modality: statement }: DriverStatements,
): Driver {
  const { low, high } = date ?? { low: '', high: endOfText };
  return {
    name: 'modality and study date',
    level: 'STUDY',
    count: (limit) => statement.count(modality, low, high, endOfRows, limit),
    page: ([key, id] = [high, endOfRows], rows) => {
      const found = statement.all(modality, low, String(key), Number(id), rows);
      return { ids: found.map((row) => row[1]), next: found.length < rows ? undefined : found.at(-1) };
    },
  };
}

function patientIDDriver({ low, high }: TextRange, { patientIDs }: DriverStatements): Driver {
  const beginning = [low, ''] as const;
  return {
    name: 'patient ID',
    level: 'PATIENT',
    count: (limit) => patientIDs.count(high, ...beginning, limit),
    page: ([patientID, issuer] = beginning, rows) => {
      const found = patientIDs.all(high, String(patientID), String(issuer), rows);
      const last = found.at(-1);
      return {
        ids: found.map((row) => row[2]),
        next: last === undefined || found.length < rows ? undefined : [last[0], last[1] + nextText],
      };
    },
  };
}

/** No index narrows: the latest come first. */
function scanDriver(level: QueryLevel, statements: DriverStatements): Driver {
  const table = level === 'PATIENT' ? 'patients' : 'studies';
  return {
    name: `all ${table}`,
    level: level === 'PATIENT' ? 'PATIENT' : 'STUDY',
    count: (limit) => limit,
    page: ([before] = [endOfRows], rows) => {
      const ids = statements[table].all(Number(before), rows).map(([id]) => id);
      const last = ids.at(-1);
      return { ids, next: last === undefined || ids.length < rows ? undefined : [last] };
    },
  };
}

function nameDriver(condition: Condition | undefined, statements: DriverStatements): Driver | undefined {
  const [pattern, ...others] = condition?.names ?? [];
  if (pattern === undefined || others.length > 0) return undefined;
  if (pattern.words.length > 0) return wordsDriver(pattern.words, statements);
  const group = pattern.anyGroup ?? pattern.groups.find((each) => each !== undefined);
  if (group === undefined) return undefined;
  if (group.kind === 'literal') return groupDriver(group, group.text, statements);
  // A delimiter at the end of a prefix is not in the index when nothing follows it in the name.
  const prefix = literalPrefix(group.wildcard).replace(/\^+$/, '');
  if (forTrigrams(prefix).length >= 3) return groupDriver(group, prefix, statements);
  const pieces = group.wildcard.pieces.flatMap((piece) => piece.split('^'));
  return trigramDriver(pieces, statements) ?? groupDriver(group, prefix, statements);
}

/** Names that contain the trigrams of all pieces: more than those that match, never fewer. */
function trigramDriver(
  pieces: readonly string[],
  { trigrams: statement }: DriverStatements,
): Driver | undefined {
  const trigrams = trigramsOfAll(pieces);
  if (trigrams.length === 0) return undefined;
  const expression = trigrams.map((trigram) => `"${trigram.replaceAll('"', '""')}"`).join(' AND ');
  return {
    name: 'name trigrams',
    level: 'PATIENT',
    count: (limit) => statement.count(expression, endOfRows, limit),
    page: ([before] = [endOfRows], rows) => {
      const ids = statement.all(expression, Number(before), rows).map(([id]) => id);
      const last = ids.at(-1);
      return { ids, next: last === undefined || ids.length < rows ? undefined : [last] };
    },
  };
}

const trigramsOfAll = (pieces: readonly string[]): string[] =>
  [...new Set(pieces.flatMap(trigramsOf))].slice(0, TRIGRAMS_MAX);

/**
 * Names with these words: first those that contain their letters, of which there is an index, then, looking through all
 * names a step at a time, those that may only sound like them. Sounds are in no index: who wants the first matches
 * seldom waits for them.
 */
function wordsDriver(words: readonly FuzzyWord[], statements: DriverStatements): Driver | undefined {
  const texts = words.map(({ text }) => text);
  const byLetters = trigramDriver(texts, statements);
  if (words.every(({ sound }) => sound === undefined)) return byLetters;
  const trigrams = trigramsOfAll(texts);
  const wanted = (group: string): boolean => hasSomeWord(words, group);
  const cameBefore = (groups: readonly string[]): boolean => {
    const text = trigramText(groups);
    return trigrams.length > 0 && trigrams.every((trigram) => text.includes(trigram));
  };
  const page = (after: Cursor | undefined, rows: number): DriverPage => {
    const [phase = 'letters', ...cursor] = after ?? [];
    if (byLetters !== undefined && phase === 'letters') {
      const { ids, next } = byLetters.page(cursor.length === 0 ? undefined : cursor, rows);
      return { ids, keys: ids.map(() => byTheirLetters), next: next ? ['letters', ...next] : ['sounds'] };
    }
    const [folded = '', id = 0] = cursor;
    const found = statements.names.all(endOfText, String(folded), Number(id), NAME_SCAN_ROWS);
    const matching = found.filter(([group]) => wanted(group));
    const last = found.length < NAME_SCAN_ROWS ? undefined : found.at(-1);
    return {
      ids: matching.map((row) => row[1]),
      keys: matching.map((row) => row[0]),
      next: last === undefined ? undefined : ['sounds', ...last],
    };
  };
  return {
    name: 'name words',
    level: 'PATIENT',
    // All names are looked through: any other index is better.
    count: (limit) => limit,
    page,
    accepts: (entity, key) => {
      if (key === byTheirLetters) return true;
      const groups = namedGroups(nameOf((entity.row as PatientRow)[4]));
      return !cameBefore(groups) && groups.find(wanted) === key;
    },
  };
}

/** No group of a name is empty. */
const byTheirLetters = '';

/** Names of which a component group is a text, or begins with one; without a beginning, all names are looked through. */
function groupDriver(pattern: GroupPattern, prefix: string, { names }: DriverStatements): Driver {
  const exact = pattern.kind === 'literal';
  const high = exact ? prefix : prefix + endOfText;
  const wanted = (group: string): boolean => group.startsWith(prefix) && matchesGroup(pattern, group);
  return {
    name: prefix === '' ? 'all names' : 'name',
    level: 'PATIENT',
    count: (limit) => names.count(high, prefix, 0, limit),
    page: ([folded, id] = [prefix, 0], rows) => {
      const wantedRows = prefix === '' ? NAME_SCAN_ROWS : rows;
      const found = names.all(high, String(folded), Number(id), wantedRows);
      const matching = found.filter(([group]) => wanted(group));
      return {
        ids: matching.map((row) => row[1]),
        keys: matching.map((row) => row[0]),
        next: found.length < wantedRows ? undefined : found.at(-1),
      };
    },
    accepts: (entity, key) => namedGroups(nameOf((entity.row as PatientRow)[4])).find(wanted) === key,
  };
}
