import { createHmac } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseScanReport } from '../../packages/auditor/src/findings/index.ts';
import type { ScanReport } from '../../packages/auditor/src/findings/index.ts';
import { startSimulatedPacs } from '../../packages/auditor/src/testing/simulated-pacs.ts';
import type { SimulatedForm, SimulatedPacs } from '../../packages/auditor/src/testing/simulated-pacs.ts';
import {
  localhost,
  startMailSink,
  startWebhookSink,
} from '../../packages/auditor/src/watch/testing/sinks.ts';
import type { MailSink, WebhookSink } from '../../packages/auditor/src/watch/testing/sinks.ts';
import { Scope } from '../support/scope.ts';
import { waitFor } from '../support/wait-for.ts';
import { runAuditor, scopeText } from './audit.ts';
import type { ScopeText } from './audit.ts';
import { startAuditor } from './watch-process.ts';

const NETWORK = '127.113.0.';
const PORT = 2347;
const KEY = 'k'.repeat(40);

const scope = new Scope();
afterAll(() => scope.close());

/** One watch with its scope, its systems and whom it tells. */
class Household {
  readonly folder = scope.folder('watch');
  readonly config = join(this.folder, 'watch.toml');
  readonly #systems = new Map<string, SimulatedPacs>();

  /** Makes a system what it is from now on; undefined: it is gone. */
  async plant(host: number, form: SimulatedForm | undefined): Promise<string> {
    const address = `${NETWORK}${host}`;
    await this.#systems.get(address)?.[Symbol.asyncDispose]();
    this.#systems.delete(address);
    if (form !== undefined) {
      this.#systems.set(
        address,
        await startSimulatedPacs({ address, port: PORT, form, canary: 'CANARY^NAME' }),
      );
    }
    return address;
  }

  writeScope(different: Partial<ScopeText> = {}, change: (text: string) => string = (text) => text): void {
    const text = scopeText({ ranges: [{ cidr: `${NETWORK}0/29` }], ports: [PORT], ...different });
    writeFileSync(join(this.folder, 'scope.toml'), change(text));
  }

  writeConfig(schedule: string, channels: { mail?: MailSink; webhook?: WebhookSink } = {}, more = ''): void {
    const { mail, webhook } = channels;
    writeFileSync(join(this.folder, 'ca.pem'), localhost.cert);
    writeFileSync(join(this.folder, 'key'), `${KEY}\n`, { mode: 0o600 });
    const mailText = `[[mail]]
host = "127.0.0.1"
port = ${mail?.port ?? 0}
security = "none"
from = "auditor@clinic.example"
to = ["security@clinic.example"]
audience = "full"
`;
    const webhookText = `[[webhook]]
url = "https://localhost:${webhook?.port ?? 0}/alerts"
key-file = "key"
ca-file = "ca.pem"
private-addresses = ["127.0.0.1", "::1"]
`;
    writeFileSync(
      this.config,
      `[schedule]
${schedule}
[alert]
least-severity = "none"
${mail === undefined ? '' : mailText}${webhook === undefined ? '' : webhookText}${more}`,
    );
  }

  once(): ReturnType<typeof runAuditor> {
    return runAuditor(scope, ['watch', '--once', '--json', '--config', this.config]);
  }

  async history(...args: string[]): Promise<unknown> {
    const { code, stdout, stderr } = await runAuditor(scope, [
      'history',
      ...args,
      '--json',
      '--config',
      this.config,
    ]);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    return JSON.parse(stdout);
  }

  report(run: number): ScanReport {
    const name = String(run).padStart(6, '0');
    return parseScanReport(readFileSync(join(this.folder, 'watch', 'runs', name, 'findings.json')));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const one of this.#systems.values()) await one[Symbol.asyncDispose]();
  }
}

let house: Household;
beforeEach(() => (house = new Household()));
afterEach(async () => house[Symbol.asyncDispose]());

