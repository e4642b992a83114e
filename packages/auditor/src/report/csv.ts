import { percentText } from '../findings/index.ts';
import {
  channelTable,
  exposureTable,
  followUpTable,
  postureTable,
  vulnerabilityTable,
} from '../findings/index.ts';
import { visible } from './visible-text.ts';
import type {
  Comparison,
  Count,
  DeltaRow,
  ExposureRow,
  FollowUpEntry,
  ScanReport,
  Share,
} from '../findings/index.ts';

export type CSVValue = string | number | boolean | undefined;
export type CSVRow = readonly CSVValue[];

export type TableName = 'T1' | 'T2' | 'T3' | 'T4' | 'T5' | 'T6';

/** What a spreadsheet takes for the beginning of a formula (full-width forms included, which some of them fold). */
const formulaStart = /^[\s]*[=+\-@\uff1d\uff0b\uff0d\uff20]/u;

/**
 * RFC 4180: CRLF after every record, quotes doubled. Text that a spreadsheet would run as a formula is preceded by an
 * apostrophe; numbers of our own are not text, and stay numbers.
 */
export function toCSV(rows: readonly CSVRow[]): string {
  return rows.map((row) => `${row.map(field).join(',')}\r\n`).join('');
}

function field(value: CSVValue): string {
  if (value === undefined) return '';
  if (typeof value !== 'string') return String(value);
  const shown = visible(value);
  const text = formulaStart.test(shown) ? `'${shown}` : shown;
  return /[",\r\n]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The tables T1 to T6, one CSV each. T2 is there when there is a comparison. */
export function toCsv(
  report: ScanReport,
  options: { readonly comparison?: Comparison; readonly followUp?: readonly FollowUpEntry[] } = {},
): ReadonlyMap<TableName, string> {
  const tables = new Map<TableName, string>([['T1', toCSV(exposureRows(report))]]);
  if (options.comparison !== undefined) tables.set('T2', toCSV(deltaRows(options.comparison)));
  tables.set('T3', toCSV(channelRows(report)));
  tables.set('T4', toCSV(vulnerabilityRows(report)));
  tables.set('T5', toCSV(postureRows(report)));
  tables.set('T6', toCSV(followUpRows(report, options.followUp)));
  return tables;
}

function exposureRows(report: ScanReport): CSVRow[] {
  const { byCountry, bySite, total } = exposureTable(report);
  const head = [
    'by',
    'place',
    'systems_scanned',
    'open_by_dicom',
    'study_records',
    'study_records_at_least',
    'linked_images',
    'linked_images_at_least',
    'retrievable_images',
    'retrievable_images_at_least',
    'honeypots_not_counted',
  ];
  const record = (by: string, row: ExposureRow): CSVRow => [
    by,
    row.place,
    row.systems,
    row.open,
    ...countFields(row.studies),
    ...countFields(row.images),
    ...countFields(row.retrievableImages),
    row.honeypots,
  ];
  return [
    head,
    ...byCountry.map((row) => record('country', row)),
    ...bySite.map((row) => record('site', row)),
    record('total', total),
  ];
}

/** The number, and whether it is a lower bound. */
function countFields({ value, isLowerBound }: Count): [number, boolean] {
  return [value, isLowerBound];
}

export function deltaRows({ byCountry, total }: Comparison): CSVRow[] {
  const record = (row: DeltaRow): CSVRow => [
    row.place,
    row.new,
    row.gone,
    row.unchanged,
    row.unknown,
    row.daysOpenMax,
    row.verdict,
  ];
  return [
    ['country', 'new', 'gone', 'unchanged', 'not_decided', 'days_open_at_least', 'verdict'],
    ...byCountry.map(record),
    record(total),
  ];
}

function channelRows(report: ScanReport): CSVRow[] {
  return [
    ['channel', 'servers', 'files', 'files_at_least'],
    ...channelTable(report).map(({ channel, servers, files }) => [channel, servers, ...countFields(files)]),
  ];
}

function vulnerabilityRows(report: ScanReport): CSVRow[] {
  const { byProduct, total } = vulnerabilityTable(report);
  return [
    ['product', 'systems', 'potential_matches', 'different', 'high_or_critical', 'cvss_10', 'without_score'],
    ...[...byProduct, total].map((row) => [
      row.product,
      row.systems,
      row.total,
      row.distinct,
      row.high,
      row.scoreTen,
      row.unscored,
    ]),
  ];
}

function postureRows(report: ScanReport): CSVRow[] {
  const posture = postureTable(report);
  const record = (kind: string, name: string, version: string | undefined, share: Share): CSVRow => [
    kind,
    name,
    version,
    share.part,
    share.whole,
    percentText(share.part, share.whole).replace(/ %$/, ''),
  ];
  return [
    ['kind', 'name', 'version', 'systems', 'of', 'percent'],
    record('posture', 'DICOM over TLS', undefined, posture.tls),
    record('posture', 'AE titles unchecked', undefined, posture.titleUnchecked),
    record('posture', 'product known', undefined, posture.productKnown),
    record('posture', 'in a cluster of clones', undefined, posture.cloned),
    ...posture.products.map((one) => record('product', one.product, one.version, one)),
    ...posture.clones.map(({ group, product, systems }) =>
      record('clones', group, product, { part: systems, whole: posture.cloned.whole }),
    ),
  ];
}

function followUpRows(report: ScanReport, entries: readonly FollowUpEntry[] = []): CSVRow[] {
  return [
    ['owner', 'open_systems', 'notified', 'answered', 'fixed_as_told', 'found_open_after_fix'],
    ...followUpTable(report, entries).rows.map((row) => [
      row.owner,
      row.openSystems,
      row.notified,
      row.answered,
      row.fixed,
      row.isContradicted,
    ]),
  ];
}
