import { namedGroups } from '../patient-name.ts';
import type { SearchMemory } from '../memory/search-memory.ts';
import type { WriteStatements } from './write-statements.ts';

/** Rows of the tables that only searches read, and what searches have in memory. They follow from patients and studies. */
export class SearchRows {
  readonly #statements: WriteStatements;
  readonly #memory: SearchMemory;
  /** While the index is filled they are left out: its end makes them all, in their order. */
  deferred = false;

  constructor(statements: WriteStatements, memory: SearchMemory) {
    this.#statements = statements;
    this.#memory = memory;
  }

  addName(patientRow: number, name: string, studyCount: number): void {
    if (this.deferred) return;
    const groups = namedGroups(name);
    const several = groups.length > 1 ? 1 : 0;
    for (const group of groups) this.#statements.insertName.run(group, patientRow, several, studyCount);
    this.#memory.names.add(patientRow, groups, studyCount);
  }

  /** The patient has more studies than before, or fewer. */
  countStudies(patientRow: number, name: string, studyCount: number): void {
    if (this.deferred) return;
    for (const group of namedGroups(name))
      this.#statements.countStudiesOfName.run(group, patientRow, studyCount);
    this.#memory.names.countStudies(patientRow, studyCount);
  }

  removeName(patientRow: number, name: string): void {
    if (this.deferred) return;
    const groups = namedGroups(name);
    for (const group of groups) this.#statements.deleteName.run(group, patientRow);
    this.#memory.names.remove(patientRow);
  }

  /** A study is new, or has changed. */
  setStudy(studyRow: number, patientRow: number, studyDate: string, modalities: string): void {
    if (!this.deferred) this.#memory.studies.set(studyRow, patientRow, studyDate, modalities);
  }

  removeStudy(studyRow: number): void {
    if (!this.deferred) this.#memory.studies.remove(studyRow);
  }

  addModality(modality: string, studyDate: string, studyRow: number): void {
    if (!this.deferred) this.#statements.insertModality.run(modality, studyDate, studyRow);
  }

  removeModality(modality: string, studyDate: string, studyRow: number): void {
    if (!this.deferred) this.#statements.deleteModality.run(modality, studyDate, studyRow);
  }
}
