import { Connection, queryBuilder } from './dialect.ts';
import { createSchema, layout } from './schema.ts';

/** A page holds some hundred index entries: few levels for a million studies, and little to copy for one change. */
const PAGE_BYTES = 8192;
/** Memory for pages, as SQLite counts it: negative means KiB. The file is in memory already; this saves copying. */
const CACHE_KIB = -65_536;
/** Pages in the write-ahead log before they go to the file, 16 MiB: more would be a longer wait for whoever adds then. */
const CHECKPOINT_PAGES = 2048;

/**
 * Opens an index file, or makes an empty one. Durability is the packs' business, so nothing is synced; the log is
 * for a process that dies amid a change, whose file is opened again.
 */
export function openDatabase(location: string): Connection {
  const connection = new Connection(location);
  try {
    connection.database
      .exec(`pragma page_size = ${PAGE_BYTES}; pragma journal_mode = wal; pragma synchronous = off;
      pragma foreign_keys = on; pragma cache_size = ${CACHE_KIB}; pragma wal_autocheckpoint = ${CHECKPOINT_PAGES};
      pragma temp_store = memory; pragma trusted_schema = off`);
    if (layoutOf(connection) !== layout) makeEmpty(connection);
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

function makeEmpty(connection: Connection): void {
  connection.transaction(() => {
    dropEverything(connection);
    connection.execute(createSchema(queryBuilder));
    const empty = { id: 1, patients: 0, studies: 0, series: 0, instances: 0, bytes: 0 };
    connection
      .statement<[string]>((db, [text]) => db.insertInto('index_state').values({ ...empty, layout: text }))
      .run(layout);
  });
}

function layoutOf(connection: Connection): string | undefined {
  const tables = connection.database
    .prepare(`select name from sqlite_schema where name = 'index_state'`)
    .all();
  if (tables.length === 0) return undefined;
  return connection
    .statement<[], readonly [string]>((db) => db.selectFrom('index_state').select('layout'))
    .get()?.[0];
}

function dropEverything(connection: Connection): void {
  const { database } = connection;
  // Children before parents: foreign keys are enforced. The virtual table takes its own tables with it.
  database.exec('drop table if exists patient_name_trigram');
  for (const table of [
    'instance',
    'series',
    'study_modality',
    'study',
    'patient_name',
    'patient',
    'quarantined',
    'known_text',
    'index_state',
  ]) {
    database.exec(`drop table if exists ${table}`);
  }
}
