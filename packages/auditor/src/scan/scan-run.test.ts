import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AnyCheck } from '../checks/check.ts';
import { checks } from '../checks/index.ts';
import { scanReportSchema } from '../findings/index.ts';
import type { ScanReport } from '../findings/index.ts';
import { pinScope, readScope } from '../scope/index.ts';
import type { Scope } from '../scope/index.ts';
import { startSimulatedPacs, startSimulatedWeb } from '../testing/simulated-pacs.ts';
import type { SimulatedPacsOptions } from '../testing/simulated-pacs.ts';
import { brokenLine } from '../transport/index.ts';
import { runScan } from './scan-run.ts';
import type { ScanOptions } from './scan-run.ts';
import { SCOPE_HEAD } from '../testing/scope-text.ts';

const PORT = 41_104;
const CANARY = 'CANARY^NEVER^SEEN';
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'auditor-scan-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function scopeOf(cidr: string, more = ''): Promise<Scope> {
  const text = `${SCOPE_HEAD}ports = [${PORT}]
[rates]
hosts-per-second = 100000
half-pdu-wait-seconds = 0
${more}
[[range]]
cidr = "${cidr}"
country = "DE"
`;
  const none = (): Promise<string[]> => Promise.resolve([]);
  return pinScope(readScope(text), { addresses: none, texts: none });
}

function scan(scope: Scope, more: Partial<ScanOptions> = {}): Promise<ScanReport> {
  const signal = new AbortController().signal;
  return runScan({ scope, checks, folder: join(folder, 'run'), signal, toolVersion: '0.1.0', ...more });
}

const pacs = (address: string, options: SimulatedPacsOptions = {}): ReturnType<typeof startSimulatedPacs> =>
  startSimulatedPacs({ address, port: PORT, canary: CANARY, ...options });

