import { createHash } from 'node:crypto';
import { findingKey, severityOf } from '../findings/index.ts';
import { metaById, metaFor } from './exposures.ts';
import { endpoint } from './endpoint.ts';
import { reference } from './texts/reference-codes.ts';
import { visible } from './visible-text.ts';
import { jsonItems } from './json-text.ts';
import type { CheckMeta, Finding, ScanReport } from '../findings/index.ts';

type Level = 'none' | 'note' | 'warning' | 'error';

interface Text {
  readonly text: string;
}

/** The part of SARIF 2.1.0 (OASIS) that is used. */
export interface SARIFLog {
  readonly $schema: string;
  readonly version: '2.1.0';
  readonly runs: readonly SARIFRun[];
}

interface SARIFRun {
  readonly tool: {
    readonly driver: {
      readonly name: string;
      readonly version: string;
      readonly rules: readonly SARIFRule[];
    };
  };
  readonly automationDetails: { readonly id: string };
  readonly invocations: readonly {
    readonly executionSuccessful: boolean;
    readonly startTimeUtc: string;
    readonly endTimeUtc: string;
  }[];
  readonly columnKind: 'utf16CodeUnits';
  readonly results: readonly SARIFResult[];
}

interface SARIFRule {
  readonly id: string;
  readonly name: string;
  readonly shortDescription: Text;
  readonly fullDescription: Text;
  readonly help: Text;
  readonly defaultConfiguration: { readonly level: Level };
  readonly properties: Readonly<Record<string, string | readonly string[]>>;
}

interface SARIFResult {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly kind: 'fail' | 'review' | 'informational';
  readonly level: Level;
  readonly message: Text;
  readonly locations: readonly {
    readonly physicalLocation: { readonly artifactLocation: { readonly uri: string } };
    readonly logicalLocations: readonly { readonly fullyQualifiedName: string; readonly kind: string }[];
  }[];
  readonly partialFingerprints: Readonly<Record<string, string>>;
  readonly properties: Readonly<Record<string, string | number | boolean>>;
}

/**
 * SARIF 2.1.0: every exposed finding is a failed result, every undecided one asks for review. What stands on honeypots
 * is informational.
 */
export function toSarif(report: ScanReport, metas: readonly CheckMeta[]): SARIFLog {
  const { log, results } = sarifParts(report, metas);
  const [run] = log.runs;
  return run === undefined ? log : { ...log, runs: [{ ...run, results: [...results] }] };
}

/** The same as text, piece by piece: of a national report neither all results nor all their text are in memory. */
export function* sarifText(report: ScanReport, metas: readonly CheckMeta[]): Generator<string> {
  const { log, results } = sarifParts(report, metas);
  // In JSON text a quote within a string stands behind a backslash, so this is the key itself.
  const frame = JSON.stringify(log);
  const at = frame.lastIndexOf('"results":[') + '"results":['.length;
  yield frame.slice(0, at);
  yield* jsonItems(results);
  yield `\n${frame.slice(at)}\n`;
}

/** A log without results, and its results one by one. */
function sarifParts(
  report: ScanReport,
  metas: readonly CheckMeta[],
): { log: SARIFLog; results: Iterable<SARIFResult> } {
  const known = metaById(metas);
  const told = report.findings.filter(
    ({ outcome }) => outcome === 'exposed' || outcome === 'inconclusive' || outcome === 'error',
  );
  const ids = [...new Set(told.map(({ check }) => check))].sort();
  const indexes = new Map(ids.map((id, index) => [id, index]));
  const honeypots = new Set(
    report.systems.filter(({ isHoneypot }) => isHoneypot).map(({ address }) => address),
  );
  const log: SARIFLog = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'leadglass-auditor',
            version: visible(report.toolVersion),
            rules: ids.map((id) => ruleOf(metaFor(known, id))),
          },
        },
        automationDetails: { id: `leadglass-auditor/${visible(report.scope.hash)}` },
        invocations: [
          {
            executionSuccessful: report.complete,
            startTimeUtc: utc(report.started),
            endTimeUtc: utc(report.ended),
          },
        ],
        columnKind: 'utf16CodeUnits',
        results: [],
      },
    ],
  };
  return { log, results: resultsOf() };

  function* resultsOf(): Generator<SARIFResult> {
    for (const finding of told) {
      const index = indexes.get(finding.check) ?? -1;
      yield resultOf(finding, metaFor(known, finding.check), index, honeypots.has(finding.system));
    }
  }
}

