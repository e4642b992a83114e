import { Tag } from '@leadglass/dicom';
import { inRange } from './matching/date-time.ts';
import type { Connection } from './dialect.ts';
import type { Driver, DriverPage } from './drivers/driver.ts';
import { type DriverStatements, driverStatements } from './drivers/driver-statements.ts';
import { Entity, levelAbove, levelBelow, placesOf } from './entity.ts';
import type { KnownTexts } from './known-texts.ts';
import {
  PAGE_ROWS_MAX,
  PAGE_ROWS_MIN,
  PASSED_ROWS_MAX,
  PASSED_ROWS_MIN,
  SKIMMED_ROWS_MAX,
} from './limits.ts';
import { type Plan, planOf } from './drivers/plan.ts';
import { type Query, studyMoment } from './matching/query.ts';
import { depthOf, keyOf, type QueryKey, type QueryLevel, queryLevels } from './query-keys.ts';
import { type ChildLevel, type ChildRow, type Cursor, RowReader } from './rows.ts';
import type { SearchMemory } from './memory/search-memory.ts';
import type { PatientSieve } from './drivers/study-filter.ts';

/**
 * Runs queries: a driver brings the numbers of rows of one level that may match; conditions that it does not decide are
 * tested on the columns they need; what is left is followed down to the level of the query, by number still. Rows are
 * read in full for matches alone, once those to be passed over are passed. Every step is a page of bounded size.
 */
export class Search {
  readonly drivers: DriverStatements;
  readonly #rows: RowReader;
  readonly #texts: KnownTexts;
  readonly #memory: SearchMemory;

  constructor(connection: Connection, texts: KnownTexts, memory: SearchMemory) {
    this.drivers = driverStatements(connection);
    this.#memory = memory;
    this.#rows = new RowReader(connection);
    this.#texts = texts;
  }

  /** Matches in pages, some of them empty: each is one step of bounded work, and others may run between them. */
  pages(query: Query): Generator<readonly Entity[], void, undefined> {
    return this.#pages(query, { left: query.offset });
  }

  /** How many matches there are, no further than a cap: none of them is read. */
  count(query: Query, cap: number): number {
    const passing = { left: cap };
    const pages = this.#pages(query, passing);
    while (passing.left > 0 && pages.next().done !== true);
    return cap - passing.left;
  }

  *#pages(query: Query, passing: Passing): Generator<readonly Entity[], void, undefined> {
    if (query.conditions.some(({ names }) => names.length > 0)) while (this.#memory.names.step()) yield [];
    const plan = planOf(query, this.drivers, this.#memory);
    const { driver, sieve } = plan;
    const conditions = new Conditions(query, plan);
    const pass = sieve === undefined ? passerOf(driver, query, conditions) : undefined;
    let cursor: Cursor | undefined;
    let rows: number | undefined;
    do {
      const passed = pass?.(cursor, passing);
      if (passed !== undefined) {
        yield [];
        cursor = passed.next;
        continue;
      }
      rows = Math.min(
        rows === undefined ? firstRows(query, conditions, passing) : Math.max(rows * 2, PAGE_ROWS_MIN),
        sieve !== undefined || passing.left > PAGE_ROWS_MAX ? SKIMMED_ROWS_MAX : PAGE_ROWS_MAX,
      );
      const page = driver.page(cursor, rows);
      const ids = this.#candidates(driver.level, page, sieve, conditions);
      yield* this.#descend(driver.level, ids, conditions, passing);
      cursor = page.next;
    } while (cursor !== undefined);
  }

  /** Those of a page that fulfil all conditions on their level and those above it. */
  #candidates(
    level: QueryLevel,
    { ids, patients }: DriverPage,
    sieve: PatientSieve | undefined,
    conditions: Conditions,
  ): readonly number[] {
    if (patients === undefined || (sieve === undefined && !conditions.anyAbove(level)))
      return this.#matching(level, ids, conditions);
    const pairs: ChildRow[] = [];
    for (const [index, patient] of patients.entries())
      if (sieve === undefined || sieve.has(patient)) pairs.push([ids[index] as number, patient]);
    return this.#matchingOwn(level, this.#ofMatchingParents('PATIENT', pairs, conditions), conditions);
  }

