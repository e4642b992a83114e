import { type DataSet, dictionaryEntry } from '@leadglass/dicom';
import { cleanText, longTextVRs } from '../clean-text.ts';
import { inRange, normalDate, normalTime, parseRange, type Range } from './date-time.ts';
import { QueryError } from '../errors.ts';
import {
  KEY_VALUE_MAX_CHARS,
  KEY_VALUES_MAX,
  SEQUENCE_DEPTH_MAX,
  UID_LIST_MAX,
  UID_MAX_CHARS,
} from '../limits.ts';
import { matchesName, type NamePattern, parseNamePattern } from './name-matching.ts';
import { storedItems, type StoredItem } from '../packed.ts';
import type { QueryKey } from '../query-keys.ts';
import { hasWildcard, isOnlyStars, matchesWildcard, parseWildcard, type Wildcard } from './wildcard.ts';

/**
 * A key that narrows: what it asks for, for the choice of an index, and the test that decides. The test takes the
 * stored text (values separated by backslashes, a sequence as JSON) and is the one place where PS3.4 C.2.2.2 is
 * applied; SQL only brings candidates. An empty stored value matches no key but a universal one.
 */
export interface Condition {
  readonly key: QueryKey;
  /** Values of which one must be equal; dates as YYYYMMDD. Empty when the condition is of another kind. */
  readonly values: readonly string[];
  readonly range: Range | undefined;
  readonly wildcards: readonly Wildcard[];
  readonly names: readonly NamePattern[];
  readonly test: (stored: string) => boolean;
}

export interface MatchingOptions {
  /** Semantic matching of person names was negotiated (PS3.4 C.5.2.1) or asked for (PS3.18 8.3.4.3). */
  readonly fuzzy?: boolean;
  /** Asterisks of a text mean themselves. */
  readonly literal?: boolean;
  /** Two quotation marks ask for what is empty or absent (PS3.4 C.2.2.2.7, PS3.18 8.3.4.5). */
  readonly emptyValues?: boolean;
  /** Several values are all to be there (PS3.4 C.2.2.2.8, PS3.18 8.3.4.6); else any of them is enough. */
  readonly multipleValues?: boolean;
}

/** What asks for an empty value. */
const EMPTY_VALUE = '""';
/** With a VM above 1, several values of these are matched one by one (PS3.4 C.2.2.2.8). */
const multipleValueVRs: ReadonlySet<string> = new Set(['AE', 'AS', 'AT', 'CS', 'LO', 'PN', 'SH', 'UC']);

const wildcardVRs: ReadonlySet<string> = new Set([
  'AE',
  'CS',
  'LO',
  'LT',
  'PN',
  'SH',
  'ST',
  'UC',
  'UR',
  'UT',
]);
/** A backslash does not separate values in these (PS3.5 6.2). */
const singleValueVRs: ReadonlySet<string> = new Set(['LT', 'ST', 'UR', 'UT']);
const numberVRs: ReadonlySet<string> = new Set(['IS', 'DS', 'US', 'SS', 'UL', 'SL', 'FL', 'FD', 'SV', 'UV']);

const blank = { values: [], range: undefined, wildcards: [], names: [] } as const;

/**
 * Reads one key of an identifier: all its conditions must hold.
 * @returns none for universal matching (PS3.4 C.2.2.2.3), several for multiple value matching
 * @throws QueryError
 */
export function readConditions(key: QueryKey, identifier: DataSet, options: MatchingOptions): Condition[] {
  return conditionsAt(key, identifier, options, 1);
}

function conditionsAt(key: QueryKey, from: DataSet, options: MatchingOptions, depth: number): Condition[] {
  const one = (condition: Condition | undefined): Condition[] => (condition === undefined ? [] : [condition]);
  if (key.items !== undefined) return one(sequenceCondition(key, key.items, from, options, depth));
  if (from.get(key.tag)?.items !== undefined) throw new QueryError('INVALID_VALUE', { tag: key.tag });
  const values = readValues(key, from);
  if (options.emptyValues === true && values.length === 1 && values[0] === EMPTY_VALUE)
    return [{ ...blank, key, test: (stored) => stored === '' }];
  if (options.multipleValues === true && values.length > 1 && isMultiple(key)) {
    if (values.some(hasWildcard)) throw new QueryError('WILDCARD_NOT_ALLOWED', { tag: key.tag });
    return values.flatMap((value) => one(conditionOf(key, [value], options)));
  }
  return one(conditionOf(key, values, options));
}

