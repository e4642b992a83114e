import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import { severities, severityOf } from '../findings/index.ts';
import type { CheckMeta, ScanReport, Severity } from '../findings/index.ts';
// From the files themselves: what a run needs later is loaded while the threads of its sweep start.
import { durationText, estimate } from '../scan/estimate.ts';
import type { ListedHost, ScanOptions } from '../scan/index.ts';
import { startSweepWorkers } from '../scan/sweep-size.ts';
import type { Scope } from '../scope/index.ts';
import { CallError } from './call-error.ts';
import { ProgressDisplay } from './progress-display.ts';
import { addReportFlags, readReportFlags, writePlannedReports } from './report-flags.ts';
import type { ReportFlags } from './report-flags.ts';
import { hasFinishedRun, sealRunFiles } from './seal-run-files.ts';
import { loadScope } from './scope-command.ts';
import type { Surroundings } from './surroundings.ts';

export interface ScanCommandOptions extends ReportFlags {
  readonly scope: string;
  readonly out: string;
  readonly resume?: true;
  readonly ports?: string;
  readonly portsFrom?: string;
  readonly failOn?: Severity;
  readonly quiet?: true;
  readonly json?: true;
}

/** Exit code when `--fail-on` found what it was asked about. */
const FOUND_CODE = 3;

/** Adds `scan`. */
export function registerScanCommand(program: Command, surroundings: Surroundings): void {
  const command = program
    .command('scan')
    .description('examine the addresses of a scope file; nothing is sent outside it')
    .requiredOption('--scope <file>', 'scope file; `scope example` prints one')
    .requiredOption('--out <folder>', 'folder for findings.json, the reports, journal and record')
    .option('--resume', 'go on with the interrupted run of this folder')
    .option('--ports <list>', 'only these of the ports in the scope, for instance 104,11112,8000-8099')
    .option(
      '--ports-from <file>',
      'take open ports from what masscan, zmap or nmap wrote instead of the own sweep',
    );
  addReportFlags(command)
    .addOption(
      new Option('--fail-on <severity>', 'end with 3 when something this bad or worse is exposed').choices(
        severities.filter((severity) => severity !== 'none'),
      ),
    )
    .option('--quiet', 'print nothing but errors (and --json)')
    .option('--json', 'print a summary a program can read')
    .addHelpText('after', help)
    .action(async (options: ScanCommandOptions) => {
      await runScanCommand(options, surroundings);
    });
}

const help = `
Examples:
  leadglass-auditor scan --scope scope.toml --out run-1
  leadglass-auditor scan --scope scope.toml --out run-2 --compare-with run-1/findings.json --follow-up told.toml
  leadglass-auditor scan --scope scope.toml --out run-1 --audience owner public --recipient age1...
  masscan -iL ranges.txt -p104,11112 -oL open.txt
  leadglass-auditor scan --scope scope.toml --out run-1 --ports-from open.txt
  leadglass-auditor scan --scope scope.toml --out night-$(date +%F) --quiet --fail-on high

--ports-from reads masscan -oL and -oJ, nmap -oG and -oX, zmap lists and CSV. The scope still decides what is contacted.
With --recipient no report is written in clear; journal.jsonl is, until the run is complete, because --resume needs it.

Exit codes: 0 complete, 1 failed or stopped (--resume goes on), 2 called wrongly, 3 complete and --fail-on found something.`;

/** `scan`: throws for what ends it before or during the run; otherwise sets the exit code. */
export async function runScanCommand(options: ScanCommandOptions, surroundings: Surroundings): Promise<void> {
  const { printError, isTerminal, signal, version } = surroundings;
  const plan = await readReportFlags(options);
  const scope = await scopeOf(options, surroundings);
  checkFolder(options);
  if (options.portsFrom !== undefined) checkPortList(options.portsFrom);
  const isQuiet = options.quiet === true;
  if (!isQuiet && options.portsFrom === undefined) printError(estimateText(scope));
  const progress = isTerminal && !isQuiet ? new ProgressDisplay(printError) : undefined;
  const report = await runWithThreads({
    scope,
    folder: options.out,
    signal,
    toolVersion: version,
    resume: options.resume === true,
    ...(options.portsFrom === undefined ? {} : { portList: await portListOf(options.portsFrom) }),
    ...(progress === undefined ? {} : { onProgress: progress.draw }),
  });
  progress?.end();
  await writePlannedReports(report, options.out, plan);
  if (report.complete) await sealRunFiles(options.out, plan.recipients);
  await tellResult(report, options, surroundings);
}

/** Loads the checks, which takes half of what starting does, while the threads of a large sweep start. */
async function runWithThreads(options: Omit<ScanOptions, 'checks' | 'sweepWorkers'>): Promise<ScanReport> {
  const sweepWorkers = options.portList === undefined ? startSweepWorkers(options.scope) : undefined;
  try {
    const [{ checks }, { runScan }] = await Promise.all([
      import('../checks/index.ts'),
      import('../scan/index.ts'),
    ]);
    return await runScan({ ...options, checks, ...(sweepWorkers === undefined ? {} : { sweepWorkers }) });
  } finally {
    await sweepWorkers?.close();
  }
}

