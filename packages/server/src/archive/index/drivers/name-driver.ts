import type { Derivation } from '../dialect.ts';
import { containedText, type Driver, type DriverPage, isPrefix, type Passed } from './driver.ts';
import type { DriverStatements } from './driver-statements.ts';
import { forTrigrams } from '../matching/fold.ts';
import { endOfText, NAME_SCAN_ROWS, NARROWED_FROM, QUICK_SCAN_ROWS } from '../limits.ts';
import { type Bits, keepBoth } from '../memory/bits.ts';
import type { Condition } from '../matching/matching.ts';
import { LatestFirst, nameListDriver } from './name-list-driver.ts';
import { type GroupPattern, matchesGroup } from '../matching/name-matching.ts';
import { NameMatcher } from '../memory/name-matcher.ts';
import { type NamePage, ONLY_GROUP } from '../memory/name-order.ts';
import type { Cursor } from '../rows.ts';
import { beginningWith, containing, narrowed, withinOne } from './name-conditions.ts';
import { type NameConditions, NameMatches } from './name-matches.ts';
import type { PatientNames } from '../memory/patient-names.ts';
import { patientsOf } from './patients-by-name.ts';
import { literalPrefix, type Wildcard } from '../matching/wildcard.ts';
import { wordsDriver } from './word-driver.ts';

/** The index that patients of a name are found by: of its beginning, of what it contains, or of its words. */
export function nameDriver(
  condition: Condition | undefined,
  statements: DriverStatements,
  patientNames: PatientNames,
): Driver | undefined {
  const [pattern, ...others] = condition?.names ?? [];
  if (condition === undefined || pattern === undefined || others.length > 0) return undefined;
  if (pattern.words.length > 0) return wordsDriver(condition, pattern.words, patientNames);
  const group = pattern.anyGroup ?? pattern.groups.find((each) => each !== undefined);
  if (group === undefined) return undefined;
  if (group.kind === 'literal') return groupDriver(condition, group, group.text, statements, patientNames);
  // A delimiter at the end of a prefix is not in the index when nothing follows it in the name.
  const prefix = literalPrefix(group.wildcard).replace(/\^+$/, '');
  const isLongPrefix = forTrigrams(prefix).length >= LONG_PREFIX_CHARS;
  const containsMore = partsOf(group.wildcard).some((part) => forTrigrams(part).length >= LONG_PREFIX_CHARS);
  if (isLongPrefix || (prefix !== '' && !containsMore))
    return groupDriver(condition, group, prefix, statements, patientNames);
  const counted = containing(group.wildcard);
  const conditions =
    pattern.anyGroup === undefined
      ? rowsDecide(condition, counted, statements)
      : namesDecide(group, counted, patientNames);
  const list = new LatestFirst(patientNames, counted, conditions);
  return nameListDriver('parts of names', condition, list, patientNames);
}

/** A beginning of so many characters narrows well; one of Han or kana is as good as three letters. */
const LONG_PREFIX_CHARS = 3;

/** The literal parts of a pattern between wildcards and delimiters. */
const partsOf = ({ pieces }: Wildcard): string[] =>
  [...new Set(pieces.flatMap((piece) => piece.split('^')))].filter((part) => part !== '');

/** In whatever group: names in memory tell all. */
function namesDecide(
  group: Extract<GroupPattern, { kind: 'wildcard' }>,
  counted: NameConditions,
  names: PatientNames,
): NameConditions {
  const contained = containedText(group.wildcard);
  if (contained !== undefined && !contained.includes('^')) return counted;
  return { ...(withinOne(group) ?? narrowed(group, counted)), ...new GroupTest(group, '', names).condition };
}

/** Which group is which is in the rows of patients alone. */
function rowsDecide(
  condition: Condition,
  counted: NameConditions,
  statements: DriverStatements,
): NameConditions {
  const test = (row: number): boolean => patientsOf([row], condition, statements.packed).length > 0;
  return { ...counted, test };
}

const sumOfPage: Derivation = (sql) => `select count(*), total(study_count), total(several) from (${sql})`;

/** Names of which a component group is a text, or begins with one. */
function groupDriver(
  condition: Condition,
  pattern: GroupPattern,
  prefix: string,
  statements: DriverStatements,
  patientNames: PatientNames,
): Driver {
  const high = pattern.kind === 'literal' ? prefix : prefix + endOfText;
  if (condition.names[0]?.anyGroup === undefined)
    return groupOfRows(condition, pattern, [prefix, high], statements, patientNames);
  const test = new GroupTest(pattern, prefix, patientNames);
  const isRange = rangeDecides(pattern, prefix);
  const conditions =
    withinOne(pattern) ??
    (pattern.kind === 'literal' || isRange
      ? beginningWith(pattern, prefix)
      : narrowed(pattern, containing(pattern.wildcard)));
  const matches = new NameMatches(patientNames, { ...conditions, ...test.condition });
  const inTable = groupOfRows(condition, pattern, [prefix, high], statements, patientNames);
  const driver = { ...inTable, has: (patient: number) => matches.has(patient) };
  if (!patientNames.order.isWhole) return driver;
  return {
    ...driver,
    bits: () => matches.bits(),
    ...inOrder([prefix, high], isRange ? undefined : matches, test, patientNames),
  };
}

/** Whether every group from such a beginning on is wanted. */
const rangeDecides = (pattern: GroupPattern, prefix: string): boolean =>
  pattern.kind === 'literal' || (isPrefix(pattern.wildcard) && pattern.wildcard.pieces[0] === prefix);

