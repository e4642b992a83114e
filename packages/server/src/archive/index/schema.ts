import { createHash } from 'node:crypto';
import { type CreateIndexBuilder, type Generated, type Kysely, sql } from 'kysely';
import { queryKeyLayout } from './query-keys.ts';

/**
 * Tables of the index. Columns are what SQL searches, counts or joins by; every other attribute of PS3.4 C.6 is in
 * `packed` (packed.ts). Texts are '' when the attribute is empty or absent.
 */
export interface Tables {
  patient: PatientTable;
  patient_name: PatientNameTable;
  study: StudyTable;
  study_modality: StudyModalityTable;
  series: SeriesTable;
  instance: InstanceTable;
  quarantined: QuarantinedTable;
  known_text: KnownTextTable;
  index_state: IndexStateTable;
}

export interface PatientTable {
  id: number;
  /** Patient ID (0010,0020). '' makes a patient of its own of every study. */
  patient_id: string;
  /** Issuer of Patient ID (0010,0021). */
  issuer: string;
  /** YYYYMMDD. */
  birth_date: string;
  packed: string;
  study_count: number;
  series_count: number;
  instance_count: number;
}

/** One row per folded component group of Patient's Name (0010,0010). */
export interface PatientNameTable {
  folded: string;
  patient_row: number;
  /** 1 when the patient has several rows here: one that finds it must then be told from the others. */
  several: number;
  /** The patient's, so that a list of them can be passed over by this table alone. */
  study_count: number;
}

export interface StudyTable {
  id: number;
  patient_row: number;
  study_instance_uid: string;
  /** YYYYMMDD. */
  study_date: string;
  accession_number: string;
  study_id: string;
  packed: string;
  /** Modalities in Study (0008,0061), separated by backslashes. */
  modalities: string;
  /** SOP Classes in Study (0008,0062): rows of known_text, separated by commas. */
  sop_classes: string;
  series_count: number;
  instance_count: number;
  key_slot: number;
}

/** Modality and date together, so that 'all CT of this week' is one range of one index. */
export interface StudyModalityTable {
  modality: string;
  study_date: string;
  study_row: number;
}

export interface SeriesTable {
  id: number;
  study_row: number;
  series_instance_uid: string;
  modality: string;
  packed: string;
  instance_count: number;
}

export interface InstanceTable {
  id: number;
  series_row: number;
  sop_instance_uid: string;
  /** Row of known_text. */
  sop_class: number;
  /** Row of known_text. */
  transfer_syntax: number;
  /** Row of known_text; null when unknown. */
  source_ae_title: number | null;
  data_set_length: number;
  /** Milliseconds since 1970. */
  received_at: number;
  key_slot: number;
  location: Uint8Array;
  packed: string;
}

/** Data sets that came under a SOPInstanceUID of another: kept, and never found by a query. */
export interface QuarantinedTable {
  id: Generated<number>;
  sop_instance_uid: string;
  sop_class_uid: string;
  study_instance_uid: string;
  series_instance_uid: string;
  transfer_syntax_uid: string;
  key_slot: number;
  location: Uint8Array;
}

/** UIDs and AE titles that thousands of rows share. */
export interface KnownTextTable {
  id: Generated<number>;
  text: string;
}

/** One row: how much is held, and up to which place of the packs the index tells. */
export interface IndexStateTable {
  id: number;
  layout: string;
  /** 1 while it is filled: its search structures are missing, and after a crash it may be torn. */
  filling: number;
  pack_id: number | null;
  pack_offset: number | null;
  patients: number;
  studies: number;
  series: number;
  instances: number;
  bytes: number;
}

const schemaVersion = 5;

/**
 * What an index file must have been made with to be of use. The index is derived data: one of another layout is
 * emptied and made again from the packs, which is what migrating would have to do for every packed row anyway.
 */