function ruleOf(meta: CheckMeta): SARIFRule {
  return {
    id: meta.id,
    name: meta.name,
    shortDescription: { text: meta.title },
    fullDescription: { text: `${meta.question} ${meta.why}` },
    help: { text: meta.fix },
    defaultConfiguration: { level: levelOf(meta.score) },
    properties: {
      // A string with this name is what code hosts sort by.
      'security-severity': meta.score.toFixed(1),
      tags: ['security', meta.group],
      references: meta.references.map((code) => {
        const { source, text } = reference(code);
        return `${source}: ${text}`;
      }),
    },
  };
}

function resultOf(finding: Finding, meta: CheckMeta, ruleIndex: number, isHoneypot: boolean): SARIFResult {
  const { check, system, port, outcome, evidence, reason, at } = finding;
  const isFailed = outcome === 'exposed' && !isHoneypot;
  const name = visible(port === undefined ? system : endpoint(system, port));
  const facts = Object.entries(evidence).map(([key, value]) => [visible(key), shown(value)] as const);
  return {
    ruleId: check,
    ruleIndex,
    kind: isFailed ? 'fail' : outcome === 'exposed' ? 'informational' : 'review',
    // Only a failed result may have another level than none (SARIF 3.27.10).
    level: isFailed ? levelOf(meta.score) : 'none',
    message: { text: messageOf(meta, outcome, name, facts, reason) },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri: locationURI(finding, meta) } },
        logicalLocations: [{ fullyQualifiedName: name, kind: 'resource' }],
      },
    ],
    partialFingerprints: {
      'systemAndCheck/v1': createHash('sha256').update(findingKey(finding)).digest('hex'),
    },
    properties: {
      outcome,
      at,
      ...Object.fromEntries(facts.map(([key, value]) => [`evidence/${key}`, value])),
    },
  };
}

function shown(value: string | number | boolean): string | number | boolean {
  return typeof value === 'string' ? visible(value) : value;
}

function messageOf(
  meta: CheckMeta,
  outcome: string,
  name: string,
  facts: readonly (readonly [string, string | number | boolean])[],
  reason: string | undefined,
): string {
  const evidence = facts.map(([key, value]) => `${key}=${String(value)}`).join(', ');
  const what = outcome === 'exposed' ? meta.title : `${meta.question} (${outcome})`;
  const parts = [`${name}: ${what}.`];
  if (evidence !== '') parts.push(`Evidence: ${evidence}.`);
  if (reason !== undefined) parts.push(`Reason: ${reason}.`);
  // Text in brackets would be taken for a link to a location (SARIF 3.11.6).
  return visible(parts.join(' ')).replace(/[[\]]/g, '\\$&');
}

/** Systems have no files: an endpoint is named as a URI of its own; for files, the path relative to what was read. */
function locationURI({ system: name, port }: Finding, { group }: CheckMeta): string {
  const system = name.toWellFormed();
  if (group === 'files') return system.split('/').map(encodeURIComponent).join('/');
  const host = system.includes(':')
    ? `[${encodeURIComponent(system).replaceAll('%3A', ':')}]`
    : encodeURIComponent(system);
  return port === undefined ? `host://${host}` : `tcp://${host}:${port}`;
}

function levelOf(score: number): Level {
  switch (severityOf(score)) {
    case 'critical':
    case 'high':
      return 'error';
    case 'medium':
      return 'warning';
    case 'low':
      return 'note';
    case 'none':
      return 'none';
  }
}

/** SARIF wants UTC; what is no instant stays as it is. */
function utc(instant: string): string {
  const time = Date.parse(instant);
  return Number.isNaN(time) ? instant : new Date(time).toISOString();
}
