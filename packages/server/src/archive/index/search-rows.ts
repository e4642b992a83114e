import { namedGroups } from './row-writer.ts';
import { SoundKeys } from './sounds.ts';
import { trigramText } from './trigram-text.ts';
import type { WriteStatements } from './write-statements.ts';

/** Rows of the tables that only searches read. They follow from patients and studies. */
export class SearchRows {
  readonly #statements: WriteStatements;
  readonly #soundKeys = new SoundKeys();
  /** While the index is filled they are left out: its end makes them all, in their order. */
  deferred = false;

  constructor(statements: WriteStatements) {
    this.#statements = statements;
  }

  addName(patientRow: number, name: string, studyCount: number): void {
    if (this.deferred) return;
    const groups = namedGroups(name);
    const several = groups.length > 1 ? 1 : 0;
    for (const group of groups) this.#statements.insertName.run(group, patientRow, several, studyCount);
    if (groups.length > 0) this.#statements.insertTrigrams.run(patientRow, trigramText(groups));
    for (const key of this.#soundKeys.of(groups, patientRow)) this.#statements.insertSound.run(key);
  }

  /** The patient has more studies than before, or fewer. */
  countStudies(patientRow: number, name: string, studyCount: number): void {
    if (this.deferred) return;
    for (const group of namedGroups(name))
      this.#statements.countStudiesOfName.run(group, patientRow, studyCount);
  }

  removeName(patientRow: number, name: string): void {
    if (this.deferred) return;
    const groups = namedGroups(name);
    for (const group of groups) this.#statements.deleteName.run(group, patientRow);
    if (groups.length > 0) this.#statements.deleteTrigrams.run(patientRow);
    for (const key of this.#soundKeys.of(groups, patientRow)) this.#statements.deleteSound.run(key);
  }

  addModality(modality: string, studyDate: string, studyRow: number): void {
    if (!this.deferred) this.#statements.insertModality.run(modality, studyDate, studyRow);
  }

  removeModality(modality: string, studyDate: string, studyRow: number): void {
    if (!this.deferred) this.#statements.deleteModality.run(modality, studyDate, studyRow);
  }
}
