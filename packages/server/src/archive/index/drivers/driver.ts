import { dayOf, type Days, FIRST_DAY, LAST_DAY } from '../matching/date-time.ts';
import type { ColumnPage, ColumnStatements, DriverStatements } from './driver-statements.ts';
import type { Derivation, Statement } from '../dialect.ts';
import { type Condition } from '../matching/matching.ts';
import type { Bits } from '../memory/bits.ts';
import { endOfRows, endOfText } from '../limits.ts';
import type { QueryLevel } from '../query-keys.ts';
import type { Cursor } from '../rows.ts';
import { literalPrefix, type Wildcard } from '../matching/wildcard.ts';

export interface DriverPage {
  /** Rows of the driver's level, in its order. May be empty though there is more. */
  readonly ids: readonly number[];
  /** The patient of each study, from a driver that knows. */
  readonly patients?: readonly number[];
  /** Where the next page begins; undefined at the end. */
  readonly next: Cursor | undefined;
}

/** What `pass` counts: rows of the driver's level, or the studies of the patients it passes over. */
export type Passed = 'rows' | 'studies';

/**
 * Brings the rows of one level that may match, in the order of one index, page by page. Pages are independent
 * statements that go on from a key: nothing stays open while rows are added between two of them.
 */
export interface Driver {
  readonly name: string;
  readonly level: QueryLevel;
  /** Conditions that all rows fulfil that it brings. */
  readonly decides: readonly Condition[];
  /** Its pages have the patient of each study. */
  readonly tellsPatients?: boolean;
  /** Rows it would bring, counted no further than a limit; it may bring fewer. */
  count(limit: number): number;
  page(after: Cursor | undefined, rows: number): DriverPage;
  /**
   * Passes over so many rows without bringing them, for a fraction of the cost. Undefined, or not there at all: here it
   * cannot tell which rows it would bring.
   */
  pass?(
    after: Cursor | undefined,
    rows: number,
    counted: Passed,
  ): { readonly passed: number; readonly next: Cursor | undefined } | undefined;
  /**
   * Goes through patients in memory one by one, in its order.
   * @param take false: not this one, and no further
   * @returns where that one comes first, or where to go on in another step; undefined: there are no more
   */
  walk?(after: Cursor | undefined, take: (patient: number) => boolean): Cursor | undefined;
  /** Patients without a bit are of no use from here on: it may leave them out. */
  narrow?(bits: Bits): void;
  /** The days of the studies it brings, when it brings all of them or those of one modality, the latest first. */
  readonly days?: Days;
  /** It brings all there are. */
  readonly isScan?: boolean;
  /** All rows it would bring, in any order, and maybe others, when there are no more than a limit. */
  all?(limit: number): readonly number[];
  /** A bit for each patient who may be among those it would bring; undefined: there are very many. */
  bits?(): Bits | undefined;
  /** Whether a patient is among those it would bring, where that is told at next to no cost. */
  has?(patient: number): boolean;
}

/** A text and this: the least that is more than the text. No stored text has it. */
const nextText = '\u0001';
/** UIDs of a list looked up at once. */
const uidsAtOnce = 256;

export interface TextRange {
  readonly low: string;
  readonly high: string;
  /** Low and high are the one text that is wanted. */
  readonly exact: boolean;
  /** Conditions that all texts of the range fulfil. */
  readonly decides: readonly Condition[];
}

/** The range of an index that a single value, or the literal beginning of one with wildcards, is found in. */
export function textRange(condition: Condition | undefined): TextRange | undefined {
  if (condition === undefined || condition.values.length + condition.wildcards.length !== 1) return undefined;
  const [value] = condition.values;
  if (value !== undefined) return { low: value, high: value, exact: true, decides: [condition] };
  const [wildcard] = condition.wildcards;
  const prefix = wildcard === undefined ? '' : literalPrefix(wildcard);
  if (wildcard === undefined || prefix === '') return undefined;
  const decides = isPrefix(wildcard) ? [condition] : [];
  return { low: prefix, high: prefix + endOfText, exact: false, decides };
}

/** Whether every text that begins with the first piece matches, and no other. */
export function isPrefix({ pieces, gaps }: Wildcard): boolean {
  const [before, after] = gaps;
  return (
    pieces.length === 1 && before?.open === false && before.characters === 0 && isAnything(after) === true
  );
}

