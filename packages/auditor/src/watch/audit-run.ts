import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { AnyCheck } from '../checks/check.ts';
import { accessClasses, severities } from '../findings/index.ts';
import type { AccessClass, CheckMeta, ScanReport } from '../findings/index.ts';
import { withheld } from '../report/redact.ts';
import { compareReports, redact, writeComparison, writeReports } from '../report/index.ts';
import { JournalError, runScan } from '../scan/index.ts';
import type { ScanOptions, ScanProgress } from '../scan/index.ts';
import { ScopeError, pinScope, readScope } from '../scope/index.ts';
import type { Resolver, Scope } from '../scope/index.ts';
import { alarming, changesMessage, troubleMessage } from './alert.ts';
import type { Trouble } from './alert.ts';
import { deltaFor } from './delta.ts';
import type { Delta } from './delta.ts';
import type { History, NewAlert, Run, RunCounts } from './history.ts';
import { advance, firstSeenOf, reportOfKnowledge } from './knowledge.ts';
import type { Knowledge } from './knowledge.ts';
import { ITEMS_MAX, RESUME_MAX_MS } from './limits.ts';
import { hasEnded } from './permitted-time.ts';
import type { AnyChannel, WatchConfig } from './watch-config.ts';
import { WatchError } from './watch-error.ts';

/** What a watch works with. */
export interface AuditSurroundings {
  readonly config: WatchConfig;
  readonly history: History;
  readonly checks: readonly AnyCheck[];
  readonly metas: readonly CheckMeta[];
  readonly toolVersion: string;
  readonly resolver: Resolver;
  readonly signal: AbortSignal;
  readonly now: () => Date;
  readonly log: (line: string) => void;
  readonly onProgress?: (progress: ScanProgress) => void;
}

export type AuditResult =
  | { readonly outcome: 'complete'; readonly run: number; readonly delta: Delta; readonly report: ScanReport }
  | { readonly outcome: 'interrupted'; readonly run: number }
  | { readonly outcome: 'failed'; readonly run: number; readonly trouble: Trouble };

/**
 * One run, from the scope to the history: goes on with one that was interrupted, or begins anew. Its folder gets the
 * reports first, then one transaction gets everything else: killed anywhere, the next start does the rest.
 * @throws what the history throws
 */
export async function auditOnce(surroundings: AuditSurroundings, due: Date): Promise<AuditResult> {
  const { config, history, now, log, toolVersion } = surroundings;
  const started = now().toISOString();
  let scope: Scope;
  try {
    scope = await pinScope(readScope(readFileSync(config.scopeFile, 'utf8')), surroundings.resolver);
    const refusal = scope.timeRefusal(now());
    if (refusal !== undefined) {
      throw new WatchError(hasEnded(scope, now()) ? 'SCOPE_ENDED' : 'OUT_OF_TIME', refusal);
    }
  } catch (error) {
    const run = history.begin({ due: due.toISOString(), started, scopeHash: '', toolVersion });
    return fail(surroundings, run, error);
  }
  const resumed = resumable(surroundings, scope);
  const run =
    resumed?.id ?? history.begin({ due: due.toISOString(), started, scopeHash: scope.hash, toolVersion });
  log(resumed === undefined ? `run ${run} begins` : `run ${run} goes on`);
  return examine(surroundings, scope, run, resumed !== undefined);
}

/** The unfinished run, when this scope can go on with it; what cannot be gone on with is given up. */
function resumable({ history, now, log }: AuditSurroundings, scope: Scope): Run | undefined {
  for (;;) {
    const run = history.unfinished();
    if (run === undefined) return undefined;
    const isOld = now().getTime() - Date.parse(run.started) > RESUME_MAX_MS;
    if (run.scopeHash === scope.hash && !isOld) return run;
    const reason = isOld ? 'interrupted too long ago' : 'the scope is another now';
    history.end(run.id, 'abandoned', { ended: now().toISOString(), reason });
    log(`run ${run.id} given up: ${reason}`);
  }
}

async function examine(
  surroundings: AuditSurroundings,
  scope: Scope,
  run: number,
  resume: boolean,
): Promise<AuditResult> {
  const { history, checks, signal, toolVersion, now, onProgress, config } = surroundings;
  const folder = runFolder(config, run);
  const options: ScanOptions = {
    scope,
    checks,
    folder,
    signal,
    toolVersion,
    resume,
    now,
    ...(onProgress === undefined ? {} : { onProgress }),
  };
  try {
    const report = await runScan(options);
    if (!report.complete) {
      history.interrupt(run);
      return { outcome: 'interrupted', run };
    }
    const before = history.knowledge();
    await writeRun(report, before, folder, surroundings.metas);
    return record(surroundings, run, before, report);
  } catch (error) {
    if (signal.aborted) {
      history.interrupt(run);
      return { outcome: 'interrupted', run };
    }
    if (!(resume && error instanceof JournalError)) return fail(surroundings, run, error);
    // Killed before the journal's first line was whole: nothing is lost but that.
    const { due } = history.runs().find(({ id }) => id === run) ?? { due: now().toISOString() };
    history.end(run, 'abandoned', { ended: now().toISOString(), reason: 'its journal cannot be read' });
    return auditOnce(surroundings, new Date(due));
  }
}

