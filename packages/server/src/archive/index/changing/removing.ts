import { nameOf } from '../patient-name.ts';
import { FillingEnds } from '../errors.ts';
import { STUDY_SUMMARY_VALUES_MAX } from '../limits.ts';
import type { ImageRow, PatientRow, SeriesRow, StudyRow } from '../rows.ts';
import type { SearchRows } from './search-rows.ts';
import type { IndexState } from '../state.ts';
import type { WriteStatements } from './write-statements.ts';

/** Removes instances, and what has no instances left; counts follow. Runs inside a transaction of the caller. */
export class Remover {
  readonly #statements: WriteStatements;
  readonly #state: IndexState;
  readonly #search: SearchRows;

  constructor(statements: WriteStatements, state: IndexState, search: SearchRows) {
    this.#statements = statements;
    this.#state = state;
    this.#search = search;
  }

  /** Instances that are not held are passed over. @throws FillingEnds: it takes the indexes that are missing then */
  remove(sopInstanceUIDs: Iterable<string>): void {
    if (this.#search.deferred) throw new FillingEnds();
    const removedFrom = new Map<number, number>();
    for (const uid of sopInstanceUIDs) {
      const row = this.#statements.instanceByUID.get(uid);
      if (row === undefined) continue;
      this.#removeInstance(row);
      removedFrom.set(row[1], (removedFrom.get(row[1]) ?? 0) + 1);
    }
    const studies = new Map<number, { instances: number; series: number }>();
    for (const [seriesRow, instances] of removedFrom) {
      const row = this.#statements.series.get(seriesRow) as SeriesRow;
      const lost = studies.get(row[1]) ?? { instances: 0, series: 0 };
      lost.instances += instances;
      if (this.#reduceSeries(row, instances)) lost.series += 1;
      studies.set(row[1], lost);
    }
    for (const [studyRow, lost] of studies) this.#reduceStudy(studyRow, lost);
  }

  #removeInstance([id]: ImageRow): void {
    const [dataSetLength = 0] = this.#statements.lengthOf.get(id) ?? [];
    this.#statements.deleteInstance.run(id);
    this.#state.count('instances', -1);
    this.#state.count('bytes', -dataSetLength);
  }

  /** Whether the series is gone. */
  #reduceSeries(row: SeriesRow, instances: number): boolean {
    const left = row[5] - instances;
    if (left > 0) {
      this.#statements.countSeries.run(row[0], left);
      return false;
    }
    this.#statements.deleteSeries.run(row[0]);
    this.#state.count('series', -1);
    return true;
  }

  #reduceStudy(studyRow: number, lost: { instances: number; series: number }): void {
    const row = this.#statements.study.get(studyRow) as StudyRow;
    const [id, patientRow, , studyDate, accessionNumber, studyID, packed, modalitiesBefore] = row;
    const modalities = modalitiesBefore === '' ? [] : modalitiesBefore.split('\\');
    const instances = row[10] - lost.instances;
    if (instances <= 0) {
      for (const modality of modalities) this.#search.removeModality(modality, studyDate, id);
      this.#search.removeStudy(id);
      this.#statements.deleteStudy.run(id);
      this.#state.count('studies', -1);
      this.#reducePatient(patientRow, lost, 1);
      return;
    }
    const series = row[9] - lost.series;
    // What is left tells them anew: nothing counts how many series of a modality there are.
    const modalitiesLeft = this.#statements.modalitiesOf
      .all(id)
      .flatMap(([modality]) => (modality === '' ? [] : [modality]));
    const sopClasses = this.#statements.sopClassesOf.all(id).map(([sopClass]) => sopClass);
    for (const modality of modalities) {
      if (!modalitiesLeft.includes(modality)) this.#search.removeModality(modality, studyDate, id);
    }
    const modalitiesText = modalitiesLeft.filter((modality) => modalities.includes(modality)).join('\\');
    this.#search.setStudy(id, patientRow, studyDate, modalitiesText);
    this.#statements.updateStudy.run(
      id,
      patientRow,
      studyDate,
      accessionNumber,
      studyID,
      packed,
      modalitiesText,
      sopClasses.slice(0, STUDY_SUMMARY_VALUES_MAX).join(','),
      series,
      instances,
    );
    this.#reducePatient(patientRow, lost, 0);
  }

  #reducePatient(patientRow: number, lost: { instances: number; series: number }, studies: number): void {
    const row = this.#statements.patient.get(patientRow) as PatientRow;
    const left = row[5] - studies;
    if (left <= 0) {
      this.removePatient(patientRow);
      return;
    }
    this.#statements.countPatient.run(patientRow, left, row[6] - lost.series, row[7] - lost.instances);
    if (studies > 0) this.#search.countStudies(patientRow, nameOf(row[4]), left);
  }

  /** Removes a patient without studies, and its name from the search tables. */
  removePatient(patientRow: number): void {
    const row = this.#statements.patient.get(patientRow) as PatientRow;
    this.#search.removeName(patientRow, nameOf(row[4]));
    this.#statements.deletePatient.run(patientRow);
    this.#state.count('patients', -1);
  }
}
