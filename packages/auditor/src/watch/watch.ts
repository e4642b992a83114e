import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Scope, readScope } from '../scope/index.ts';
import { auditOnce, pruneRuns, troubleAlerts } from './audit-run.ts';
import type { AuditResult, AuditSurroundings } from './audit-run.ts';
import { deliverPending } from './deliver.ts';
import { History } from './history.ts';
import { HOUSEKEEPING_MS, RETRIES_MAX, RETRY_AFTER_MS, WAIT_PIECE_MS } from './limits.ts';
import { startMetricsServer } from './metrics-server.ts';
import { metricsText, writeTextfile } from './metrics.ts';
import { hasEnded, permittedFrom } from './permitted-time.ts';
import { takeRunLock } from './run-lock.ts';
import { dueTime } from './schedule.ts';
import type { Due } from './schedule.ts';
import type { WatchConfig } from './watch-config.ts';
import { WatchError } from './watch-error.ts';

export interface WatchOptions extends Omit<AuditSurroundings, 'history'> {
  /** From 0 to 1, for the jitter. */
  readonly random: () => number;
  /** First wait between two tries of one alert. */
  readonly backOffMs?: number;
}

const DAY_MS = 86_400_000;

/** Name of the history in a watch's folder. */
export const HISTORY_FILE = 'history.sqlite';

/** Repeats the audit of a scope and tells what changed. One process at a time works in a folder. */
export class Watch implements Disposable {
  readonly #options: WatchOptions;
  readonly #history: History;
  readonly #lock: Disposable;
  readonly #surroundings: AuditSurroundings;
  /** The scope's times, without its names resolved; read anew before every wait. */
  #times: Scope;
  #isRunning = false;
  #nextRun: Date | undefined;
  #keptAt = Number.NEGATIVE_INFINITY;

  /** @throws WatchError, ScopeError, or the file system's error */
  constructor(options: WatchOptions) {
    const { folder } = options.config;
    this.#options = options;
    checkOwners(options.config);
    this.#times = this.#readTimes();
    mkdirSync(join(folder, 'runs'), { recursive: true, mode: 0o700 });
    this.#lock = takeRunLock(join(folder, 'lock'));
    try {
      this.#history = History.open(join(folder, HISTORY_FILE));
    } catch (error) {
      this.#lock[Symbol.dispose]();
      throw error;
    }
    this.#surroundings = { ...options, history: this.#history };
  }

  [Symbol.dispose](): void {
    this.#history.close();
    this.#lock[Symbol.dispose]();
  }

