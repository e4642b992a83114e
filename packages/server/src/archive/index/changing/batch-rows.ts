import { Tag } from '@leadglass/dicom';
import type { InstanceAttributes } from '../attributes.ts';
import { STUDY_SUMMARY_VALUES_MAX } from '../limits.ts';
import { mergePacked, packedField } from '../packed.ts';
import { nameOf } from '../patient-name.ts';
import { keyOf } from '../query-keys.ts';
import type { PatientRow, SeriesRow, StudyRow } from '../rows.ts';

/**
 * Rows of one transaction while instances are added: read or made at first mention, changed here, and written once
 * at the end, however many instances of theirs the batch has.
 */

const { code: birthDateCode } = keyOf('PATIENT', Tag.PatientBirthDate);
const { code: studyDateCode } = keyOf('STUDY', Tag.StudyDate);

/**
 * Fills in a date that is in a column when it is one, and among the packed texts when it is none: what came first stays,
 * so that it is never in both.
 */
function fillDate(
  [date, packed]: readonly [date: string, packed: string],
  [dateToo, more]: readonly [date: string, packed: string],
  code: string,
): readonly [date: string, packed: string] {
  if (date !== '') return [date, mergePacked(packed, more, code)];
  return [packedField(packed, code) === '' ? dateToo : '', mergePacked(packed, more)];
}

/** What has to be written at the end: the row, what changed of it, or its counts alone. */
type Fate = 'insert' | 'update' | 'count' | 'none';

export class PatientState {
  readonly id: number;
  fate: Fate;
  patientID: string;
  issuer: string;
  birthDate: string;
  packed: string;
  studyCount: number;
  seriesCount: number;
  instanceCount: number;
  /** The name and its studies in the search tables when this was read. */
  readonly nameBefore: string;
  readonly studyCountBefore: number;
  name: string;

  constructor(row: PatientRow, isNew: boolean) {
    [this.id, this.patientID, this.issuer, this.birthDate, this.packed] = row;
    [, , , , , this.studyCount, this.seriesCount, this.instanceCount] = row;
    this.fate = isNew ? 'insert' : 'none';
    this.name = nameOf(this.packed);
    this.nameBefore = isNew ? '' : this.name;
    this.studyCountBefore = this.studyCount;
  }

  /** Fills in what was empty. */
  fill(birthDateToo: string, more: string): void {
    const [birthDate, packed] = fillDate([this.birthDate, this.packed], [birthDateToo, more], birthDateCode);
    if (packed === this.packed && birthDate === this.birthDate) return;
    this.packed = packed;
    this.birthDate = birthDate;
    this.name = nameOf(packed);
    this.touch();
  }

  /** Attributes changed. */
  touch(): void {
    if (this.fate !== 'insert') this.fate = 'update';
  }

  /** Nothing but counts changed. */
  count(): void {
    if (this.fate === 'none') this.fate = 'count';
  }
}

export class StudyState {
  readonly id: number;
  fate: Fate;
  patient: PatientState;
  readonly studyInstanceUID: string;
  studyDate: string;
  /** As in the table; a modality's row has to follow when it is filled in. */
  readonly studyDateBefore: string;
  accessionNumber: string;
  studyID: string;
  packed: string;
  readonly modalities: string[];
  readonly modalitiesBefore: number;
  readonly sopClasses: string[];
  seriesCount: number;
  instanceCount: number;
  readonly keySlot: number;

  constructor(row: StudyRow, patient: PatientState, isNew: boolean) {
    [this.id, , this.studyInstanceUID, this.studyDate, this.accessionNumber, this.studyID, this.packed] = row;
    this.patient = patient;
    this.modalities = listOf(row[7], '\\');
    this.sopClasses = listOf(row[8], ',');
    [, , , , , , , , , this.seriesCount, this.instanceCount, this.keySlot] = row;
    this.fate = isNew ? 'insert' : 'none';
    this.modalitiesBefore = isNew ? 0 : this.modalities.length;
    this.studyDateBefore = isNew ? '' : this.studyDate;
  }

  fill({ studyDate, accessionNumber, studyID, packed }: InstanceAttributes): void {
    const [date, merged] = fillDate([this.studyDate, this.packed], [studyDate, packed.STUDY], studyDateCode);
    const fillsColumn =
      this.studyDate !== date ||
      (this.accessionNumber === '' && accessionNumber !== '') ||
      (this.studyID === '' && studyID !== '');
    if (merged === this.packed && !fillsColumn) return;
    this.packed = merged;
    this.studyDate = date;
    if (this.accessionNumber === '') this.accessionNumber = accessionNumber;
    if (this.studyID === '') this.studyID = studyID;
    this.touch();
  }

  addModality(modality: string): void {
    if (modality === '' || this.modalities.includes(modality)) return;
    if (this.modalities.length >= STUDY_SUMMARY_VALUES_MAX) return;
    this.modalities.push(modality);
    this.touch();
  }

  addSOPClass(id: number): void {
    const text = String(id);
    if (this.sopClasses.includes(text) || this.sopClasses.length >= STUDY_SUMMARY_VALUES_MAX) return;
    this.sopClasses.push(text);
    this.touch();
  }

  /** Attributes changed. */
  touch(): void {
    if (this.fate !== 'insert') this.fate = 'update';
  }

  /** Nothing but counts changed. */
  count(): void {
    if (this.fate === 'none') this.fate = 'count';
  }
}

export class SeriesState {
  readonly id: number;
  fate: Fate;
  readonly study: StudyState;
  readonly seriesInstanceUID: string;
  modality: string;
  packed: string;
  instanceCount: number;

  constructor(row: SeriesRow, study: StudyState, isNew: boolean) {
    [this.id, , this.seriesInstanceUID, this.modality, this.packed, this.instanceCount] = row;
    this.study = study;
    this.fate = isNew ? 'insert' : 'none';
  }

  fill({ modality, packed }: InstanceAttributes): void {
    const merged = mergePacked(this.packed, packed.SERIES);
    if (merged === this.packed && (this.modality !== '' || modality === '')) return;
    this.packed = merged;
    if (this.modality === '') this.modality = modality;
    this.touch();
  }

  /** Attributes changed. */
  touch(): void {
    if (this.fate !== 'insert') this.fate = 'update';
  }

  /** Nothing but counts changed. */
  count(): void {
    if (this.fate === 'none') this.fate = 'count';
  }
}

const listOf = (text: string, separator: string): string[] => (text === '' ? [] : text.split(separator));
