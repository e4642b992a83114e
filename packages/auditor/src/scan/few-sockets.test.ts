import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseScanReport } from '../findings/index.ts';
import type { ScanReport } from '../findings/index.ts';
import { SCOPE_HEAD } from '../testing/scope-text.ts';
import { startSimulatedPacs } from '../testing/simulated-pacs.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
const PORT = 41_105;
const RUN_TIMEOUT_MS = 120_000;
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'auditor-few-sockets-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A module that makes every connect end as it does when there is no descriptor left: with EMFILE, which is -24. */
const WITHOUT_SOCKETS = `data:text/javascript,${encodeURIComponent(`
import { Socket } from 'node:net';
const socket = new Socket().on('error', () => {}).connect(9, '127.0.0.1');
Object.getPrototypeOf(socket._handle).connect = () => -24;
socket.destroy();`)}`;

interface Run {
  readonly code: number | null;
  readonly output: string;
  readonly report: ScanReport;
  readonly record: string;
}

/** The real command in a process that may have so many files and sockets open. */
async function scanWith(
  descriptors: number,
  cidr: string,
  { args = [], nodeArgs = [] }: { args?: readonly string[]; nodeArgs?: readonly string[] } = {},
): Promise<Run> {
  const file = join(folder, 'scope.toml');
  writeFileSync(
    file,
    `${SCOPE_HEAD}ports = [${PORT}, ${PORT + 1}]
[rates]
hosts-per-second = 100000
half-pdu-wait-seconds = 0
[[range]]
cidr = "${cidr}"
`,
  );
  const out = join(folder, 'run');
  const script = `ulimit -n ${descriptors}; exec "$0" "$@"`;
  const words = [process.execPath, ...nodeArgs, MAIN, 'scan', '--scope', file, '--out', out, ...args];
  const child = spawn('sh', ['-c', script, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()));
  child.stderr.on('data', (bytes: Buffer) => (output += bytes.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    code,
    output,
    report: parseScanReport(readFileSync(join(out, 'findings.json'))),
    record: readFileSync(join(out, 'record.jsonl'), 'utf8'),
  };
}

describe('a machine that has few sockets', () => {
  test(
    'finds what it would have found with many: no address is taken for closed because no socket was left',
    async () => {
      await using first = await startSimulatedPacs({ address: '127.53.0.3', port: PORT });
      await using last = await startSimulatedPacs({ address: '127.53.3.250', port: PORT });
      const { code, output, report, record } = await scanWith(64, '127.53.0.0/22');
      expect(output).not.toContain('EMFILE');
      // Otherwise nothing is shown here: the shortage must have come.
      expect([record.includes('no-socket'), record.includes('unreachable')]).toEqual([false, false]);
      expect(report.systems.map(({ address }) => address)).toEqual([first.address, last.address]);
      expect([code, report.complete, report.scanned.addresses]).toEqual([0, true, 1_024]);
    },
    RUN_TIMEOUT_MS,
  );

  test(
    'finds it with threads too, some of which may not even start',
    async () => {
      await using last = await startSimulatedPacs({ address: '127.55.15.250', port: PORT });
      const { code, report, record } = await scanWith(64, '127.55.0.0/20');
      expect(record.includes('unreachable')).toBe(false);
      expect(report.systems.map(({ address }) => address)).toEqual([last.address]);
      expect([code, report.complete, report.scanned.addresses]).toEqual([0, true, 4_096]);
    },
    RUN_TIMEOUT_MS,
  );

  test(
    'says of what it could not ask that it could not, and how to go on, and a resumed run asks it',
    async () => {
      await using open = await startSimulatedPacs({ address: '127.53.4.3', port: PORT });
      const part = await scanWith(1_024, '127.53.4.0/30', { nodeArgs: ['--import', WITHOUT_SOCKETS] });
      expect([part.code, part.report.complete]).toEqual([1, false]);
      expect(part.report.scanned).toEqual({ addresses: 0, responding: 0, notAsked: 4 });
      expect(part.report.findings.map(({ check, system, outcome }) => [check, system, outcome])).toEqual(
        [0, 1, 2, 3].map((last) => ['D01', `127.53.4.${last}`, 'inconclusive']),
      );
      expect(part.report.findings[0]?.reason).toMatch(/^NO_SOCKET: .*ulimit -n.*--resume$/);
      expect(part.output).toMatch(/4 addresses could not be asked: .*ulimit -n.*--resume/);
      const whole = await scanWith(1_024, '127.53.4.0/30', { args: ['--resume'] });
      expect([whole.code, whole.report.complete]).toEqual([0, true]);
      expect(whole.report.scanned).toEqual({ addresses: 4, responding: 1 });
      expect(whole.report.systems.map(({ address }) => address)).toEqual([open.address]);
      expect(whole.report.findings.some(({ reason }) => reason?.startsWith('NO_SOCKET'))).toBe(false);
    },
    RUN_TIMEOUT_MS,
  );
});