export const layout: string = createHash('sha256')
  // Names are folded by the tables of Unicode: those of another version would fold some names otherwise.
  .update(`${schemaVersion}\n${process.versions['unicode'] ?? ''}\n${queryKeyLayout}`)
  .digest('hex')
  .slice(0, 32);

/** A thing that compiles to one statement. */
export interface Compilable {
  compile(): { readonly sql: string };
}

/** Statements that make the tables of an empty index. */
export function createTables(db: Kysely<Tables>): Compilable[] {
  const schema = db.schema;
  const key = 'integer' as const;
  return [
    schema
      .createTable('patient')
      .addColumn('id', key, (c) => c.primaryKey())
      .addColumn('patient_id', 'text', (c) => c.notNull())
      .addColumn('issuer', 'text', (c) => c.notNull())
      .addColumn('birth_date', 'text', (c) => c.notNull())
      .addColumn('packed', 'text', (c) => c.notNull())
      .addColumn('study_count', 'integer', (c) => c.notNull())
      .addColumn('series_count', 'integer', (c) => c.notNull())
      .addColumn('instance_count', 'integer', (c) => c.notNull()),
    withoutRowID(
      schema
        .createTable('patient_name')
        .addColumn('folded', 'text', (c) => c.notNull())
        .addColumn('patient_row', 'integer', (c) => c.notNull())
        .addColumn('several', 'integer', (c) => c.notNull())
        .addColumn('study_count', 'integer', (c) => c.notNull())
        .addPrimaryKeyConstraint('patient_name_key', ['folded', 'patient_row']),
    ),
    schema
      .createTable('study')
      .addColumn('id', key, (c) => c.primaryKey())
      .addColumn('patient_row', 'integer', (c) => c.notNull().references('patient.id'))
      .addColumn('study_instance_uid', 'text', (c) => c.notNull())
      .addColumn('study_date', 'text', (c) => c.notNull())
      .addColumn('accession_number', 'text', (c) => c.notNull())
      .addColumn('study_id', 'text', (c) => c.notNull())
      .addColumn('packed', 'text', (c) => c.notNull())
      .addColumn('modalities', 'text', (c) => c.notNull())
      .addColumn('sop_classes', 'text', (c) => c.notNull())
      .addColumn('series_count', 'integer', (c) => c.notNull())
      .addColumn('instance_count', 'integer', (c) => c.notNull())
      .addColumn('key_slot', 'integer', (c) => c.notNull()),
    withoutRowID(
      schema
        .createTable('study_modality')
        .addColumn('modality', 'text', (c) => c.notNull())
        .addColumn('study_date', 'text', (c) => c.notNull())
        .addColumn('study_row', 'integer', (c) => c.notNull())
        .addPrimaryKeyConstraint('study_modality_key', ['modality', 'study_date', 'study_row']),
    ),
    schema
      .createTable('series')
      .addColumn('id', key, (c) => c.primaryKey())
      .addColumn('study_row', 'integer', (c) => c.notNull().references('study.id'))
      .addColumn('series_instance_uid', 'text', (c) => c.notNull())
      .addColumn('modality', 'text', (c) => c.notNull())
      .addColumn('packed', 'text', (c) => c.notNull())
      .addColumn('instance_count', 'integer', (c) => c.notNull()),
    schema
      .createTable('instance')
      .addColumn('id', key, (c) => c.primaryKey())
      .addColumn('series_row', 'integer', (c) => c.notNull().references('series.id'))
      .addColumn('sop_instance_uid', 'text', (c) => c.notNull())
      .addColumn('sop_class', 'integer', (c) => c.notNull())
      .addColumn('transfer_syntax', 'integer', (c) => c.notNull())
      .addColumn('source_ae_title', 'integer')
      .addColumn('data_set_length', 'integer', (c) => c.notNull())
      .addColumn('received_at', 'integer', (c) => c.notNull())
      .addColumn('key_slot', 'integer', (c) => c.notNull())
      .addColumn('location', 'blob', (c) => c.notNull())
      .addColumn('packed', 'text', (c) => c.notNull()),
    schema
      .createTable('quarantined')
      .addColumn('id', key, (c) => c.primaryKey())
      .addColumn('sop_instance_uid', 'text', (c) => c.notNull())
      .addColumn('sop_class_uid', 'text', (c) => c.notNull())
      .addColumn('study_instance_uid', 'text', (c) => c.notNull())
      .addColumn('series_instance_uid', 'text', (c) => c.notNull())
      .addColumn('transfer_syntax_uid', 'text', (c) => c.notNull())
      .addColumn('key_slot', 'integer', (c) => c.notNull())
      .addColumn('location', 'blob', (c) => c.notNull()),
    // Packs that are read a second time tell of the same ones.
    schema
      .createIndex('quarantined_by_uid')
      .unique()
      .on('quarantined')
      .columns(['sop_instance_uid', 'location']),
    schema
      .createTable('known_text')
      .addColumn('id', key, (c) => c.primaryKey())
      .addColumn('text', 'text', (c) => c.notNull().unique()),
    schema
      .createTable('index_state')
      .addColumn('id', key, (c) => c.primaryKey())
      .addColumn('layout', 'text', (c) => c.notNull())
      .addColumn('filling', 'integer', (c) => c.notNull())
      .addColumn('pack_id', 'integer')
      .addColumn('pack_offset', 'integer')
      .addColumn('patients', 'integer', (c) => c.notNull())
      .addColumn('studies', 'integer', (c) => c.notNull())
      .addColumn('series', 'integer', (c) => c.notNull())
      .addColumn('instances', 'integer', (c) => c.notNull())
      .addColumn('bytes', 'integer', (c) => c.notNull()),
  ];
}