const isAnything = (gap: Wildcard['gaps'][number] | undefined): boolean =>
  gap?.open === true && gap.characters === 0;

/** The text that those that match contain, and no others do; undefined when they are told by more than that. */
export function containedText({ pieces, gaps }: Wildcard): string | undefined {
  return pieces.length === 1 && gaps.every(isAnything) ? pieces[0] : undefined;
}

/** Less than any date, and more than none: what has no date is in no range. */
const beforeDates = '0';

/** The days of such a range, as numbers. */
export function daysOf({ low, high }: Pick<TextRange, 'low' | 'high'>): Days {
  return {
    low: low === beforeDates ? FIRST_DAY : dayOf(low),
    high: high === endOfText ? LAST_DAY : dayOf(high),
  };
}

export function dateRange(condition: Condition | undefined): TextRange | undefined {
  if (condition?.range !== undefined) {
    const { low = beforeDates, high = endOfText } = condition.range;
    return { low, high, exact: false, decides: [condition] };
  }
  const [value] = condition?.values ?? [];
  return condition === undefined || value === undefined || condition.values.length !== 1
    ? undefined
    : { low: value, high: value, exact: true, decides: [condition] };
}

export function uidDriver(
  level: 'STUDY' | 'SERIES' | 'IMAGE',
  condition: Condition,
  statements: DriverStatements,
): Driver {
  const uids = condition.values;
  return {
    name: `${level} by UID`,
    level,
    decides: [condition],
    count: (limit) => Math.min(uids.length, limit),
    page: ([from] = [0]) => {
      const end = Number(from) + uidsAtOnce;
      const rows = statements.byUID[level].all(JSON.stringify(uids.slice(Number(from), end)));
      return { ids: rows.map(([id]) => id), next: end < uids.length ? [end] : undefined };
    },
  };
}

/** The numbers of a page's rows, with their patients or without, and the text of the last one. */
const numbersOfPage: Derivation = (sql) => `select json_group_array(id), min(text) from (${sql})`;
const patientsOfPage: Derivation = (sql) =>
  `select json_group_array(id), min(text), json_group_array(patient_row) from (${sql})`;
type NumbersOfPage = readonly [ids: string, lastText: string, patients?: string];

export function columnDriver(
  name: string,
  level: 'PATIENT' | 'STUDY',
  statements: ColumnStatements,
  range: TextRange,
): Driver {
  const { same, below, withPatients } = statements;
  const end = range.high + nextText;
  const numbers = withPatients ? patientsOfPage : numbersOfPage;
  const page = (after: Cursor | undefined, rows: number): DriverPage => {
    const [text, id] = after ?? [end];
    if (id !== undefined) {
      const found = pageOf(same.over(numbers, String(text), Number(id), rows), rows);
      // Of the next texts with the next page: most pages are of one text.
      return found.next === undefined ? { ...found, next: [text ?? end] } : found;
    }
    return pageOf(below.over(numbers, range.low, String(text), rows), rows);
  };
  return {
    name,
    level,
    decides: range.decides,
    tellsPatients: withPatients,
    count: (limit) => below.count(range.low, end, limit),
    all: (limit) => below.ids(range.low, end, limit),
    page,
    pass: (after, rows, counted) => {
      const [text, id] = after ?? [end];
      if (id === undefined) {
        const { passed, next } = passOver(below, counted, rows, [range.low, String(text)]);
        return { passed, next: cursorOf(next) };
      }
      const { passed, next } = passOver(same, counted, rows, [String(text), Number(id)]);
      return { passed, next: cursorOf(next) ?? [text ?? end] };
    },
  };
}

function pageOf([json, lastText, patients]: NumbersOfPage, rows: number): DriverPage {
  const ids = JSON.parse(json) as number[];
  const last = ids.at(-1);
  return {
    ids,
    ...(patients === undefined ? {} : { patients: JSON.parse(patients) as number[] }),
    next: last === undefined || ids.length < rows ? undefined : [lastText, last],
  };
}

const cursorOf = (row: ColumnPage | undefined): Cursor | undefined => row && [row[0], row[1]];

const studiesOfPage: Derivation = (sql) =>
  `select count(*) from (${sql}) as page cross join study on study.patient_row = page.id`;

