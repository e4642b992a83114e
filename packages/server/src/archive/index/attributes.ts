import { type DataSet, Tag } from '@leadglass/dicom';
import { cleanText, longTextVRs } from './clean-text.ts';
import { normalDate } from './matching/date-time.ts';
import { IndexError } from './errors.ts';
import {
  ITEMS_MAX,
  LONG_TEXT_MAX_CHARS,
  PERSON_NAME_MAX_CHARS,
  SEQUENCE_DEPTH_MAX,
  SEQUENCE_TEXT_MAX_CHARS,
  SHORT_TEXT_MAX_CHARS,
  VALUES_MAX,
} from './limits.ts';
import { isPlausibleUID } from './matching/matching.ts';
import { type Packed, packFields, type StoredItem } from './packed.ts';
import { keysOfLevel, type QueryKey, type QueryLevel } from './query-keys.ts';

/**
 * What the index takes from an instance: the columns it searches by, and per level all other attributes of
 * PS3.4 C.6. Plain data, so that it can cross to another thread. Texts are '' when empty or absent.
 */
export interface InstanceAttributes {
  readonly patientID: string;
  readonly issuerOfPatientID: string;
  /** As in the data set; component groups separated by '='. */
  readonly patientName: string;
  /** YYYYMMDD. */
  readonly patientBirthDate: string;
  readonly studyInstanceUID: string;
  /** YYYYMMDD. */
  readonly studyDate: string;
  readonly accessionNumber: string;
  readonly studyID: string;
  readonly seriesInstanceUID: string;
  readonly modality: string;
  readonly sopInstanceUID: string;
  readonly sopClassUID: string;
  readonly packed: Readonly<Record<QueryLevel, Packed>>;
}

/** Kept in columns of their own, not in the packed text (dates only when they are dates). */
const columnTags: ReadonlySet<number> = new Set([
  Tag.PatientID,
  Tag.IssuerOfPatientID,
  Tag.StudyInstanceUID,
  Tag.AccessionNumber,
  Tag.StudyID,
  Tag.SeriesInstanceUID,
  Tag.Modality,
  Tag.SOPInstanceUID,
  Tag.SOPClassUID,
]);

/** Told by what is held, whatever an instance says of them. */
const countedTags: ReadonlySet<number> = new Set([
  Tag.NumberOfPatientRelatedStudies,
  Tag.NumberOfPatientRelatedSeries,
  Tag.NumberOfPatientRelatedInstances,
  Tag.ModalitiesInStudy,
  Tag.SOPClassesInStudy,
  Tag.NumberOfStudyRelatedSeries,
  Tag.NumberOfStudyRelatedInstances,
  Tag.NumberOfSeriesRelatedInstances,
]);

/** Key attributes of a level that go into its packed text. */
const packedKeys: Readonly<Record<QueryLevel, readonly QueryKey[]>> = {
  PATIENT: packedKeysOf('PATIENT'),
  STUDY: packedKeysOf('STUDY'),
  SERIES: packedKeysOf('SERIES'),
  IMAGE: packedKeysOf('IMAGE'),
};

function packedKeysOf(level: QueryLevel): QueryKey[] {
  return [...keysOfLevel(level).values()].filter(({ tag }) => !columnTags.has(tag) && !countedTags.has(tag));
}

const packedSequences: ReadonlySet<number> = new Set(
  Object.values(packedKeys)
    .flat()
    .filter(({ items }) => items !== undefined)
    .map(({ tag }) => tag),
);

/** Whether `extractAttributes` looks into a sequence: a reader need not keep the items of others. */
export function readsItemsOf(tag: number): boolean {
  return packedSequences.has(tag);
}

/**
 * Takes from a data set what PS3.4 C.6 needs at the four levels. Values longer than the limits are cut: the
 * instance itself keeps them.
 * @throws IndexError MISSING_UID, INVALID_UID
 */
