import { Tag } from '@leadglass/dicom';
import type { KnownTexts } from './known-texts.ts';
import { packedField, storedItems, type StoredItem } from './packed.ts';
import { depthOf, queryLevels, type QueryKey, type QueryLevel } from './query-keys.ts';
import type { ImageRow, PatientRow, Row, SeriesRow, StudyRow } from './rows.ts';

/** Position of the packed text in a row of each level. */
const packedColumn = { PATIENT: 4, STUDY: 6, SERIES: 4, IMAGE: 5 } as const;

/** Attributes in columns: where in the row of each level. */
const columns: Readonly<Record<QueryLevel, ReadonlyMap<number, number>>> = {
  PATIENT: new Map([
    [Tag.PatientID, 1],
    [Tag.IssuerOfPatientID, 2],
    [Tag.PatientBirthDate, 3],
    [Tag.NumberOfPatientRelatedStudies, 5],
    [Tag.NumberOfPatientRelatedSeries, 6],
    [Tag.NumberOfPatientRelatedInstances, 7],
  ]),
  STUDY: new Map([
    [Tag.StudyInstanceUID, 2],
    [Tag.StudyDate, 3],
    [Tag.AccessionNumber, 4],
    [Tag.StudyID, 5],
    [Tag.ModalitiesInStudy, 7],
    [Tag.SOPClassesInStudy, 8],
    [Tag.NumberOfStudyRelatedSeries, 9],
    [Tag.NumberOfStudyRelatedInstances, 10],
  ]),
  SERIES: new Map([
    [Tag.SeriesInstanceUID, 2],
    [Tag.Modality, 3],
    [Tag.NumberOfSeriesRelatedInstances, 5],
  ]),
  IMAGE: new Map([
    [Tag.SOPInstanceUID, 2],
    [Tag.SOPClassUID, 3],
  ]),
};

/** Dates are in the packed text instead when they are none. */
const maybePacked: ReadonlySet<number> = new Set([Tag.PatientBirthDate, Tag.StudyDate]);

/** Where in a row of its level the text of an attribute is. */
export function placesOf({ level, tag }: QueryKey): readonly number[] {
  const column = columns[level].get(tag);
  if (column === undefined) return [packedColumn[level]];
  return maybePacked.has(tag) ? [column, packedColumn[level]] : [column];
}

/**
 * What a query found: a patient, study, series or image, with the levels above it. Attributes are read from the
 * rows when asked for.
 */
export interface Match {
  readonly level: QueryLevel;
  readonly patientID: string | undefined;
  readonly issuerOfPatientID: string | undefined;
  readonly studyInstanceUID: string | undefined;
  readonly seriesInstanceUID: string | undefined;
  readonly sopInstanceUID: string | undefined;
  /** Slot of the study's key; undefined at PATIENT level. */
  readonly keySlot: number | undefined;
  /** Text of an attribute of this level or one above, values separated by backslashes; '' when none is held. */
  text(key: QueryKey): string;
  /** Items of a sequence of this level or one above. */
  items(key: QueryKey): readonly StoredItem[];
}

/** A row and the rows above it. */
export class Entity implements Match {
  readonly level: QueryLevel;
  readonly row: Row;
  readonly parent: Entity | undefined;
  readonly #texts: KnownTexts;

  constructor(level: QueryLevel, row: Row, parent: Entity | undefined, texts: KnownTexts) {
    this.level = level;
    this.row = row;
    this.parent = parent;
    this.#texts = texts;
  }

  get id(): number {
    return this.row[0];
  }

  get patientID(): string | undefined {
    return (this.#at('PATIENT') as PatientRow)[1] || undefined;
  }

  get issuerOfPatientID(): string | undefined {
    return (this.#at('PATIENT') as PatientRow)[2] || undefined;
  }

  get studyInstanceUID(): string | undefined {
    return (this.#at('STUDY') as StudyRow | undefined)?.[2];
  }

  get seriesInstanceUID(): string | undefined {
    return (this.#at('SERIES') as SeriesRow | undefined)?.[2];
  }

  get sopInstanceUID(): string | undefined {
    return (this.#at('IMAGE') as ImageRow | undefined)?.[2];
  }

  get keySlot(): number | undefined {
    return (this.#at('STUDY') as StudyRow | undefined)?.[11];
  }

  text(key: QueryKey): string {
    const row = this.#at(key.level);
    if (row === undefined) return '';
    const column = columns[key.level].get(key.tag);
    if (column !== undefined) {
      const text = this.#column(key.tag, row[column] as string | number);
      if (text !== '' || !maybePacked.has(key.tag)) return text;
    }
    return packedField(row[packedColumn[key.level]] as string, key.code);
  }

  items(key: QueryKey): readonly StoredItem[] {
    return storedItems(this.text(key));
  }

  #column(tag: number, held: string | number): string {
    if (tag === Tag.SOPClassUID) return this.#texts.textOf(Number(held));
    if (tag !== Tag.SOPClassesInStudy || held === '') return String(held);
    return String(held)
      .split(',')
      .map((id) => this.#texts.textOf(Number(id)))
      .join('\\');
  }

  #at(level: QueryLevel): Row | undefined {
    if (level === this.level) return this.row;
    return this.parent === undefined ? undefined : this.parent.#at(level);
  }
}

/** The level above; undefined above PATIENT. */
export function levelAbove(level: QueryLevel): QueryLevel | undefined {
  return queryLevels[depthOf(level) - 1];
}

export function levelBelow(level: QueryLevel): Exclude<QueryLevel, 'PATIENT'> | undefined {
  return queryLevels[depthOf(level) + 1] as Exclude<QueryLevel, 'PATIENT'> | undefined;
}
