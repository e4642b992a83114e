import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { finding, report, system } from '../findings/testing/small-report.ts';
import { History } from './history.ts';
import type { CompletedRun } from './history.ts';
import { advance } from './knowledge.ts';
import { metricsText } from './metrics.ts';
import { takeRunLock } from './run-lock.ts';
import { migrations } from './migrations.ts';

const folder = mkdtempSync(join(tmpdir(), 'leadglass-history-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let path: string;
let count = 0;
beforeEach(() => (path = join(folder, `history-${count++}.sqlite`)));

const scopeHash = 'ab'.repeat(32);
const begun = (day: number) => ({
  due: `2026-01-${day}T02:30:00.000Z`,
  started: `2026-01-${day}T02:30:05.000Z`,
  scopeHash,
  toolVersion: '0.1.0',
});
const completed = (different: Partial<CompletedRun> = {}): CompletedRun => ({
  ended: '2026-01-15T08:00:00.000Z',
  addresses: 256,
  responding: 1,
  counts: { class: { A1: 1, A3: 1 }, severity: { critical: 2 }, change: { new: 2 } },
  items: [],
  knowledge: advance(
    undefined,
    report([system('192.0.2.10')], [finding('D05', '192.0.2.10', 'exposed', { port: 104 })]),
    [],
  ),
  alerts: [],
  ...different,
});
const alert = { channel: 'mail a@example', created: '2026-01-15T08:00:00.000Z', message: '{}' };

describe('history', () => {
  test('keeps runs, numbers and what is known; its file is its owner’s alone', () => {
    const history = History.open(path);
    const id = history.begin(begun(15));
    expect(history.unfinished()?.id).toBe(id);
    history.complete(id, completed());
    history.close();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const again = History.open(path, true);
    expect(again.unfinished()).toBeUndefined();
    expect(again.runs()).toMatchObject([
      { id, outcome: 'complete', responding: 1, counts: { severity: { critical: 2 } } },
    ]);
    expect(again.knowledge()).toEqual(completed().knowledge);
    again.close();
  });

  test('a run is recorded whole or not at all: an alert that cannot be kept takes everything back', () => {
    const history = History.open(path);
    const id = history.begin(begun(15));
    const broken = { ...alert, created: undefined };
    expect(() =>
      history.complete(id, completed({ alerts: [alert, Object.assign({}, alert, broken)] })),
    ).toThrow();
    expect(history.unfinished()?.id).toBe(id);
    expect(history.knowledge()).toBeUndefined();
    expect(history.pendingAlerts()).toEqual([]);
    history.complete(id, completed({ alerts: [alert] }));
    expect(history.pendingAlerts()).toHaveLength(1);
    history.close();
  });

  test('forgets by number and by age, the last complete run and an unfinished one never', () => {
    const history = History.open(path);
    for (const day of [10, 11, 12, 13]) history.complete(history.begin(begun(day)), completed());
    const last = history.begin(begun(14));
    history.end(last, 'failed', { ended: '2026-01-14T03:00:00Z', reason: 'NAME_UNRESOLVED: x' });
    const now = new Date('2026-01-15T12:00:00Z');
    expect([...history.prune({ runs: 3, days: 800 }, now)]).toEqual([3, 4, 5]);
    expect([...history.prune({ runs: 3, days: 1 }, new Date('2027-01-01'))]).toEqual([4]);
    expect(history.runs().map(({ id }) => id)).toEqual([4]);
    expect(history.begin(begun(16))).toBe(6);
    history.close();
  });

  test('a history of a newer version is refused; one of this version takes new steps by name', () => {
    const steps = [...migrations, { name: '9999-later', sql: 'ALTER TABLE run ADD COLUMN later TEXT' }];
    History.open(path).close();
    History.open(path, false, steps).close();
    expect(() => History.open(path)).toThrow(/newer version/);
    const database = new DatabaseSync(path);
    expect(database.prepare('SELECT name FROM migration ORDER BY name').all()).toMatchObject([
      { name: '0001-runs-exposures-alerts' },
      { name: '9999-later' },
    ]);
    database.close();
  });

  test('what is not there is said, and not made', () => {
    expect(() => History.open(path, true)).toThrow(/there is no history yet/);
  });

  test('two watches of one folder: the second is refused, until the first is gone', () => {
    const lock = join(folder, 'lock');
    {
      using _first = takeRunLock(lock);
      expect(() => takeRunLock(lock)).toThrow(/another watch is at work/);
    }
    takeRunLock(lock)[Symbol.dispose]();
  });
});

describe('metrics', () => {
  const state = { isRunning: false, nextRun: new Date('2026-01-22T02:30:00Z') };

  test('every line is of the text format 0.0.4; numbers are those of the last complete run', () => {
    const history = History.open(path);
    const id = history.begin(begun(15));
    history.complete(id, completed());
    const text = metricsText(history, state, new Date('2026-01-20T09:00:00Z'));
    history.close();
    const sample = /^[a-z_]+(\{[a-z]+="[A-Za-z0-9-]*"\})? -?\d+(\.\d+)?$/;
    const comment = /^# (HELP|TYPE) leadglass_auditor_[a-z_]+ .+$/;
    expect(text.endsWith('\n')).toBe(true);
    const lines = text.trimEnd().split('\n');
    expect(lines.filter((line) => !sample.test(line) && !comment.test(line))).toEqual([]);
    const typed = lines.flatMap((line) => /^# TYPE (\S+) gauge$/.exec(line)?.[1] ?? []);
    expect(new Set(typed).size).toBe(typed.length);
    expect(
      new Set(lines.filter((line) => !line.startsWith('#')).map((line) => line.split(/[ {]/)[0])),
    ).toEqual(new Set(typed));
    expect(lines).toEqual(
      expect.arrayContaining([
        'leadglass_auditor_systems{class="A3"} 1',
        'leadglass_auditor_findings{severity="critical"} 2',
        'leadglass_auditor_changes{change="new"} 2',
        'leadglass_auditor_last_run_outcome{outcome="complete"} 1',
        'leadglass_auditor_last_run_duration_seconds 19795',
        'leadglass_auditor_oldest_finding_days{severity="none"} 5',
        'leadglass_auditor_next_run_timestamp_seconds 1769049000',
      ]),
    );
    expect(text).not.toMatch(/192\.0\.2|Clinic/);
  });

  test('before the first run there are numbers only of what is known', () => {
    const history = History.open(path);
    const text = metricsText(history, state, new Date('2026-01-20T09:00:00Z'));
    history.close();
    expect(text).not.toContain('leadglass_auditor_findings');
    expect(text).toContain('leadglass_auditor_run_active 0\n');
  });
});
