import { isOpenByDICOM } from './access-class.ts';
import { compareText, unnamedPlace } from './exposure-table.ts';
import type { Finding } from './finding.ts';
import type { ScanReport, SystemRecord } from './report-data.ts';

/**
 * What became of one exposure. `unknown`: it was there and the newer run cannot say (the check ended inconclusive, or
 * the run was interrupted before it): never counted as gone.
 */
export type Change = 'new' | 'gone' | 'unchanged' | 'unknown';

export interface ChangeCounts {
  readonly new: number;
  readonly gone: number;
  readonly unchanged: number;
  readonly unknown: number;
}

export interface FindingChange {
  readonly system: string;
  readonly check: string;
  readonly owner: string;
  readonly change: Change;
  /** Whole days from when it was first seen exposed to the newer run (or, for `gone`, to the last time it was seen). */
  readonly daysOpen: number;
}

export interface SystemChange {
  readonly system: string;
  readonly owner: string;
  readonly country: string;
  readonly change: Change;
}

/** Better, no better, or worse than before; 'clear' had nothing open in either run. */
export type Verdict = 'good' | 'bad' | 'ugly' | 'clear';

/** Table T2, one row: systems open by DICOM, then and now. */
export interface DeltaRow extends ChangeCounts {
  readonly place: string;
  readonly verdict: Verdict;
  /** The longest time anything of this place's open systems has been known to be open, in whole days. */
  readonly daysOpenMax: number;
}

export interface Comparison {
  readonly oldEnded: string;
  readonly newEnded: string;
  /** Different scopes: what is gone may merely not have been asked for. */
  readonly isSameScope: boolean;
  readonly isComplete: boolean;
  /** All addresses that answered, open or not. */
  readonly systemsSeen: ChangeCounts;
  /** Systems open by DICOM. */
  readonly systemsOpen: ChangeCounts;
  readonly findings: ChangeCounts;
  readonly byCountry: readonly DeltaRow[];
  readonly total: DeltaRow;
  readonly openSystems: readonly SystemChange[];
  readonly changes: readonly FindingChange[];
}

/** Whether a system is open by DICOM hangs on these: who answers, and who may query and retrieve. */
const checksOfOpenness: ReadonlySet<string> = new Set('D01 D05 D06 D07 D08 D09 D11 D12'.split(' '));

/** When an exposure was first seen, by `findingKey`: what a history knows and two reports do not. */
export type FirstSeen = ReadonlyMap<string, string>;

/** Two ports with the same hole are one exposure: it is closed when all of them are. */
export function findingKey({ system, check }: Pick<Finding, 'system' | 'check'>): string {
  return `${check} ${system}`;
}

/**
 * Table T2: what is new, gone and unchanged between two runs, by system and check.
 * @param firstSeen instants (ISO 8601) older than `before`, from a history; days open are counted from there
 */
export function compare(before: ScanReport, after: ScanReport, firstSeen: FirstSeen = new Map()): Comparison {
  const systems = new Map([...before.systems, ...after.systems].map((one) => [one.address, one]));
  const changes = findingChanges(before, after, systems, firstSeen);
  const undecided = new Set(
    changes.flatMap(({ system, check, change }) =>
      change === 'unknown' && checksOfOpenness.has(check) ? system : [],
    ),
  );
  const openSystems = systemChanges(before, after, isOpenByDICOM, undecided);
  const rows = deltaRows(openSystems, changes);
  return {
    oldEnded: before.ended,
    newEnded: after.ended,
    isSameScope: before.scope.hash === after.scope.hash,
    isComplete: before.complete && after.complete,
    systemsSeen: tally(systemChanges(before, after, ({ isHoneypot }) => !isHoneypot)),
    systemsOpen: tally(openSystems),
    findings: tally(changes),
    byCountry: rows.byCountry,
    total: rows.total,
    openSystems,
    changes,
  };
}

