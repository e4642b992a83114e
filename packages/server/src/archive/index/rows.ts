import { sql } from 'kysely';
import type { Connection, Statement } from './dialect.ts';
import { queryLevels, type QueryLevel } from './query-keys.ts';

/** Where a driver goes on: what its index is ordered by, of the last row it gave. */
export type Cursor = readonly (string | number)[];

/** Rows as they are read: arrays of columns in these orders. */
export type PatientRow = readonly [
  id: number,
  patientID: string,
  issuer: string,
  birthDate: string,
  packed: string,
  studyCount: number,
  seriesCount: number,
  instanceCount: number,
];
export type StudyRow = readonly [
  id: number,
  patientRow: number,
  studyInstanceUID: string,
  studyDate: string,
  accessionNumber: string,
  studyID: string,
  packed: string,
  modalities: string,
  sopClasses: string,
  seriesCount: number,
  instanceCount: number,
  keySlot: number,
];
export type SeriesRow = readonly [
  id: number,
  studyRow: number,
  seriesInstanceUID: string,
  modality: string,
  packed: string,
  instanceCount: number,
];
export type ImageRow = readonly [
  id: number,
  seriesRow: number,
  sopInstanceUID: string,
  sopClass: number,
  transferSyntax: number,
  packed: string,
];
export type Row = PatientRow | StudyRow | SeriesRow | ImageRow;

export const patientColumns = [
  'patient.id',
  'patient.patient_id',
  'patient.issuer',
  'patient.birth_date',
  'patient.packed',
  'patient.study_count',
  'patient.series_count',
  'patient.instance_count',
] as const;
export const studyColumns = [
  'study.id',
  'study.patient_row',
  'study.study_instance_uid',
  'study.study_date',
  'study.accession_number',
  'study.study_id',
  'study.packed',
  'study.modalities',
  'study.sop_classes',
  'study.series_count',
  'study.instance_count',
  'study.key_slot',
] as const;
export const seriesColumns = [
  'series.id',
  'series.study_row',
  'series.series_instance_uid',
  'series.modality',
  'series.packed',
  'series.instance_count',
] as const;
export const imageColumns = [
  'instance.id',
  'instance.series_row',
  'instance.sop_instance_uid',
  'instance.sop_class',
  'instance.transfer_syntax',
  'instance.packed',
] as const;

type Level = QueryLevel;
export type ChildLevel = Exclude<QueryLevel, 'PATIENT'>;
/** A child by number alone. */
export type ChildRow = readonly [id: number, parent: number];

const childLevels = ['STUDY', 'SERIES', 'IMAGE'] as const;
const tableOf = { PATIENT: 'patient', STUDY: 'study', SERIES: 'series', IMAGE: 'instance' } as const;
const parentOf = {
  STUDY: 'study.patient_row',
  SERIES: 'series.study_row',
  IMAGE: 'instance.series_row',
} as const;
const columnsOf = {
  PATIENT: patientColumns,
  STUDY: studyColumns,
  SERIES: seriesColumns,
  IMAGE: imageColumns,
} as const;

/** Reads rows of a level, many at once: a JSON array of numbers makes one prepared statement do for any count. */
export class RowReader {
  readonly #connection: Connection;
  readonly #statements: ReturnType<typeof rowStatements>;
  /** By level and columns: there are as many as there are combinations of keys that are asked for together. */
  readonly #withPlaces = new Map<string, Statement<[ids: string], Row>>();

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#statements = rowStatements(connection);
  }

  /** Rows that exist, in the order of their numbers. */
  rows(level: QueryLevel, ids: readonly number[]): Row[] {
    return ids.length === 0 ? [] : this.#statements.byID[level].all(JSON.stringify(ids));
  }

  /** The same with the number and some columns alone: null stands for the others, whatever their type says. */
  rowsWith(level: QueryLevel, places: readonly number[], ids: readonly number[]): Row[] {
    if (ids.length === 0) return [];
    const name = `${level} ${places.join()}`;
    let statement = this.#withPlaces.get(name);
    if (statement === undefined) {
      statement = rowsByID(this.#connection, level, columnsOf[level], new Set([0, ...places]));
      this.#withPlaces.set(name, statement);
    }
    return statement.all(JSON.stringify(ids));
  }

  /** Rows with what they belong to: study with patient, series with study, instance with series. */
  withParents(level: ChildLevel, ids: readonly number[]): (readonly [id: number, parent: number])[] {
    return ids.length === 0 ? [] : this.#statements.withParents[level].all(JSON.stringify(ids));
  }

  /** The first children of parents, in the order of the parents and then of arrival. */
  childrenOfMany(level: ChildLevel, parents: readonly number[], rows: number): ChildRow[] {
    return this.#statements.ofParents[level].all(JSON.stringify(parents), rows);
  }

  /** Children of one parent that came after one of them. */
  childrenOfOne(level: ChildLevel, parent: number, after: number, rows: number): ChildRow[] {
    return this.#statements.ofParent[level].all(parent, after, rows);
  }

  /** How many children parents have, counted no further than a limit. */
  countChildren(level: ChildLevel, parents: readonly number[], limit: number): number {
    return this.#statements.ofParents[level].count(JSON.stringify(parents), limit);
  }
}

