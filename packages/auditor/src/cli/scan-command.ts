import { checks } from '../checks/index.ts';
import type { ScanReport } from '../findings/index.ts';
import { terminalSummary, writeReports } from '../report/index.ts';
import { durationText, estimate, readPortList, runScan } from '../scan/index.ts';
import type { ScanProgress } from '../scan/index.ts';
import { loadScope } from './scope-command.ts';
import { allMetas } from './all-metas.ts';
import type { Surroundings } from './surroundings.ts';

export interface ScanCommandOptions {
  readonly scope: string;
  readonly out: string;
  readonly resume?: true;
  readonly portsFrom?: string;
  readonly json?: true;
}

/** `scan`: exit code 0 only when the run is complete. */
export async function runScanCommand(options: ScanCommandOptions, surroundings: Surroundings): Promise<void> {
  const { printError, isTerminal, signal, version } = surroundings;
  const scope = await loadScope(options.scope, surroundings);
  const refusal = scope.timeRefusal(new Date());
  if (refusal !== undefined) throw new Error(`nothing was sent: ${refusal}`);
  if (options.portsFrom === undefined) {
    const { addresses, sweepSeconds, totalSeconds } = estimate(scope);
    printError(
      `${addresses} addresses at ${scope.rates.hostsPerSecond} hosts/s: about ${durationText(totalSeconds)} ` +
        `(sweep ${durationText(sweepSeconds)}, then the checks of the last systems)\n`,
    );
  }
  const report = await runScan({
    scope,
    checks,
    folder: options.out,
    signal,
    toolVersion: version,
    resume: options.resume === true,
    ...(options.portsFrom === undefined ? {} : { portList: readPortList(options.portsFrom) }),
    ...(isTerminal ? { onProgress: (progress: ScanProgress) => printError(progressLine(progress)) } : {}),
  });
  if (isTerminal) printError('\n');
  await writeReports(report, options.out, { metas: allMetas });
  surroundings.print(
    options.json === true
      ? `${JSON.stringify(summaryOf(report))}\n`
      : `${terminalSummary(report, allMetas)}\nreports are in ${options.out}\n`,
  );
  if (!report.complete) {
    printError('leadglass-auditor: the run was stopped before its end; go on with --resume\n');
    surroundings.fail(1);
  }
}

const BAR_WIDTH = 24;

function progressLine({ addresses, addressesTotal, responding, examined }: ScanProgress): string {
  const share = addressesTotal === 0 ? 1 : Math.min(1, addresses / addressesTotal);
  const bar = '#'.repeat(Math.round(share * BAR_WIDTH)).padEnd(BAR_WIDTH, '.');
  return `\r[${bar}] ${addresses}/${addressesTotal} addresses, ${examined}/${responding} systems examined `;
}

function summaryOf(report: ScanReport): Record<string, unknown> {
  const exposed = report.findings.filter(({ outcome }) => outcome === 'exposed');
  return {
    complete: report.complete,
    addresses: report.scanned.addresses,
    systems: report.systems.length,
    systemsExposed: new Set(exposed.map(({ system }) => system)).size,
    findings: report.findings.length,
    exposed: exposed.length,
    honeypots: report.systems.filter(({ isHoneypot }) => isHoneypot).length,
  };
}
