import { sql } from 'kysely';
import type { Connection, Statement } from '../dialect.ts';
import { nameStatement } from '../memory/name-order.ts';
import { listed, listedValue } from '../rows.ts';

/*
 * Every statement goes on from a key that its index is ordered by, and is bounded by a number of rows. The key is the
 * only bound on its side: beside the end of the range SQLite might start from that one again for every page. The indexes
 * on texts leave out empty ones, which SQLite sees only when the statement says so too.
 */

type RowPage = readonly [id: number];
type KeyedPage = readonly [key: string, id: number];
export type ColumnPage = readonly [text: string, id: number, patientRow?: number];

/** Statements of all drivers: one shape of each, compiled once. */
export type DriverStatements = ReturnType<typeof driverStatements>;

export function driverStatements(connection: Connection) {
  return {
    byUID: uidStatements(connection),
    accession: byColumn(connection, 'study', 'accession_number'),
    studyID: byColumn(connection, 'study', 'study_id'),
    dates: byColumn(connection, 'study', 'study_date', ['patient_row']),
    studies: connection.statement<[before: number, rows: number], RowPage>((db, [before, rows]) =>
      db.selectFrom('study').select('id').where('id', '<', before).orderBy('id', 'desc').limit(rows),
    ),
    patients: connection.statement<[before: number, rows: number], RowPage>((db, [before, rows]) =>
      db.selectFrom('patient').select('id').where('id', '<', before).orderBy('id', 'desc').limit(rows),
    ),
    patientIDs: connection.statement<
      [high: string, fromID: string, fromIssuer: string, rows: number],
      readonly [patientID: string, issuer: string, id: number]
    >((db, [high, fromID, fromIssuer, rows]) =>
      db
        .selectFrom('patient')
        .select(['patient_id', 'issuer', 'id'])
        .where('patient_id', '<=', high)
        .where('patient_id', '<>', sql.lit(''))
        .where((e) => e(e.refTuple('patient_id', 'issuer'), '>=', e.tuple(fromID, fromIssuer)))
        .orderBy('patient_id')
        .orderBy('issuer')
        .limit(rows),
    ),
    birthDates: byColumn(connection, 'patient', 'birth_date'),
    modality: connection.statement<
      [modality: string, low: string, beforeDate: string, beforeID: number, rows: number],
      KeyedPage
    >((db, [modality, low, beforeDate, beforeID, rows]) =>
      db
        .selectFrom('study_modality')
        .select(['study_date', 'study_row as id'])
        .where('modality', '=', modality)
        .where('study_date', '>=', low)
        .where((e) => e(e.refTuple('study_date', 'study_row'), '<', e.tuple(beforeDate, beforeID)))
        .orderBy('study_date', 'desc')
        .orderBy('study_row', 'desc')
        .limit(rows),
    ),
    names: nameStatement(connection),
    /** All that `names` would bring, in no order. */
    named: connection.statement<[low: string, high: string, rows: number], RowPage>((db, [low, high, rows]) =>
      db
        .selectFrom('patient_name')
        .select('patient_row as id')
        .where('folded', '>=', low)
        .where('folded', '<=', high)
        .limit(rows),
    ),
    /** What the rows of patients say their names are. */
    packed: connection.statement<[ids: string], readonly [id: number, packed: string]>((db, [ids]) =>
      db
        .selectFrom(listed(ids))
        .crossJoin('patient')
        .select(['patient.id', 'patient.packed'])
        .whereRef('patient.id', '=', listedValue),
    ),
  };
}

/** UIDs come as a JSON array: a list of any length is one statement. */
function uidStatements(connection: Connection) {
  return {
    STUDY: connection.statement<[uids: string], RowPage>((db, [uids]) =>
      db
        .selectFrom(listed(uids))
        .crossJoin('study')
        .select('study.id')
        .whereRef('study.study_instance_uid', '=', listedValue),
    ),
    SERIES: connection.statement<[uids: string], RowPage>((db, [uids]) =>
      db
        .selectFrom(listed(uids))
        .crossJoin('series')
        .select('series.id')
        .whereRef('series.series_instance_uid', '=', listedValue),
    ),
    IMAGE: connection.statement<[uids: string], RowPage>((db, [uids]) =>
      db
        .selectFrom(listed(uids))
        .crossJoin('instance')
        .select('instance.id')
        .whereRef('instance.sop_instance_uid', '=', listedValue),
    ),
  };
}

type StudyColumn = 'accession_number' | 'study_id' | 'study_date';

/** Two statements that go down an index of (text, row) together: the rest of one text, and the texts below it. */
export interface ColumnStatements {
  readonly same: Statement<[text: string, before: number, rows: number], ColumnPage>;
  readonly below: Statement<[low: string, below: string, rows: number], ColumnPage>;
  /** The index has the patient too, in a third column. */
  readonly withPatients: boolean;
}

// One condition on both columns would use the index for the text only: with a text that a million rows share, every
// page would begin with the first of them again.
function byColumn(
  connection: Connection,
  ...[table, column, more = []]:
    | [table: 'study', column: StudyColumn, more?: readonly 'patient_row'[]]
    | [table: 'patient', column: 'birth_date', more?: readonly never[]]
): ColumnStatements {
  const text = sql.ref<string>(column);
  const id = sql.ref<number>('id');
  const notEmpty = sql<boolean>`${text} <> ''`;
  const columns = [text.as('text'), id.as('id'), ...more.map((each) => sql.ref(each).as(each))];
  return {
    withPatients: more.length > 0,
    same: connection.statement<[string, number, number], ColumnPage>((db, [same, before, rows]) =>
      db
        .selectFrom(table)
        .select(columns)
        .where(text, '=', same)
        .where(notEmpty)
        .where(id, '<', before)
        .orderBy(id, 'desc')
        .limit(rows),
    ),
    below: connection.statement<[string, string, number], ColumnPage>((db, [low, below, rows]) =>
      db
        .selectFrom(table)
        .select(columns)
        .where(text, '>=', low)
        .where(text, '<', below)
        .where(notEmpty)
        .orderBy(text, 'desc')
        .orderBy(id, 'desc')
        .limit(rows),
    ),
  };
}
