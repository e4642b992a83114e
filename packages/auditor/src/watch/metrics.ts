import { randomBytes } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { accessClasses, severities } from '../findings/index.ts';
import { countedChanges } from './delta.ts';
import { runOutcomes } from './history.ts';
import type { History } from './history.ts';

/** What the metrics know beside the history. */
export interface WatchState {
  readonly isRunning: boolean;
  readonly nextRun?: Date;
  /** End of the scope's last day. */
  readonly scopeEnds?: Date;
}

interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Content-Type of the text below. */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

const DAY_MS = 86_400_000;

/**
 * Numbers for Prometheus, in its text exposition format 0.0.4. Counts and times alone: no address, no name, no owner
 * is ever a label.
 */
export function metricsText(history: History, state: WatchState, now: Date): string {
  const runs = history.runs();
  const complete = runs.findLast(({ outcome }) => outcome === 'complete');
  const last = runs.findLast(({ outcome }) => outcome !== 'running');
  const counts = (kind: string, names: readonly string[], label: string): Sample[] =>
    complete === undefined
      ? []
      : names.map((name) => ({ labels: { [label]: name }, value: complete.counts[kind]?.[name] ?? 0 }));
  return [
    metric('systems', 'Systems by access class, last complete run', counts('class', accessClasses, 'class')),
    metric('systems_responding', 'Addresses that answered, last complete run', one(complete?.responding)),
    metric('findings', 'Open findings by severity', counts('severity', severities, 'severity')),
    metric('changes', 'Changes of the last complete run', counts('change', countedChanges, 'change')),
    metric('oldest_finding_days', 'Days since the oldest open finding was first seen', oldest(history, now)),
    metric('last_run_timestamp_seconds', 'When the last run began', one(seconds(last?.started))),
    metric(
      'last_run_duration_seconds',
      'How long the last run took',
      one(duration(last?.started, last?.ended)),
    ),
    metric(
      'last_run_outcome',
      'How the last run ended: 1 for what it was',
      last === undefined
        ? []
        : runOutcomes
            .filter((outcome) => outcome !== 'running')
            .map((outcome) => ({ labels: { outcome }, value: last.outcome === outcome ? 1 : 0 })),
    ),
    metric(
      'last_complete_run_timestamp_seconds',
      'When the last complete run ended',
      one(seconds(complete?.ended)),
    ),
    metric('run_active', 'Whether a run is going on', one(state.isRunning ? 1 : 0)),
    metric(
      'next_run_timestamp_seconds',
      'When the next run is due',
      one(state.nextRun === undefined ? undefined : state.nextRun.getTime() / 1_000),
    ),
    metric(
      'scope_end_timestamp_seconds',
      "End of the scope's last day",
      one(state.scopeEnds === undefined ? undefined : state.scopeEnds.getTime() / 1_000),
    ),
    metric('alerts_pending', 'Alerts that wait to be delivered', one(history.pendingAlerts().length)),
  ].join('');
}

const one = (value: number | undefined): Sample[] => (value === undefined ? [] : [{ value }]);

function metric(name: string, help: string, samples: readonly Sample[]): string {
  if (samples.length === 0) return '';
  const full = `leadglass_auditor_${name}`;
  const lines = samples.map(({ labels = {}, value }) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${text}"`);
    return `${full}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}\n`;
  });
  return `# HELP ${full} ${help}\n# TYPE ${full} gauge\n${lines.join('')}`;
}

function seconds(instant: string | undefined): number | undefined {
  return instant === undefined ? undefined : Date.parse(instant) / 1_000;
}

function duration(started: string | undefined, ended: string | undefined): number | undefined {
  return started === undefined || ended === undefined
    ? undefined
    : (Date.parse(ended) - Date.parse(started)) / 1_000;
}

function oldest(history: History, now: Date): Sample[] {
  const exposures = history.exposures();
  return severities.map((severity) => {
    const times = exposures
      .filter((exposure) => exposure.severity === severity)
      .map(({ firstSeen }) => Date.parse(firstSeen));
    const first = times.reduce((earliest, time) => Math.min(earliest, time), now.getTime());
    return { labels: { severity }, value: Math.floor((now.getTime() - first) / DAY_MS) };
  });
}

/** node_exporter, another user, must read it; it holds numbers alone. */
const TEXTFILE_MODE = 0o644;

/** Writes the metrics for node_exporter's textfile collector, whole or not at all. */
export function writeTextfile(path: string, text: string): void {
  const beside = `${path}.${randomBytes(6).toString('hex')}.part`;
  try {
    writeFileSync(beside, text, { flag: 'wx', mode: TEXTFILE_MODE });
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}
