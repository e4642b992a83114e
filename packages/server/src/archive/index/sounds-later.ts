import type { StatementSync } from 'node:sqlite';
import { sql } from 'kysely';
import { nameOf } from './batch-rows.ts';
import type { Connection, Statement } from './dialect.ts';
import { PATIENTS_AT_ONCE } from './limits.ts';
import { namedGroups } from './row-writer.ts';
import { SoundKeys } from './sounds.ts';

type PatientsPage = readonly [id: number, packed: string];

/**
 * The table of sounds of an index that was filled. It alone is made afterwards, step by step while the index is in use:
 * without it a fuzzy search is slow, and nothing is missed. Its state says up to which patient it is owed; a process that
 * ends before that is done begins again, as a sound that is there already does no harm.
 */
export class SoundsLater {
  readonly #connection: Connection;
  readonly #owed: Statement<[], readonly [number]>;
  readonly #owe: Statement<[number], readonly []>;
  readonly #last: Statement<[], readonly [number | null]>;
  readonly #patients: Statement<[after: number, upTo: number, rows: number], PatientsPage>;
  readonly #insert: StatementSync;
  readonly #keys = new SoundKeys();
  #done = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#owed = soundsOwed(connection);
    this.#owe = connection.statement((db, [row]) =>
      db.updateTable('index_state').set({ sounds_owed_to: row }),
    );
    this.#last = connection.statement((db) =>
      db.selectFrom('patient').select(sql<number | null>`max(id)`.as('last')),
    );
    this.#patients = connection.statement((db, [after, upTo, rows]) =>
      db
        .selectFrom('patient')
        .select(['id', 'packed'])
        .where('id', '>', after)
        .where('id', '<=', upTo)
        .orderBy('id')
        .limit(rows),
    );
    this.#insert = connection.database.prepare(
      'insert or ignore into patient_sound (key) select value from json_each(?)',
    );
  }

  /** The index was filled: patients who are in it by now have no sounds. In a transaction of the caller. */
  owe(): void {
    this.#owe.run(this.#last.get()?.[0] ?? 0);
    this.#done = 0;
  }

  /** Makes some of what is owed; false when nothing is. */
  step(): boolean {
    const owedTo = this.#owed.get()?.[0] ?? 0;
    if (owedTo === 0) return false;
    const rows = this.#patients.all(this.#done, owedTo, PATIENTS_AT_ONCE);
    const isLast = rows.length < PATIENTS_AT_ONCE;
    const keys = new Set<number>();
    for (const [id, packed] of rows)
      this.#keys.each(namedGroups(nameOf(packed)), (key) => keys.add(key + id));
    const sorted = Float64Array.from(keys).sort();
    this.#connection.transaction(() => {
      this.#insert.run(JSON.stringify([...sorted]));
      if (isLast) this.#owe.run(0);
    });
    this.#done = rows.at(-1)?.[0] ?? owedTo;
    return !isLast;
  }
}

/** Up to which patient sounds are owed; 0: the table of sounds is whole. */
export function soundsOwed(connection: Connection): Statement<[], readonly [number]> {
  return connection.statement((db) => db.selectFrom('index_state').select('sounds_owed_to'));
}
