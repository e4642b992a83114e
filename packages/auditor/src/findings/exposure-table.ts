import { isOpenByDICOM, speaksDICOM } from './access-class.ts';
import { addCounts, noCount } from './count.ts';
import type { Count, ScanReport, SystemRecord } from './report-data.ts';

/** What a place without a country or site in the scope is called. */
export const unnamedPlace = '(not stated)';

/** Table T1, one row: the columns of the studies. */
export interface ExposureRow {
  readonly place: string;
  /** Systems that speak DICOM or have a web door of an image archive; honeypots are not among them. */
  readonly systems: number;
  /** Of these, open by DICOM: queries permitted or better (A3, A4, A5). */
  readonly open: number;
  /** Study records that could be counted. A lower bound when a count stopped at its cap, or an open system has none. */
  readonly studies: Count;
  /** Images these records speak of. */
  readonly images: Count;
  /** Images of systems that permit retrieval (A5 or open WADO). */
  readonly retrievableImages: Count;
  /** Recognised as fake, left out of all the other columns. */
  readonly honeypots: number;
}

export interface ExposureTable {
  readonly byCountry: readonly ExposureRow[];
  readonly bySite: readonly ExposureRow[];
  readonly total: ExposureRow;
}

/** Checks that prove or disprove a web door of an image archive. */
const archiveWebChecks = new Set(['W01', 'W02', 'W03', 'W04', 'W09', 'W14']);
/** WADO-RS or WADO-URI answers a stranger. */
const openWADOCheck = 'W03';

interface WebFacts {
  readonly archiveWebDoors: ReadonlySet<string>;
  readonly openWADO: ReadonlySet<string>;
}

/** T1, per country and per site, and over all. Every system is in exactly one row of each. */
export function exposureTable(report: ScanReport): ExposureTable {
  const facts = webFacts(report);
  const all = [emptyRow('Total')];
  const byCountry = new Map<string, Row>();
  const bySite = new Map<string, Row>();
  for (const system of report.systems) {
    const rows = [...all, rowFor(byCountry, system.country ?? unnamedPlace), rowFor(bySite, siteOf(system))];
    for (const row of rows) addSystem(row, system, facts);
  }
  return { byCountry: sorted(byCountry), bySite: sorted(bySite), total: all[0] ?? emptyRow('Total') };
}

/** Sites of two owners may bear the same name. */
function siteOf({ owner, site }: SystemRecord): string {
  return site === undefined ? `${owner} ${unnamedPlace}` : `${owner}: ${site}`;
}

type Row = { -readonly [Key in keyof ExposureRow]: ExposureRow[Key] };

function emptyRow(place: string): Row {
  return {
    place,
    systems: 0,
    open: 0,
    studies: noCount,
    images: noCount,
    retrievableImages: noCount,
    honeypots: 0,
  };
}

function rowFor(rows: Map<string, Row>, place: string): Row {
  const row = rows.get(place) ?? emptyRow(place);
  rows.set(place, row);
  return row;
}

function addSystem(row: Row, system: SystemRecord, facts: WebFacts): void {
  if (system.isHoneypot) {
    row.honeypots++;
    return;
  }
  if (!isArchive(system, facts)) return;
  row.systems++;
  const isOpen = isOpenByDICOM(system);
  if (isOpen) row.open++;
  // An open system nobody counted holds some number of records: the sum is true only from below.
  const unknown: Count = { value: 0, isLowerBound: isOpen };
  row.studies = addCounts(row.studies, system.counts.studies ?? unknown);
  row.images = addCounts(row.images, system.counts.images ?? unknown);
  row.retrievableImages = addCounts(row.retrievableImages, retrievableImages(system, facts));
}

function isArchive(system: SystemRecord, { archiveWebDoors }: WebFacts): boolean {
  return speaksDICOM(system) || system.accessClasses.includes('H') || archiveWebDoors.has(system.address);
}

function retrievableImages(system: SystemRecord, { openWADO }: WebFacts): Count {
  const { images, retrievableImages: counted } = system.counts;
  if (counted !== undefined) return counted;
  const isRetrievable = system.accessClasses.includes('A5') || openWADO.has(system.address);
  if (!isRetrievable) return noCount;
  return images ?? { value: 0, isLowerBound: true };
}

function webFacts({ findings }: ScanReport): WebFacts {
  const archiveWebDoors = new Set<string>();
  const openWADO = new Set<string>();
  for (const { check, system, outcome } of findings) {
    if (!archiveWebChecks.has(check)) continue;
    if (outcome === 'exposed' || outcome === 'protected') archiveWebDoors.add(system);
    if (check === openWADOCheck && outcome === 'exposed') openWADO.add(system);
  }
  return { archiveWebDoors, openWADO };
}

/** Most open first, as in the studies; then by name, so that two runs print the same page. */
function sorted(rows: ReadonlyMap<string, Row>): ExposureRow[] {
  return [...rows.values()].sort(
    (a, b) => b.open - a.open || b.systems - a.systems || compareText(a.place, b.place),
  );
}

/** By code unit: the same order on every machine. */
export function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