export function extractAttributes(dataSet: DataSet): InstanceAttributes {
  const patientBirthDate = normalDate(dataSet.string(Tag.PatientBirthDate) ?? '') ?? '';
  const studyDate = normalDate(dataSet.string(Tag.StudyDate) ?? '') ?? '';
  const inColumns = new Set<number>();
  if (patientBirthDate !== '') inColumns.add(Tag.PatientBirthDate);
  if (studyDate !== '') inColumns.add(Tag.StudyDate);
  return {
    patientID: shortText(dataSet, Tag.PatientID),
    issuerOfPatientID: shortText(dataSet, Tag.IssuerOfPatientID),
    patientName: cleanText(dataSet.string(Tag.PatientName) ?? '', PERSON_NAME_MAX_CHARS),
    patientBirthDate,
    studyInstanceUID: requiredUID(dataSet, Tag.StudyInstanceUID),
    studyDate,
    accessionNumber: shortText(dataSet, Tag.AccessionNumber),
    studyID: shortText(dataSet, Tag.StudyID),
    seriesInstanceUID: requiredUID(dataSet, Tag.SeriesInstanceUID),
    modality: shortText(dataSet, Tag.Modality),
    sopInstanceUID: requiredUID(dataSet, Tag.SOPInstanceUID),
    sopClassUID: requiredUID(dataSet, Tag.SOPClassUID),
    packed: {
      PATIENT: packLevel('PATIENT', dataSet, inColumns),
      STUDY: packLevel('STUDY', dataSet, inColumns),
      SERIES: packLevel('SERIES', dataSet, inColumns),
      IMAGE: packLevel('IMAGE', dataSet, inColumns),
    },
  };
}

function requiredUID(dataSet: DataSet, tag: number): string {
  const uid = dataSet.string(tag);
  if (uid === undefined) throw new IndexError('MISSING_UID', { tag });
  if (!isPlausibleUID(uid)) throw new IndexError('INVALID_UID', { tag });
  return uid;
}

/** The first value of a short text; a second one is not what these attributes are for. */
function shortText(dataSet: DataSet, tag: number): string {
  return cleanText(dataSet.string(tag) ?? '', SHORT_TEXT_MAX_CHARS);
}

function packLevel(level: QueryLevel, dataSet: DataSet, inColumns: ReadonlySet<number>): Packed {
  const fields = new Map<string, string>();
  for (const key of packedKeys[level]) {
    if (inColumns.has(key.tag) || !dataSet.has(key.tag)) continue;
    const text = key.items === undefined ? valueText(key, dataSet) : sequenceText(key, dataSet);
    if (text !== '') fields.set(key.code, text);
  }
  return packFields(fields);
}

/** All values of an attribute as text, separated by backslashes. */
function valueText({ tag, vr }: QueryKey, dataSet: DataSet): string {
  let values = dataSet.strings(tag).slice(0, VALUES_MAX);
  if (vr === 'UI') values = values.filter(isPlausibleUID);
  const isLongText = longTextVRs.has(vr);
  const max = vr === 'PN' ? PERSON_NAME_MAX_CHARS : isLongText ? LONG_TEXT_MAX_CHARS : SHORT_TEXT_MAX_CHARS;
  const text = values.map((value) => cleanText(value, max, isLongText)).join('\\');
  return text.replace(/\\+$/, '');
}

function sequenceText(key: QueryKey, dataSet: DataSet): string {
  const items = storedItemsOf(key, dataSet, 1);
  let text = JSON.stringify(items);
  while (text.length > SEQUENCE_TEXT_MAX_CHARS) {
    items.pop();
    text = JSON.stringify(items);
  }
  return items.length === 0 ? '' : text;
}

function storedItemsOf(key: QueryKey, dataSet: DataSet, depth: number): StoredItem[] {
  if (key.items === undefined || depth > SEQUENCE_DEPTH_MAX) return [];
  const items: StoredItem[] = [];
  for (const item of dataSet.items(key.tag).slice(0, ITEMS_MAX)) {
    const stored: Record<string, string | StoredItem[]> = {};
    for (const itemKey of key.items.values()) {
      if (!item.has(itemKey.tag)) continue;
      const held =
        itemKey.items === undefined ? valueText(itemKey, item) : storedItemsOf(itemKey, item, depth + 1);
      if (held.length > 0) stored[hexOf(itemKey.tag)] = held;
    }
    items.push(stored);
  }
  return items;
}

/** A tag as stored in items. */
export function hexOf(tag: number): string {
  return tag.toString(16).toUpperCase().padStart(8, '0');
}
