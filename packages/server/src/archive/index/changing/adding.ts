import type { InstanceAttributes } from '../attributes.ts';
import { PatientState, SeriesState, StudyState } from './batch-rows.ts';
import type { IndexEntry } from '../entry.ts';
import type { Held } from './held.ts';
import type { KnownTexts } from '../known-texts.ts';
import { identityOf } from './prefetch.ts';
import type { Remover } from './removing.ts';
import type { NewInstance, RowWriter } from './row-writer.ts';
import type { IndexState } from '../state.ts';
import type { WriteStatements } from './write-statements.ts';

/** What a batch needs of its index. */
export interface AddingHost {
  readonly statements: WriteStatements;
  readonly texts: KnownTexts;
  readonly state: IndexState;
  readonly writer: RowWriter;
  readonly remover: Remover;
  /** What is held, at any moment. */
  readonly held: Held;
}

/**
 * Adds instances in one transaction. The first instance of a patient, study or series tells its attributes; later
 * ones fill in what was empty. The outcome depends on the order of instances alone, not on how they are divided
 * into batches, so that packs read again give the same index.
 */
export class AddingBatch {
  readonly #host: AddingHost;
  readonly #patients = new Map<string, PatientState>();
  readonly #patientsByRow = new Map<number, PatientState>();
  readonly #studies = new Map<string, StudyState>();
  readonly #series = new Map<string, SeriesState>();
  readonly #instances = new Map<string, NewInstance>();

  #held: Held;

  /** @param before what was held before the batch: asked until the batch writes something */
  constructor(host: AddingHost, before: Held) {
    this.#host = host;
    this.#held = before;
  }

  addAll(entries: readonly IndexEntry[]): void {
    for (const entry of entries) this.#add(entry);
    this.#flush();
  }

