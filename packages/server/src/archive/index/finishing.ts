import { nameOf } from './batch-rows.ts';
import { type Connection, queryBuilder } from './dialect.ts';
import { NAMES_ASIDE_FROM_PATIENTS, PATIENTS_AT_ONCE } from './limits.ts';
import { type NamedPatients, SortedNames } from './name-tables.ts';
import { NamesAside } from './names-aside.ts';
import { searchIndexes } from './schema.ts';

/**
 * Makes what an index which was filled lacks: its search tables and its indexes. In one transaction.
 * @param patients how many there are: of many the names are made ready by another thread
 */
export function makeSearchStructures(connection: Connection, patients: number): void {
  const location = connection.database.location();
  // An index without a file has nothing that another thread could give it.
  const aside =
    location === null || patients < NAMES_ASIDE_FROM_PATIENTS ? undefined : new NamesAside(location);
  try {
    connection.transaction(() => {
      aside?.addAll(namedPatients(connection));
      connection.database.exec(insertModalities);
      connection.execute(searchIndexes(queryBuilder));
      if (aside?.copyTo(connection) !== true) addNames(connection);
    });
  } finally {
    aside?.close(connection);
  }
}

function addNames(connection: Connection): void {
  const names = new SortedNames(connection);
  for (const patients of namedPatients(connection)) names.add(patients);
  names.end();
}

/** All patients, in the order of their rows. */
function* namedPatients(connection: Connection): Generator<NamedPatients, void, undefined> {
  type Row = readonly [id: number, packed: string, studyCount: number];
  const statement = connection.statement<[after: number, rows: number], Row>((db, [after, rows]) =>
    db
      .selectFrom('patient')
      .select(['id', 'packed', 'study_count'])
      .where('id', '>', after)
      .orderBy('id')
      .limit(rows),
  );
  for (let after: number | undefined = 0; after !== undefined;) {
    const page = statement.all(after, PATIENTS_AT_ONCE);
    yield {
      rows: page.map(([id]) => id),
      names: page.map(([, packed]) => nameOf(packed)),
      studyCounts: page.map(([, , studyCount]) => studyCount),
    };
    after = page.length < PATIENTS_AT_ONCE ? undefined : page.at(-1)?.[0];
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
