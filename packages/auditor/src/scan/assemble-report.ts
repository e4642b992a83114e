import type { Finding, ScanReport, ScannedCounts, SystemRecord } from '../findings/index.ts';
import { shared } from '../products/index.ts';
import type { Scope } from '../scope/index.ts';
import type { SystemResult } from './examine-system.ts';

export interface ReportParts {
  readonly scope: Scope;
  readonly toolVersion: string;
  readonly started: string;
  readonly ended: string;
  readonly isComplete: boolean;
  readonly scanned: Omit<ScannedCounts, 'responding'>;
  readonly systems: readonly SystemResult[];
  /** About addresses of which nothing is known. */
  readonly notAsked: readonly Finding[];
}

/** Puts the systems in the order of their addresses and compares them with each other: clones, shared keys. */
export function assembleReport(parts: ReportParts): ScanReport {
  const systems = [...parts.systems].sort((a, b) => byNumber.compare(a.record.address, b.record.address));
  const notAsked = [...parts.notAsked].sort((a, b) => byNumber.compare(a.system, b.system));
  const configurations = shared(systems.map(({ traits }) => traits.configuration));
  const keys = shared(systems.map(({ traits }) => traits.keyHash));
  return {
    format: 'leadglass-auditor-scan',
    version: 1,
    toolVersion: parts.toolVersion,
    scope: parts.scope.summary,
    started: parts.started,
    ended: parts.ended,
    complete: parts.isComplete,
    scanned: { ...parts.scanned, responding: systems.length },
    systems: systems.map((system) => withClones(system, configurations)),
    findings: [...systems.flatMap((system) => withSharedKey(system, keys)), ...notAsked],
  };
}

/** So that 10.0.0.9 stands before 10.0.0.10. */
const byNumber = new Intl.Collator('en', { numeric: true });

function withClones(
  { record, traits }: SystemResult,
  configurations: ReadonlyMap<string, number>,
): SystemRecord {
  const { configuration } = traits;
  return configuration !== undefined && configurations.has(configuration)
    ? { ...record, cloneGroup: configuration }
    : record;
}

/** The id of the check about keys: whether a key is shared is known only when all systems are. */
const KEY_CHECK = 'T07';

function withSharedKey(
  { findings, traits }: SystemResult,
  keys: ReadonlyMap<string, number>,
): readonly Finding[] {
  const hosts = traits.keyHash === undefined ? undefined : keys.get(traits.keyHash);
  if (hosts === undefined) return findings;
  return findings.map((finding) => {
    if (finding.check !== KEY_CHECK || finding.evidence['keyHash'] !== traits.keyHash) return finding;
    const { reason: _reason, ...rest } = finding;
    return { ...rest, outcome: 'exposed', evidence: { ...finding.evidence, hostsWithThisKey: hosts } };
  });
}