  #add(entry: IndexEntry): void {
    const { attributes } = entry;
    this.#makeWay(attributes.sopInstanceUID);
    const study = this.#studyFor(entry);
    const series = this.#seriesFor(attributes, study);
    const sopClass = this.#host.texts.idOf(attributes.sopClassUID);
    study.addSOPClass(sopClass);
    for (const parent of [series, study, study.patient]) {
      parent.instanceCount += 1;
      parent.count();
    }
    this.#instances.set(attributes.sopInstanceUID, { entry, series, sopClass });
  }

  /** Writes everything, parents before their children. */
  #flush(): void {
    const { writer, held } = this.#host;
    this.#held = held;
    writer.patients(this.#patientsByRow.values());
    writer.studies(this.#studies.values());
    writer.allSeries(this.#series.values());
    writer.instances(this.#instances.values());
    this.#patients.clear();
    this.#patientsByRow.clear();
    this.#studies.clear();
    this.#series.clear();
    this.#instances.clear();
  }

  /** Stored anew, under a UID that is held: the last one counts, wherever it says it belongs. */
  #makeWay(sopInstanceUID: string): void {
    if (!this.#instances.has(sopInstanceUID) && !this.#held.holdsInstance(sopInstanceUID)) return;
    this.#flush();
    this.#host.remover.remove([sopInstanceUID]);
  }

  #studyFor({ attributes, keySlot }: IndexEntry): StudyState {
    const uid = attributes.studyInstanceUID;
    const known = this.#studies.get(uid) ?? this.#readStudy(uid);
    if (known === undefined) return this.#newStudy(attributes, keySlot);
    known.fill(attributes);
    const { patientID, issuerOfPatientID } = attributes;
    if (known.patient.patientID === '' && patientID !== '') return this.#identify(known, attributes);
    // A study keeps its patient; what an instance of another patient says fills in nothing.
    if (known.patient.patientID === patientID && known.patient.issuer === issuerOfPatientID) {
      known.patient.fill(attributes.patientBirthDate, attributes.packed.PATIENT);
    }
    return known;
  }

  #newStudy(attributes: InstanceAttributes, keySlot: number): StudyState {
    const { studyInstanceUID: uid, studyDate, accessionNumber, studyID, packed } = attributes;
    const patient = this.#patientFor(attributes);
    const id = this.#host.state.next('studies');
    const study = new StudyState(
      [id, patient.id, uid, studyDate, accessionNumber, studyID, packed.STUDY, '', '', 0, 0, keySlot],
      patient,
      true,
    );
    patient.studyCount += 1;
    patient.count();
    this.#studies.set(uid, study);
    return study;
  }

  #readStudy(uid: string): StudyState | undefined {
    const row = this.#held.study(uid);
    if (row === undefined) return undefined;
    const study = new StudyState(row, this.#patientOfRow(row[1]), false);
    this.#studies.set(uid, study);
    return study;
  }

  #patientOfRow(id: number): PatientState {
    const known = this.#patientsByRow.get(id);
    if (known !== undefined) return known;
    const row = this.#host.statements.patient.get(id);
    if (row === undefined) throw new Error('a study without its patient');
    return this.#keep(new PatientState(row, false));
  }

  #keep(patient: PatientState): PatientState {
    this.#patientsByRow.set(patient.id, patient);
    if (patient.patientID !== '') this.#patients.set(identityOf(patient.patientID, patient.issuer), patient);
    return patient;
  }

  /** The patient of a new study: identified by Patient ID and its issuer, or the study's own if it has none. */
  #patientFor(attributes: InstanceAttributes): PatientState {
    const { patientID, issuerOfPatientID: issuer, patientBirthDate, packed } = attributes;
    const known = patientID === '' ? undefined : this.#findPatient(patientID, issuer);
    if (known !== undefined) {
      known.fill(patientBirthDate, packed.PATIENT);
      return known;
    }
    const id = this.#host.state.next('patients');
    return this.#keep(
      new PatientState([id, patientID, issuer, patientBirthDate, packed.PATIENT, 0, 0, 0], true),
    );
  }

  #findPatient(patientID: string, issuer: string): PatientState | undefined {
    const known = this.#patients.get(identityOf(patientID, issuer));
    if (known !== undefined) return known;
    const row = this.#held.patient(patientID, issuer);
    return row === undefined ? undefined : this.#keep(new PatientState(row, false));
  }

  /** A study's own patient gets a Patient ID: it becomes that patient, or the study moves to the one there is. */
  #identify(study: StudyState, attributes: InstanceAttributes): StudyState {
    const own = study.patient;
    const { patientID, issuerOfPatientID: issuer, packed } = attributes;
    own.fill(attributes.patientBirthDate, packed.PATIENT);
    const there = this.#findPatient(patientID, issuer);
    if (there === undefined) {
      own.patientID = patientID;
      own.issuer = issuer;
      own.touch();
      this.#keep(own);
      return study;
    }
    there.fill(own.birthDate, own.packed);
    there.studyCount += 1;
    there.seriesCount += study.seriesCount;
    there.instanceCount += study.instanceCount;
    there.count();
    study.patient = there;
    study.touch();
    // The study must point to its new patient before the old one can go.
    this.#flush();
    this.#host.remover.removePatient(own.id);
    return this.#readStudy(study.studyInstanceUID) as StudyState;
  }

  #seriesFor(attributes: InstanceAttributes, study: StudyState): SeriesState {
    const { seriesInstanceUID: uid } = attributes;
    const key = `${study.id} ${uid}`;
    let series = this.#series.get(key);
    if (series === undefined) {
      const row = study.fate === 'insert' ? undefined : this.#held.series(uid, study.id);
      series = row === undefined ? this.#newSeries(attributes, study) : new SeriesState(row, study, false);
      this.#series.set(key, series);
    }
    series.fill(attributes);
    study.addModality(series.modality);
    return series;
  }

  #newSeries({ seriesInstanceUID, modality, packed }: InstanceAttributes, study: StudyState): SeriesState {
    for (const parent of [study, study.patient]) {
      parent.seriesCount += 1;
      parent.count();
    }
    const id = this.#host.state.next('series');
    return new SeriesState([id, study.id, seriesInstanceUID, modality, packed.SERIES, 0], study, true);
  }
}
