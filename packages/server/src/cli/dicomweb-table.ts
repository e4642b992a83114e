import { type DicomJson, type DicomJsonValue, dictionaryEntry, Tag, tagHex, tagOf } from '@leadglass/dicom';
import type { SearchLevel } from '../dicomweb-client/index.ts';
import { printable } from './init-context.ts';
import { formatTable } from './init-context.ts';

/** Wider cells are cut in a table; CSV and JSON have all of them. */
const CELL_CHARS = 40;
/** Values of one attribute that are shown. */
const VALUES_SHOWN = 64;

/** What people look for at a level, before what they asked for themselves. */
const COLUMNS: Readonly<Record<SearchLevel, readonly number[]>> = {
  study: [
    Tag.StudyDate,
    Tag.PatientName,
    Tag.PatientID,
    Tag.ModalitiesInStudy,
    Tag.StudyDescription,
    Tag.AccessionNumber,
    Tag.NumberOfStudyRelatedInstances,
    Tag.StudyInstanceUID,
  ],
  series: [
    Tag.Modality,
    Tag.SeriesNumber,
    Tag.SeriesDescription,
    Tag.NumberOfSeriesRelatedInstances,
    Tag.StudyInstanceUID,
    Tag.SeriesInstanceUID,
  ],
  instance: [Tag.InstanceNumber, Tag.SOPClassUID, Tag.SeriesInstanceUID, Tag.SOPInstanceUID],
};

/** Fields the columns of a level need, by keyword. */
export function fieldsOfLevel(level: SearchLevel): string[] {
  return COLUMNS[level].map((tag) => dictionaryEntry(tag)?.keyword ?? tagHex(tag));
}

/** The columns of a level, then those asked for at the top level, each once. */
export function columnsFor(level: SearchLevel, asked: readonly string[]): number[] {
  const tags = asked.map(tagOf).filter((tag) => tag !== undefined);
  return [...new Set([...COLUMNS[level], ...tags])];
}

export function tableOf(records: readonly DicomJson[], columns: readonly number[]): string {
  const shown = records.map((record) =>
    columns.map((tag) => {
      const text = printable(cellOf(record, tag));
      return text.length > CELL_CHARS && !isUIDColumn(tag) ? `${text.slice(0, CELL_CHARS - 1)}…` : text;
    }),
  );
  return formatTable([columns.map(headOf), ...shown]);
}

/** RFC 4180. A cell that a spreadsheet would take for a formula begins with an apostrophe. */
export function csvOf(records: readonly DicomJson[], columns: readonly number[]): string {
  const rows = [columns.map(headOf), ...records.map((record) => columns.map((tag) => cellOf(record, tag)))];
  return rows.map((row) => `${row.map(csvCell).join(',')}\r\n`).join('');
}

function csvCell(text: string): string {
  const isFormula = /^[=+\-@\t\r]/.test(text) && !/^[+-]?\d+(\.\d+)?$/.test(text);
  const safe = isFormula ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const headOf = (tag: number): string => dictionaryEntry(tag)?.keyword ?? tagHex(tag);
const isUIDColumn = (tag: number): boolean => dictionaryEntry(tag)?.vrs[0] === 'UI';

function cellOf(record: DicomJson, tag: number): string {
  const values = record[tagHex(tag)]?.Value ?? [];
  return values.slice(0, VALUES_SHOWN).map(textOfValue).join('\\');
}

/** A person's name in the first writing it has; items of a sequence are only counted. */
function textOfValue(value: DicomJsonValue): string {
  if (value === null) return '';
  if (typeof value !== 'object') return String(value);
  for (const group of ['Alphabetic', 'Ideographic', 'Phonetic'] as const) {
    const name: unknown = value[group];
    if (typeof name === 'string' && name !== '') return name;
  }
  return '(item)';
}