  /** Those of some rows that fulfil the conditions on their level and those above it. */
  #matching(level: QueryLevel, ids: readonly number[], conditions: Conditions): readonly number[] {
    const above = levelAbove(level);
    if (above === undefined || !conditions.anyAbove(level)) return this.#matchingOwn(level, ids, conditions);
    const rows = this.#rows.withParents(level as ChildLevel, ids);
    return this.#matchingOwn(level, this.#ofMatchingParents(above, rows, conditions), conditions);
  }

  /** Rows above are tested before: most rows below need not be read then. */
  #ofMatchingParents(
    above: QueryLevel,
    rows: readonly ChildRow[],
    conditions: Conditions,
  ): readonly number[] {
    const parents = [...new Set(rows.map(([, parent]) => parent))];
    const matching = this.#matching(above, parents, conditions);
    if (matching.length === parents.length) return rows.map(([id]) => id);
    const wanted = new Set(matching);
    return rows.filter(([, parent]) => wanted.has(parent)).map(([id]) => id);
  }

  /** Those of some rows that fulfil the conditions on their own level, which are tested on the columns they need. */
  #matchingOwn(level: QueryLevel, ids: readonly number[], conditions: Conditions): readonly number[] {
    const tests = conditions.of(level);
    if (tests.length === 0 || ids.length === 0) return ids;
    const rows = this.#rows.rowsWith(level, conditions.places(level), ids);
    const matches = (entity: Entity): boolean => tests.every(({ test }) => test(entity));
    return rows.filter((row) => matches(new Entity(level, row, undefined, this.#texts))).map(([id]) => id);
  }

  /** Follows rows down to the level of the query. A step without a match is a step too. */
  *#descend(
    level: QueryLevel,
    ids: readonly number[],
    conditions: Conditions,
    passing: Passing,
  ): Generator<readonly Entity[], void, undefined> {
    const below = levelBelow(level);
    if (level === conditions.level || below === undefined || ids.length === 0) {
      const skipped = Math.min(ids.length, passing.left);
      passing.left -= skipped;
      // A patient with very many studies brings all of them at once.
      for (let from = skipped; from < ids.length || from === skipped; from += PAGE_ROWS_MAX)
        yield this.#entities(level, ids.slice(from, from + PAGE_ROWS_MAX));
      return;
    }
    if (below === conditions.level && this.#passChildren(below, ids, conditions, passing)) {
      yield [];
      return;
    }
    for (const children of this.#children(ids, below)) {
      const matching = this.#matchingOwn(below, children, conditions);
      yield* this.#descend(below, matching, conditions, passing);
    }
  }

  /** Passes over all children at once when no condition tells them apart and all of them are to be passed over. */
  #passChildren(
    level: ChildLevel,
    parents: readonly number[],
    conditions: Conditions,
    passing: Passing,
  ): boolean {
    if (passing.left < parents.length || conditions.of(level).length > 0) return false;
    const children = this.#rows.countChildren(level, parents, passing.left + 1);
    if (children > passing.left) return false;
    passing.left -= children;
    return true;
  }

  /** Children in the order of their parents, each one's as they came. */
  *#children(parents: readonly number[], level: ChildLevel): Generator<readonly number[], void, undefined> {
    const idsOf = (rows: readonly ChildRow[]): number[] => rows.map(([id]) => id);
    let left = parents;
    while (left.length > 0) {
      let rows = this.#rows.childrenOfMany(level, left, PAGE_ROWS_MAX);
      yield idsOf(rows);
      let last = rows.at(-1);
      if (last === undefined || rows.length < PAGE_ROWS_MAX) return;
      const [, parent] = last;
      // The page ended amid the children of one parent: the rest of that one's, then the other parents'.
      while (last !== undefined) {
        rows = this.#rows.childrenOfOne(level, parent, last[0], PAGE_ROWS_MAX);
        yield idsOf(rows);
        last = rows.length < PAGE_ROWS_MAX ? undefined : rows.at(-1);
      }
      left = left.slice(left.indexOf(parent) + 1);
    }
  }

  /** Entities of rows, with the entities above them. */
  #entities(level: QueryLevel, ids: readonly number[]): Entity[] {
    const rows = this.#rows.rows(level, ids);
    const above = levelAbove(level);
    if (above === undefined) return rows.map((row) => new Entity(level, row, undefined, this.#texts));
    const parentIDs = [...new Set(rows.map((row) => row[1] as number))];
    const parents = new Map(this.#entities(above, parentIDs).map((entity) => [entity.id, entity]));
    return rows.map((row) => new Entity(level, row, parents.get(row[1] as number), this.#texts));
  }
}

/** How many matches are still to be passed over. */
interface Passing {
  left: number;
}

/** Rows of the first page: where every one may be a match, no more of them than are wanted. */
function firstRows({ limit }: Query, conditions: Conditions, passing: Passing): number {
  const wanted = passing.left + (limit ?? PAGE_ROWS_MIN);
  return conditions.any ? Math.max(wanted, PAGE_ROWS_MIN) : wanted;
}

/**
 * Passes over rows without bringing them, where the driver decides all: one step, or undefined when matches are to be
 * looked at one by one from here on.
 */
function passerOf(
  driver: Driver,
  query: Query,
  conditions: Conditions,
): ((cursor: Cursor | undefined, passing: Passing) => { next: Cursor | undefined } | undefined) | undefined {
  const counted = driver.level === query.level ? 'rows' : 'studies';
  const isNear = counted === 'rows' || (driver.level === 'PATIENT' && query.level === 'STUDY');
  if (!isNear || conditions.any || driver.pass === undefined) return undefined;
  // A patient has one study at least, and how many more is learned on the way.
  let matchesPerRow = 1;
  return (cursor, passing) => {
    let rows = Math.min(Math.floor(passing.left / matchesPerRow), PASSED_ROWS_MAX);
    while (rows >= PASSED_ROWS_MIN) {
      const step = driver.pass?.(cursor, rows, counted);
      if (step === undefined) return undefined;
      matchesPerRow = Math.max(1, step.passed / rows);
      if (step.passed <= passing.left) {
        passing.left -= step.passed;
        return step;
      }
      rows = Math.floor(Math.min(rows / 2, passing.left / matchesPerRow));
    }
    return undefined;
  };
}

interface Test {
  readonly keys: readonly QueryKey[];
  readonly test: (entity: Entity) => boolean;
}

const studyDate = keyOf('STUDY', Tag.StudyDate);
const studyTime = keyOf('STUDY', Tag.StudyTime);

/** Conditions of a query that its driver leaves open, by level: each is tested on an entity of its own level. */
class Conditions {
  readonly level: QueryLevel;
  readonly any: boolean;
  readonly #tests: ReadonlyMap<QueryLevel, readonly Test[]>;

  constructor({ level, conditions, moment }: Query, { driver, sieve }: Plan) {
    this.level = level;
    const decided = new Set([...driver.decides, ...(sieve?.decides ?? [])]);
    const open = conditions.filter((condition) => !decided.has(condition));
    const tests = new Map<QueryLevel, Test[]>(queryLevels.map((each) => [each, []]));
    for (const { key, test } of open)
      tests.get(key.level)?.push({ keys: [key], test: (entity) => test(entity.text(key)) });
    if (moment !== undefined) {
      const test = (entity: Entity): boolean => {
        const held = studyMoment(entity.text(studyDate), entity.text(studyTime));
        return held !== undefined && inRange(held, moment);
      };
      tests.get('STUDY')?.push({ keys: [studyDate, studyTime], test });
    }
    this.#tests = tests;
    this.any = open.length > 0 || moment !== undefined;
  }

  of(level: QueryLevel): readonly Test[] {
    return this.#tests.get(level) ?? [];
  }

  anyAbove(level: QueryLevel): boolean {
    return queryLevels.slice(0, depthOf(level)).some((above) => this.of(above).length > 0);
  }

  /** Places in a row that are looked at, in ascending order. */
  places(level: QueryLevel): readonly number[] {
    const places = this.of(level).flatMap(({ keys }) => keys.flatMap(placesOf));
    return [...new Set(places)].sort((a, b) => a - b);
  }
}