/**
 * What the order of names in memory tells.
 * @param matches who is meant; undefined: all that the order brings, of names with one group
 */
function inOrder(
  [low, high]: readonly [low: string, high: string],
  matches: NameMatches | undefined,
  test: GroupTest,
  names: PatientNames,
): Pick<Driver, 'count' | 'page' | 'pass' | 'walk' | 'narrow'> {
  let bits: Bits | undefined;
  let visitedInAll = 0;
  let isNarrowed = matches === undefined;
  const narrow = (more: Bits | undefined): void => {
    if (more !== undefined) bits = keepBoth(Int32Array.from(bits ?? more), more);
  };
  let held: number | undefined;
  const walk = (after: Cursor = [low, 0], take: (patient: number) => boolean): Cursor | undefined => {
    complete(names);
    if (visitedInAll >= NARROWED_FROM && !isNarrowed) {
      isNarrowed = true;
      matches?.settle();
      narrow(matches?.bits());
    }
    const atOnce = isNarrowed ? test.scannedMax : NARROWED_FROM;
    const isTold = matches === undefined || (isNarrowed && matches.isSettled);
    let visited = 0;
    const visit = (row: number, group: number): boolean => {
      if (visited === atOnce) return false;
      visited += 1;
      // A name of which several groups are in the range is brought once, by the first of them.
      const isOther = group === ONLY_GROUP ? !isTold && test.groupOf(row) < 0 : test.groupOf(row) !== group;
      return isOther || take(row);
    };
    const next = names.order.walk([String(after[0]), Number(after[1])], high, visit, bits);
    visitedInAll += visited;
    return next;
  };
  return {
    count: (limit) => Math.min((held ??= names.order.count(low, high)), limit),
    walk,
    narrow,
    page: (after, rows) => {
      const ids: number[] = [];
      const next = walk(after, (patient) => ids.length < rows && ids.push(patient) > 0);
      return { ids, next };
    },
    pass: (after, rows, counted) => {
      let patients = 0;
      let studies = 0;
      const next = walk(after, (patient) => {
        if (patients === rows) return false;
        patients += 1;
        studies += names.studiesOf(patient);
        return true;
      });
      return { passed: counted === 'rows' ? patients : studies, next };
    },
  };
}

/** After names were forgotten amid a search. */
function complete(names: PatientNames): void {
  while (names.step());
  while (names.order.step());
}

/** The same from the table of names. */
function groupOfRows(
  condition: Condition,
  pattern: GroupPattern,
  [prefix, high]: readonly [prefix: string, high: string],
  { names, named, packed }: DriverStatements,
  patientNames: PatientNames,
): Driver {
  const isAnyGroup = condition.names[0]?.anyGroup !== undefined;
  const isDecided = isAnyGroup && rangeDecides(pattern, prefix);
  const wanted = (group: string): boolean => group.startsWith(prefix) && matchesGroup(pattern, group);
  const accepted = (found: readonly NamePage[]): number[] => {
    const ids = found
      .filter(([group, id, several]) => several === 0 || patientNames.groupsOf(id).find(wanted) === group)
      .map(([, id]) => id);
    // Which group is which the rows of patients tell.
    return isAnyGroup ? ids : patientsOf(ids, condition, packed);
  };
  return {
    name: 'name',
    level: 'PATIENT',
    decides: [condition],
    count: (limit) => named.count(prefix, high, limit),
    all: (limit) => named.ids(prefix, high, limit),
    page: ([folded, id] = [prefix, 0], rows): DriverPage => {
      const found = names.all(high, String(folded), Number(id), rows);
      const matching = isDecided ? found : found.filter(([group]) => wanted(group));
      const last = found.length < rows ? undefined : found.at(-1);
      return { ids: accepted(matching), next: last?.slice(0, 2) };
    },
    ...(isDecided
      ? {
          pass: ([folded, id]: Cursor = [prefix, 0], rows: number, counted: Passed) => {
            const page = [high, String(folded), Number(id), rows] as const;
            const [rowsPassed, studies, several] = names.over<readonly [number, number, number]>(
              sumOfPage,
              ...page,
            );
            const passed = counted === 'studies' ? studies : rowsPassed;
            const next = names.last(...page)?.slice(0, 2) as Cursor | undefined;
            return several > 0 ? undefined : { passed, next };
          },
        }
      : {}),
  };
}

/** Tells which component group of a patient's name a pattern takes, in whatever group it may be. */
class GroupTest {
  readonly #names: PatientNames;
  readonly #matcher: NameMatcher | undefined;
  readonly #wanted: (group: string) => boolean;

  constructor(pattern: GroupPattern, prefix: string, names: PatientNames) {
    this.#names = names;
    this.#matcher = NameMatcher.of(pattern);
    this.#wanted = (group) => group.startsWith(prefix) && matchesGroup(pattern, group);
  }

  /** The first of those that it takes; -1: none. */
  groupOf(row: number): number {
    this.#matcher?.begin(this.#names.components);
    const group = this.#matcher && this.#names.groupTaken(row, this.#matcher);
    return group ?? this.#names.groupsOf(row).findIndex(this.#wanted);
  }

  /** Names looked at in one step. */
  get scannedMax(): number {
    return this.#matcher === undefined ? NAME_SCAN_ROWS : QUICK_SCAN_ROWS;
  }

  get condition(): Pick<NameConditions, 'test' | 'matcher'> {
    return { test: (row) => this.groupOf(row) >= 0, matcher: this.#matcher };
  }
}
