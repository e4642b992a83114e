import { nameOf } from './batch-rows.ts';
import { type Connection, queryBuilder } from './dialect.ts';
import { SORTED_NAMES, TRIGRAM_MEMORY_BYTES } from './limits.ts';
import { namedGroups, trigramText } from './row-writer.ts';
import { searchIndexes } from './schema.ts';
import type { WriteStatements } from './write-statements.ts';

/** What FTS5 takes when nothing is said. */
const TRIGRAM_MEMORY_USUAL_BYTES = 1024 * 1024;

/** Makes all that an index which was filled lacks: its search tables and its indexes. In one transaction of the caller. */
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
  const patients = connection.statement<[after: number, rows: number], readonly [id: number, packed: string]>(
    (db, [after, rows]) =>
      db.selectFrom('patient').select(['id', 'packed']).where('id', '>', after).orderBy('id').limit(rows),
  );
  const insertNames = connection.database.prepare(
    'insert into patient_name (folded, patient_row) select value ->> 0, value ->> 1 from json_each(?) order by 1, 2',
  );
  let last = 0;
  for (;;) {
    const rows = patients.all(last, SORTED_NAMES);
    const names: [folded: string, patientRow: number][] = [];
    for (const [id, packed] of rows) {
      last = id;
      const groups = namedGroups(nameOf(packed));
      for (const group of groups) names.push([group, id]);
      if (groups.length > 0) statements.insertTrigrams.run(id, trigramText(groups));
    }
    insertNames.run(JSON.stringify(names));
    if (rows.length < SORTED_NAMES) return;
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
