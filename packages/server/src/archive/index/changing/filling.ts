import type { Held } from './held.ts';
import { hashOf } from '../text-hash.ts';
import { RowTable } from './row-table.ts';
import type { PatientRow, SeriesRow, StudyRow } from '../rows.ts';
import type { WriteStatements } from './write-statements.ts';

/**
 * Tells what is held while the index is without the indexes that would: by tables in memory, each row that they name
 * read and compared. Lives as long as the filling.
 */
export class Filling implements Held {
  readonly #statements: WriteStatements;
  readonly #patients = new RowTable();
  readonly #studies = new RowTable();
  readonly #series = new RowTable();
  readonly #instances = new RowTable();

  constructor(statements: WriteStatements) {
    this.#statements = statements;
  }

  holdsInstance(sopInstanceUID: string): boolean {
    return this.#instances
      .rowsOf(hashOf(sopInstanceUID))
      .some((row) => this.#statements.uidOfInstance.get(row)?.[0] === sopInstanceUID);
  }

  study(studyInstanceUID: string): StudyRow | undefined {
    for (const id of this.#studies.rowsOf(hashOf(studyInstanceUID))) {
      const row = this.#statements.study.get(id);
      if (row?.[2] === studyInstanceUID) return row;
    }
    return undefined;
  }

  series(seriesInstanceUID: string, studyRow: number): SeriesRow | undefined {
    for (const id of this.#series.rowsOf(hashOf(seriesInstanceUID, studyRow))) {
      const row = this.#statements.series.get(id);
      if (row?.[2] === seriesInstanceUID && row[1] === studyRow) return row;
    }
    return undefined;
  }

  patient(patientID: string, issuer: string): PatientRow | undefined {
    for (const id of this.#patients.rowsOf(hashOfIdentity(patientID, issuer))) {
      const row = this.#statements.patient.get(id);
      if (row?.[1] === patientID && row[2] === issuer) return row;
    }
    return undefined;
  }

  /** A row was written. Told again, or told of a row that a failed transaction took back, does no harm. */
  wrotePatient(row: number, patientID: string, issuer: string): void {
    if (patientID !== '') this.#patients.add(hashOfIdentity(patientID, issuer), row);
  }

  wroteStudy(row: number, studyInstanceUID: string): void {
    this.#studies.add(hashOf(studyInstanceUID), row);
  }

  wroteSeries(row: number, seriesInstanceUID: string, studyRow: number): void {
    this.#series.add(hashOf(seriesInstanceUID, studyRow), row);
  }

  wroteInstance(row: number, sopInstanceUID: string): void {
    this.#instances.add(hashOf(sopInstanceUID), row);
  }
}

function hashOfIdentity(patientID: string, issuer: string): number {
  return hashOf(patientID, issuer === '' ? 0 : hashOf(issuer));
}
