import type { PatientRow, SeriesRow, StudyRow } from '../rows.ts';
import type { WriteStatements } from './write-statements.ts';

/** Tells whoever adds what is held already, by what identifies it. */
export interface Held {
  holdsInstance(sopInstanceUID: string): boolean;
  study(studyInstanceUID: string): StudyRow | undefined;
  series(seriesInstanceUID: string, studyRow: number): SeriesRow | undefined;
  patient(patientID: string, issuer: string): PatientRow | undefined;
}

/** Asks the tables, one by one. */
export class HeldInTables implements Held {
  readonly #statements: WriteStatements;

  constructor(statements: WriteStatements) {
    this.#statements = statements;
  }

  holdsInstance(sopInstanceUID: string): boolean {
    return this.#statements.instanceByUID.get(sopInstanceUID) !== undefined;
  }

  study(studyInstanceUID: string): StudyRow | undefined {
    return this.#statements.studyByUID.get(studyInstanceUID);
  }

  series(seriesInstanceUID: string, studyRow: number): SeriesRow | undefined {
    return this.#statements.seriesByUID.get(seriesInstanceUID, studyRow);
  }

  patient(patientID: string, issuer: string): PatientRow | undefined {
    return this.#statements.patientByID.get(patientID, issuer);
  }
}
