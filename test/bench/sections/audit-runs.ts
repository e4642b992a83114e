import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type AuditRun,
  type CommandRun,
  runAudit,
  runMeasured,
  type ScopeText,
} from '../../auditor/audit.ts';
import type { Scope } from '../../support/scope.ts';
import type { AuditedNet } from '../data/audit-systems.ts';
import { findProgram } from '../peers/find-program.ts';

/** What one program took for one net. */
export interface AuditSample {
  /**
   * By the program's own clock. The auditor's leaves out loading the program and writing the reports; nmap's has its
   * start in it, half a second of which is its script engine's.
   */
  readonly scanSeconds: number;
  /** From the start of the process to its end. */
  readonly processSeconds: number;
  readonly cpuSeconds: number;
  readonly peakMiB: number;
  /** TCP connections it tried. */
  readonly connections: number;
  /** Systems that it found listening. */
  readonly systems: number;
}

export interface Auditor {
  readonly key: string;
  readonly label: string;
  isInstalled(): boolean;
  run(scope: Scope, net: AuditedNet, ports: readonly number[]): Promise<AuditSample>;
}

/** The real program with a scope file that lifts the rate and leaves the wait for a half PDU (D23) out. */
export const auditor: Auditor = {
  key: 'leadglass',
  label: 'Leadglass auditor, all default checks but D23',
  isInstalled: () => true,
  run: async (scope, { blocks }, ports) =>
    sampleOf(await runAudit(scope, { ranges: blocks.map((cidr) => ({ cidr })), ports }), ports),
};

export function sampleOf(run: AuditRun, ports: readonly number[]): AuditSample {
  const { report, folder } = run;
  const swept = report.scanned.addresses * ports.length;
  return {
    ...usageOf(run),
    scanSeconds: (Date.parse(report.ended) - Date.parse(report.started)) / 1000,
    connections: swept + connectionsOfChecks(folder),
    systems: report.systems.length,
  };
}

/** Lines of the run's record, which has one for each connection, except the sweep's: those have one for an address. */
function connectionsOfChecks(folder: string): number {
  const names = readdirSync(folder).filter((name) => name === 'record.jsonl');
  const lines = names.flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'));
  return lines.filter((line) => line.includes('"check":') && !line.includes('"check":"sweep"')).length;
}

const usageOf = ({
  seconds,
  cpuSeconds,
  peakMiB,
}: CommandRun): Pick<AuditSample, 'processSeconds' | 'cpuSeconds' | 'peakMiB'> => ({
  processSeconds: seconds,
  cpuSeconds,
  peakMiB,
});

/** The one other program that asks DICOM of many addresses: it proposes one association to each open port. */
function nmapWith(key: string, label: string, flags: readonly string[]): Auditor {
  return {
    key,
    label,
    isInstalled: () => findProgram('nmap') !== undefined,
    run: async (scope, { blocks, addresses }, ports) => {
      const args = [...flags, '-n', '-Pn', '-p', ports.join(), '--script', 'dicom-ping', ...blocks];
      const run = await runMeasured(scope, 'nmap', args);
      const own = /scanned in ([\d.]+) seconds/.exec(run.stdout)?.[1];
      if (run.code !== 0 || own === undefined) throw new Error(`nmap ended with ${run.code}: ${run.stderr}`);
      const hosts = run.stdout.split('Nmap scan report for ').slice(1);
      const open = run.stdout.match(/^\d+\/tcp +open/gm)?.length ?? 0;
      return {
        ...usageOf(run),
        scanSeconds: Number(own),
        connections: addresses.length * ports.length + open,
        systems: hosts.filter((text) => /^\d+\/tcp +open/m.test(text)).length,
      };
    },
  };
}

/** Half-open: packets of its own making, which only root may send. For everybody else nmap connects, as below. */
export const nmap = nmapWith('nmap', 'nmap, dicom-ping', []);
/** The same kind of connections as the auditor's. */
export const nmapConnect = nmapWith('nmap-connect', 'nmap -sT (no root), dicom-ping', ['-sT']);

const CONNECTOR = fileURLToPath(new URL('./audit-connector.ts', import.meta.url));

/** Connects and closes, and nothing else: what one thread of Node can do. */
export const connector: Auditor = {
  key: 'ceiling',
  label: 'bare connector in Node, one thread',
  isInstalled: () => true,
  run: async (scope, { addresses }, ports) => {
    const file = join(scope.folder('connector'), 'addresses');
    writeFileSync(file, addresses.join('\n'));
    const run = await runMeasured(scope, process.execPath, [CONNECTOR, file, ...ports.map(String)]);
    if (run.code !== 0) throw new Error(`the connector ended with ${run.code}: ${run.stderr}`);
    const connections = addresses.length * ports.length;
    return { ...usageOf(run), scanSeconds: Number(run.stdout) / 1000, connections, systems: NaN };
  },
};

/** A run, and what it said before it began. */
export interface EstimatedRun {
  readonly run: AuditRun;
  /** As printed; NaN when nothing was. */
  readonly estimatedSeconds: number;
}

/** An audit with its estimate. */
export async function runEstimated(scope: Scope, text: ScopeText): Promise<EstimatedRun> {
  const run = await runAudit(scope, text);
  return { run, estimatedSeconds: secondsOf(/about ([^(]+?) \(/.exec(run.stderr)?.[1] ?? '') };
}

/** '3 min 20 s' in seconds. */
function secondsOf(duration: string): number {
  const units: Readonly<Record<string, number>> = { h: 3600, min: 60, s: 1 };
  const parts = [...duration.matchAll(/(\d+) (h|min|s)\b/g)];
  if (parts.length === 0) return NaN;
  return parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (units[unit] ?? NaN), 0);
}
