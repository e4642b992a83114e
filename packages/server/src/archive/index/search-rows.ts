import type { PatientNames } from './patient-names.ts';
import { namedGroups } from './row-writer.ts';
import type { WriteStatements } from './write-statements.ts';

/** Rows of the tables that only searches read, and names in memory. They follow from patients and studies. */
export class SearchRows {
  readonly #statements: WriteStatements;
  readonly #names: PatientNames;
  /** While the index is filled they are left out: its end makes them all, in their order. */
  deferred = false;

  constructor(statements: WriteStatements, names: PatientNames) {
    this.#statements = statements;
    this.#names = names;
  }

  addName(patientRow: number, name: string, studyCount: number): void {
    if (this.deferred) return;
    const groups = namedGroups(name);
    const several = groups.length > 1 ? 1 : 0;
    for (const group of groups) this.#statements.insertName.run(group, patientRow, several, studyCount);
    this.#names.add(patientRow, groups, studyCount);
  }

  /** The patient has more studies than before, or fewer. */
  countStudies(patientRow: number, name: string, studyCount: number): void {
    if (this.deferred) return;
    for (const group of namedGroups(name))
      this.#statements.countStudiesOfName.run(group, patientRow, studyCount);
    this.#names.countStudies(patientRow, studyCount);
  }

  removeName(patientRow: number, name: string): void {
    if (this.deferred) return;
    const groups = namedGroups(name);
    for (const group of groups) this.#statements.deleteName.run(group, patientRow);
    this.#names.remove(patientRow);
  }

  addModality(modality: string, studyDate: string, studyRow: number): void {
    if (!this.deferred) this.#statements.insertModality.run(modality, studyDate, studyRow);
  }

  removeModality(modality: string, studyDate: string, studyRow: number): void {
    if (!this.deferred) this.#statements.deleteModality.run(modality, studyDate, studyRow);
  }
}