/** Passes over a page of rows: how many it has, or how many studies, and the last row if it is full. */
export function passOver<Before extends readonly (string | number)[], Row>(
  statement: Statement<[...Before, rows: number], Row>,
  counted: Passed,
  rows: number,
  before: Before,
): { readonly passed: number; readonly next: Row | undefined } {
  const next = statement.last(...before, rows);
  if (counted === 'studies') {
    const [studies] = statement.over<readonly [number]>(studiesOfPage, ...before, rows);
    return { passed: studies, next };
  }
  return { passed: next === undefined ? statement.count(...before, rows) : rows, next };
}

const studiesOfNumbers: Derivation = (sql) =>
  `select count(*), min(page.id) from (${sql}) as page cross join study on study.patient_row = page.id`;
const numbers: Derivation = (sql) => `select count(*), min(id) from (${sql})`;

/** The same for rows in descending order of their numbers, in one go: after the last of them a page is empty. */
export function passOverIDs<Before extends readonly (string | number)[], Row>(
  statement: Statement<[...Before, rows: number], Row>,
  counted: Passed,
  rows: number,
  before: Before,
): { readonly passed: number; readonly next: Cursor | undefined } {
  const aggregate = counted === 'studies' ? studiesOfNumbers : numbers;
  const [passed, last] = statement.over<readonly [number, number | null]>(aggregate, ...before, rows);
  return { passed, next: last === null ? undefined : [last] };
}

export function modalityDriver(
  condition: Condition,
  date: TextRange | undefined,
  { modality: statement }: DriverStatements,
): Driver {
  const [modality = ''] = condition.values;
  const { low, high } = date ?? { low: '', high: endOfText };
  return {
    name: 'modality and study date',
    level: 'STUDY',
    days: daysOf({ low, high }),
    decides: [condition, ...(date?.decides ?? [])],
    count: (limit) => statement.count(modality, low, high, endOfRows, limit),
    page: ([key, id] = [high, endOfRows], rows) => {
      const found = statement.all(modality, low, String(key), Number(id), rows);
      return { ids: found.map((row) => row[1]), next: found.length < rows ? undefined : found.at(-1) };
    },
    pass: ([key, id] = [high, endOfRows], rows) =>
      passOver(statement, 'rows', rows, [modality, low, String(key), Number(id)]),
  };
}

export function patientIDDriver(range: TextRange, { patientIDs }: DriverStatements): Driver {
  const { low, high } = range;
  const beginning = [low, ''] as const;
  const cursorAfter = (last: readonly [string, string, number] | undefined): Cursor | undefined =>
    last === undefined ? undefined : [last[0], last[1] + nextText];
  return {
    name: 'patient ID',
    level: 'PATIENT',
    decides: range.decides,
    count: (limit) => patientIDs.count(high, ...beginning, limit),
    all: (limit) => patientIDs.ids(high, ...beginning, limit),
    page: ([patientID, issuer] = beginning, rows) => {
      const found = patientIDs.all(high, String(patientID), String(issuer), rows);
      return {
        ids: found.map((row) => row[2]),
        next: found.length < rows ? undefined : cursorAfter(found.at(-1)),
      };
    },
    pass: ([patientID, issuer] = beginning, rows, counted) => {
      const { passed, next } = passOver(patientIDs, counted, rows, [high, String(patientID), String(issuer)]);
      return { passed, next: cursorAfter(next) };
    },
  };
}

/** No index narrows: the latest come first. */
export function scanDriver(level: QueryLevel, statements: DriverStatements): Driver {
  const table = level === 'PATIENT' ? 'patients' : 'studies';
  const statement = statements[table];
  return {
    name: `all ${table}`,
    level: level === 'PATIENT' ? 'PATIENT' : 'STUDY',
    isScan: true,
    decides: [],
    count: (limit) => limit,
    page: ([before] = [endOfRows], rows) => {
      const ids = statement.all(Number(before), rows).map(([id]) => id);
      const last = ids.at(-1);
      return { ids, next: last === undefined || ids.length < rows ? undefined : [last] };
    },
    pass: ([before] = [endOfRows], rows) => passOver(statement, 'rows', rows, [Number(before)]),
  };
}