  /** One run now, for cron and timers. @throws WatchError SCOPE_ENDED, OUT_OF_TIME */
  async once(): Promise<AuditResult> {
    const { now } = this.#options;
    if (hasEnded(this.#times, now())) throw await this.#end();
    const refusal = this.#times.timeRefusal(now());
    if (refusal !== undefined) throw new WatchError('OUT_OF_TIME', `nothing was sent: ${refusal}`);
    const result = await this.#run(now());
    await this.#keepHouse();
    return result;
  }

  /**
   * Runs whenever one is due, until it is stopped; says whether that was between two runs.
   * @throws WatchError SCOPE_ENDED when the scope ran out
   */
  async repeat(): Promise<'between-runs' | 'amid-a-run'> {
    const { config, signal, now, log } = this.#options;
    await using server =
      config.metricsServer === undefined
        ? undefined
        : await startMetricsServer(config.metricsServer, () => this.metrics());
    if (server !== undefined && config.metricsServer !== undefined) {
      const { host, certificate } = config.metricsServer;
      const shownHost = host.includes(':') ? `[${host}]` : host;
      log(`metrics at ${certificate === undefined ? 'http' : 'https'}://${shownHost}:${server.port}/metrics`);
    }
    while (!signal.aborted) {
      this.#times = this.#readTimesOr(this.#times);
      if (hasEnded(this.#times, now())) throw await this.#end();
      const due = this.#due(now());
      const { at, isMissed } = due;
      const start = permittedFrom(this.#times, this.#later(at));
      this.#nextRun = start;
      await this.#keepHouse();
      if (start !== undefined && start > now()) log(`next run ${start.toLocaleString('sv')} (local time)`);
      else if (start === undefined) log('the scope ends before the next run');
      else if (isMissed && this.#history.unfinished() === undefined)
        log('a run was missed: it is made up now');
      if (!(await this.#waitUntil(start))) continue;
      const { outcome } = await this.#run(at);
      if (signal.aborted && outcome !== 'complete') return 'amid-a-run';
    }
    return 'between-runs';
  }

  /** The metrics of this moment. */
  metrics(): string {
    const lastDay = Date.parse(`${this.#times.summary.notAfter}T00:00:00Z`);
    const state = {
      isRunning: this.#isRunning,
      scopeEnds: new Date(lastDay + DAY_MS),
      ...(this.#nextRun === undefined ? {} : { nextRun: this.#nextRun }),
    };
    return metricsText(this.#history, state, this.#options.now());
  }

  #readTimes(): Scope {
    return new Scope(readScope(readFileSync(this.#options.config.scopeFile, 'utf8')), []);
  }

  /** A file that is being edited is no reason to stop: the next run will say what is wrong with it. */
  #readTimesOr(before: Scope): Scope {
    try {
      return this.#readTimes();
    } catch {
      return before;
    }
  }

  #due(now: Date): Due {
    const runs = this.#history.runs();
    const last = runs.at(-1);
    const lastGood = runs.findLastIndex(({ outcome }) => outcome !== 'failed');
    const failures = runs.length - 1 - lastGood;
    if (failures === 0 && this.#history.unfinished() !== undefined) return { at: now, isMissed: true };
    const due = dueTime(
      this.#options.config.schedule,
      last === undefined ? undefined : new Date(last.due),
      now,
    );
    if (failures === 0 || failures > RETRIES_MAX) return due;
    const retry = new Date(Date.parse(last?.ended ?? now.toISOString()) + RETRY_AFTER_MS);
    return retry < due.at ? { at: retry, isMissed: false } : due;
  }

  #later(at: Date): Date {
    const { config, random, now } = this.#options;
    const delayed = at.getTime() + Math.floor(random() * config.jitterMinutes * 60_000);
    return new Date(Math.max(delayed, now().getTime()));
  }

  /** True when it is time and the scope still allows it; false when something must be thought about again. */
  async #waitUntil(start: Date | undefined): Promise<boolean> {
    const { signal, now } = this.#options;
    for (;;) {
      if (signal.aborted || hasEnded(this.#times, now())) return false;
      const left = start === undefined ? WAIT_PIECE_MS : start.getTime() - now().getTime();
      if (left <= 0) return this.#times.timeRefusal(now()) === undefined;
      await sleep(Math.min(left, WAIT_PIECE_MS), undefined, { signal }).catch(() => {});
      if (now().getTime() - this.#keptAt >= HOUSEKEEPING_MS) await this.#keepHouse();
    }
  }

  async #run(due: Date): Promise<AuditResult> {
    this.#isRunning = true;
    try {
      const result = await auditOnce(this.#surroundings, due);
      this.#options.log(resultLine(result));
      pruneRuns(this.#surroundings);
      return result;
    } finally {
      this.#isRunning = false;
    }
  }

  /** Alerts that wait, and the textfile. */
  async #keepHouse(): Promise<void> {
    const { config, now, signal, log, backOffMs } = this.#options;
    await deliverPending({
      history: this.#history,
      channels: config.channels,
      now,
      signal,
      log,
      userAgent: `leadglass-auditor/${this.#options.toolVersion}`,
      ...(backOffMs === undefined ? {} : { backOffMs }),
    });
    this.#keptAt = now().getTime();
    if (config.textfile === undefined) return;
    try {
      writeTextfile(config.textfile, this.metrics());
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown failure';
      log(`the textfile of the metrics cannot be written: ${code}`);
    }
  }

  /** The scope ran out: everybody is told, nothing is sent any more. */
  async #end(): Promise<WatchError> {
    const { notAfter } = this.#times.summary;
    const error = new WatchError(
      'SCOPE_ENDED',
      `the scope ended on ${notAfter}: ask its owner, write a new one, and start the watch again`,
    );
    const trouble = { code: error.code, detail: error.message };
    this.#history.addAlerts(troubleAlerts('ended', this.#surroundings, trouble));
    await this.#keepHouse();
    return error;
  }
}

/** An owner whose name was mistyped would never be told. @throws WatchError CONFIG_INVALID */
function checkOwners({ scopeFile, channels }: WatchConfig): void {
  const { file } = readScope(readFileSync(scopeFile, 'utf8'));
  const owners = new Set([file.owner, ...file.range.map(({ owner }) => owner)]);
  for (const { audience } of channels) {
    if (typeof audience !== 'object' || owners.has(audience.owner)) continue;
    throw new WatchError('CONFIG_INVALID', 'is no owner of the scope', {
      key: `audience "${audience.owner}"`,
    });
  }
}

function resultLine(result: AuditResult): string {
  switch (result.outcome) {
    case 'complete': {
      const { counts } = result.delta;
      return `run ${result.run} complete: ${counts.new} new, ${counts.worse} worse, ${counts.gone} gone, ${counts.unchanged} unchanged, ${counts.undecided} not decided`;
    }
    case 'interrupted':
      return `run ${result.run} interrupted; the next start goes on with it`;
    case 'failed':
      return `run ${result.run} failed: ${result.trouble.code}: ${result.trouble.detail}`;
  }
}
