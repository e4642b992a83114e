import type { IndexEntry } from '../entry.ts';
import type { Held } from './held.ts';
import type { PatientRow, SeriesRow, StudyRow } from '../rows.ts';
import type { WriteStatements } from './write-statements.ts';

/** From so many entries on, asking for all their rows at once costs less than asking for each. */
const ENTRIES_WORTH_IT = 4;

/**
 * Rows that the entries of a batch name, as they were before it: what is absent here was not held. True until the
 * batch writes something.
 */
export class Prefetch implements Held {
  readonly #held: Held;
  readonly #instances: ReadonlySet<string>;
  readonly #studies: ReadonlyMap<string, StudyRow>;
  readonly #patients: ReadonlyMap<string, PatientRow>;

  constructor(entries: readonly IndexEntry[], statements: WriteStatements, held: Held) {
    this.#held = held;
    const texts = (of: (entry: IndexEntry) => string): string =>
      JSON.stringify([...new Set(entries.map(of))]);
    const instances = statements.heldInstances.all(texts(({ attributes }) => attributes.sopInstanceUID));
    const studies = statements.heldStudies.all(texts(({ attributes }) => attributes.studyInstanceUID));
    const patients = statements.heldPatients.all(texts(({ attributes }) => attributes.patientID));
    this.#instances = new Set(instances.map(([uid]) => uid));
    this.#studies = new Map(studies.map((row) => [row[2], row]));
    this.#patients = new Map(patients.map((row) => [identityOf(row[1], row[2]), row]));
  }

  /** What a batch is best told by. @param held tells what is held at any moment */
  static of(entries: readonly IndexEntry[], statements: WriteStatements, held: Held): Held {
    return entries.length < ENTRIES_WORTH_IT ? held : new Prefetch(entries, statements, held);
  }

  holdsInstance(sopInstanceUID: string): boolean {
    return this.#instances.has(sopInstanceUID);
  }

  study(studyInstanceUID: string): StudyRow | undefined {
    return this.#studies.get(studyInstanceUID);
  }

  /** One that is asked for is of a study that is held: few are. */
  series(seriesInstanceUID: string, studyRow: number): SeriesRow | undefined {
    return this.#held.series(seriesInstanceUID, studyRow);
  }

  patient(patientID: string, issuer: string): PatientRow | undefined {
    return this.#patients.get(identityOf(patientID, issuer));
  }
}

/** Patient ID and issuer as one key: the separator is in no value that is held. */
export function identityOf(patientID: string, issuer: string): string {
  return `${patientID}\x1f${issuer}`;
}
