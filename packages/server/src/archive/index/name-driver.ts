import { nameOf } from './batch-rows.ts';
import type { Derivation } from './dialect.ts';
import {
  containedText,
  type Cursor,
  type Driver,
  type DriverPage,
  endOfRows,
  endOfText,
  isPrefix,
  type Passed,
  passOverIDs,
} from './driver.ts';
import type { DriverStatements, NamePage } from './driver-statements.ts';
import { forTrigrams, trigramsOf } from './fold.ts';
import { NAME_SCAN_ROWS, TRIGRAMS_MAX } from './limits.ts';
import type { Condition } from './matching.ts';
import { type GroupPattern, matchesGroup } from './name-matching.ts';
import { packedField } from './packed.ts';
import { namedGroups } from './row-writer.ts';
import { literalPrefix } from './wildcard.ts';
import { expressionOf, idCursor, nameCode, patientsOf } from './patients-by-name.ts';
import { wordsDriver } from './word-driver.ts';

const plainLetters = /^[a-z]{3}$/;

/** The index that patients of a name are found by: of its beginning, of what it contains, or of its words. */
export function nameDriver(
  condition: Condition | undefined,
  statements: DriverStatements,
): Driver | undefined {
  const [pattern, ...others] = condition?.names ?? [];
  if (condition === undefined || pattern === undefined || others.length > 0) return undefined;
  if (pattern.words.length > 0) return wordsDriver(condition, pattern.words, statements);
  const group = pattern.anyGroup ?? pattern.groups.find((each) => each !== undefined);
  if (group === undefined) return undefined;
  if (group.kind === 'literal') return groupDriver(condition, group, group.text, statements);
  // A delimiter at the end of a prefix is not in the index when nothing follows it in the name.
  const prefix = literalPrefix(group.wildcard).replace(/\^+$/, '');
  if (forTrigrams(prefix).length >= 3) return groupDriver(condition, group, prefix, statements);
  const pieces = group.wildcard.pieces.flatMap((piece) => piece.split('^'));
  const trigrams = trigramsOfAll(pieces);
  if (trigrams.length === 0) return groupDriver(condition, group, prefix, statements);
  const contained = pattern.anyGroup === undefined ? undefined : containedText(group.wildcard);
  return trigramDriver(condition, trigrams, contained, statements);
}

const trigramsOfAll = (texts: readonly string[]): string[] =>
  [...new Set(texts.flatMap(trigramsOf))].slice(0, TRIGRAMS_MAX);

/** Patients whose name has the trigrams of all pieces are more than those that match: names decide. */
function trigramDriver(
  condition: Condition,
  trigrams: readonly string[],
  contained: string | undefined,
  statements: DriverStatements,
): Driver {
  const { trigrams: statement } = statements;
  const expression = expressionOf(trigrams);
  // Three plain letters are one trigram, and whatever has that contains them.
  const trigramsDecide = trigrams[0] === contained && plainLetters.test(contained ?? '');
  return {
    name: 'name trigrams',
    level: 'PATIENT',
    decides: [condition],
    count: (limit) => statement.count(expression, endOfRows, limit),
    all: (limit) => statement.ids(expression, endOfRows, limit),
    page: ([before] = [endOfRows], rows) => {
      const ids = statement.ids(expression, Number(before), rows);
      const next = idCursor(ids, rows);
      return { ids: trigramsDecide ? ids : patientsOf(ids, condition, statements), next };
    },
    ...(trigramsDecide
      ? {
          pass: ([before]: Cursor = [endOfRows], rows: number, counted: Passed) =>
            passOverIDs(statement, counted, rows, [expression, Number(before)]),
        }
      : {}),
  };
}

const sumOfPage: Derivation = (sql) => `select count(*), total(study_count), total(several) from (${sql})`;

/** Names of which a component group is a text, or begins with one; without a beginning, all names are looked through. */
function groupDriver(
  condition: Condition,
  pattern: GroupPattern,
  prefix: string,
  statements: DriverStatements,
): Driver {
  const { names, named } = statements;
  const high = pattern.kind === 'literal' ? prefix : prefix + endOfText;
  const rangeDecides =
    condition.names[0]?.anyGroup !== undefined &&
    (pattern.kind === 'literal' || (isPrefix(pattern.wildcard) && pattern.wildcard.pieces[0] === prefix));
  const wanted = (group: string): boolean => group.startsWith(prefix) && matchesGroup(pattern, group);
  /** A name of which several groups are in the range is brought once, by the first of them. */
  const accepted = (found: readonly NamePage[]): number[] => {
    const needsName = rangeDecides ? found.filter(([, , several]) => several !== 0) : found;
    const firstGroups = new Map<number, string | undefined>();
    if (needsName.length > 0)
      for (const [id, packed] of statements.packed.all(JSON.stringify(needsName.map((row) => row[1])))) {
        const matches = rangeDecides || condition.test(packedField(packed, nameCode));
        firstGroups.set(id, matches ? namedGroups(nameOf(packed)).find(wanted) : undefined);
      }
    return found
      .filter(([group, id, several]) => (rangeDecides && several === 0) || firstGroups.get(id) === group)
      .map(([, id]) => id);
  };
  return {
    name: prefix === '' ? 'all names' : 'name',
    level: 'PATIENT',
    decides: [condition],
    count: (limit) => named.count(prefix, high, limit),
    all: (limit) => named.ids(prefix, high, limit),
    page: ([folded, id] = [prefix, 0], rows): DriverPage => {
      const wantedRows = prefix === '' ? NAME_SCAN_ROWS : rows;
      const found = names.all(high, String(folded), Number(id), wantedRows);
      const matching = rangeDecides ? found : found.filter(([group]) => wanted(group));
      const last = found.length < wantedRows ? undefined : found.at(-1);
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