async function scopeOf(options: ScanCommandOptions, surroundings: Surroundings): Promise<Scope> {
  const whole = await loadScope(options.scope, surroundings);
  const scope = options.ports === undefined ? whole : whole.withPorts(portsOf(options.ports, whole.ports));
  const refusal = scope.timeRefusal(new Date());
  if (refusal !== undefined) {
    throw new CallError(
      `nothing was sent: ${refusal}`,
      `not-before, not-after and window in ${options.scope} say when the run is allowed`,
    );
  }
  return scope;
}

const PORT_MAX = 65_535;

/** '104,8000-8099' in ports: a range stands for those of the scope's ports that lie in it. Throws CallError. */
function portsOf(list: string, ofScope: readonly number[]): number[] {
  return list.split(',').flatMap((part) => {
    const match = /^\s*(\d{1,5})(?:-(\d{1,5}))?\s*$/.exec(part);
    const [first, last] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
    if (match === null || first < 1 || last > PORT_MAX || last < first) {
      throw new CallError(
        `--ports: ${part.trim()} is no port and no range of ports`,
        'write 104,11112 or 8000-8099',
      );
    }
    if (match[2] === undefined) return [first];
    const inRange = ofScope.filter((port) => first <= port && port <= last);
    if (inRange.length === 0) {
      throw new CallError(`--ports: the scope has no port from ${first} to ${last}`, 'add some to its ports');
    }
    return inRange;
  });
}

/** A run is not written over another, and a folder that cannot be written is known before the first packet. */
function checkFolder({ out }: ScanCommandOptions): void {
  const status = statSync(out, { throwIfNoEntry: false });
  if (status === undefined) return;
  if (!status.isDirectory()) throw new CallError(`--out: ${out} is no folder`, 'name a new folder');
  try {
    accessSync(out, constants.W_OK);
  } catch {
    throw new CallError(`--out: ${out} cannot be written`, 'name a folder of your own');
  }
  if (hasFinishedRun(out)) {
    throw new CallError(`--out: ${out} holds a finished run already`, 'name another folder');
  }
}

function checkPortList(path: string): void {
  try {
    accessSync(path, constants.R_OK);
  } catch {
    throw new CallError(
      `--ports-from: ${path} cannot be read`,
      'masscan -oL FILE, nmap -oG FILE or zmap -o FILE writes one',
    );
  }
}

/** Its reader of XML is loaded by those who have a list. */
async function portListOf(path: string): Promise<AsyncIterable<ListedHost>> {
  const { readPortList } = await import('../scan/port-list.ts');
  return readPortList(path);
}

function estimateText(scope: Scope): string {
  const { addresses, sweepSeconds, totalSeconds } = estimate(scope);
  return (
    `${addresses} address${addresses === 1 ? '' : 'es'} at ${scope.rates.hostsPerSecond} hosts/s: about ${durationText(totalSeconds)} ` +
    `(sweep ${durationText(sweepSeconds)}, then the checks of the last systems)\n`
  );
}

async function tellResult(
  report: ScanReport,
  options: ScanCommandOptions,
  surroundings: Surroundings,
): Promise<void> {
  const { notAskedText, terminalSummary } = await import('../report/index.ts');
  const { allMetas } = await import('./all-metas.ts');
  const { print, printError, fail } = surroundings;
  const { out, json, quiet, portsFrom, failOn } = options;
  if (json === true) print(`${JSON.stringify(summaryOf(report))}\n`);
  else if (quiet !== true)
    print(`${terminalSummary(report, allMetas)}\nreports are in ${out}${pageText(options)}\n`);
  if (quiet !== true && portsFrom !== undefined && report.complete && report.scanned.addresses === 0) {
    printError(`leadglass-auditor: ${portsFrom} names no address of the scope\n`);
  }
  if (!report.complete) {
    printError(
      `leadglass-auditor: ${notAskedText(report.scanned) ?? 'the run was stopped before its end; go on with --resume'}\n`,
    );
    fail(1);
  } else if (failOn !== undefined && isExposed(report, failOn, allMetas)) fail(FOUND_CODE);
}

/** Where to begin reading, when there is a page that can be read as it is. */
function pageText({ out, format, recipient }: ScanCommandOptions): string {
  if (recipient !== undefined) return ', encrypted: age -d -i key.txt opens them';
  return format?.includes('html') === false ? '' : `: begin with ${join(out, 'report.html')}`;
}

/** Whether something of this severity or a worse one is exposed; traps prove nothing. */
function isExposed(
  { findings, systems }: ScanReport,
  severity: Severity,
  metas: readonly CheckMeta[],
): boolean {
  const bad = new Set(severities.slice(0, severities.indexOf(severity) + 1));
  const traps = new Set(systems.flatMap((one) => (one.isHoneypot ? one.address : [])));
  const ids = new Set(metas.filter(({ score }) => bad.has(severityOf(score))).map(({ id }) => id));
  return findings.some(
    ({ outcome, check, system }) => outcome === 'exposed' && ids.has(check) && !traps.has(system),
  );
}

function summaryOf(report: ScanReport): Record<string, unknown> {
  const exposed = report.findings.filter(({ outcome }) => outcome === 'exposed');
  return {
    complete: report.complete,
    addresses: report.scanned.addresses,
    notAsked: report.scanned.notAsked ?? 0,
    systems: report.systems.length,
    systemsExposed: new Set(exposed.map(({ system }) => system)).size,
    findings: report.findings.length,
    exposed: exposed.length,
    honeypots: report.systems.filter(({ isHoneypot }) => isHoneypot).length,
  };
}
