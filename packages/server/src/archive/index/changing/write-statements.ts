import { sql } from 'kysely';
import type { Connection } from '../dialect.ts';
import {
  imageColumns,
  listed,
  listedValue,
  patientColumns,
  type ImageRow,
  type PatientRow,
  seriesColumns,
  type SeriesRow,
  studyColumns,
  type StudyRow,
} from '../rows.ts';

type Text = string;
type Count = number;

/** Statements that add and remove rows. */
export type WriteStatements = ReturnType<typeof writeStatements>;

export function writeStatements(connection: Connection) {
  return {
    ...patientStatements(connection),
    ...studyStatements(connection),
    ...seriesStatements(connection),
    ...instanceStatements(connection),
  };
}

function patientStatements(connection: Connection) {
  return {
    patientByID: connection.statement<[patientID: Text, issuer: Text], PatientRow>(
      (db, [patientID, issuer]) =>
        db
          .selectFrom('patient')
          .select(patientColumns)
          .where('patient_id', '=', patientID)
          .where('issuer', '=', issuer)
          .where('patient_id', '<>', sql.lit('')),
    ),
    patient: connection.statement<[id: number], PatientRow>((db, [id]) =>
      db.selectFrom('patient').select(patientColumns).where('id', '=', id),
    ),
    heldPatients: connection.statement<[patientIDs: Text], PatientRow>((db, [patientIDs]) =>
      db
        .selectFrom(listed(patientIDs))
        .crossJoin('patient')
        .select(patientColumns)
        .whereRef('patient.patient_id', '=', listedValue)
        .where('patient.patient_id', '<>', sql.lit('')),
    ),
    insertPatient: connection.insertion<[number, Text, Text, Text, Text, Count, Count, Count]>(
      8,
      (db, rows) =>
        db.insertInto('patient').values(
          rows.map((v) => ({
            id: v[0],
            patient_id: v[1],
            issuer: v[2],
            birth_date: v[3],
            packed: v[4],
            study_count: v[5],
            series_count: v[6],
            instance_count: v[7],
          })),
        ),
    ),
    updatePatient: connection.statement<[number, Text, Text, Text, Text, Count, Count, Count]>((db, v) =>
      db
        .updateTable('patient')
        .set({
          patient_id: v[1],
          issuer: v[2],
          birth_date: v[3],
          packed: v[4],
          study_count: v[5],
          series_count: v[6],
          instance_count: v[7],
        })
        .where('id', '=', v[0]),
    ),
    countPatient: connection.statement<[number, Count, Count, Count]>((db, v) =>
      db
        .updateTable('patient')
        .set({ study_count: v[1], series_count: v[2], instance_count: v[3] })
        .where('id', '=', v[0]),
    ),
    deletePatient: connection.statement<[id: number]>((db, [id]) =>
      db.deleteFrom('patient').where('id', '=', id),
    ),
    insertName: connection.statement<[folded: Text, patientRow: number, several: number, studies: Count]>(
      (db, v) =>
        db
          .insertInto('patient_name')
          .values({ folded: v[0], patient_row: v[1], several: v[2], study_count: v[3] })
          .onConflict((c) => c.doNothing()),
    ),
    countStudiesOfName: connection.statement<[folded: Text, patientRow: number, studies: Count]>((db, v) =>
      db
        .updateTable('patient_name')
        .set({ study_count: v[2] })
        .where('folded', '=', v[0])
        .where('patient_row', '=', v[1]),
    ),
    deleteName: connection.statement<[folded: Text, patientRow: number]>((db, [folded, patientRow]) =>
      db.deleteFrom('patient_name').where('folded', '=', folded).where('patient_row', '=', patientRow),
    ),
  };
}