function findingChanges(
  before: ScanReport,
  after: ScanReport,
  systems: ReadonlyMap<string, SystemRecord>,
  firstSeen: FirstSeen,
): FindingChange[] {
  const then = exposures(before);
  const now = exposures(after);
  const undecided = undecidedKeys(after);
  const changes: FindingChange[] = [];
  for (const [key, finding] of new Map([...then, ...now])) {
    const old = then.get(key);
    const current = now.get(key);
    const first = firstSeen.get(key) ?? old?.at ?? finding.at;
    let change: Change = 'unchanged';
    if (old === undefined) change = 'new';
    else if (current === undefined) change = undecided.has(key) || !after.complete ? 'unknown' : 'gone';
    changes.push({
      system: finding.system,
      check: finding.check,
      owner: systems.get(finding.system)?.owner ?? '',
      change,
      daysOpen: daysBetween(first, current?.at ?? old?.at ?? first),
    });
  }
  return changes.sort((a, b) => compareText(a.check, b.check) || compareText(a.system, b.system));
}

/** The earliest exposed finding of each key. */
function exposures({ findings }: ScanReport): Map<string, Finding> {
  const found = new Map<string, Finding>();
  for (const finding of findings) {
    if (finding.outcome !== 'exposed') continue;
    const key = findingKey(finding);
    const known = found.get(key);
    if (known === undefined || Date.parse(finding.at) < Date.parse(known.at)) found.set(key, finding);
  }
  return found;
}

function undecidedKeys({ findings }: ScanReport): Set<string> {
  return new Set(
    findings
      .filter(({ outcome }) => outcome === 'inconclusive' || outcome === 'error')
      .map((finding) => findingKey(finding)),
  );
}

/** @param undecided addresses of which the newer run cannot say whether what was exposed still is */
function systemChanges(
  before: ScanReport,
  after: ScanReport,
  counts: (system: SystemRecord) => boolean,
  undecided: ReadonlySet<string> = new Set(),
): SystemChange[] {
  const then = new Map(before.systems.filter(counts).map((one) => [one.address, one]));
  const now = new Map(after.systems.filter(counts).map((one) => [one.address, one]));
  return [...new Map([...then, ...now]).values()]
    .map(({ address, owner, country }): SystemChange => {
      let change: Change = 'unchanged';
      if (!then.has(address)) change = 'new';
      else if (!now.has(address)) change = after.complete && !undecided.has(address) ? 'gone' : 'unknown';
      return { system: address, owner, country: country ?? unnamedPlace, change };
    })
    .sort((a, b) => compareText(a.system, b.system));
}

function tally(changes: readonly { readonly change: Change }[]): ChangeCounts {
  const counts = { new: 0, gone: 0, unchanged: 0, unknown: 0 };
  for (const { change } of changes) counts[change]++;
  return counts;
}

function deltaRows(
  openSystems: readonly SystemChange[],
  changes: readonly FindingChange[],
): { byCountry: DeltaRow[]; total: DeltaRow } {
  const days = new Map<string, number>();
  for (const { system, daysOpen, change } of changes) {
    if (change !== 'gone') days.set(system, Math.max(days.get(system) ?? 0, daysOpen));
  }
  const places = new Map<string, SystemChange[]>();
  for (const change of openSystems) {
    const list = places.get(change.country) ?? [];
    list.push(change);
    places.set(change.country, list);
  }
  return {
    byCountry: [...places]
      .map(([place, list]) => deltaRow(place, list, days))
      .sort((a, b) => stillOpen(b) - stillOpen(a) || b.gone - a.gone || compareText(a.place, b.place)),
    total: deltaRow('Total', openSystems, days),
  };
}

function stillOpen(row: ChangeCounts): number {
  return row.new + row.unchanged + row.unknown;
}

function deltaRow(
  place: string,
  systems: readonly SystemChange[],
  days: ReadonlyMap<string, number>,
): DeltaRow {
  const counts = tally(systems);
  let daysOpenMax = 0;
  for (const { system, change } of systems) {
    if (change !== 'gone') daysOpenMax = Math.max(daysOpenMax, days.get(system) ?? 0);
  }
  return { place, ...counts, verdict: verdictOf(counts), daysOpenMax };
}

/** Good: more closed than opened. Bad: no fewer than before. Ugly: more than before. */
export function verdictOf(counts: ChangeCounts): Verdict {
  if (stillOpen(counts) === 0 && counts.gone === 0) return 'clear';
  if (counts.new > counts.gone) return 'ugly';
  if (counts.gone > counts.new) return 'good';
  return 'bad';
}

const millisecondsPerDay = 86_400_000;

/** Whole days; clocks that ran backwards give 0. */
function daysBetween(from: string, to: string): number {
  return Math.max(0, Math.floor((Date.parse(to) - Date.parse(from)) / millisecondsPerDay));
}
