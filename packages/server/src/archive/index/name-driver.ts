import type { Derivation } from './dialect.ts';
import {
  containedText,
  type Cursor,
  type Driver,
  type DriverPage,
  endOfText,
  isPrefix,
  type Passed,
} from './driver.ts';
import type { DriverStatements, NamePage } from './driver-statements.ts';
import { forTrigrams } from './fold.ts';
import { NAME_PARTS_MAX } from './limits.ts';
import type { Condition } from './matching.ts';
import { LatestFirst, nameListDriver } from './name-list-driver.ts';
import { type GroupPattern, matchesGroup } from './name-matching.ts';
import { type NameConditions, NameMatches } from './name-matches.ts';
import type { PatientNames } from './patient-names.ts';
import { patientsOf } from './patients-by-name.ts';
import { literalPrefix, type Wildcard } from './wildcard.ts';
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
  const conditions =
    pattern.anyGroup === undefined
      ? rowsDecide(condition, group.wildcard, statements)
      : namesDecide(group, patientNames);
  return nameListDriver('parts of names', condition, new LatestFirst(patientNames, conditions), patientNames);
}

/** A beginning of so many characters narrows well; one of Han or kana is as good as three letters. */
const LONG_PREFIX_CHARS = 3;

/** The literal parts of a pattern between wildcards and delimiters. */
const partsOf = ({ pieces }: Wildcard): string[] =>
  [...new Set(pieces.flatMap((piece) => piece.split('^')))].filter((part) => part !== '');

function containing(wildcard: Wildcard): Pick<NameConditions, 'tests' | 'clauses'> {
  const all = wildcard.pieces
    .flatMap((piece, index) => {
      const [before, after] = [wildcard.gaps[index], wildcard.gaps[index + 1]];
      return componentPartsOf(piece, isClosed(before), isClosed(after));
    })
    .slice(0, NAME_PARTS_MAX);
  const [first = anyPart, ...others] = all;
  const tests = [first, ...others].map(({ text, test }, index) => ({
    bit: 1 << index,
    contained: forTrigrams(text),
    test,
  }));
  return { tests, clauses: [1, ...others.map((_, index) => 2 << index)] };
}

interface ComponentPart {
  readonly text: string;
  readonly test: (component: string) => boolean;
}
const anyPart: ComponentPart = { text: '', test: () => true };

const isClosed = (gap: Wildcard['gaps'][number] | undefined): boolean =>
  gap?.open === false && gap.characters === 0;

/**
 * What some component of a name has when the name contains a piece of a pattern: delimiters end components, and so do the
 * ends of the name. The last component may have delimiters in it.
 */
function componentPartsOf(piece: string, begins: boolean, ends: boolean): ComponentPart[] {
  const parts = piece.split('^');
  return parts.flatMap((text, index): ComponentPart[] => {
    if (text === '') return [];
    const first = begins || index > 0;
    const last = ends || index < parts.length - 1;
    const test = (component: string): boolean =>
      (first ? component.startsWith(text) || component.includes(`^${text}`) : component.includes(text)) &&
      (!last || component.endsWith(text) || component.includes(`${text}^`));
    return [{ text, test }];
  });
}

/** In whatever group: names in memory tell all. */
function namesDecide(
  group: Extract<GroupPattern, { kind: 'wildcard' }>,
  names: PatientNames,
): NameConditions {
  const conditions = containing(group.wildcard);
  const matches = (row: number): boolean => names.groupsOf(row).some((each) => matchesGroup(group, each));
  const parts = containedText(group.wildcard)?.split('^') ?? [];
  if (parts.length === 1) return conditions;
  if (parts.length !== 2 || parts.join('') === '') return { ...conditions, test: matches };
  // The end of one component and the beginning of the next one: most often their numbers tell.
  const [first, second] = parts[0] === '' ? [0, 1] : parts[1] === '' ? [1, 0] : [1, 2];
  const test = (row: number, marks: Int32Array): boolean =>
    names.hasNeighbours(row, marks, first, second) ?? matches(row);
  return { ...conditions, test };
}

/** Which group is which is in the rows of patients alone. */
function rowsDecide(condition: Condition, wildcard: Wildcard, statements: DriverStatements): NameConditions {
  const test = (row: number): boolean => patientsOf([row], condition, statements).length > 0;
  return { ...containing(wildcard), test };
}

/** Names of which a group begins with a text, and is wanted. */
function beginningWith(
  pattern: GroupPattern,
  prefix: string,
  wanted: (group: string) => boolean,
  names: PatientNames,
): NameConditions {
  const [first = ''] = prefix.split('^');
  const isWhole = pattern.kind === 'literal' || first !== prefix;
  const test = (component: string): boolean => (isWhole ? component === first : component.startsWith(first));
  return {
    tests: [{ bit: 1, contained: forTrigrams(first), test }],
    clauses: [1],
    test: (row) => names.groupsOf(row).some(wanted),
  };
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
  const { names, named } = statements;
  const high = pattern.kind === 'literal' ? prefix : prefix + endOfText;
  const isAnyGroup = condition.names[0]?.anyGroup !== undefined;
  const rangeDecides =
    isAnyGroup &&
    (pattern.kind === 'literal' || (isPrefix(pattern.wildcard) && pattern.wildcard.pieces[0] === prefix));
  const wanted = (group: string): boolean => group.startsWith(prefix) && matchesGroup(pattern, group);
  const matches = new NameMatches(patientNames, beginningWith(pattern, prefix, wanted, patientNames));
  /** A name of which several groups are in the range is brought once, by the first of them. */
  const accepted = (found: readonly NamePage[]): number[] => {
    const ids = found
      .filter(([group, id, several]) => several === 0 || patientNames.groupsOf(id).find(wanted) === group)
      .map(([, id]) => id);
    // Which group is which the rows of patients tell.
    return isAnyGroup ? ids : patientsOf(ids, condition, statements);
  };
  return {
    name: 'name',
    level: 'PATIENT',
    decides: [condition],
    count: (limit) => named.count(prefix, high, limit),
    all: (limit) => named.ids(prefix, high, limit),
    // Names in memory do not tell which group is which.
    ...(isAnyGroup ? { has: (patient: number) => matches.has(patient) } : {}),
    page: ([folded, id] = [prefix, 0], rows): DriverPage => {
      const found = names.all(high, String(folded), Number(id), rows);
      const matching = rangeDecides ? found : found.filter(([group]) => wanted(group));
      const last = found.length < rows ? undefined : found.at(-1);
      return { ids: accepted(matching), next: last?.slice(0, 2) };
    },
    ...(rangeDecides
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
