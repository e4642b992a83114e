import { nameOf } from './batch-rows.ts';
import { sql } from 'kysely';
import { type Connection, type Insertion, queryBuilder } from './dialect.ts';
import { PATIENTS_AT_ONCE, SORTED_NAMES, TRIGRAM_MEMORY_BYTES } from './limits.ts';
import { namedGroups } from './row-writer.ts';
import { searchIndexes } from './schema.ts';
import { trigramText } from './trigram-text.ts';
import type { WriteStatements } from './write-statements.ts';

/** What FTS5 takes when nothing is said. */
const TRIGRAM_MEMORY_USUAL_BYTES = 1024 * 1024;

/** Makes what an index which was filled lacks: its search tables, but for sounds, and its indexes. In one transaction of
 *  the caller. */
export function makeSearchStructures(connection: Connection, statements: WriteStatements): void {
  setTrigramMemory(connection, TRIGRAM_MEMORY_BYTES);
  addNames(connection, statements);
  setTrigramMemory(connection, TRIGRAM_MEMORY_USUAL_BYTES);
  connection.database.exec(insertModalities);
  connection.execute(searchIndexes(queryBuilder));
}

/**
 * The index of trigrams sorts them in memory before it writes, and merges what it wrote: the more at once, the less of
 * that. The number is kept in the table, so it has to be put back.
 */
function setTrigramMemory({ database }: Connection, bytes: number): void {
  database.exec(
    `insert into patient_name_trigram (patient_name_trigram, rank) values ('hashsize', ${bytes})`,
  );
}

function addNames(connection: Connection, statements: WriteStatements): void {
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
  let last = 0;
  for (;;) {
    const rows = patients.all(last, PATIENTS_AT_ONCE);
    for (const [id, packed, studyCount] of rows) {
      last = id;
      const groups = namedGroups(nameOf(packed));
      names.add(id, groups, studyCount);
      if (groups.length > 0) statements.insertTrigrams.run(id, trigramText(groups));
    }
    if (rows.length < PATIENTS_AT_ONCE) break;
  }
  names.end();
}

/** Rows of the table of names, brought into its order by SQLite before they are written: neighbours go to the same pages. */
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
    this.#connection.database.exec(`insert into patient_name (folded, patient_row, several, study_count)
      select folded, patient_row, several, study_count from unsorted_name order by 1, 2;
      delete from unsorted_name`);
    this.#count = 0;
  }
}

/**
 * Most studies have one modality; of the others JSON makes rows: what separates modalities is, quoted for JSON, two
 * backslashes, and no other backslash in it has one before it.
 */
const insertModalities = `
  insert into study_modality (modality, study_date, study_row)
  select * from (
    select modalities, study_date, id from study where modalities <> '' and instr(modalities, '\\') = 0
    union all
    select value, study_date, study.id
    from study, json_each('[' || replace(json_quote(modalities), '\\\\', '","') || ']')
    where instr(modalities, '\\') > 0
  ) order by 1, 2, 3`;