describe('a run over loopback', () => {
  test('finds the open, the protected and the trap, and takes no patient data', async () => {
    await using open = await pacs('127.41.0.2', { studies: 7 });
    await using closed = await pacs('127.41.0.3', { form: 'rejects' });
    await using trap = await pacs('127.41.0.4', { form: 'honeypot', studies: 7 });
    await using outside = await pacs('127.41.0.9');
    await using web = await startSimulatedWeb({}, { address: '127.41.0.5', port: PORT });
    const report = await scan(await scopeOf('127.41.0.0/29', '[opt-in]\ncounting = true'));
    expect(scanReportSchema.safeParse(report).success).toBe(true);
    expect(report).toMatchObject({ complete: true, scanned: { addresses: 8, responding: 4 } });
    const classes = report.systems.map(({ address, accessClasses }) => [address, accessClasses.join(' ')]);
    expect(classes).toEqual([
      ['127.41.0.2', 'A1 A2 A3 A4 A5 W'],
      ['127.41.0.3', 'A1'],
      ['127.41.0.4', ''],
      ['127.41.0.5', ''],
    ]);
    expect(report.systems[0]?.counts.studies).toEqual({ value: 7, isLowerBound: false });
    expect(report.systems[2]?.isHoneypot).toBe(true);
    const exposedOf = (system: string): string[] =>
      report.findings
        .filter((one) => one.system === system && one.outcome === 'exposed')
        .map(({ check }) => check);
    expect(exposedOf('127.41.0.3')).toEqual(['D01']);
    expect(exposedOf('127.41.0.4')).toEqual(['D25']);
    expect(exposedOf('127.41.0.5')).toEqual([]);
    // Rails: few associations, and nobody outside the scope hears of it.
    expect(open.associations()).toBeLessThanOrEqual(20);
    expect([closed.associations(), outside.associations()]).toEqual([1, 0]);
    expect(trap.associations() + web.requests.length).toBeGreaterThan(0);
    for (const name of readdirSync(join(folder, 'run'))) {
      expect(readFileSync(join(folder, 'run', name), 'latin1')).not.toContain('CANARY');
    }
  });

  test('the record is whole, and names scope, check, address and purpose', async () => {
    await using open = await pacs('127.42.0.1');
    const scope = await scopeOf('127.42.0.0/30');
    await scan(scope);
    const text = readFileSync(join(folder, 'run', 'record.jsonl'), 'utf8');
    expect(brokenLine(text)).toBeUndefined();
    expect(brokenLine(text.replace('127.42.0.2', '127.42.0.9'))).toBeDefined();
    expect(text).toContain(scope.hash);
    expect(text).toContain(`"address":"${open.address}","port":${PORT}`);
    expect(text).toContain('"check":"D03"');
  });

  test('a system that aborts and then waits for the other side to close holds nothing up (PS3.8 9.2, AA-3)', async () => {
    await using aborting = await pacs('127.47.0.1', { form: 'aborts-queries' });
    const since = performance.now();
    const report = await scan(await scopeOf('127.47.0.0/30'));
    // It would wait 30 s for each abort; with two connections a host, a third question would wait with it.
    expect(performance.now() - since).toBeLessThan(20_000);
    expect(aborting.associations()).toBeGreaterThan(2);
    expect(report.findings.find(({ check }) => check === 'D05')).toMatchObject({ outcome: 'protected' });
  }, 60_000);

  test.each([0, 2])(
    'a run with %i threads that is stopped sends nothing more, and a resumed one finishes the rest',
    async (sweepThreads) => {
      await using first = await pacs('127.43.0.1');
      await using last = await pacs('127.43.15.254');
      const scope = await scopeOf('127.43.0.0/20');
      const stop = new AbortController();
      const [anyCheck] = checks;
      if (anyCheck === undefined) throw new Error('there are no checks');
      const stopping: AnyCheck = {
        kind: 'socket',
        meta: anyCheck.meta,
        matches: () => true,
        ask: () => {
          stop.abort();
          return Promise.resolve({ outcome: 'protected' });
        },
      };
      const part = await scan(scope, { signal: stop.signal, checks: [stopping, ...checks], sweepThreads });
      expect(part.complete).toBe(false);
      const whole = await scan(scope, { resume: true, sweepThreads });
      expect(whole).toMatchObject({ complete: true, scanned: { addresses: 4_096, responding: 2 } });
      expect(whole.systems.map(({ address }) => address)).toEqual([first.address, last.address]);
    },
  );

  test('a journal of another scope is refused, and a run is not overwritten', async () => {
    await scan(await scopeOf('127.44.0.0/30'));
    await expect(scan(await scopeOf('127.44.0.0/30'))).rejects.toMatchObject({ code: 'EXISTS' });
    await expect(scan(await scopeOf('127.44.0.0/29'), { resume: true })).rejects.toMatchObject({
      code: 'OTHER_SCOPE',
    });
  });

  test('a list of ports takes the place of the sweep, and the scope still holds', async () => {
    await using listed = await pacs('127.45.0.1');
    await using unlisted = await pacs('127.45.0.2');
    await using outside = await pacs('127.45.1.1');
    const portList = [
      { address: '127.45.0.1', ports: [PORT, 22] },
      { address: '127.45.1.1', ports: [PORT] },
    ];
    const report = await scan(await scopeOf('127.45.0.0/24'), { portList });
    expect(report.systems.map(({ address, openPorts }) => [address, openPorts.length])).toEqual([
      [listed.address, 1],
    ]);
    expect(unlisted.associations() + outside.associations()).toBe(0);
  });

  test.each([0, 1])(
    'with %i threads, an address whose time was over before its ports were tried is visited again',
    async (sweepThreads) => {
      await using system = await pacs('127.48.32.7');
      const scope = await scopeOf('127.48.32.7/32');
      const over = new Date('2100-01-01');
      let asked = 0;
      // In time when the run begins and when it takes the address up, and never again.
      const now = (): Date => (asked++ < 2 ? new Date() : over);
      const part = await scan(scope, { sweepThreads, now });
      expect(part).toMatchObject({ complete: false, systems: [] });
      expect(system.associations()).toBe(0);
      const whole = await scan(scope, { resume: true, sweepThreads });
      expect(whole.systems.map(({ address }) => address)).toEqual([system.address]);
    },
  );

  test('nothing is sent when the scope is over', async () => {
    await using open = await pacs('127.46.0.1');
    const report = await scan(await scopeOf('127.46.0.0/30'), { now: () => new Date('2100-01-01') });
    expect(report).toMatchObject({ complete: false, scanned: { addresses: 0 } });
    expect(open.associations()).toBe(0);
  });
});
