import { findingKey, severityOf } from '../findings/index.ts';
import type { CheckMeta, Finding, FirstSeen, ScanReport, Severity, SystemRecord } from '../findings/index.ts';

/** One check that is open on one system, as far as is known. */
export interface Exposure {
  readonly check: string;
  readonly system: string;
  readonly severity: Severity;
  /** ISO 8601 instants. */
  readonly firstSeen: string;
  readonly lastSeen: string;
  /** Ports it was proved on; empty for findings without a port. */
  readonly ports: readonly number[];
}

/**
 * What is known after a run: not only what this run saw, but also what was open before and could not be decided. With
 * that a check that ends inconclusive once is neither gone nor, the next time, new.
 */
export interface Knowledge {
  readonly scopeHash: string;
  /** When the run ended that this is known from. */
  readonly ended: string;
  readonly systems: readonly SystemRecord[];
  readonly exposures: readonly Exposure[];
}

/** What is known after a complete run, from what was known before it. */
export function advance(
  before: Knowledge | undefined,
  report: ScanReport,
  metas: readonly CheckMeta[],
): Knowledge {
  const scores = new Map(metas.map(({ id, score }) => [id, score]));
  const known = new Map(before?.exposures.map((exposure) => [findingKey(exposure), exposure]));
  const answers = Map.groupBy(report.findings, findingKey);
  const systems = new Map(before?.systems.map((system) => [system.address, system]));
  const exposures: Exposure[] = [];
  for (const key of new Set([...known.keys(), ...answers.keys()])) {
    const exposure = exposureNow(known.get(key), answers.get(key) ?? []);
    if (exposure === undefined) continue;
    exposures.push({ ...exposure, severity: severityOf(scores.get(exposure.check) ?? 0) });
  }
  return {
    scopeHash: report.scope.hash,
    ended: report.ended,
    systems: report.systems.map((system) => withKnownProduct(system, systems.get(system.address))),
    exposures,
  };
}

function exposureNow(
  known: Exposure | undefined,
  answers: readonly Finding[],
): Omit<Exposure, 'severity'> | undefined {
  const exposed = answers.filter(({ outcome }) => outcome === 'exposed');
  const undecided = answers.filter(({ outcome }) => outcome === 'inconclusive' || outcome === 'error');
  const [first] = exposed;
  if (first === undefined) return undecided.length > 0 ? known : undefined;
  const undecidedPorts = new Set(undecided.map(({ port }) => port));
  const kept = known?.ports.filter((port) => undecidedPorts.has(port)) ?? [];
  const times = exposed.map(({ at }) => at).sort(byTime);
  return {
    check: first.check,
    system: first.system,
    firstSeen: known?.firstSeen ?? times[0] ?? first.at,
    lastSeen: times.at(-1) ?? first.at,
    ports: [...new Set([...kept, ...exposed.flatMap(({ port }) => port ?? [])])].sort((a, b) => a - b),
  };
}

const byTime = (a: string, b: string): number => Date.parse(a) - Date.parse(b);

/** A product that did not tell its name this time has not lost its vulnerabilities. */
function withKnownProduct(system: SystemRecord, known: SystemRecord | undefined): SystemRecord {
  if (system.product !== undefined || system.isHoneypot || known?.product === undefined) return system;
  return { ...system, product: known.product, vulnerabilities: known.vulnerabilities };
}

/**
 * What is known, in the form of a report, to be compared with the next one.
 * @param scope the scope of that next run; only the hash is the old one's
 */
export function reportOfKnowledge(
  knowledge: Knowledge,
  next: ScanReport,
  time: 'firstSeen' | 'lastSeen',
): ScanReport {
  const { ended, systems, exposures, scopeHash } = knowledge;
  return {
    ...next,
    scope: { ...next.scope, hash: scopeHash },
    started: ended,
    ended,
    complete: true,
    systems,
    findings: exposures.flatMap((exposure) => {
      const finding: Finding = {
        check: exposure.check,
        system: exposure.system,
        outcome: 'exposed',
        evidence: {},
        at: exposure[time],
      };
      return exposure.ports.length === 0 ? [finding] : exposure.ports.map((port) => ({ ...finding, port }));
    }),
  };
}

/** When each exposure of such a report was first seen, for `compare`. */
export function firstSeenOf({ findings }: ScanReport): FirstSeen {
  return new Map(findings.map((finding) => [findingKey(finding), finding.at]));
}