function isMultiple({ tag, vr }: QueryKey): boolean {
  return multipleValueVRs.has(vr) && dictionaryEntry(tag)?.vm !== '1';
}

function conditionOf(
  key: QueryKey,
  values: readonly string[],
  options: MatchingOptions,
): Condition | undefined {
  if (values.length === 0) return undefined;
  if (key.vr === 'UI') return uidCondition(key, values);
  if (options.literal === true) return equalityCondition(key, values, (stored) => stored);
  if (wildcardVRs.has(key.vr)) {
    return key.vr === 'PN' ? nameCondition(key, values, options) : textCondition(key, values);
  }
  if (values.some(hasWildcard)) throw new QueryError('WILDCARD_NOT_ALLOWED', { tag: key.tag });
  if (key.vr === 'DA' || key.vr === 'TM') return dateTimeCondition(key, key.vr, values);
  if (numberVRs.has(key.vr)) return numberCondition(key, values);
  return equalityCondition(key, values, (stored) => stored);
}

/** The values of a key that say something, within the limits. */
function readValues({ tag, vr }: QueryKey, from: DataSet): string[] {
  const [valuesMax, charsMax] =
    vr === 'UI' ? [UID_LIST_MAX, UID_MAX_CHARS] : [KEY_VALUES_MAX, KEY_VALUE_MAX_CHARS];
  // The length is looked at before anything is decoded; a character takes four bytes at most, delimiters one.
  if ((from.get(tag)?.length ?? 0) > valuesMax * (4 * charsMax + 1))
    throw new QueryError('VALUE_TOO_LONG', { tag });
  const values = from
    .strings(tag)
    .map((value) => cleanText(value, charsMax + 1, longTextVRs.has(vr)))
    .filter((value) => value !== '');
  if (values.length > valuesMax) throw new QueryError('TOO_MANY_VALUES', { tag });
  if (values.some((value) => value.length > charsMax)) throw new QueryError('VALUE_TOO_LONG', { tag });
  return values;
}

/** Values of a stored attribute; the VRs whose value may hold a backslash have one. */
function storedValues(stored: string, vr: string): readonly string[] {
  return singleValueVRs.has(vr) || !stored.includes('\\') ? [stored] : stored.split('\\');
}

/** Single value matching (PS3.4 C.2.2.2.1); several values match as a list does. */
function equalityCondition(
  key: QueryKey,
  values: readonly string[],
  normal: (text: string) => string,
): Condition {
  const wanted = new Set(values);
  const { vr } = key;
  const test = (stored: string): boolean =>
    stored !== '' && storedValues(stored, vr).some((value) => wanted.has(normal(value)));
  return { ...blank, key, values: [...wanted], test };
}

/** List of UID matching (PS3.4 C.2.2.2.2). */
function uidCondition(key: QueryKey, values: readonly string[]): Condition {
  for (const value of values) {
    if (hasWildcard(value)) throw new QueryError('WILDCARD_IN_UID', { tag: key.tag });
    if (!isPlausibleUID(value)) throw new QueryError('INVALID_VALUE', { tag: key.tag });
  }
  return equalityCondition(key, values, (stored) => stored);
}

/**
 * Digits and dots, 64 characters: looser than PS3.5 9.1, because devices with leading zeros in their UIDs exist
 * and their images must be found.
 */
export function isPlausibleUID(text: string): boolean {
  return /^[0-9]+(\.[0-9]+)*$/.test(text) && text.length <= UID_MAX_CHARS;
}

/** Wildcard matching (PS3.4 C.2.2.2.4), case-sensitive as the Standard has it for all VRs but PN. */
function textCondition(key: QueryKey, values: readonly string[]): Condition | undefined {
  if (values.some(isOnlyStars)) return undefined;
  const literals = values.filter((value) => !hasWildcard(value));
  if (literals.length === values.length) return equalityCondition(key, values, (stored) => stored);
  const wildcards = values.filter(hasWildcard).map((value) => wildcardOf(key, value));
  const wanted = new Set(literals);
  const test = (stored: string): boolean =>
    stored !== '' &&
    storedValues(stored, key.vr).some(
      (value) => wanted.has(value) || wildcards.some((wildcard) => matchesWildcard(wildcard, value)),
    );
  return { ...blank, key, values: literals, wildcards, test };
}

