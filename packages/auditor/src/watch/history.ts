import { createHash, randomBytes } from 'node:crypto';
import { closeSync, existsSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { SQLInputValue } from 'node:sqlite';
import { z } from 'zod';
import { scanReportSchema, severities } from '../findings/index.ts';
import type { ScanReport } from '../findings/index.ts';
import { changeItemSchema } from './delta.ts';
import type { ChangeItem } from './delta.ts';
import type { Exposure, Knowledge } from './knowledge.ts';
import { HISTORY_BUSY_MS } from './limits.ts';
import { migrations } from './migrations.ts';
import type { Migration } from './migrations.ts';
import { WatchError } from './watch-error.ts';

export const runOutcomes = ['running', 'interrupted', 'complete', 'failed', 'abandoned'] as const;
export type RunOutcome = (typeof runOutcomes)[number];

const runSchema = z.object({
  id: z.int(),
  due: z.string(),
  started: z.string(),
  ended: z.string().nullable(),
  outcome: z.enum(runOutcomes),
  reason: z.string().nullable(),
  scope_hash: z.string(),
  tool_version: z.string(),
  addresses: z.int(),
  responding: z.int(),
});

/** Numbers of one run, by kind ('class', 'severity', 'change') and name. */
export type RunCounts = Readonly<Record<string, Readonly<Record<string, number>>>>;

export interface Run {
  readonly id: number;
  readonly due: string;
  readonly started: string;
  readonly ended?: string;
  readonly outcome: RunOutcome;
  /** Why it failed or was given up. */
  readonly reason?: string;
  readonly scopeHash: string;
  readonly toolVersion: string;
  readonly addresses: number;
  readonly responding: number;
  readonly counts: RunCounts;
}

/** What a complete run leaves behind, written together or not at all. */
export interface CompletedRun {
  readonly ended: string;
  readonly addresses: number;
  readonly responding: number;
  readonly counts: RunCounts;
  readonly items: readonly ChangeItem[];
  readonly knowledge: Knowledge;
  readonly alerts: readonly NewAlert[];
}

export interface NewAlert {
  readonly channel: string;
  readonly created: string;
  /** What the channel sends, made for its audience. */
  readonly message: string;
}

const alertSchema = z.object({
  id: z.int(),
  channel: z.string(),
  created: z.string(),
  message: z.string(),
  tries: z.int(),
});
export type PendingAlert = z.infer<typeof alertSchema>;

const countSchema = z.object({ run: z.int(), kind: z.string(), name: z.string(), count: z.int() });

const exposureSchema = z.object({
  check_id: z.string(),
  system: z.string(),
  severity: z.enum(severities),
  first_seen: z.string(),
  last_seen: z.string(),
  ports: z.string(),
});

/**
 * The memory of a watch: runs, what is known to be open, alerts that wait to be sent. A SQLite file of mode 0600;
 * every change is one transaction, so that a process killed at any moment leaves it as it was before or after.
 */
export class History {
  readonly #database: DatabaseSync;

  private constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Opens or makes it. @throws WatchError HISTORY_NEWER, and NO_HISTORY when it must exist and does not */
  static open(path: string, mustExist = false, steps: readonly Migration[] = migrations): History {
    if (mustExist && !existsSync(path)) {
      throw new WatchError('NO_HISTORY', 'there is no history yet: leadglass-auditor watch makes it');
    }
    // SQLite would make it readable by all; its journal takes the mode of the file.
    closeSync(openSync(path, 'a', 0o600));
    const database = new DatabaseSync(path, { timeout: HISTORY_BUSY_MS });
    try {
      database.exec('PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL');
      const history = new History(database);
      history.#migrate(steps);
      return history;
    } catch (error) {
      database.close();
      throw error;
    }
  }

  close(): void {
    this.#database.close();
  }

  #migrate(steps: readonly Migration[]): void {
    this.#together(() => {
      this.#do('CREATE TABLE IF NOT EXISTS migration (name TEXT PRIMARY KEY, applied TEXT NOT NULL) STRICT');
      const applied = new Set(this.#all('SELECT name FROM migration').map(({ name }) => String(name)));
      const known = new Set(steps.map(({ name }) => name));
      if ([...applied].some((name) => !known.has(name))) {
        throw new WatchError('HISTORY_NEWER', 'the history was written by a newer version of this program');
      }
      for (const { name, sql } of steps) {
        if (applied.has(name)) continue;
        this.#database.exec(sql);
        this.#do('INSERT INTO migration VALUES (?, ?)', name, new Date().toISOString());
      }
    });
  }

  /** Notes that a run begins, and gives its number. */
  begin(run: { due: string; started: string; scopeHash: string; toolVersion: string }): number {
    const { due, started, scopeHash, toolVersion } = run;
    const [row] = this.#all(
      `INSERT INTO run (due, started, outcome, scope_hash, tool_version) VALUES (?, ?, 'running', ?, ?) RETURNING id`,
      due,
      started,
      scopeHash,
      toolVersion,
    );
    return z.int().parse(row?.['id']);
  }

  /** The run was stopped and can be gone on with. */
  interrupt(id: number): void {
    this.#do(`UPDATE run SET outcome = 'interrupted' WHERE id = ?`, id);
  }

  /** The run came to nothing, and will not be gone on with. */
  end(
    id: number,
    outcome: 'failed' | 'abandoned',
    { ended, reason, alerts = [] }: { ended: string; reason: string; alerts?: readonly NewAlert[] },
  ): void {
    this.#together(() => {
      this.#do('UPDATE run SET outcome = ?, ended = ?, reason = ? WHERE id = ?', outcome, ended, reason, id);
      this.#insertAlerts(alerts);
    });
  }

  complete(id: number, run: CompletedRun): void {
    const { knowledge, counts, items } = run;
    this.#together(() => {
      this.#do(
        `UPDATE run SET outcome = 'complete', ended = ?, addresses = ?, responding = ? WHERE id = ?`,
        run.ended,
        run.addresses,
        run.responding,
        id,
      );
      const count = this.#database.prepare('INSERT INTO run_count VALUES (?, ?, ?, ?)');
      for (const [kind, numbers] of Object.entries(counts)) {
        for (const [name, value] of Object.entries(numbers)) count.run(id, kind, name, value);
      }
      const change = this.#database.prepare('INSERT INTO run_change VALUES (?, ?, ?)');
      for (const [position, item] of items.entries()) change.run(id, position, JSON.stringify(item));
      this.#replaceKnowledge(knowledge);
      this.#insertAlerts(run.alerts);
    });
  }

  #replaceKnowledge({ exposures, systems, scopeHash, ended }: Knowledge): void {
    this.#database.exec('DELETE FROM exposure; DELETE FROM known_system');
    const exposure = this.#database.prepare('INSERT INTO exposure VALUES (?, ?, ?, ?, ?, ?)');
    for (const { check, system, severity, firstSeen, lastSeen, ports } of exposures) {
      exposure.run(check, system, severity, firstSeen, lastSeen, JSON.stringify(ports));
    }
    const known = this.#database.prepare('INSERT INTO known_system VALUES (?, ?)');
    for (const system of systems) known.run(system.address, JSON.stringify(system));
    this.#set('knowledge', JSON.stringify({ scopeHash, ended }));
  }

  /** What is known after the last complete run; undefined before the first. */
  knowledge(): Knowledge | undefined {
    const head = this.#get('knowledge');
    if (head === undefined) return undefined;
    const { scopeHash, ended } = z
      .object({ scopeHash: z.string(), ended: z.string() })
      .parse(JSON.parse(Buffer.from(head).toString('utf8')));
    const records: unknown[] = this.#all('SELECT record FROM known_system ORDER BY address').map(
      ({ record }) => JSON.parse(String(record)) as unknown,
    );
    const { systems } = scanReportSchema.parse({ ...emptyReport, systems: records });
    return { scopeHash, ended, systems, exposures: this.exposures() };
  }

  exposures(): Exposure[] {
    return this.#all('SELECT * FROM exposure').map((row) => {
      const exposure = exposureSchema.parse(row);
      return {
        check: exposure.check_id,
        system: exposure.system,
        severity: exposure.severity,
        firstSeen: exposure.first_seen,
        lastSeen: exposure.last_seen,
        ports: z.array(z.int()).parse(JSON.parse(exposure.ports)),
      };
    });
  }

  /** All runs, the oldest first. */
  runs(): Run[] {
    const counts = Map.groupBy(
      this.#all('SELECT * FROM run_count').map((row) => countSchema.parse(row)),
      ({ run }) => run,
    );
    return this.#all('SELECT * FROM run ORDER BY id').map((row) => {
      const parsed = runSchema.parse(row);
      const byKind = Map.groupBy(counts.get(parsed.id) ?? [], ({ kind }) => kind);
      return {
        id: parsed.id,
        due: parsed.due,
        started: parsed.started,
        ...(parsed.ended === null ? {} : { ended: parsed.ended }),
        outcome: parsed.outcome,
        ...(parsed.reason === null ? {} : { reason: parsed.reason }),
        scopeHash: parsed.scope_hash,
        toolVersion: parsed.tool_version,
        addresses: parsed.addresses,
        responding: parsed.responding,
        counts: Object.fromEntries(
          [...byKind].map(([kind, list]) => [
            kind,
            Object.fromEntries(list.map(({ name, count }) => [name, count])),
          ]),
        ),
      };
    });
  }

  /** The run that was begun and neither completed nor given up. */
  unfinished(): Run | undefined {
    return this.runs().findLast(({ outcome }) => outcome === 'running' || outcome === 'interrupted');
  }

  /** What changed in a run. */
  changes(id: number): ChangeItem[] {
    return this.#all('SELECT item FROM run_change WHERE run = ? ORDER BY position', id).map(({ item }) =>
      changeItemSchema.parse(JSON.parse(String(item))),
    );
  }

  addAlerts(alerts: readonly NewAlert[]): void {
    this.#together(() => this.#insertAlerts(alerts));
  }

  #insertAlerts(alerts: readonly NewAlert[]): void {
    for (const { channel, created, message } of alerts) {
      this.#do('INSERT INTO alert (channel, created, message) VALUES (?, ?, ?)', channel, created, message);
    }
  }

  pendingAlerts(): PendingAlert[] {
    return this.#all(
      `SELECT id, channel, created, message, tries FROM alert WHERE state = 'pending' ORDER BY id`,
    ).map((row) => alertSchema.parse(row));
  }

  /** @param problem a code or plain words of our own, never what the other side said */
  noteDelivery(id: number, state: 'pending' | 'delivered' | 'given-up', problem?: string): void {
    this.#do(
      'UPDATE alert SET state = ?, tries = tries + 1, problem = ? WHERE id = ?',
      state,
      problem ?? null,
      id,
    );
  }

  /** Forgets runs beyond the limits, the last complete one never; gives what is left. */
  prune({ runs: runsMax, days }: { runs: number; days: number }, now: Date): ReadonlySet<number> {
    const runs = this.runs();
    const last = runs.findLast(({ outcome }) => outcome === 'complete');
    const oldest = now.getTime() - days * DAY_MS;
    const kept = new Set(
      runs
        .slice(-runsMax)
        .filter(({ started }) => Date.parse(started) >= oldest)
        .map(({ id }) => id),
    );
    const unfinished = this.unfinished();
    for (const one of [last, unfinished]) if (one !== undefined) kept.add(one.id);
    this.#together(() => {
      for (const { id } of runs) if (!kept.has(id)) this.#do('DELETE FROM run WHERE id = ?', id);
      this.#do(`DELETE FROM alert WHERE state <> 'pending' AND created < ?`, new Date(oldest).toISOString());
    });
    return kept;
  }

  /** Keys the pseudonyms of alerts: the same in every alert of this watch, so that two of them can be put together. */
  secret(): Uint8Array {
    const known = this.#get('pseudonym-key');
    if (known !== undefined) return known;
    const made = randomBytes(32);
    this.#set('pseudonym-key', made);
    return made;
  }

  /** Sets the deliveries of this history apart from those of others. Says nothing about the key it is made from. */
  deliveryPrefix(): string {
    return createHash('sha256').update('delivery').update(this.secret()).digest('hex').slice(0, 16);
  }

  #get(name: string): Uint8Array | undefined {
    const value = this.#all('SELECT value FROM setting WHERE name = ?', name)[0]?.['value'];
    return value instanceof Uint8Array ? value : undefined;
  }

  #set(name: string, value: string | Uint8Array): void {
    this.#do(
      'INSERT INTO setting VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
      name,
      Buffer.from(value),
    );
  }

  #all(sql: string, ...values: SQLInputValue[]): Record<string, unknown>[] {
    return this.#database.prepare(sql).all(...values);
  }

  #do(sql: string, ...values: SQLInputValue[]): void {
    this.#database.prepare(sql).run(...values);
  }

  #together(work: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#database.exec('ROLLBACK');
      throw error;
    }
  }
}

const DAY_MS = 86_400_000;

/** The schema of systems is that of the whole report. */
const emptyReport: ScanReport = {
  format: 'leadglass-auditor-scan',
  version: 1,
  toolVersion: '-',
  scope: { hash: '', owner: '', contact: '', operator: '', notBefore: '', notAfter: '' },
  started: '1970-01-01T00:00:00Z',
  ended: '1970-01-01T00:00:00Z',
  complete: true,
  scanned: { addresses: 0, responding: 0 },
  systems: [],
  findings: [],
};
