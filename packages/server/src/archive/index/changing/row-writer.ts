import type { PatientState, SeriesState, StudyState } from './batch-rows.ts';
import type { IndexEntry } from '../entry.ts';
import type { Filling } from './filling.ts';
import type { KnownTexts } from '../known-texts.ts';
import type { SearchRows } from './search-rows.ts';
import type { IndexState } from '../state.ts';
import type { WriteStatements } from './write-statements.ts';

export interface NewInstance {
  readonly entry: IndexEntry;
  readonly series: SeriesState;
  readonly sopClass: number;
}

/** Writes the rows of a batch, and the rows of search tables that follow from them. */
export class RowWriter {
  readonly #statements: WriteStatements;
  readonly #texts: KnownTexts;
  readonly #state: IndexState;
  readonly #search: SearchRows;
  /** Told of rows that will be asked for, while the index is filled. */
  filling: Filling | undefined;

  constructor(statements: WriteStatements, texts: KnownTexts, state: IndexState, search: SearchRows) {
    this.#statements = statements;
    this.#texts = texts;
    this.#state = state;
    this.#search = search;
  }

  /** Parents are to be written before their children. */
  patients(patients: Iterable<PatientState>): void {
    for (const patient of patients) this.#patient(patient);
    this.#statements.insertPatient.flush();
  }

  studies(studies: Iterable<StudyState>): void {
    for (const study of studies) this.#study(study);
    this.#statements.insertStudy.flush();
  }

  allSeries(allSeries: Iterable<SeriesState>): void {
    for (const series of allSeries) this.#series(series);
    this.#statements.insertSeries.flush();
  }

  instances(instances: Iterable<NewInstance>): void {
    for (const instance of instances) this.#instance(instance);
    this.#statements.insertInstance.flush();
  }

  /** After a transaction that failed. */
  discard(): void {
    const { insertPatient, insertStudy, insertSeries, insertInstance } = this.#statements;
    for (const insertion of [insertPatient, insertStudy, insertSeries, insertInstance]) insertion.discard();
  }

  #patient(patient: PatientState): void {
    const { id, fate, patientID, issuer, birthDate, packed, studyCount, seriesCount, instanceCount } =
      patient;
    const { insertPatient, updatePatient, countPatient } = this.#statements;
    if (fate === 'none') return;
    if (patient.nameBefore !== '' && studyCount !== patient.studyCountBefore)
      this.#search.countStudies(id, patient.nameBefore, studyCount);
    if (fate === 'count') {
      countPatient.run(id, studyCount, seriesCount, instanceCount);
      return;
    }
    const values = [patientID, issuer, birthDate, packed, studyCount, seriesCount, instanceCount] as const;
    if (fate === 'insert') insertPatient.collect(id, ...values);
    else updatePatient.run(id, ...values);
    this.filling?.wrotePatient(id, patientID, issuer);
    // A name is only ever filled in, never changed: there is nothing of an old one to take away.
    if (patient.nameBefore === '' && patient.name !== '') this.#search.addName(id, patient.name, studyCount);
  }

  #study(study: StudyState): void {
    const { id, fate, studyDate, accessionNumber, studyID, packed, seriesCount, instanceCount } = study;
    const { insertStudy, updateStudy, countStudy } = this.#statements;
    if (fate === 'none') return;
    if (fate === 'count') {
      countStudy.run(id, seriesCount, instanceCount);
      return;
    }
    const patientRow = study.patient.id;
    const modalities = study.modalities.join('\\');
    const sopClasses = study.sopClasses.join(',');
    if (fate === 'insert') {
      const uid = study.studyInstanceUID;
      insertStudy.collect(
        id,
        patientRow,
        uid,
        studyDate,
        accessionNumber,
        studyID,
        packed,
        modalities,
        sopClasses,
        seriesCount,
        instanceCount,
        study.keySlot,
      );
      this.filling?.wroteStudy(id, uid);
    } else {
      updateStudy.run(
        id,
        patientRow,
        studyDate,
        accessionNumber,
        studyID,
        packed,
        modalities,
        sopClasses,
        seriesCount,
        instanceCount,
      );
    }
    this.#search.setStudy(id, patientRow, studyDate, modalities);
    this.#modalities(study);
  }

  #modalities({ id, studyDate, studyDateBefore, modalities, modalitiesBefore }: StudyState): void {
    const moved = studyDate !== studyDateBefore;
    for (const [index, modality] of modalities.entries()) {
      const isNew = index >= modalitiesBefore;
      if (!isNew && moved) this.#search.removeModality(modality, studyDateBefore, id);
      if (isNew || moved) this.#search.addModality(modality, studyDate, id);
    }
  }

  #series(series: SeriesState): void {
    const { id, fate, study, seriesInstanceUID, modality, packed, instanceCount } = series;
    const { insertSeries, updateSeries, countSeries } = this.#statements;
    if (fate === 'insert') {
      insertSeries.collect(id, study.id, seriesInstanceUID, modality, packed, instanceCount);
      this.filling?.wroteSeries(id, seriesInstanceUID, study.id);
    } else if (fate === 'update') updateSeries.run(id, modality, packed, instanceCount);
    else if (fate === 'count') countSeries.run(id, instanceCount);
  }

  #instance({ entry, series, sopClass }: NewInstance): void {
    const { attributes, transferSyntaxUID, sourceAETitle, dataSetLength, receivedAt, keySlot, location } =
      entry;
    const id = this.#state.next('instances');
    this.#statements.insertInstance.collect(
      id,
      series.id,
      attributes.sopInstanceUID,
      sopClass,
      this.#texts.idOf(transferSyntaxUID),
      sourceAETitle === undefined ? null : this.#texts.idOf(sourceAETitle),
      dataSetLength,
      receivedAt,
      keySlot,
      location,
      attributes.packed.IMAGE,
    );
    this.#state.count('bytes', dataSetLength);
    this.filling?.wroteInstance(id, attributes.sopInstanceUID);
  }
}