function wildcardOf(key: QueryKey, value: string): Wildcard {
  const wildcard = parseWildcard(value, (literal) => literal);
  if (wildcard === undefined) throw new QueryError('TOO_MANY_WILDCARDS', { tag: key.tag });
  return wildcard;
}

function nameCondition(
  key: QueryKey,
  values: readonly string[],
  { fuzzy = false }: MatchingOptions,
): Condition | undefined {
  const names: NamePattern[] = [];
  for (const value of values) {
    const pattern = parseNamePattern(value, fuzzy);
    if (pattern === 'universal') return undefined;
    if (pattern === undefined) throw new QueryError('TOO_MANY_WILDCARDS', { tag: key.tag });
    names.push(pattern);
  }
  const test = (stored: string): boolean =>
    storedValues(stored, 'PN').some((value) => names.some((pattern) => matchesName(pattern, value)));
  return { ...blank, key, names, test };
}

/** Single values and ranges of dates and times (PS3.4 C.2.2.2.1, C.2.2.2.5). */
function dateTimeCondition(key: QueryKey, vr: 'DA' | 'TM', values: readonly string[]): Condition {
  const normal = vr === 'DA' ? normalDate : normalTime;
  const [value = ''] = values;
  if (value.includes('-')) {
    const range = values.length === 1 ? parseRange(value, vr) : undefined;
    if (range === undefined) throw new QueryError('INVALID_VALUE', { tag: key.tag });
    const test = (stored: string): boolean => {
      const moment = normal(stored.trim());
      return moment !== undefined && inRange(moment, range);
    };
    return { ...blank, key, range, test };
  }
  const wanted = values.map((text) => {
    const moment = normal(text.trim());
    if (moment === undefined) throw new QueryError('INVALID_VALUE', { tag: key.tag });
    return moment;
  });
  return equalityCondition(key, wanted, (stored) => normal(stored.trim()) ?? '');
}

/** IS and DS are numbers written in many ways: '1', '01' and '+1.0' are the same. */
function numberCondition(key: QueryKey, values: readonly string[]): Condition {
  const numbers = values.map(canonicalNumber);
  if (numbers.includes('NaN')) throw new QueryError('INVALID_VALUE', { tag: key.tag });
  return equalityCondition(key, numbers, canonicalNumber);
}

const canonicalNumber = (text: string): string => (text.trim() === '' ? 'NaN' : String(Number(text) + 0));

/**
 * Sequence matching (PS3.4 C.2.2.2.6): some item matches all keys of the one item of the identifier. In a sequence that
 * is absent or has no item every attribute is absent, which is what empty value matching asks for (C.2.2.2.7).
 */
function sequenceCondition(
  key: QueryKey,
  itemKeys: ReadonlyMap<number, QueryKey>,
  from: DataSet,
  options: MatchingOptions,
  depth: number,
): Condition | undefined {
  if (depth > SEQUENCE_DEPTH_MAX) throw new QueryError('TOO_DEEP', { tag: key.tag });
  const [item, ...others] = from.items(key.tag);
  if (others.length > 0) throw new QueryError('TOO_MANY_ITEMS', { tag: key.tag });
  if (item === undefined) return undefined;
  const conditions: Condition[] = [];
  for (const itemKey of itemKeys.values()) {
    if (item.has(itemKey.tag)) conditions.push(...conditionsAt(itemKey, item, options, depth + 1));
  }
  if (conditions.length === 0) return undefined;
  const test = (stored: string): boolean => {
    const items = storedItems(stored);
    return itemsMatch(items.length === 0 ? NO_ITEM : items, conditions);
  };
  return { ...blank, key, test };
}

/** Holds nothing, so that only what asks for nothing finds it. */
const NO_ITEM: readonly StoredItem[] = [{}];

function itemsMatch(items: readonly StoredItem[], conditions: readonly Condition[]): boolean {
  return items.some((item) =>
    conditions.every(({ key, test }) => {
      const held = item[key.tag.toString(16).toUpperCase().padStart(8, '0')];
      return test(typeof held === 'string' ? held : held === undefined ? '' : JSON.stringify(held));
    }),
  );
}
