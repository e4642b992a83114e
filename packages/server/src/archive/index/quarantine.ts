import type { Connection, Statement } from './dialect.ts';
import type { QuarantineRecord } from './entry.ts';

/** Those of one UID that are told of, the latest first: what comes is compared with all of them at once. */
const TOLD_MAX = 8;

type Row = readonly [
  study: string,
  series: string,
  sopClass: string,
  transferSyntax: string,
  keySlot: number,
  location: Uint8Array,
];

/** Where the packs have what is in quarantine, by SOPInstanceUID. */
export class Quarantine {
  readonly #insert: Statement<
    [string, string, string, string, string, number, Uint8Array],
    readonly unknown[]
  >;
  readonly #select: Statement<[string], Row>;

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
      db
        .selectFrom('quarantined')
        .select([
          'study_instance_uid',
          'series_instance_uid',
          'sop_class_uid',
          'transfer_syntax_uid',
          'key_slot',
          'location',
        ])
        .where('sop_instance_uid', '=', uid)
        .orderBy('id', 'desc'),
    );
  }

  /** One that is known already is passed over. */
  add(record: QuarantineRecord): void {
    const { sopInstanceUID, studyInstanceUID, seriesInstanceUID, sopClassUID } = record;
    const identity = [sopInstanceUID, studyInstanceUID, seriesInstanceUID, sopClassUID] as const;
    this.#insert.run(...identity, record.transferSyntaxUID, record.keySlot, record.location);
  }

  of(sopInstanceUID: string): QuarantineRecord[] {
    return this.#select
      .all(sopInstanceUID)
      .slice(0, TOLD_MAX)
      .map((row) => ({
        sopInstanceUID,
        studyInstanceUID: row[0],
        seriesInstanceUID: row[1],
        sopClassUID: row[2],
        transferSyntaxUID: row[3],
        keySlot: row[4],
        location: row[5],
      }));
  }
}