export function rowStatements(connection: Connection) {
  const all = <L extends Level, Each>(levels: readonly L[], make: (level: L) => Each): Record<L, Each> =>
    Object.fromEntries(levels.map((level) => [level, make(level)])) as Record<L, Each>;
  return {
    byID: all(queryLevels, (level) => rowsByID(connection, level, columnsOf[level])),
    withParents: all(childLevels, (level) => withParents(connection, level)),
    ofParents: all(childLevels, (level) => childrenOfMany(connection, level)),
    ofParent: all(childLevels, (level) => childrenOfOne(connection, level)),
  };
}

/** The table of a level. All are the same to what is asked here, and kysely types it for one of them. */
const tableFor = (level: Level): 'study' => tableOf[level] as 'study';

// A cross join keeps the list outside: rows come in its order, by one look-up each.
function rowsByID(
  connection: Connection,
  level: Level,
  columns: readonly string[],
  places?: ReadonlySet<number>,
): Statement<[ids: string], Row> {
  const table = tableFor(level);
  const selected = columns.map((column, place) =>
    ((places?.has(place) ?? true) ? sql.ref(column) : sql`null`).as(`c${place}`),
  );
  return connection.statement<[string], Row>((db, [ids]) =>
    db
      .selectFrom(listed(ids))
      .crossJoin(table)
      .select(selected)
      .where(sql<boolean>`${sql.ref(`${table}.id`)} = ${sql.ref(listedValue)}`),
  );
}

function withParents(
  connection: Connection,
  level: ChildLevel,
): Statement<[ids: string], readonly [id: number, parent: number]> {
  const table = tableFor(level);
  return connection.statement<[string], readonly [number, number]>((db, [ids]) =>
    db
      .selectFrom(listed(ids))
      .crossJoin(table)
      .select([sql.ref<number>(`${table}.id`).as('id'), sql.ref<number>(parentOf[level]).as('parent')])
      .where(sql<boolean>`${sql.ref(`${table}.id`)} = ${sql.ref(listedValue)}`),
  );
}

// The index on the parent has all that these ask for. No ORDER BY: SQLite would read all children of all parents to
// sort them before it could stop at the limit. The index brings them in the order of row numbers as it is.
function childrenOfMany(
  connection: Connection,
  level: ChildLevel,
): Statement<[parents: string, rows: number], ChildRow> {
  const table = tableFor(level);
  const parent = sql.ref<number>(parentOf[level]);
  return connection.statement<[string, number], ChildRow>((db, [parents, rows]) =>
    db
      .selectFrom(listed(parents))
      .crossJoin(table)
      .select([sql.ref<number>(`${table}.id`).as('id'), parent.as('parent')])
      .where(sql<boolean>`${parent} = ${sql.ref(listedValue)}`)
      .limit(rows),
  );
}

function childrenOfOne(
  connection: Connection,
  level: ChildLevel,
): Statement<[parent: number, after: number, rows: number], ChildRow> {
  const table = tableFor(level);
  const id = sql.ref<number>(`${table}.id`);
  const parent = sql.ref<number>(parentOf[level]);
  return connection.statement<[number, number, number], ChildRow>((db, [of, after, rows]) =>
    db
      .selectFrom(table)
      .select([id.as('id'), parent.as('parent')])
      .where(parent, '=', of)
      .where(id, '>', after)
      .orderBy(id)
      .limit(rows),
  );
}

/** A JSON array of numbers or texts as a table. */
export function listed(json: string) {
  return sql<{ value: number; key: number }>`json_each(${json})`.as<'listed'>(sql`listed`);
}
export const listedValue = 'listed.value' as const;
