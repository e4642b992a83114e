import { runAudit, type AuditRun } from '../auditor/audit.ts';
import type { Scope } from '../support/scope.ts';

/** Keys of [opt-in] that cost nothing but a question. */
export const USUAL_OPT_INS = ['counting', 'default-logins'] as const;

export interface AuditWishes {
  readonly protocols?: Readonly<Record<number, string>>;
  readonly optIns?: readonly string[];
  readonly rates?: Readonly<Record<string, number>>;
  readonly calledAETitles?: readonly string[];
}

/** Audits ports of 127.0.0.1 that products listen on. Protocols tell TLS from clear, as the operator would. */
export function auditPorts(
  scope: Scope,
  ports: readonly number[],
  { protocols = {}, optIns = USUAL_OPT_INS, rates = {}, calledAETitles }: AuditWishes = {},
): Promise<AuditRun> {
  const titles = calledAETitles === undefined ? {} : { calledAETitles };
  return runAudit(scope, { ranges: [{ cidr: '127.0.0.1/32', ...titles }], ports, protocols, optIns, rates });
}

/** Ids of the checks with this outcome on a port. */
export function idsOf({ report }: AuditRun, port: number, outcome = 'exposed'): string[] {
  return report.findings
    .filter((one) => one.port === port && one.outcome === outcome)
    .map(({ check }) => check);
}

/** For people: what came out of a run, a line for each port and outcome. */
export function outcomesText(title: string, { report }: AuditRun): string {
  const groups = Map.groupBy(report.findings, ({ port, outcome }) => `  ${port ?? 0} ${outcome}`);
  const lines = [...groups].map(([place, found]) => `${place}: ${found.map(({ check }) => check).join(' ')}`);
  return `${title}\n${lines.sort().join('\n')}\n`;
}
