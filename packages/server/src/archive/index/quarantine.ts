import type { Connection, Statement } from './dialect.ts';
import type { QuarantinePage, QuarantineRecord } from './entry.ts';

/** Those of one UID that are told of, the latest first: what comes is compared with all of them at once. */
const TOLD_MAX = 8;

type Row = readonly [
  id: number,
  sopInstance: string,
  study: string,
  series: string,
  sopClass: string,
  transferSyntax: string,
  keySlot: number,
  location: Uint8Array,
];

const COLUMNS = [
  'id',
  'sop_instance_uid',
  'study_instance_uid',
  'series_instance_uid',
  'sop_class_uid',
  'transfer_syntax_uid',
  'key_slot',
  'location',
] as const;

/** Where the packs have what is in quarantine, by SOPInstanceUID. */
export class Quarantine {
  readonly #insert: Statement<
    [string, string, string, string, string, number, Uint8Array],
    readonly unknown[]
  >;
  readonly #select: Statement<[string], Row>;
  readonly #page: Statement<[number, number], Row>;
  readonly #delete: Statement<[string, Uint8Array], readonly unknown[]>;

  constructor(connection: Connection) {
    this.#insert = connection.statement((db, v) =>
      db
        .insertInto('quarantined')
        .values({
          sop_instance_uid: v[0],
          study_instance_uid: v[1],
          series_instance_uid: v[2],
          sop_class_uid: v[3],
          transfer_syntax_uid: v[4],
          key_slot: v[5],
          location: v[6],
        })
        .onConflict((c) => c.doNothing()),
    );
    this.#select = connection.statement<[string], Row>((db, [uid]) =>
      db.selectFrom('quarantined').select(COLUMNS).where('sop_instance_uid', '=', uid).orderBy('id', 'desc'),
    );
    this.#page = connection.statement<[number, number], Row>((db, [after, limit]) =>
      db.selectFrom('quarantined').select(COLUMNS).where('id', '>', after).orderBy('id').limit(limit),
    );
    this.#delete = connection.statement((db, [uid, location]) =>
      db.deleteFrom('quarantined').where('sop_instance_uid', '=', uid).where('location', '=', location),
    );
  }

  /** One that is known already is passed over. */
  add(record: QuarantineRecord): void {
    const { sopInstanceUID, studyInstanceUID, seriesInstanceUID, sopClassUID } = record;
    const identity = [sopInstanceUID, studyInstanceUID, seriesInstanceUID, sopClassUID] as const;
    this.#insert.run(...identity, record.transferSyntaxUID, record.keySlot, record.location);
  }

  of(sopInstanceUID: string, toldMax = TOLD_MAX): QuarantineRecord[] {
    return this.#select.all(sopInstanceUID).slice(0, toldMax).map(recordOf);
  }

  /** All there is, in the order in which it came, from behind a row on: 0 stands before the first. */
  page(after: number, limit: number): QuarantinePage {
    const rows = this.#page.all(after, limit);
    const last = rows.length < limit ? undefined : rows.at(-1);
    return { records: rows.map(recordOf), next: last?.[0] };
  }

  remove({ sopInstanceUID, location }: Pick<QuarantineRecord, 'sopInstanceUID' | 'location'>): void {
    this.#delete.run(sopInstanceUID, location);
  }
}

const recordOf = (row: Row): QuarantineRecord => ({
  sopInstanceUID: row[1],
  studyInstanceUID: row[2],
  seriesInstanceUID: row[3],
  sopClassUID: row[4],
  transferSyntaxUID: row[5],
  keySlot: row[6],
  location: row[7],
});
