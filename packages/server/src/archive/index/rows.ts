import type { SQLInputValue } from 'node:sqlite';
import { sql } from 'kysely';
import type { Connection, Statement } from './dialect.ts';
import type { QueryLevel } from './query-keys.ts';

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
type ChildLevel = Exclude<QueryLevel, 'PATIENT'>;
type ByLevel<L extends QueryLevel, Args extends readonly SQLInputValue[]> = {
  readonly [Each in L]: Statement<Args, Row>;
};

/** Reads rows of a level, many at once: a JSON array of numbers makes one prepared statement do for any count. */
export class RowReader {
  readonly #statements: ReturnType<typeof rowStatements>;

  constructor(connection: Connection) {
    this.#statements = rowStatements(connection);
  }

  /** Rows that exist, in the order of their numbers. */
  rows(level: QueryLevel, ids: readonly number[]): Row[] {
    return ids.length === 0 ? [] : this.#statements.byID[level].all(JSON.stringify(ids));
  }

  /** Studies with their patients, by number alone: enough to leave out those of other patients. */
  patientsOfStudies(ids: readonly number[]): (readonly [id: number, patientRow: number])[] {
    return this.#statements.patientsOfStudies.all(JSON.stringify(ids));
  }

  /** The first children of parents, in the order of the parents and then of arrival. */
  childrenOfMany(level: ChildLevel, parents: readonly number[], rows: number): Row[] {
    return this.#statements.ofParents[level].all(JSON.stringify(parents), rows);
  }

  /** Children of one parent that came after one of them. */
  childrenOfOne(level: ChildLevel, parent: number, after: number, rows: number): Row[] {
    return this.#statements.ofParent[level].all(parent, after, rows);
  }
}

export function rowStatements(connection: Connection) {
  return {
    byID: rowsByID(connection),
    ofParents: childrenOfMany(connection),
    ofParent: childrenOfOne(connection),
    patientsOfStudies: connection.statement<[ids: string], readonly [number, number]>((db, [ids]) =>
      db
        .selectFrom(listed(ids))
        .crossJoin('study')
        .select(['study.id', 'study.patient_row'])
        .whereRef('study.id', '=', listedValue),
    ),
  };
}

// A cross join keeps the list outside: rows come in its order, by one look-up each.
function rowsByID(connection: Connection): ByLevel<Level, [string]> {
  return {
    PATIENT: connection.statement<[string], PatientRow>((db, [ids]) =>
      db
        .selectFrom(listed(ids))
        .crossJoin('patient')
        .select(patientColumns)
        .whereRef('patient.id', '=', listedValue),
    ),
    STUDY: connection.statement<[string], StudyRow>((db, [ids]) =>
      db
        .selectFrom(listed(ids))
        .crossJoin('study')
        .select(studyColumns)
        .whereRef('study.id', '=', listedValue),
    ),
    SERIES: connection.statement<[string], SeriesRow>((db, [ids]) =>
      db
        .selectFrom(listed(ids))
        .crossJoin('series')
        .select(seriesColumns)
        .whereRef('series.id', '=', listedValue),
    ),
    IMAGE: connection.statement<[string], ImageRow>((db, [ids]) =>
      db
        .selectFrom(listed(ids))
        .crossJoin('instance')
        .select(imageColumns)
        .whereRef('instance.id', '=', listedValue),
    ),
  };
}

// No ORDER BY: SQLite would read all children of all parents to sort them before it could stop at the limit. The
// index on the parent brings them in the order of row numbers as it is.
function childrenOfMany(connection: Connection): ByLevel<ChildLevel, [string, number]> {
  return {
    STUDY: connection.statement<[string, number], StudyRow>((db, [parents, rows]) =>
      db
        .selectFrom(listed(parents))
        .crossJoin('study')
        .select(studyColumns)
        .whereRef('study.patient_row', '=', listedValue)
        .limit(rows),
    ),
    SERIES: connection.statement<[string, number], SeriesRow>((db, [parents, rows]) =>
      db
        .selectFrom(listed(parents))
        .crossJoin('series')
        .select(seriesColumns)
        .whereRef('series.study_row', '=', listedValue)
        .limit(rows),
    ),
    IMAGE: connection.statement<[string, number], ImageRow>((db, [parents, rows]) =>
      db
        .selectFrom(listed(parents))
        .crossJoin('instance')
        .select(imageColumns)
        .whereRef('instance.series_row', '=', listedValue)
        .limit(rows),
    ),
  };
}

function childrenOfOne(connection: Connection): ByLevel<ChildLevel, [number, number, number]> {
  return {
    STUDY: connection.statement<[number, number, number], StudyRow>((db, [parent, after, rows]) =>
      db
        .selectFrom('study')
        .select(studyColumns)
        .where('patient_row', '=', parent)
        .where('id', '>', after)
        .orderBy('id')
        .limit(rows),
    ),
    SERIES: connection.statement<[number, number, number], SeriesRow>((db, [parent, after, rows]) =>
      db
        .selectFrom('series')
        .select(seriesColumns)
        .where('study_row', '=', parent)
        .where('id', '>', after)
        .orderBy('id')
        .limit(rows),
    ),
    IMAGE: connection.statement<[number, number, number], ImageRow>((db, [parent, after, rows]) =>
      db
        .selectFrom('instance')
        .select(imageColumns)
        .where('series_row', '=', parent)
        .where('id', '>', after)
        .orderBy('id')
        .limit(rows),
    ),
  };
}

/** A JSON array of numbers or texts as a table. */
export function listed(json: string) {
  return sql<{ value: number; key: number }>`json_each(${json})`.as<'listed'>(sql`listed`);
}
export const listedValue = 'listed.value' as const;
