import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readScope } from '../scope/index.ts';
import { History } from './history.ts';
import type { Run } from './history.ts';
import { HISTORY_FILE, Watch } from './watch.ts';
import type { WatchOptions } from './watch.ts';
import { readWatchConfig } from './watch-config.ts';
import { SCOPE_HEAD } from '../testing/scope-text.ts';

const base = mkdtempSync(join(tmpdir(), 'leadglass-watch-loop-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));

const scopeText = (more = ''): string => `${SCOPE_HEAD}ports = [2399]
${more}
[[range]]
cidr = "127.113.1.0/29"
`;

/** A watch in a folder of its own, with no check and nobody to find: what is tested is when it does what. */
class Loop {
  readonly folder = mkdtempSync(join(base, 'loop-'));
  readonly #stop = new AbortController();
  readonly lines: string[] = [];
  readonly options: WatchOptions;

  constructor(config: string, scope: string, now: () => Date = () => new Date()) {
    this.writeScope(scope);
    this.options = {
      config: readWatchConfig(config, { folder: this.folder, environment: {} }),
      checks: [],
      metas: [],
      toolVersion: '0.1.0',
      resolver: { addresses: async () => [], texts: async () => [] },
      signal: this.#stop.signal,
      now,
      random: () => 0.5,
      log: (line) => {
        this.lines.push(line);
        if (line.startsWith('next run')) this.#stop.abort();
      },
    };
  }

  writeScope(text: string): void {
    writeFileSync(join(this.folder, 'scope.toml'), text);
  }

  /** Lets it go on until it has nothing to do but wait; gives the runs of the history. */
  async untilItWaits(): Promise<Run[]> {
    const watch = new Watch(this.options);
    try {
      await watch.repeat();
    } finally {
      watch[Symbol.dispose]();
    }
    return this.runs();
  }

  runs(): Run[] {
    const history = this.history();
    const runs = history.runs();
    history.close();
    return runs;
  }

  history(): History {
    return History.open(join(this.folder, 'watch', HISTORY_FILE));
  }
}

const hourly = '[schedule]\nevery = "1h"\n';
const clock = (date: Date): string => date.toTimeString().slice(0, 5);

describe('the loop', () => {
  test('a run that was missed while it was off is made up once, under the time it was due', async () => {
    const loop = new Loop(hourly, scopeText());
    await loop.untilItWaits();
    const [first] = loop.runs();
    const later = new Date(Date.parse(first?.due ?? '') + 5.5 * 3_600_000);
    const off = new Loop(hourly, scopeText(), () => later);
    Object.assign(off, { folder: loop.folder });
    const options = { ...off.options, config: loop.options.config };
    const watch = new Watch(options);
    await watch.repeat();
    watch[Symbol.dispose]();
    expect(off.lines.join('\n')).toContain('a run was missed');
    const due = loop.runs().map((run) => Date.parse(run.due));
    expect(due).toHaveLength(2);
    expect((due[1] ?? 0) - (due[0] ?? 0)).toBe(5 * 3_600_000);
  });

  test('a run that meets the end of the daily window goes on when it opens again', async () => {
    const start = Date.now();
    const evening = new Date(2026, 10, 18, 22, 59, 58).getTime();
    let skipped = 0;
    const now = (): Date => new Date(evening + skipped + Date.now() - start);
    const scope = scopeText('[rates]\nhosts-per-second = 2\n[window]\nfrom = "22:00"\nto = "23:00"');
    const loop = new Loop(hourly, scope, now);
    expect(await loop.untilItWaits()).toMatchObject([{ id: 1, outcome: 'interrupted' }]);
    expect(loop.lines.at(-1)).toMatch(/^next run 2026-11-19 22:00:00/);
    skipped = 23 * 3_600_000 + 60_000;
    const second = new Loop(hourly, scope, now);
    const watch = new Watch({ ...second.options, config: loop.options.config });
    await watch.repeat();
    watch[Symbol.dispose]();
    expect(second.lines[0]).toBe('run 1 goes on');
    expect(loop.runs()[0]).toMatchObject({ id: 1, outcome: 'complete', addresses: 8 });
  });

  test('a run that cannot go on because its scope has a mistake is tried in an hour, not again and again', async () => {
    const broken = { at: new Date() };
    const loop = new Loop(hourly, scopeText(), () => broken.at);
    const watch = new Watch(loop.options);
    const history = loop.history();
    const hash = 'ab'.repeat(32);
    history.begin({
      due: '2026-11-18T12:00:00Z',
      started: '2026-11-18T12:00:00Z',
      scopeHash: hash,
      toolVersion: '-',
    });
    history.close();
    loop.writeScope(scopeText().replace('cidr', 'cdir'));
    await watch.repeat();
    watch[Symbol.dispose]();
    expect(loop.runs()).toMatchObject([
      { id: 1, outcome: 'running' },
      {
        id: 2,
        outcome: 'failed',
        reason: expect.stringMatching(/^KEY_UNKNOWN: line \d+, range\.0\.cdir/) as string,
      },
    ]);
    const next = /next run (\S+ \S+)/.exec(loop.lines.at(-1) ?? '')?.[1] ?? '';
    expect(clock(new Date(next))).toBe(clock(new Date(broken.at.getTime() + 3_600_000)));
  });

  test('a run whose journal was never whole is given up, and done anew at once under the same time', async () => {
    const loop = new Loop(hourly, scopeText());
    const { hash } = readScope(scopeText());
    const due = new Date().toISOString();
    const watch = new Watch(loop.options);
    const history = loop.history();
    history.begin({ due, started: due, scopeHash: hash, toolVersion: '-' });
    history.close();
    mkdirSync(join(loop.folder, 'watch', 'runs', '000001'));
    writeFileSync(join(loop.folder, 'watch', 'runs', '000001', 'journal.jsonl'), '{"scope":"ab');
    await watch.repeat();
    watch[Symbol.dispose]();
    expect(loop.runs()).toMatchObject([
      { id: 1, outcome: 'abandoned', reason: 'its journal cannot be read' },
      { id: 2, outcome: 'complete', due },
    ]);
  });

  test('the jitter delays a run by its share, and an owner the scope does not have is refused', async () => {
    const at = new Date(2026, 10, 18, 12);
    const daily = '[schedule]\nevery = "1d"\nat = "02:30"\njitter-minutes = 60\n';
    const loop = new Loop(daily, scopeText(), () => at);
    expect(await loop.untilItWaits()).toEqual([]);
    expect(loop.lines.at(-1)).toMatch(/^next run 2026-11-19 03:00:00/);
    const mail =
      '[[mail]]\nhost = "m.example"\nfrom = "a@example"\nto = ["b@example"]\naudience = { owner = "Clinc" }\n';
    const wrong = new Loop(`${daily}${mail}`, scopeText());
    expect(() => new Watch(wrong.options)).toThrow(/"Clinc": is no owner of the scope/);
  });
});
