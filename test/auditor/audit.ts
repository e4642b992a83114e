import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseScanReport, type ScanReport } from '../../packages/auditor/src/findings/index.ts';
import type { Scope } from '../support/scope.ts';

/** `leadglass-auditor`, as everybody starts it. */
export const AUDITOR = fileURLToPath(new URL('../../leadglass-auditor', import.meta.url));

export interface AuditRange {
  readonly cidr: string;
  readonly country?: string;
  readonly site?: string;
  readonly calledAETitles?: readonly string[];
}

export interface ScopeText {
  readonly ranges: readonly AuditRange[];
  readonly ports: readonly number[];
  /** Keys of [opt-in] that are true. */
  readonly optIns?: readonly string[];
  /** Lines of [rates]; the rate is lifted unless they say otherwise. */
  readonly rates?: Readonly<Record<string, number>>;
  /** Lines of [protocols]: what is spoken on a port. */
  readonly protocols?: Readonly<Record<number, string>>;
}

/** A scope file for loopback, where the rate may be lifted. */
export function scopeText({ ranges, ports, optIns = [], rates = {}, protocols = {} }: ScopeText): string {
  const lines = (values: Readonly<Record<string, string | number | boolean>>): string[] =>
    Object.entries(values).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  return [
    'owner = "Example Study"',
    'contact = "study@example.org"',
    'operator = "A test"',
    'attestation = "Loopback of this machine, for a test."',
    'attested = true',
    'not-before = 2020-01-01',
    'not-after = 2099-12-31',
    `ports = ${JSON.stringify(ports)}`,
    '[rates]',
    ...lines({ 'hosts-per-second': 100_000, 'half-pdu-wait-seconds': 0, ...rates }),
    '[opt-in]',
    ...lines(Object.fromEntries(optIns.map((key) => [key, true]))),
    '[protocols]',
    ...lines(protocols),
    ...ranges.flatMap(({ cidr, country, site, calledAETitles }) => [
      '[[range]]',
      ...lines({
        cidr,
        ...(country === undefined ? {} : { country }),
        ...(site === undefined ? {} : { site }),
      }),
      ...(calledAETitles === undefined ? [] : [`called-ae-titles = ${JSON.stringify(calledAETitles)}`]),
    ]),
    '',
  ].join('\n');
}

export interface AuditRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
  /** Largest resident set of the auditor, MiB. */
  readonly peakMiB: number;
  /** Processor time of the auditor, seconds. */
  readonly cpuSeconds: number;
  /** Everything the run wrote. */
  readonly folder: string;
  readonly report: ScanReport;
}

/** Runs the real program on a scope, as everybody would: `leadglass-auditor scan`. */
export async function runAudit(
  scope: Scope,
  text: ScopeText,
  environment: Readonly<Record<string, string>> = {},
): Promise<AuditRun> {
  const parent = scope.folder('audit');
  const scopeFile = join(parent, 'scope.toml');
  const folder = join(parent, 'run');
  writeFileSync(scopeFile, scopeText(text));
  const run = await runAuditor(scope, ['scan', '--scope', scopeFile, '--out', folder], environment);
  const file = join(folder, 'findings.json');
  if (!existsSync(file)) throw new Error(`the audit ended with ${run.code}: ${run.stderr}`);
  return { ...run, folder, report: parseScanReport(readFileSync(file)) };
}

export type CommandRun = Omit<AuditRun, 'folder' | 'report'>;

/** Any command of the program. */
export async function runAuditor(
  scope: Scope,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<CommandRun> {
  return runMeasured(scope, AUDITOR, args, environment);
}

/** Any program, with what it took. */
export async function runMeasured(
  scope: Scope,
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<CommandRun> {
  const since = performance.now();
  const child = scope.spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  });
  const usage = { peakMiB: 0, cpuSeconds: 0 };
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (bytes: Buffer) => (stdout += bytes.toString('utf8')));
  child.stderr?.on('data', (bytes: Buffer) => (stderr += bytes.toString('utf8')));
  // The last sample before the process is gone is the one that counts.
  const timer = setInterval(() => sample(child.pid ?? 0, usage), SAMPLE_EVERY_MS);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearInterval(timer);
  return { code, stdout, stderr, seconds: (performance.now() - since) / 1000, ...usage };
}

const SAMPLE_EVERY_MS = 20;
/** Clock ticks of /proc/PID/stat on every Linux there is. */
const TICKS_PER_SECOND = 100;

/** VmHWM and processor time of a process; what cannot be read (it has ended, or this is no Linux) stays as it was. */
function sample(pid: number, usage: { peakMiB: number; cpuSeconds: number }): void {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    usage.peakMiB = Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024 || usage.peakMiB;
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    usage.cpuSeconds = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  } catch {
    // Between two samples it ended.
  }
}