/** Reports and, from the second run on, what changed: for whoever runs the watch, so nothing is withheld. */
async function writeRun(
  report: ScanReport,
  before: Knowledge | undefined,
  folder: string,
  metas: readonly CheckMeta[],
): Promise<void> {
  if (before === undefined) {
    await writeReports(report, folder, { metas });
    return;
  }
  const firstSeen = firstSeenOf(reportOfKnowledge(before, report, 'firstSeen'));
  const changed = compareReports(reportOfKnowledge(before, report, 'lastSeen'), report, { metas, firstSeen });
  await writeReports(report, folder, { metas, comparison: changed.comparison });
  await writeComparison(changed, folder);
}

function record(
  surroundings: AuditSurroundings,
  run: number,
  before: Knowledge | undefined,
  report: ScanReport,
): AuditResult {
  const { config, history, metas } = surroundings;
  const secret = history.secret();
  const delta = deltaFor(before, report, 'full', { metas, secret });
  const knowledge = advance(before, report, metas);
  const row = history.runs().find(({ id }) => id === run);
  const alerts = config.channels.flatMap((channel): NewAlert[] => {
    const shown = deltaFor(before, report, channel.audience, { metas, secret });
    const items = alarming(shown, config);
    if (items.length === 0) return [];
    const head = {
      run,
      due: row?.due ?? report.started,
      started: report.started,
      ended: report.ended,
      owner: redact(report, channel.audience, secret).scope.owner,
      audience: audienceName(channel),
    };
    return [alertFor(channel, report.ended, changesMessage(head, shown, items))];
  });
  history.complete(run, {
    ended: report.ended,
    addresses: report.scanned.addresses,
    responding: report.scanned.responding,
    counts: countsOf(report, knowledge, delta),
    items: delta.items.slice(0, ITEMS_MAX),
    knowledge,
    alerts,
  });
  return { outcome: 'complete', run, delta, report };
}

function countsOf(report: ScanReport, knowledge: Knowledge, delta: Delta): RunCounts {
  const real = report.systems.filter(({ isHoneypot }) => !isHoneypot);
  const having = (one: AccessClass): number =>
    real.filter((system) => system.accessClasses.includes(one)).length;
  const open = Map.groupBy(knowledge.exposures, ({ severity }) => severity);
  return {
    class: Object.fromEntries(accessClasses.map((one) => [one, having(one)])),
    severity: Object.fromEntries(severities.map((one) => [one, open.get(one)?.length ?? 0])),
    change: delta.counts,
  };
}

/** Notes the failure. Only the first of a series is told: the machine may be cut off for a night. */
function fail(surroundings: AuditSurroundings, run: number, error: unknown): AuditResult {
  const { history, now } = surroundings;
  const trouble = troubleOf(error);
  const isFirst = history.runs().at(-2)?.outcome !== 'failed';
  const ended = now().toISOString();
  const alerts =
    isFirst && trouble.code !== 'SCOPE_ENDED' ? troubleAlerts('failed', surroundings, trouble) : [];
  history.end(run, 'failed', { ended, reason: `${trouble.code}: ${trouble.detail}`, alerts });
  return { outcome: 'failed', run, trouble };
}

/** An alert for everybody who is told of the whole; a single owner is not told how the watch is doing. */
export function troubleAlerts(
  kind: 'failed' | 'ended',
  { config, now }: Pick<AuditSurroundings, 'config' | 'now'>,
  trouble: Trouble,
): NewAlert[] {
  const at = now().toISOString();
  return config.channels.flatMap((channel): NewAlert[] => {
    if (typeof channel.audience === 'object') return [];
    const owner = channel.audience === 'full' ? ownerOf(config) : withheld;
    const head = { at, owner, audience: audienceName(channel) };
    return [alertFor(channel, at, troubleMessage(kind, head, trouble))];
  });
}

/** The scope may be what is broken. */
function ownerOf({ scopeFile }: WatchConfig): string {
  try {
    return readScope(readFileSync(scopeFile, 'utf8')).file.owner;
  } catch {
    return 'an owner not known: the scope cannot be read';
  }
}

function alertFor(channel: AnyChannel, created: string, message: object): NewAlert {
  return { channel: channel.name, created, message: JSON.stringify(message) };
}

function audienceName({ audience }: AnyChannel): string {
  return typeof audience === 'string' ? audience : `owner ${audience.owner}`;
}

/** What went wrong, in words of our own: an unexpected error may quote a target, so only its name is kept. */
export function troubleOf(error: unknown): Trouble {
  if (error instanceof ScopeError || error instanceof WatchError || error instanceof JournalError) {
    return { code: error.code, detail: error.message };
  }
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') {
    return { code: error.code, detail: 'the system refused' };
  }
  return { code: 'FAILED', detail: error instanceof Error ? error.name : 'unknown error' };
}

/** Folder of one run: journal, record, reports. */
export function runFolder({ folder }: WatchConfig, run: number): string {
  return join(folder, 'runs', String(run).padStart(RUN_DIGITS, '0'));
}

const RUN_DIGITS = 6;

/** Forgets runs beyond the retention, in the history and then on the disk. */
export function pruneRuns({
  config,
  history,
  now,
}: Pick<AuditSurroundings, 'config' | 'history' | 'now'>): void {
  const kept = history.prune(config.retention, now());
  const runs = join(config.folder, 'runs');
  for (const name of readdirSync(runs)) {
    if (/^\d+$/.test(name) && !kept.has(Number(name)))
      rmSync(join(runs, name), { recursive: true, force: true });
  }
}
