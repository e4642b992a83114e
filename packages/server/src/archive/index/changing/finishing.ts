import { sql } from 'kysely';
import { type Connection, type Insertion, queryBuilder } from '../dialect.ts';
import { PATIENTS_AT_ONCE, SORTED_NAMES } from '../limits.ts';
import { nameOf, namedGroups } from '../patient-name.ts';
import { searchIndexes } from '../schema.ts';

/** Makes what an index which was filled lacks: its search tables and its indexes. In one transaction. */
export function makeSearchStructures(connection: Connection): void {
  connection.transaction(() => {
    addNames(connection);
    connection.database.exec(insertModalities);
    connection.execute(searchIndexes(queryBuilder));
  });
}

function addNames(connection: Connection): void {
  type NamedPatient = readonly [id: number, packed: string, studyCount: number];
  const patients = connection.statement<[after: number, rows: number], NamedPatient>((db, [after, rows]) =>
    db
      .selectFrom('patient')
      .select(['id', 'packed', 'study_count'])
      .where('id', '>', after)
      .orderBy('id')
      .limit(rows),
  );
  const names = new SortedNames(connection);
  for (let after: number | undefined = 0; after !== undefined;) {
    const page = patients.all(after, PATIENTS_AT_ONCE);
    for (const [id, packed, studyCount] of page) names.add(id, namedGroups(nameOf(packed)), studyCount);
    after = page.length < PATIENTS_AT_ONCE ? undefined : page.at(-1)?.[0];
  }
  names.end();
}

/**
 * Fills the table of names, which is empty, with all patients at once. Names are brought into their order by SQLite before
 * they are written: neighbours go to the same pages.
 */
class SortedNames {
  readonly #connection: Connection;
  readonly #collect: Insertion<[folded: string, patientRow: number, several: number, studyCount: number]>;
  #count = 0;

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

  add(patientRow: number, groups: readonly string[], studyCount: number): void {
    const several = groups.length > 1 ? 1 : 0;
    for (const group of groups) this.#collect.collect(group, patientRow, several, studyCount);
    this.#count += groups.length;
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

/**
 * Most studies have one modality; of the others JSON makes rows: what separates modalities is, quoted for JSON, two
 * backslashes, and no other backslash in it has one before it. Sorting by one text costs less than by three columns, and
 * leaves rows of the same text in their order.
 */
const insertModalities = `
  insert into study_modality (modality, study_date, study_row)
  select modalities, study_date, id from study where modalities <> '' and instr(modalities, '\\') = 0
  order by modalities || ' ' || study_date;
  insert into study_modality (modality, study_date, study_row)
  select value, study_date, study.id
  from study, json_each('[' || replace(json_quote(modalities), '\\\\', '","') || ']')
  where instr(modalities, '\\') > 0
  order by value || ' ' || study_date`;
