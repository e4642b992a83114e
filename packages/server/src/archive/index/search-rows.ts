import { namedGroups, trigramText } from './row-writer.ts';
import type { WriteStatements } from './write-statements.ts';

/** Rows of the tables that only searches read. They follow from patients and studies. */
export class SearchRows {
  readonly #statements: WriteStatements;
  /** While the index is filled they are left out: its end makes them all, in their order. */
  deferred = false;

  constructor(statements: WriteStatements) {
    this.#statements = statements;
  }

  addName(patientRow: number, name: string): void {
    if (this.deferred) return;
    const groups = namedGroups(name);
    for (const group of groups) this.#statements.insertName.run(group, patientRow);
    if (groups.length > 0) this.#statements.insertTrigrams.run(patientRow, trigramText(groups));
  }

  removeName(patientRow: number, name: string): void {
    if (this.deferred) return;
    const groups = namedGroups(name);
    for (const group of groups) this.#statements.deleteName.run(group, patientRow);
    if (groups.length > 0) this.#statements.deleteTrigrams.run(patientRow);
  }

  addModality(modality: string, studyDate: string, studyRow: number): void {
    if (!this.deferred) this.#statements.insertModality.run(modality, studyDate, studyRow);
  }

  removeModality(modality: string, studyDate: string, studyRow: number): void {
    if (!this.deferred) this.#statements.deleteModality.run(modality, studyDate, studyRow);
  }
}
