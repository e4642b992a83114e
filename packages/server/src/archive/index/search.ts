import { Tag } from '@leadglass/dicom';
import type { Connection } from './dialect.ts';
import { chooseDriver, type Cursor, type Driver } from './driver.ts';
import { type DriverStatements, driverStatements } from './driver-statements.ts';
import { inRange, type Range } from './date-time.ts';
import { Entity, levelAbove, levelBelow } from './entity.ts';
import type { KnownTexts } from './known-texts.ts';
import { PAGE_ROWS_MAX, PAGE_ROWS_MIN } from './limits.ts';
import { type Query, studyMoment } from './query.ts';
import { depthOf, keyOf, type QueryLevel } from './query-keys.ts';
import { type Row, RowReader } from './rows.ts';

/**
 * Runs queries: a driver brings candidates of one level, rows are read with those above them, conditions decide,
 * and what is left is followed down to the level of the query. Every step is a page of bounded size.
 */
export class Search {
  readonly drivers: DriverStatements;
  readonly #rows: RowReader;
  readonly #texts: KnownTexts;

  constructor(connection: Connection, texts: KnownTexts) {
    this.drivers = driverStatements(connection);
    this.#rows = new RowReader(connection);
    this.#texts = texts;
  }

  /** Matches in pages, some of them empty: each is one step of bounded work, and others may run between them. */
  *pages(query: Query): Generator<readonly Entity[], void, undefined> {
    const driver = chooseDriver(query, this.drivers);
    const filter = filterOf(query, driver.level, true);
    const ofPatient = filterOf(query, 'PATIENT', true);
    const aboutPatients =
      driver.level === 'STUDY' && query.conditions.some(({ key }) => key.level === 'PATIENT');
    let cursor: Cursor | undefined;
    let rows = PAGE_ROWS_MIN;
    do {
      const page = driver.page(cursor, rows);
      const ids = aboutPatients ? this.#ofMatchingPatients(page.ids, ofPatient) : page.ids;
      const entities = this.#read(driver, ids, page.keys).filter(filter);
      // A step without candidates is a step too: whoever waits for matches may let others run.
      if (entities.length === 0) yield entities;
      else yield* this.#descend(query, entities, driver.level);
      cursor = page.next;
      rows = Math.min(rows * 2, PAGE_ROWS_MAX);
    } while (cursor !== undefined);
  }

  /** Patients are read before their studies when there are conditions on them: most studies need not be read then. */
  #ofMatchingPatients(ids: readonly number[], matches: (patient: Entity) => boolean): number[] {
    const studies = this.#rows.patientsOfStudies(ids);
    const patients = this.#entities('PATIENT', [...new Set(studies.map(([, patientRow]) => patientRow))]);
    const matching = new Set(patients.filter(matches).map(({ id }) => id));
    return studies.filter(([, patientRow]) => matching.has(patientRow)).map(([id]) => id);
  }

  #read(driver: Driver, ids: readonly number[], keys: readonly string[] | undefined): Entity[] {
    const entities = this.#entities(driver.level, ids);
    if (keys === undefined || driver.accepts === undefined) return entities;
    return entities.filter((entity, index) => driver.accepts?.(entity, keys[index] ?? ''));
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

  *#descend(
    query: Query,
    entities: readonly Entity[],
    level: QueryLevel,
  ): Generator<readonly Entity[], void, undefined> {
    const below = levelBelow(level);
    if (level === query.level || below === undefined) {
      yield entities;
      return;
    }
    const filter = filterOf(query, below, false);
    for (const children of this.#children(entities, below)) {
      yield* this.#descend(query, children.filter(filter), below);
    }
  }

  /** Children of entities in the order of those, each one's as they came. */
  *#children(
    parents: readonly Entity[],
    level: Exclude<QueryLevel, 'PATIENT'>,
  ): Generator<Entity[], void, undefined> {
    const byID = new Map(parents.map((parent) => [parent.id, parent]));
    const entitiesOf = (rows: readonly Row[]): Entity[] =>
      rows.map((row) => new Entity(level, row, byID.get(row[1] as number), this.#texts));
    let left = parents.map(({ id }) => id);
    while (left.length > 0) {
      let rows = this.#rows.childrenOfMany(level, left, PAGE_ROWS_MAX);
      yield entitiesOf(rows);
      let last = rows.at(-1);
      if (last === undefined || rows.length < PAGE_ROWS_MAX) return;
      const parent = last[1] as number;
      // The page ended amid the children of one parent: the rest of that one's, then the other parents'.
      while (last !== undefined) {
        rows = this.#rows.childrenOfOne(level, parent, last[0], PAGE_ROWS_MAX);
        yield entitiesOf(rows);
        last = rows.length < PAGE_ROWS_MAX ? undefined : rows.at(-1);
      }
      left = left.slice(left.indexOf(parent) + 1);
    }
  }
}

/** Tests the conditions on attributes of one level, or of that level and those above it. */
function filterOf(query: Query, level: QueryLevel, andAbove: boolean): (entity: Entity) => boolean {
  const depth = depthOf(level);
  const conditions = query.conditions.filter(({ key }) =>
    andAbove ? depthOf(key.level) <= depth : key.level === level,
  );
  const moment = level === 'STUDY' || (andAbove && depth > depthOf('STUDY')) ? query.moment : undefined;
  return (entity) =>
    conditions.every(({ key, test }) => test(entity.text(key))) &&
    (moment === undefined || inMoment(entity, moment));
}

const studyDate = keyOf('STUDY', Tag.StudyDate);
const studyTime = keyOf('STUDY', Tag.StudyTime);

function inMoment(entity: Entity, range: Range): boolean {
  const moment = studyMoment(entity.text(studyDate), entity.text(studyTime));
  return moment !== undefined && inRange(moment, range);
}
