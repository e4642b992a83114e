import type { Connection } from './dialect.ts';
import type { InstanceRecord } from './entry.ts';
import { IndexError } from './errors.ts';
import type { KnownTexts } from './known-texts.ts';
import { PAGE_ROWS_MAX } from './limits.ts';
import { packedField } from './packed.ts';
import { keyOf } from './query-keys.ts';
import { listed, listedValue } from './rows.ts';

/** Which instances: those that agree with everything given. Something must be given. */
export interface InstanceSelection {
  readonly patientID?: string | undefined;
  readonly issuerOfPatientID?: string | undefined;
  readonly studyInstanceUIDs?: readonly string[] | undefined;
  readonly seriesInstanceUIDs?: readonly string[] | undefined;
  readonly sopInstanceUIDs?: readonly string[] | undefined;
}

type RecordRow = readonly [
  id: number,
  sopInstanceUID: string,
  sopClass: number,
  transferSyntax: number,
  sourceAETitle: number | null,
  dataSetLength: number,
  receivedAt: number,
  keySlot: number,
  location: Uint8Array,
  packed: string,
];

/** A series with what is above it, and where an instance of it stands in the order of a selection. */
interface SeriesPlace {
  readonly patientID: string;
  readonly issuer: string;
  readonly studyRow: number;
  readonly studyInstanceUID: string;
  readonly seriesRow: number;
  readonly seriesInstanceUID: string;
}
type SeriesPlaceRow = readonly [string, string, number, string, number, string];

const recordColumns = [
  'instance.id',
  'instance.sop_instance_uid',
  'instance.sop_class',
  'instance.transfer_syntax',
  'instance.source_ae_title',
  'instance.data_set_length',
  'instance.received_at',
  'instance.key_slot',
  'instance.location',
  'instance.packed',
] as const;
const placeColumns = [
  'patient.patient_id',
  'patient.issuer',
  'study.id as study_row',
  'study.study_instance_uid',
  'series.id as series_row',
  'series.series_instance_uid',
] as const;

const { code: numberOfFramesCode } = keyOf('IMAGE', 0x00280008);

/** Finds instances for retrieval: by UIDs and Patient ID, grouped by study and series, as they came. */
export class Selector {
  readonly #texts: KnownTexts;
  readonly #statements: ReturnType<typeof selectionStatements>;

  constructor(connection: Connection, texts: KnownTexts) {
    this.#texts = texts;
    this.#statements = selectionStatements(connection);
  }

  instance(sopInstanceUID: string): InstanceRecord | undefined {
    const row = this.#statements.byUID.get(sopInstanceUID);
    if (row === undefined) return undefined;
    const place = this.#statements.place.get(row[10]);
    return place === undefined
      ? undefined
      : this.#record(row.slice(0, 10) as unknown as RecordRow, placeOf(place));
  }

  /** @throws IndexError EMPTY_SELECTION */
  *instances(selection: InstanceSelection): Generator<InstanceRecord, void, undefined> {
    const { sopInstanceUIDs } = selection;
    if (sopInstanceUIDs !== undefined) yield* this.#named(sopInstanceUIDs, selection);
    else yield* this.#ofSeries(selection);
  }

  /** Instances of a list of UIDs, in the order of study, series and arrival. */
  *#named(uids: readonly string[], selection: InstanceSelection): Generator<InstanceRecord, void, undefined> {
    const places: { uid: string; place: SeriesPlace; id: number }[] = [];
    const known = new Map<number, SeriesPlace | undefined>();
    for (const uid of new Set(uids)) {
      const row = this.#statements.byUID.get(uid);
      if (row === undefined) continue;
      const seriesRow = row[10];
      if (!known.has(seriesRow)) known.set(seriesRow, this.#placeOf(seriesRow));
      const place = known.get(seriesRow);
      if (place !== undefined && agrees(place, selection)) places.push({ uid, place, id: row[0] });
    }
    places.sort(
      (a, b) => a.place.studyRow - b.place.studyRow || a.place.seriesRow - b.place.seriesRow || a.id - b.id,
    );
    for (const { uid } of places) {
      const record = this.instance(uid);
      if (record !== undefined) yield record;
    }
  }

