import { rmSync } from 'node:fs';
import { Connection, queryBuilder } from './dialect.ts';
import { createTables, layout, searchIndexes } from './schema.ts';

/** A page holds some hundred index entries: few levels for a million studies, and little to copy for one change. */
const PAGE_BYTES = 8192;
/** Memory for pages, as SQLite counts it: negative means KiB. The file is in memory already; this saves copying. */
const CACHE_KIB = -65_536;
/** Pages in the write-ahead log before they go to the file, 16 MiB: more would be a longer wait for whoever adds then. */
const CHECKPOINT_PAGES = 2048;

/** What SQLite says when another connection is in the way. */
const SQLITE_BUSY = 5;

/**
 * Opens an index file, or makes an empty one. Durability is the packs' business, so nothing is synced; the log is
 * for a process that dies amid a change, whose file is opened again. One that was not filled to its end begins anew.
 */
export function openDatabase(location: string): Connection {
  const connection = new Connection(location);
  let unfinished: boolean;
  try {
    connection.database
      .exec(`pragma page_size = ${PAGE_BYTES}; pragma journal_mode = wal; pragma synchronous = off;
      pragma foreign_keys = on; pragma cache_size = ${CACHE_KIB}; pragma wal_autocheckpoint = ${CHECKPOINT_PAGES};
      pragma temp_store = memory; pragma trusted_schema = off`);
    const isOurs = layoutOf(connection) === layout;
    unfinished = isOurs && isFilling(connection);
    if (!isOurs) makeEmpty(connection);
  } catch (error) {
    connection.close();
    throw error;
  }
  if (!unfinished) return connection;
  connection.close();
  removeIndexFiles(location);
  return openDatabase(location);
}

export function removeIndexFiles(location: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(location + suffix, { force: true });
}

/**
 * Takes away what an index is searched by, and what a process that dies would need: such a file is marked as
 * unfinished. Rows come in order, parents before their children, and are written once, past the log.
 * @returns false when that cannot be, because somebody else has the file open: then it is as it was
 */
export function beginFilling(connection: Connection): boolean {
  connection.transaction(() => {
    mark(connection, 1);
    for (const { name } of searchIndexes(queryBuilder)) connection.database.exec(`drop index ${name}`);
  });
  if (leavesLog(connection)) {
    connection.database.exec('pragma foreign_keys = off');
    return true;
  }
  connection.transaction(() => {
    connection.execute(searchIndexes(queryBuilder));
    mark(connection, 0);
  });
  return false;
}

/** Whether changes go past the log from here on, which takes that nobody else uses it. */
function leavesLog({ database }: Connection): boolean {
  try {
    return database.prepare('pragma journal_mode = memory').get()?.['journal_mode'] === 'memory';
  } catch (error) {
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return false;
    throw error;
  }
}

/** All is there, and written: from here on the log is kept again, and the mark is taken away in it. */
export function endFilling(connection: Connection): void {
  connection.database.exec('pragma journal_mode = wal; pragma foreign_keys = on');
  connection.transaction(() => mark(connection, 0));
}

function mark(connection: Connection, filling: 0 | 1): void {
  connection
    .statement<[number]>((db, [value]) => db.updateTable('index_state').set({ filling: value }))
    .run(filling);
}

function isFilling(connection: Connection): boolean {
  const filling = connection
    .statement<[], readonly [number]>((db) => db.selectFrom('index_state').select('filling'))
    .get()?.[0];
  return filling !== 0;
}

function makeEmpty(connection: Connection): void {
  connection.transaction(() => {
    dropEverything(connection);
    connection.execute([...createTables(queryBuilder), ...searchIndexes(queryBuilder)]);
    const empty = {
      id: 1,
      filling: 0,
      patients: 0,
      studies: 0,
      series: 0,
      instances: 0,
      bytes: 0,
    };
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
    'patient_sound',
    'patient',
    'quarantined',
    'known_text',
    'index_state',
  ]) {
    database.exec(`drop table if exists ${table}`);
  }
}
