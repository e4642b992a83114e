import type { PatientState, SeriesState, StudyState } from './batch-rows.ts';
import type { IndexEntry } from './entry.ts';
import { foldedGroups, forTrigrams } from './fold.ts';
import type { KnownTexts } from './known-texts.ts';
import type { IndexState } from './state.ts';
import type { WriteStatements } from './write-statements.ts';

/** Writes the rows of a batch, and the rows of search tables that follow from them. */
export class RowWriter {
  readonly #statements: WriteStatements;
  readonly #texts: KnownTexts;
  readonly #state: IndexState;

  constructor(statements: WriteStatements, texts: KnownTexts, state: IndexState) {
    this.#statements = statements;
    this.#texts = texts;
    this.#state = state;
  }

  patient(patient: PatientState): void {
    const { id, fate, patientID, issuer, birthDate, packed, studyCount, seriesCount, instanceCount } =
      patient;
    const { insertPatient, updatePatient, countPatient } = this.#statements;
    if (fate === 'none') return;
    if (fate === 'count') {
      countPatient.run(id, studyCount, seriesCount, instanceCount);
      return;
    }
    const write = fate === 'insert' ? insertPatient : updatePatient;
    write.run(id, patientID, issuer, birthDate, packed, studyCount, seriesCount, instanceCount);
    // A name is only ever filled in, never changed: there is nothing of an old one to take away.
    if (patient.nameBefore === '' && patient.name !== '') this.#name(id, patient.name);
  }

  #name(patientRow: number, name: string): void {
    const groups = namedGroups(name);
    for (const group of groups) this.#statements.insertName.run(group, patientRow);
    if (groups.length > 0) this.#statements.insertTrigrams.run(patientRow, trigramText(groups));
  }

  study(study: StudyState): void {
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
      insertStudy.run(
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
    this.#modalities(study);
  }

  #modalities({ id, studyDate, studyDateBefore, modalities, modalitiesBefore }: StudyState): void {
    const { insertModality, deleteModality } = this.#statements;
    const moved = studyDate !== studyDateBefore;
    for (const [index, modality] of modalities.entries()) {
      const isNew = index >= modalitiesBefore;
      if (!isNew && moved) deleteModality.run(modality, studyDateBefore, id);
      if (isNew || moved) insertModality.run(modality, studyDate, id);
    }
  }

  series(series: SeriesState): void {
    const { id, fate, study, seriesInstanceUID, modality, packed, instanceCount } = series;
    const { insertSeries, updateSeries, countSeries } = this.#statements;
    if (fate === 'insert') insertSeries.run(id, study.id, seriesInstanceUID, modality, packed, instanceCount);
    else if (fate === 'update') updateSeries.run(id, modality, packed, instanceCount);
    else if (fate === 'count') countSeries.run(id, instanceCount);
  }

  instance(entry: IndexEntry, seriesRow: number, sopClass: number): void {
    const { attributes, transferSyntaxUID, sourceAETitle, dataSetLength, receivedAt, keySlot, location } =
      entry;
    this.#statements.insertInstance.run(
      this.#state.next('instances'),
      seriesRow,
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
  }
}

/** The different component groups of a name, folded; empty ones left out. */
export function namedGroups(name: string): string[] {
  return [...new Set(foldedGroups(name))].filter((group) => group !== '');
}

/** What the trigram index is given for a name. */
export function trigramText(groups: readonly string[]): string {
  return forTrigrams(groups.join('='));
}
