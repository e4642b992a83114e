import { sql } from 'kysely';
import type { Connection, Statement } from './dialect.ts';
import type { IndexStatistics, PackPosition } from './entry.ts';

type StateRow = readonly [
  packID: number | null,
  packOffset: number | null,
  patients: number,
  studies: number,
  series: number,
  instances: number,
  bytes: number,
];

type Counted = keyof IndexStatistics;
type Numbered = Exclude<Counted, 'bytes'>;

/** The row of index_state, and the row numbers to give next: numbers ascend in order of arrival. */
export class IndexState {
  readonly #connection: Connection;
  readonly #read: Statement<[], StateRow>;
  readonly #write: Statement<
    [number | null, number | null, number, number, number, number, number],
    readonly []
  >;
  #counts: Record<Counted, number> = { patients: 0, studies: 0, series: 0, instances: 0, bytes: 0 };
  #last: Record<Numbered, number> = { patients: 0, studies: 0, series: 0, instances: 0 };
  /** Numbers given before the change that is under way: one that fails gives back its own, and no others. */
  #lastBefore: Record<Numbered, number> = { patients: 0, studies: 0, series: 0, instances: 0 };
  #position: PackPosition | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#read = connection.statement<[], StateRow>((db) =>
      db
        .selectFrom('index_state')
        .select(['pack_id', 'pack_offset', 'patients', 'studies', 'series', 'instances', 'bytes']),
    );
    this.#write = connection.statement((db, v) =>
      db.updateTable('index_state').set({
        pack_id: v[0],
        pack_offset: v[1],
        patients: v[2],
        studies: v[3],
        series: v[4],
        instances: v[5],
        bytes: v[6],
      }),
    );
    this.load();
  }

  get position(): PackPosition | undefined {
    return this.#position;
  }

  set position(position: PackPosition | undefined) {
    this.#position = position;
  }

  get statistics(): IndexStatistics {
    return { ...this.#counts };
  }

  /** The number of the next row of a table, which is counted. */
  next(table: Numbered): number {
    this.#counts[table] += 1;
    return ++this.#last[table];
  }

  count(what: Counted, difference: number): void {
    this.#counts[what] += difference;
  }

  /** Writes the row, in the transaction of what it tells about. */
  save(): void {
    const { patients, studies, series, instances, bytes } = this.#counts;
    const { packID = null, offset = null } = this.#position ?? {};
    this.#write.run(packID, offset, patients, studies, series, instances, bytes);
    this.#lastBefore = { ...this.#last };
  }

  /** Reads everything again: at the start, and after a transaction that failed. */
  load(): void {
    const [packID, offset, patients, studies, series, instances, bytes] = this.#read.get() as StateRow;
    this.#position = packID === null || offset === null ? undefined : { packID, offset };
    this.#counts = { patients, studies, series, instances, bytes };
    this.#last = {
      patients: Math.max(this.#lastBefore.patients, this.#lastRow('patient')),
      studies: Math.max(this.#lastBefore.studies, this.#lastRow('study')),
      series: Math.max(this.#lastBefore.series, this.#lastRow('series')),
      instances: Math.max(this.#lastBefore.instances, this.#lastRow('instance')),
    };
  }

  #lastRow(table: 'patient' | 'study' | 'series' | 'instance'): number {
    const row = this.#connection
      .statement<[], readonly [number | null]>((db) =>
        db.selectFrom(table).select(sql<number | null>`max(id)`.as('last')),
      )
      .get();
    return row?.[0] ?? 0;
  }
}