function studyStatements(connection: Connection) {
  return {
    studyByUID: connection.statement<[uid: Text], StudyRow>((db, [uid]) =>
      db.selectFrom('study').select(studyColumns).where('study_instance_uid', '=', uid),
    ),
    study: connection.statement<[id: number], StudyRow>((db, [id]) =>
      db.selectFrom('study').select(studyColumns).where('id', '=', id),
    ),
    heldStudies: connection.statement<[uids: Text], StudyRow>((db, [uids]) =>
      db
        .selectFrom(listed(uids))
        .crossJoin('study')
        .select(studyColumns)
        .whereRef('study.study_instance_uid', '=', listedValue),
    ),
    insertStudy: connection.insertion<
      [number, number, Text, Text, Text, Text, Text, Text, Text, Count, Count, keySlot: number]
    >(12, (db, rows) =>
      db.insertInto('study').values(
        rows.map((v) => ({
          id: v[0],
          patient_row: v[1],
          study_instance_uid: v[2],
          study_date: v[3],
          accession_number: v[4],
          study_id: v[5],
          packed: v[6],
          modalities: v[7],
          sop_classes: v[8],
          series_count: v[9],
          instance_count: v[10],
          key_slot: v[11],
        })),
      ),
    ),
    updateStudy: connection.statement<[number, number, Text, Text, Text, Text, Text, Text, Count, Count]>(
      (db, v) =>
        db
          .updateTable('study')
          .set({
            patient_row: v[1],
            study_date: v[2],
            accession_number: v[3],
            study_id: v[4],
            packed: v[5],
            modalities: v[6],
            sop_classes: v[7],
            series_count: v[8],
            instance_count: v[9],
          })
          .where('id', '=', v[0]),
    ),
    countStudy: connection.statement<[number, Count, Count]>((db, v) =>
      db.updateTable('study').set({ series_count: v[1], instance_count: v[2] }).where('id', '=', v[0]),
    ),
    deleteStudy: connection.statement<[id: number]>((db, [id]) =>
      db.deleteFrom('study').where('id', '=', id),
    ),
    insertModality: connection.statement<[modality: Text, studyDate: Text, studyRow: number]>((db, v) =>
      db
        .insertInto('study_modality')
        .values({ modality: v[0], study_date: v[1], study_row: v[2] })
        .onConflict((c) => c.doNothing()),
    ),
    deleteModality: connection.statement<[modality: Text, studyDate: Text, studyRow: number]>((db, v) =>
      db
        .deleteFrom('study_modality')
        .where('modality', '=', v[0])
        .where('study_date', '=', v[1])
        .where('study_row', '=', v[2]),
    ),
    /** Modality of each series, in the order they came. */
    modalitiesOf: connection.statement<[studyRow: number], readonly [modality: string]>((db, [studyRow]) =>
      db
        .selectFrom('series')
        .select('modality')
        .where('study_row', '=', studyRow)
        .groupBy('modality')
        .orderBy((e) => e.fn.min('id')),
    ),
    sopClassesOf: connection.statement<[studyRow: number], readonly [sopClass: number]>((db, [studyRow]) =>
      db
        .selectFrom('series')
        .innerJoin('instance', 'instance.series_row', 'series.id')
        .select('instance.sop_class')
        .where('series.study_row', '=', studyRow)
        .groupBy('instance.sop_class')
        .orderBy((e) => e.fn.min('instance.id')),
    ),
  };
}

function seriesStatements(connection: Connection) {
  return {
    seriesByUID: connection.statement<[uid: Text, studyRow: number], SeriesRow>((db, [uid, studyRow]) =>
      db
        .selectFrom('series')
        .select(seriesColumns)
        .where('series_instance_uid', '=', uid)
        .where('study_row', '=', studyRow),
    ),
    series: connection.statement<[id: number], SeriesRow>((db, [id]) =>
      db.selectFrom('series').select(seriesColumns).where('id', '=', id),
    ),
    insertSeries: connection.insertion<[number, number, Text, Text, Text, Count]>(6, (db, rows) =>
      db.insertInto('series').values(
        rows.map((v) => ({
          id: v[0],
          study_row: v[1],
          series_instance_uid: v[2],
          modality: v[3],
          packed: v[4],
          instance_count: v[5],
        })),
      ),
    ),
    updateSeries: connection.statement<[number, Text, Text, Count]>((db, v) =>
      db
        .updateTable('series')
        .set({ modality: v[1], packed: v[2], instance_count: v[3] })
        .where('id', '=', v[0]),
    ),
    countSeries: connection.statement<[number, Count]>((db, v) =>
      db.updateTable('series').set({ instance_count: v[1] }).where('id', '=', v[0]),
    ),
    deleteSeries: connection.statement<[id: number]>((db, [id]) =>
      db.deleteFrom('series').where('id', '=', id),
    ),
  };
}

function instanceStatements(connection: Connection) {
  return {
    instanceByUID: connection.statement<[uid: Text], ImageRow>((db, [uid]) =>
      db.selectFrom('instance').select(imageColumns).where('sop_instance_uid', '=', uid),
    ),
    uidOfInstance: connection.statement<[id: number], readonly [sopInstanceUID: string]>((db, [id]) =>
      db.selectFrom('instance').select('sop_instance_uid').where('id', '=', id),
    ),
    heldInstances: connection.statement<[uids: Text], readonly [uid: string]>((db, [uids]) =>
      db
        .selectFrom(listed(uids))
        .crossJoin('instance')
        .select('instance.sop_instance_uid')
        .whereRef('instance.sop_instance_uid', '=', listedValue),
    ),
    insertInstance: connection.insertion<
      [number, number, Text, number, number, number | null, Count, number, number, Uint8Array, Text]
    >(11, (db, rows) =>
      db.insertInto('instance').values(
        rows.map((v) => ({
          id: v[0],
          series_row: v[1],
          sop_instance_uid: v[2],
          sop_class: v[3],
          transfer_syntax: v[4],
          source_ae_title: v[5],
          data_set_length: v[6],
          received_at: v[7],
          key_slot: v[8],
          location: v[9],
          packed: v[10],
        })),
      ),
    ),
    deleteInstance: connection.statement<[id: number]>((db, [id]) =>
      db.deleteFrom('instance').where('id', '=', id),
    ),
    lengthOf: connection.statement<[id: number], readonly [dataSetLength: number]>((db, [id]) =>
      db.selectFrom('instance').select('data_set_length').where('id', '=', id),
    ),
  };
}
