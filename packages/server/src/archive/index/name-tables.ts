import { sql } from 'kysely';
import { type Connection, type Insertion, queryBuilder } from './dialect.ts';
import { SORTED_NAMES } from './limits.ts';
import { namedGroups } from './row-writer.ts';

/** Some patients, side by side, so that they go to another thread at little cost. */
export interface NamedPatients {
  /** In ascending order. */
  readonly rows: number[];
  /** As they are held. */
  readonly names: string[];
  readonly studyCounts: number[];
}

/**
 * Fills the table of names, which is empty, with all patients at once. Names are brought into their order by SQLite before
 * they are written: neighbours go to the same pages.
 */
export class SortedNames {
  readonly #connection: Connection;
  readonly #collect: Insertion<[folded: string, patientRow: number, several: number, studyCount: number]>;
  #count = 0;

  /** From here to `end` in one transaction of the caller. */
  constructor(connection: Connection) {
    connection.database.exec('create temp table unsorted_name (folded, patient_row, several, study_count)');
    this.#connection = connection;
    this.#collect = connection.insertion(4, (_db, rows) => ({
      compile: () => {
        const values = sql.join(rows.map((row) => sql`(${sql.join([...row])})`));
        return sql`insert into unsorted_name values ${values}`.compile(queryBuilder);
      },
    }));
  }

  add({ rows, names, studyCounts }: NamedPatients): void {
    for (const [at, row] of rows.entries()) {
      const groups = namedGroups(names[at] as string);
      const several = groups.length > 1 ? 1 : 0;
      for (const group of groups) this.#collect.collect(group, row, several, studyCounts[at] as number);
      this.#count += groups.length;
    }
    if (this.#count >= SORTED_NAMES) this.#write();
  }

  end(): void {
    this.#write();
    this.#connection.database.exec('drop table unsorted_name');
  }

  #write(): void {
    this.#collect.flush();
    this.#connection.database.exec(`
      insert into patient_name (folded, patient_row, several, study_count)
      select folded, patient_row, several, study_count from unsorted_name order by 1, 2;
      delete from unsorted_name`);
    this.#count = 0;
  }
}