/** 'D05 127.113.0.1' of everything that is exposed: what two runs are compared by. */
const exposedKeys = ({ findings }: ScanReport): Set<string> =>
  new Set(
    findings.flatMap(({ outcome, check, system }) => (outcome === 'exposed' ? `${check} ${system}` : [])),
  );

interface AlertBody {
  readonly kind: string;
  readonly counts?: Readonly<Record<string, number>>;
  readonly items: readonly { change: string; what: string; id: string; system: string; ports: number[] }[];
}

describe('leadglass-auditor watch', () => {
  test('a change that was planted is told, exactly and once, by mail and by webhook', async () => {
    await using mail = await startMailSink();
    await using webhook = await startWebhookSink();
    house.writeScope();
    house.writeConfig('every = "7d"\nat = "02:30"', { mail, webhook });
    const open = await house.plant(1, 'open');
    const refusing = await house.plant(2, 'refuses-queries');
    await house.plant(3, 'rejects');

    expect(JSON.parse((await house.once()).stdout)).toMatchObject({ run: 1, outcome: 'complete' });
    expect([mail.mails.length, webhook.posts.length]).toEqual([1, 1]);

    // Nothing changed, nothing is told.
    expect(JSON.parse((await house.once()).stdout)).toMatchObject({
      run: 2,
      changes: { new: 0, worse: 0, gone: 0, undecided: 0 },
    });
    expect([mail.mails.length, webhook.posts.length]).toEqual([1, 1]);

    await house.plant(1, undefined);
    await house.plant(2, 'open');
    const third = await house.once();
    expect(third).toMatchObject({ code: 0 });
    expect([mail.mails.length, webhook.posts.length]).toEqual([2, 2]);

    const before = exposedKeys(house.report(2));
    const after = exposedKeys(house.report(3));
    const appeared = [...after].filter((key) => !before.has(key)).sort();
    const vanished = [...before].filter((key) => !after.has(key)).sort();
    expect(appeared.length).toBeGreaterThan(0);
    expect(appeared.every((key) => key.endsWith(` ${refusing}`))).toBe(true);
    expect(vanished.length).toBeGreaterThan(0);
    expect(vanished.every((key) => key.endsWith(` ${open}`))).toBe(true);

    const { run, changes } = (await house.history('show', '3')) as {
      run: unknown;
      changes: AlertBody['items'];
    };
    const told = (change: string, what = 'finding'): string[] =>
      changes
        .filter((item) => item.change === change && item.what === what)
        .map(({ id, system }) => `${id} ${system}`)
        .sort();
    expect(told('new')).toEqual(appeared);
    expect(told('gone')).toEqual(vanished);
    expect(told('worse', 'access-class')).toContain(`A3 ${refusing}`);
    expect(run).toMatchObject({ id: 3, outcome: 'complete', counts: { change: { new: appeared.length } } });

    // The mail is for whoever runs the watch: addresses, and all of the changes.
    const { data = '', to = [] } = mail.mails[1] ?? {};
    expect(to).toEqual(['security@clinic.example']);
    expect(data).toMatch(new RegExp(`NEW \\(${appeared.length}\\)[^]*GONE \\(${vanished.length}\\)`));
    // Undoes the soft line breaks of quoted-printable (RFC 2045 6.7).
    const lines = data.replaceAll('=\n', '').split('\n');
    const places = (address: string): number =>
      lines.filter((line) => line.includes(`${address}:${PORT}`)).length;
    expect(places(open)).toBe(vanished.length);
    expect(places(refusing)).toBeGreaterThanOrEqual(appeared.length);

    // The webhook is for the public: the same changes, no address, no name; signed.
    const { body = '', headers = {} } = webhook.posts[1] ?? {};
    const alert = JSON.parse(body) as AlertBody;
    expect(alert).toMatchObject({ kind: 'changes', counts: { new: appeared.length, gone: vanished.length } });
    const checksOf = (keys: readonly string[]): string[] => keys.map((key) => key.split(' ')[0] ?? '').sort();
    const idsOf = (change: string): string[] =>
      alert.items
        .filter((item) => item.change === change && item.what === 'finding')
        .map(({ id }) => id)
        .sort();
    expect(idsOf('new')).toEqual(checksOf(appeared));
    expect(idsOf('gone')).toEqual(checksOf(vanished));
    expect(body).not.toMatch(/127\.113|Example Study|CANARY/);
    const [, seconds, signature] = /^t=(\d+),v1=(\w+)$/.exec(String(headers['x-leadglass-signature'])) ?? [];
    expect(signature).toBe(createHmac('sha256', KEY).update(`${seconds}.${body}`).digest('hex'));

    const { runs } = (await house.history()) as { runs: { outcome: string; responding: number }[] };
    expect(runs.map(({ outcome, responding }) => [outcome, responding])).toEqual([
      ['complete', 3],
      ['complete', 3],
      ['complete', 2],
    ]);
    const shown = await runAuditor(scope, ['history', '--config', house.config]);
    expect(shown.stdout.split('\n')).toHaveLength(5);

    // What is kept is its owner's alone, and no patient's.
    const watchFolder = join(house.folder, 'watch');
    for (const name of readdirSync(watchFolder, { recursive: true, encoding: 'utf8' })) {
      const path = join(watchFolder, name);
      expect(statSync(path).mode & 0o077, name).toBe(0);
      if (statSync(path).isFile()) expect(readFileSync(path, 'latin1'), name).not.toContain('CANARY');
    }
    for (const { data: text } of mail.mails) expect(text).not.toContain('CANARY');
    expect(third.stderr).not.toContain(KEY);
  });

  test('keeps its schedule, answers a scrape, and is stopped at once between two runs', async () => {
    house.writeScope();
    const textfile = join(house.folder, 'auditor.prom');
    house.writeConfig('every = "1h"', {}, `[metrics]\nport = 0\ntextfile = ${JSON.stringify(textfile)}\n`);
    await house.plant(1, 'open');
    const watch = startAuditor(scope, ['watch', '--config', house.config]);
    await waitFor('the first run', () => /run 1 complete[^]*next run/.test(watch.stderr), 120_000);
    const url = /metrics at (\S+)/.exec(watch.stderr)?.[1] ?? '';
    const response = await fetch(url);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const text = await response.text();
    expect(text).toContain('leadglass_auditor_systems{class="A3"} 1\n');
    expect(text).toContain('leadglass_auditor_last_run_outcome{outcome="complete"} 1\n');
    const value = (name: string): number =>
      Number(new RegExp(`^leadglass_auditor_${name} (.*)$`, 'm').exec(text)?.[1]);
    expect(value('next_run_timestamp_seconds') - value('last_run_timestamp_seconds')).toBeCloseTo(3_600, -1);
    expect(text).not.toContain(NETWORK);
    expect(readFileSync(textfile, 'utf8')).toContain('leadglass_auditor_systems{class="A3"} 1\n');

    // Never two at once.
    const second = await house.once();
    expect(second).toMatchObject({ code: 1 });
    expect(second.stderr).toContain('another watch is at work');

    const since = performance.now();
    watch.child.kill('SIGTERM');
    expect(await watch.ended).toBe(0);
    expect(performance.now() - since).toBeLessThan(10_000);
  });

  test.each(['SIGKILL', 'SIGINT'] as const)(
    'a run ended by %s is gone on with, and the history is whole',
    async (signal) => {
      // One system a second: there is time to stop it among them.
      house.writeScope({ rates: { 'hosts-per-second': 1 } });
      house.writeConfig('every = "1h"');
      await house.plant(1, 'open');
      await house.plant(6, 'open');
      const watch = startAuditor(scope, ['watch', '--config', house.config]);
      const journal = join(house.folder, 'watch', 'runs', '000001', 'journal.jsonl');
      await waitFor(
        'the first system in the journal',
        () => existsSync(journal) && readFileSync(journal, 'utf8').includes('"system"'),
        60_000,
      );
      watch.child.kill(signal);
      expect(await watch.ended).toBe(signal === 'SIGINT' ? 1 : null);
      expect(await house.history()).toMatchObject({
        runs: [{ id: 1, outcome: signal === 'SIGINT' ? 'interrupted' : 'running' }],
      });
      const { code, stdout, stderr } = await house.once();
      expect(stderr).toContain('run 1 goes on');
      expect([code, JSON.parse(stdout)]).toMatchObject([0, { run: 1, outcome: 'complete' }]);
      expect(house.report(1).systems.map(({ address }) => address)).toEqual([`${NETWORK}1`, `${NETWORK}6`]);
      expect(await house.history()).toMatchObject({ runs: [{ id: 1, outcome: 'complete', responding: 2 }] });
    },
  );

  test('an interrupted run is given up when the scope is another', async () => {
    house.writeScope({ rates: { 'hosts-per-second': 1 } });
    house.writeConfig('every = "1h"');
    await house.plant(1, 'open');
    const watch = startAuditor(scope, ['watch', '--config', house.config]);
    await waitFor('the run', () => watch.stderr.includes('run 1 begins'), 60_000);
    watch.child.kill('SIGKILL');
    await watch.ended;
    house.writeScope({ ranges: [{ cidr: `${NETWORK}0/30` }] });
    expect((await house.once()).code).toBe(0);
    expect(await house.history()).toMatchObject({
      runs: [
        { id: 1, outcome: 'abandoned', reason: 'the scope is another now' },
        { id: 2, outcome: 'complete' },
      ],
    });
  });

  test('a scope that ran out ends the watch with a message, an alert and its own exit code', async () => {
    await using webhook = await startWebhookSink();
    house.writeScope({}, (text) => text.replace('2099-12-31', '2026-01-31'));
    house.writeConfig('every = "1h"', { webhook });
    for (const args of [['--once'], []]) {
      const { code, stderr } = await runAuditor(scope, ['watch', ...args, '--config', house.config]);
      expect(code).toBe(4);
      expect(stderr).toContain('the scope ended on 2026-01-31');
    }
    expect(webhook.posts.map(({ body }) => (JSON.parse(body) as AlertBody).kind)).toEqual(['ended', 'ended']);
    expect(await house.history()).toMatchObject({ runs: [] });
  });

  test('a run that fails is told once, not each time; no packet is sent for a scope with a mistake', async () => {
    await using mail = await startMailSink();
    house.writeConfig('every = "1h"', { mail });
    const rates = { 'hosts-per-second': 100 };
    house.writeScope(
      { rates },
      (text) => `${text}\n[[range]]\nhosts = ["nowhere.invalid"]\nowner-attests = true\n`,
    );
    const pacs = await startSimulatedPacs({ address: `${NETWORK}1`, port: PORT });
    for (const run of [1, 2]) {
      const { code, stderr } = await house.once();
      expect(code).toBe(1);
      expect(stderr).toMatch(new RegExp(`run ${run} failed: NAME_UNRESOLVED`));
    }
    expect(mail.mails).toHaveLength(1);
    expect(mail.mails[0]?.data).toContain('a run failed');
    expect(pacs.associations()).toBe(0);
    await pacs[Symbol.asyncDispose]();
    expect(await house.history()).toMatchObject({ runs: [{ outcome: 'failed' }, { outcome: 'failed' }] });
  });

  test('outside the daily window nothing is sent, and a configuration with a mistake names line and key', async () => {
    const minutes = (offset: number): string =>
      new Date(Date.now() + offset * 60_000).toTimeString().slice(0, 5);
    house.writeConfig('every = "1h"');
    house.writeScope({}, (text) =>
      text.replace('[rates]', `[window]\nfrom = "${minutes(60)}"\nto = "${minutes(120)}"\n[rates]`),
    );
    const refused = await house.once();
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('outside the daily window')]);
    writeFileSync(house.config, '[schedule]\nevery = "1h"\nevry = 1\n');
    const wrong = await house.once();
    expect([wrong.code, wrong.stderr]).toEqual([
      1,
      expect.stringMatching(/line 3, schedule\.evry: .*every\?/),
    ]);
  });
});