export interface SearchIndex extends Compilable {
  readonly name: string;
}

/** What rows are found by. An index that is being filled is without them: they are made at its end, sorted. */
export function searchIndexes(db: Kysely<Tables>): SearchIndex[] {
  const index = (name: string, make: (builder: CreateIndexBuilder) => Compilable): SearchIndex => ({
    name,
    compile: () => make(db.schema.createIndex(name)).compile(),
  });
  return [
    index('patient_by_id', (i) =>
      i.unique().on('patient').columns(['patient_id', 'issuer']).where('patient_id', '<>', sql.lit('')),
    ),
    index('patient_by_birth_date', (i) =>
      i.on('patient').column('birth_date').where('birth_date', '<>', sql.lit('')),
    ),
    index('study_by_uid', (i) => i.unique().on('study').column('study_instance_uid')),
    index('study_by_patient', (i) => i.on('study').column('patient_row')),
    // With the patient, so that patients can be told without reading studies; they stay in the order of rows.
    index('study_by_date', (i) =>
      i.on('study').columns(['study_date', 'id', 'patient_row']).where('study_date', '<>', sql.lit('')),
    ),
    index('study_by_accession', (i) =>
      i.on('study').column('accession_number').where('accession_number', '<>', sql.lit('')),
    ),
    index('study_by_study_id', (i) => i.on('study').column('study_id').where('study_id', '<>', sql.lit(''))),
    // A careless device may give two studies a series of one UID: they are two series.
    index('series_by_uid', (i) => i.unique().on('series').columns(['series_instance_uid', 'study_row'])),
    index('series_by_study', (i) => i.on('series').column('study_row')),
    index('instance_by_uid', (i) => i.unique().on('instance').column('sop_instance_uid')),
    index('instance_by_series', (i) => i.on('instance').column('series_row')),
  ];
}

interface Modifiable extends Compilable {
  modifyEnd(modifier: ReturnType<typeof sql>): Compilable;
}

/** A table that is its own index: half the space of a table and an index over all its columns. */
function withoutRowID(table: Modifiable): Compilable {
  return table.modifyEnd(sql`without rowid`);
}
