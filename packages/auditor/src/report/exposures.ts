import { compareText, isOpen, severityOf } from '../findings/index.ts';
import type {
  CheckMeta,
  Finding,
  FixCode,
  Outcome,
  ScanReport,
  Severity,
  SystemRecord,
} from '../findings/index.ts';

/** One check, and every place where it found something. */
export interface Exposure {
  readonly meta: CheckMeta;
  readonly severity: Severity;
  readonly findings: readonly Finding[];
  /** Different systems among the findings. */
  readonly systems: number;
}

export interface OwnerExposures {
  readonly owner: string;
  /** Systems of this owner that are real and were seen. */
  readonly systems: readonly SystemRecord[];
  readonly openSystems: number;
  /** The worst first. */
  readonly exposures: readonly Exposure[];
  readonly worst: Severity;
}

/** One kind of fix, and what it would close. */
export interface Action {
  readonly fix: FixCode;
  readonly worst: Severity;
  readonly score: number;
  readonly systems: number;
  readonly checks: readonly string[];
}

export interface CheckTally {
  readonly meta: CheckMeta;
  readonly outcomes: Readonly<Record<Outcome, number>>;
}

export type MetaById = ReadonlyMap<string, CheckMeta>;

export function metaById(metas: readonly CheckMeta[]): MetaById {
  return new Map(metas.map((meta) => [meta.id, meta]));
}

/** A report may come from a newer version with checks this one does not know: its findings are shown all the same. */
export function metaFor(metas: MetaById, check: string): CheckMeta {
  return (
    metas.get(check) ?? {
      id: check,
      name: check,
      group: 'governance',
      question: `Check ${check}, which this version does not know`,
      title: `Check ${check}`,
      sends: 'not known to this version',
      proof: 'not known to this version',
      score: 0,
      references: [],
      fixes: [],
      why: 'This version of the auditor does not know the check; use the version that made the report.',
      fix: 'Render the report with the version that made it.',
    }
  );
}

/** What was found, without what stands on honeypots: they are open on purpose. */
export function realExposures(report: ScanReport): Finding[] {
  const honeypots = new Set(
    report.systems.filter(({ isHoneypot }) => isHoneypot).map(({ address }) => address),
  );
  return report.findings.filter(({ outcome, system }) => outcome === 'exposed' && !honeypots.has(system));
}

/** Owners with anything seen, the worst hit first. Findings about no system belong to the scope's owner. */
export function exposuresByOwner(report: ScanReport, metas: MetaById): OwnerExposures[] {
  const ownerOf = new Map(report.systems.map(({ address, owner }) => [address, owner]));
  const systems = groupBy(
    report.systems.filter(({ isHoneypot }) => !isHoneypot),
    ({ owner }) => owner,
  );
  const findings = groupBy(realExposures(report), ({ system }) => ownerOf.get(system) ?? report.scope.owner);
  return [...new Set([...systems.keys(), ...findings.keys()])]
    .map((owner) => {
      const exposures = exposuresOf(findings.get(owner) ?? [], metas);
      const own = systems.get(owner) ?? [];
      const worst = exposures[0]?.severity ?? 'none';
      return { owner, systems: own, openSystems: own.filter(isOpen).length, exposures, worst };
    })
    .sort(
      (a, b) =>
        (b.exposures[0]?.meta.score ?? -1) - (a.exposures[0]?.meta.score ?? -1) ||
        b.openSystems - a.openSystems ||
        compareText(a.owner, b.owner),
    );
}

/** Findings by check, the highest score first, then by id. */
export function exposuresOf(findings: readonly Finding[], metas: MetaById): Exposure[] {
  return [...groupBy(findings, ({ check }) => check)]
    .map(([check, list]): Exposure => {
      const meta = metaFor(metas, check);
      const sorted = list.toSorted(
        (a, b) => compareText(a.system, b.system) || (a.port ?? 0) - (b.port ?? 0),
      );
      return {
        meta,
        severity: severityOf(meta.score),
        findings: sorted,
        systems: new Set(list.map(({ system }) => system)).size,
      };
    })
    .sort((a, b) => b.meta.score - a.meta.score || compareText(a.meta.id, b.meta.id));
}

/** What to do first: the fix that answers the worst findings, then the one that closes the most systems. */
export function actionsOf(exposures: readonly Exposure[]): Action[] {
  const byFix = new Map<FixCode, Exposure[]>();
  for (const exposure of exposures) {
    if (exposure.severity === 'none') continue;
    for (const fix of exposure.meta.fixes) byFix.set(fix, [...(byFix.get(fix) ?? []), exposure]);
  }
  return [...byFix]
    .map(([fix, list]): Action => {
      const score = Math.max(...list.map(({ meta }) => meta.score));
      const systems = new Set(list.flatMap(({ findings }) => findings.map(({ system }) => system)));
      return {
        fix,
        score,
        worst: severityOf(score),
        systems: systems.size,
        checks: list.map(({ meta }) => meta.id),
      };
    })
    .sort((a, b) => b.score - a.score || b.systems - a.systems || compareText(a.fix, b.fix));
}

/** Every check that gave an answer, with how often it gave which. */
export function tallyChecks({ findings }: ScanReport, metas: MetaById): CheckTally[] {
  const tallies = new Map<string, Record<Outcome, number>>();
  for (const { check, outcome } of findings) {
    const tally = tallies.get(check) ?? {
      exposed: 0,
      protected: 0,
      notApplicable: 0,
      inconclusive: 0,
      error: 0,
    };
    tally[outcome]++;
    tallies.set(check, tally);
  }
  return [...tallies]
    .map(([check, outcomes]) => ({ meta: metaFor(metas, check), outcomes }))
    .sort((a, b) => compareText(a.meta.id, b.meta.id));
}

export function groupBy<Value>(values: Iterable<Value>, key: (value: Value) => string): Map<string, Value[]> {
  const groups = new Map<string, Value[]>();
  for (const value of values) {
    const name = key(value);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [value]);
    else group.push(value);
  }
  return groups;
}
