import { sql } from 'kysely';
import type { Connection } from './dialect.ts';
import { listed, listedValue } from './rows.ts';

/*
 * Every statement goes on from a key that its index is ordered by, and is bounded by a number of rows. The indexes
 * on texts leave out empty ones, which SQLite sees only when the statement says so too.
 */

type RowPage = readonly [id: number];
type KeyedPage = readonly [key: string, id: number];

/** Statements of all drivers: one shape of each, compiled once. */
export type DriverStatements = ReturnType<typeof driverStatements>;

export function driverStatements(connection: Connection) {
  return {
    byUID: uidStatements(connection),
    accession: studiesByText(connection, 'accession_number'),
    studyID: studiesByText(connection, 'study_id'),
    studies: connection.statement<[before: number, rows: number], RowPage>((db, [before, rows]) =>
      db.selectFrom('study').select('id').where('id', '<', before).orderBy('id', 'desc').limit(rows),
    ),
    patients: connection.statement<[before: number, rows: number], RowPage>((db, [before, rows]) =>
      db.selectFrom('patient').select('id').where('id', '<', before).orderBy('id', 'desc').limit(rows),
    ),
    patientIDs: connection.statement<
      [low: string, high: string, afterID: string, afterIssuer: string, rows: number],
      readonly [patientID: string, issuer: string, id: number]
    >((db, [low, high, afterID, afterIssuer, rows]) =>
      db
        .selectFrom('patient')
        .select(['patient_id', 'issuer', 'id'])
        .where('patient_id', '>=', low)
        .where('patient_id', '<=', high)
        .where('patient_id', '<>', sql.lit(''))
        .where((e) => e(e.refTuple('patient_id', 'issuer'), '>', e.tuple(afterID, afterIssuer)))
        .orderBy('patient_id')
        .orderBy('issuer')
        .limit(rows),
    ),
    dates: connection.statement<[low: string, high: string, beforeDate: string, beforeID: number, rows: number], KeyedPage>(
      (db, [low, high, beforeDate, beforeID, rows]) =>
        db
          .selectFrom('study')
          .select(['study_date', 'id'])
          .where('study_date', '>=', low)
          .where('study_date', '<=', high)
          .where('study_date', '<>', sql.lit(''))
          .where((e) => e(e.refTuple('study_date', 'id'), '<', e.tuple(beforeDate, beforeID)))
          .orderBy('study_date', 'desc')
          .orderBy('id', 'desc')
          .limit(rows),
    ),
    birthDates: connection.statement<[low: string, high: string, beforeDate: string, beforeID: number, rows: number], KeyedPage>(
      (db, [low, high, beforeDate, beforeID, rows]) =>
        db
          .selectFrom('patient')
          .select(['birth_date', 'id'])
          .where('birth_date', '>=', low)
          .where('birth_date', '<=', high)
          .where('birth_date', '<>', sql.lit(''))
          .where((e) => e(e.refTuple('birth_date', 'id'), '<', e.tuple(beforeDate, beforeID)))
          .orderBy('birth_date', 'desc')
          .orderBy('id', 'desc')
          .limit(rows),
    ),
    modality: connection.statement<
      [modality: string, low: string, high: string, beforeDate: string, beforeID: number, rows: number],
      KeyedPage
    >((db, [modality, low, high, beforeDate, beforeID, rows]) =>
      db
        .selectFrom('study_modality')
        .select(['study_date', 'study_row'])
        .where('modality', '=', modality)
        .where('study_date', '>=', low)
        .where('study_date', '<=', high)
        .where((e) => e(e.refTuple('study_date', 'study_row'), '<', e.tuple(beforeDate, beforeID)))
        .orderBy('study_date', 'desc')
        .orderBy('study_row', 'desc')
        .limit(rows),
    ),
    names: connection.statement<[low: string, high: string, after: string, afterID: number, rows: number], KeyedPage>(
      (db, [low, high, after, afterID, rows]) =>
        db
          .selectFrom('patient_name')
          .select(['folded', 'patient_row'])
          .where('folded', '>=', low)
          .where('folded', '<=', high)
          .where((e) => e(e.refTuple('folded', 'patient_row'), '>', e.tuple(after, afterID)))
          .orderBy('folded')
          .orderBy('patient_row')
          .limit(rows),
    ),
    trigrams: connection.statement<[trigrams: string, before: number, rows: number], RowPage>((db, [trigrams, before, rows]) => ({
      compile: () =>
        sql`select rowid from patient_name_trigram where patient_name_trigram match ${trigrams}
          and rowid < ${before} order by rowid desc limit ${rows}`.compile(db),
    })),
  };
}

/** UIDs come as a JSON array: a list of any length is one statement. */
function uidStatements(connection: Connection) {
  return {
    STUDY: connection.statement<[uids: string], RowPage>((db, [uids]) =>
      db.selectFrom(listed(uids)).crossJoin('study').select('study.id').whereRef('study.study_instance_uid', '=', listedValue),
    ),
    SERIES: connection.statement<[uids: string], RowPage>((db, [uids]) =>
      db.selectFrom(listed(uids)).crossJoin('series').select('series.id').whereRef('series.series_instance_uid', '=', listedValue),
    ),
    IMAGE: connection.statement<[uids: string], RowPage>((db, [uids]) =>
      db.selectFrom(listed(uids)).crossJoin('instance').select('instance.id').whereRef('instance.sop_instance_uid', '=', listedValue),
    ),
  };
}

/** Studies whose text lies in a range, the last first. */
function studiesByText(connection: Connection, column: 'accession_number' | 'study_id') {
  return connection.statement<[low: string, high: string, before: string, beforeID: number, rows: number], KeyedPage>(
    (db, [low, high, before, beforeID, rows]) =>
      db
        .selectFrom('study')
        .select([column, 'id'])
        .where(column, '>=', low)
        .where(column, '<=', high)
        .where(column, '<>', sql.lit(''))
        .where((e) => e(e.refTuple(column, 'id'), '<', e.tuple(before, beforeID)))
        .orderBy(column, 'desc')
        .orderBy('id', 'desc')
        .limit(rows),
  );
}
