import type { Connection } from '../dialect.ts';
import { PatientNames } from './patient-names.ts';
import { StudyColumns } from './study-columns.ts';

/**
 * What searches have in memory: names of patients, their order, and of studies what narrows. Read from the tables in steps,
 * in this order, and told of what is changed. Until all of it is there, indexes of the tables answer in the same order.
 */
export class SearchMemory {
  readonly names: PatientNames;
  readonly studies: StudyColumns;

  constructor(connection: Connection) {
    this.names = new PatientNames(connection);
    this.studies = new StudyColumns(connection);
  }

  get isWhole(): boolean {
    return this.names.isWhole && this.names.order.isWhole && this.studies.isWhole;
  }

  /** Reads some more, in some milliseconds; false when all is there. */
  step(): boolean {
    if (this.isWhole) return false;
    return this.names.step() || this.names.order.step() || this.studies.step();
  }

  /** What was changed is for certain. */
  keep(): void {
    this.names.keep();
    this.studies.keep();
  }

  /** What was changed was taken back in the tables. */
  takeBack(): void {
    this.names.takeBack();
    this.studies.takeBack();
  }

  /** Forgets everything: it is read again when it is wanted. */
  forget(): void {
    this.names.forget();
    this.studies.forget();
  }
}
