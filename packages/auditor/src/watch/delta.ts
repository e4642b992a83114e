import { z } from 'zod';
import {
  accessClassMeaning,
  compare,
  compareText,
  findingKey,
  severities,
  severityOf,
} from '../findings/index.ts';
import type { CheckMeta, Comparison, Finding, ScanReport, SystemRecord } from '../findings/index.ts';
import { redact } from '../report/index.ts';
import type { Audience } from '../report/index.ts';
import { firstSeenOf, reportOfKnowledge } from './knowledge.ts';
import type { Knowledge } from './knowledge.ts';

/** One thing that changed, as it is told and kept. `worse`: of a system that was known, more is open than before. */
export const changeItemSchema = z.strictObject({
  change: z.enum(['new', 'worse', 'gone']),
  what: z.enum(['finding', 'port', 'access-class', 'vulnerability']),
  system: z.string(),
  hostName: z.string().exactOptional(),
  owner: z.string(),
  /** Id of the check, of the access class or of the vulnerability. */
  id: z.string(),
  title: z.string(),
  score: z.number().exactOptional(),
  severity: z.enum(severities),
  ports: z.array(z.number()),
  /** Whole days, for findings. */
  daysOpen: z.number().exactOptional(),
});
export type ChangeItem = z.infer<typeof changeItemSchema>;

export interface Delta {
  /** The worst first. */
  readonly items: readonly ChangeItem[];
  readonly counts: Readonly<Record<CountedChange, number>>;
  readonly isSameScope: boolean;
  /** The longest time any finding that is still open has been known, whole days. */
  readonly oldestDays: number;
  /** End of the run before; undefined for the first. */
  readonly since: string | undefined;
}

export const countedChanges = ['new', 'worse', 'gone', 'undecided', 'unchanged'] as const;
export type CountedChange = (typeof countedChanges)[number];

/**
 * What changed since the last complete run, as an audience may see it: both sides are redacted before they are
 * compared, so that nothing withheld can come back by way of the difference.
 */
export function deltaFor(
  before: Knowledge | undefined,
  report: ScanReport,
  audience: Audience,
  { metas, secret }: { readonly metas: readonly CheckMeta[]; readonly secret: Uint8Array },
): Delta {
  const nothing: Knowledge = {
    scopeHash: report.scope.hash,
    ended: report.started,
    systems: [],
    exposures: [],
  };
  const shown = (time: 'firstSeen' | 'lastSeen'): ScanReport =>
    redact(reportOfKnowledge(before ?? nothing, report, time), audience, secret);
  const then = shown('lastSeen');
  const now = redact(report, audience, secret);
  const comparison = compare(then, now, firstSeenOf(shown('firstSeen')));
  const items = [...findingItems(comparison, then, now, metas), ...systemItems(comparison, then, now)].sort(
    (a, b) =>
      severities.indexOf(a.severity) - severities.indexOf(b.severity) ||
      (b.score ?? 0) - (a.score ?? 0) ||
      compareText(a.id, b.id) ||
      compareText(a.system, b.system),
  );
  const count = (change: ChangeItem['change']): number =>
    items.filter((item) => item.change === change).length;
  const { unknown: undecided, unchanged } = comparison.findings;
  const stillOpen = comparison.changes.filter(({ change }) => change !== 'gone');
  return {
    items,
    counts: { new: count('new'), worse: count('worse'), gone: count('gone'), undecided, unchanged },
    isSameScope: before === undefined || before.scopeHash === report.scope.hash,
    oldestDays: stillOpen.reduce((most, { daysOpen }) => Math.max(most, daysOpen), 0),
    since: before?.ended,
  };
}

function findingItems(
  { changes }: Comparison,
  then: ScanReport,
  now: ScanReport,
  metas: readonly CheckMeta[],
): ChangeItem[] {
  const metaById = new Map(metas.map((meta) => [meta.id, meta]));
  const systems = recordsByAddress([...then.systems, ...now.systems]);
  const portsThen = portsByKey(then.findings);
  const portsNow = portsByKey(now.findings);
  return changes.flatMap((one): ChangeItem[] => {
    const { check, system, owner, change, daysOpen } = one;
    if (change === 'unknown') return [];
    const key = findingKey(one);
    const before = portsThen.get(key) ?? [];
    const current = portsNow.get(key) ?? [];
    const added = current.filter((port) => !before.includes(port));
    if (change === 'unchanged' && added.length === 0) return [];
    const meta = metaById.get(check);
    const score = meta?.score ?? 0;
    return [
      {
        change: change === 'unchanged' ? 'worse' : change,
        what: change === 'unchanged' ? 'port' : 'finding',
        ...placeOf(system, owner, systems),
        id: check,
        title: meta?.title ?? `Check ${check}`,
        score,
        severity: severityOf(score),
        ports: change === 'new' ? current : change === 'gone' ? before : added,
        daysOpen,
      },
    ];
  });
}

/** Access classes and potential vulnerabilities that a system has now and had not. */
function systemItems({ changes }: Comparison, then: ScanReport, now: ScanReport): ChangeItem[] {
  const before = recordsByAddress(then.systems);
  const withNewFinding = new Set(changes.flatMap(({ change, system }) => (change === 'new' ? system : [])));
  return now.systems.flatMap((system): ChangeItem[] => {
    const known = before.get(system.address);
    if (known === undefined || known.isHoneypot || system.isHoneypot) return [];
    const place = placeOf(system.address, system.owner, before);
    // A class comes back when its check could be decided again; without a new finding nothing became worse.
    const classes = withNewFinding.has(system.address)
      ? system.accessClasses.filter((one) => !known.accessClasses.includes(one))
      : [];
    const vulnerabilities = system.vulnerabilities.filter(
      ({ id }) => !known.vulnerabilities.some((other) => other.id === id),
    );
    return [
      ...classes.map((id): ChangeItem => ({
        change: 'worse',
        what: 'access-class',
        ...place,
        id,
        title: accessClassMeaning[id],
        severity: 'high',
        ports: [],
      })),
      ...vulnerabilities.map(({ id, title, score }): ChangeItem => ({
        change: 'worse',
        what: 'vulnerability',
        ...place,
        id,
        title: `potential: ${title}`,
        ...(score === undefined ? {} : { score }),
        severity: score === undefined ? 'medium' : severityOf(score),
        ports: [],
      })),
    ];
  });
}

function recordsByAddress(systems: readonly SystemRecord[]): Map<string, SystemRecord> {
  return new Map(systems.map((system) => [system.address, system]));
}

function placeOf(
  system: string,
  owner: string,
  records: ReadonlyMap<string, SystemRecord>,
): Pick<ChangeItem, 'system' | 'owner' | 'hostName'> {
  const hostName = records.get(system)?.hostName;
  return { system, owner, ...(hostName === undefined ? {} : { hostName }) };
}

function portsByKey(findings: readonly Finding[]): Map<string, number[]> {
  const exposed = findings.filter(({ outcome }) => outcome === 'exposed');
  return new Map(
    [...Map.groupBy(exposed, findingKey)].map(([key, list]) => [
      key,
      [...new Set(list.flatMap(({ port }) => port ?? []))].sort((a, b) => a - b),
    ]),
  );
}