  #placeOf(seriesRow: number): SeriesPlace | undefined {
    const row = this.#statements.place.get(seriesRow);
    return row === undefined ? undefined : placeOf(row);
  }

  *#ofSeries(selection: InstanceSelection): Generator<InstanceRecord, void, undefined> {
    const places = this.#seriesOf(selection).map(placeOf);
    const agreeing = places.filter((place) => agrees(place, selection));
    agreeing.sort((a, b) => a.studyRow - b.studyRow || a.seriesRow - b.seriesRow);
    for (const place of agreeing) {
      let after = 0;
      for (;;) {
        const rows = this.#statements.ofSeries.all(place.seriesRow, after, PAGE_ROWS_MAX);
        for (const row of rows) yield this.#record(row, place);
        if (rows.length < PAGE_ROWS_MAX) break;
        after = rows.at(-1)?.[0] ?? after;
      }
    }
  }

  #seriesOf({ seriesInstanceUIDs, studyInstanceUIDs, patientID }: InstanceSelection): SeriesPlaceRow[] {
    const { bySeries, byStudy, byPatient } = this.#statements;
    if (seriesInstanceUIDs !== undefined)
      return bySeries.all(JSON.stringify([...new Set(seriesInstanceUIDs)]));
    if (studyInstanceUIDs !== undefined) return byStudy.all(JSON.stringify([...new Set(studyInstanceUIDs)]));
    return byPatient.all(patientID ?? '');
  }

  #record(row: RecordRow, { patientID, studyInstanceUID, seriesInstanceUID }: SeriesPlace): InstanceRecord {
    const [
      ,
      sopInstanceUID,
      sopClass,
      transferSyntax,
      sourceAETitle,
      dataSetLength,
      receivedAt,
      keySlot,
      location,
    ] = row;
    const numberOfFrames = Number.parseInt(packedField(row[9], numberOfFramesCode), 10);
    return {
      patientID: patientID === '' ? undefined : patientID,
      studyInstanceUID,
      seriesInstanceUID,
      sopInstanceUID,
      sopClassUID: this.#texts.textOf(sopClass),
      transferSyntaxUID: this.#texts.textOf(transferSyntax),
      dataSetLength,
      receivedAt,
      sourceAETitle: sourceAETitle === null ? undefined : this.#texts.textOf(sourceAETitle),
      numberOfFrames: Number.isSafeInteger(numberOfFrames) ? numberOfFrames : undefined,
      location,
      keySlot,
    };
  }
}

/** Refuses a selection that names nothing: it would be the whole archive. */
export function requireSelection(selection: InstanceSelection): void {
  const { patientID, studyInstanceUIDs, seriesInstanceUIDs, sopInstanceUIDs } = selection;
  const names = patientID !== undefined && patientID !== '';
  if (!names && (studyInstanceUIDs ?? seriesInstanceUIDs ?? sopInstanceUIDs) === undefined) {
    throw new IndexError('EMPTY_SELECTION');
  }
}

function placeOf([
  patientID,
  issuer,
  studyRow,
  studyInstanceUID,
  seriesRow,
  seriesInstanceUID,
]: SeriesPlaceRow): SeriesPlace {
  return { patientID, issuer, studyRow, studyInstanceUID, seriesRow, seriesInstanceUID };
}

function agrees(place: SeriesPlace, selection: InstanceSelection): boolean {
  const { patientID, issuerOfPatientID, studyInstanceUIDs, seriesInstanceUIDs } = selection;
  return (
    (patientID === undefined || place.patientID === patientID) &&
    (issuerOfPatientID === undefined || place.issuer === issuerOfPatientID) &&
    (studyInstanceUIDs === undefined || studyInstanceUIDs.includes(place.studyInstanceUID)) &&
    (seriesInstanceUIDs === undefined || seriesInstanceUIDs.includes(place.seriesInstanceUID))
  );
}

export function selectionStatements(connection: Connection) {
  return {
    byUID: connection.statement<[uid: string], readonly [...RecordRow, seriesRow: number]>((db, [uid]) =>
      db
        .selectFrom('instance')
        .select([...recordColumns, 'instance.series_row'])
        .where('sop_instance_uid', '=', uid),
    ),
    ofSeries: connection.statement<[seriesRow: number, after: number, rows: number], RecordRow>(
      (db, [seriesRow, after, rows]) =>
        db
          .selectFrom('instance')
          .select(recordColumns)
          .where('series_row', '=', seriesRow)
          .where('id', '>', after)
          .orderBy('id')
          .limit(rows),
    ),
    place: connection.statement<[seriesRow: number], SeriesPlaceRow>((db, [seriesRow]) =>
      db
        .selectFrom('series')
        .innerJoin('study', 'study.id', 'series.study_row')
        .innerJoin('patient', 'patient.id', 'study.patient_row')
        .select(placeColumns)
        .where('series.id', '=', seriesRow),
    ),
    bySeries: connection.statement<[uids: string], SeriesPlaceRow>((db, [uids]) =>
      db
        .selectFrom(listed(uids))
        .crossJoin('series')
        .innerJoin('study', 'study.id', 'series.study_row')
        .innerJoin('patient', 'patient.id', 'study.patient_row')
        .select(placeColumns)
        .whereRef('series.series_instance_uid', '=', listedValue),
    ),
    byStudy: connection.statement<[uids: string], SeriesPlaceRow>((db, [uids]) =>
      db
        .selectFrom(listed(uids))
        .crossJoin('study')
        .innerJoin('series', 'series.study_row', 'study.id')
        .innerJoin('patient', 'patient.id', 'study.patient_row')
        .select(placeColumns)
        .whereRef('study.study_instance_uid', '=', listedValue),
    ),
    byPatient: connection.statement<[patientID: string], SeriesPlaceRow>((db, [patientID]) =>
      db
        .selectFrom('patient')
        .innerJoin('study', 'study.patient_row', 'patient.id')
        .innerJoin('series', 'series.study_row', 'study.id')
        .select(placeColumns)
        .where('patient.patient_id', '=', patientID)
        .where('patient.patient_id', '<>', ''),
    ),
  };
}
