import type { Finding, Outcome, ScanReport, SystemRecord } from '../index.ts';

export const runEnded = '2026-01-15T08:00:00.000Z';

/** A system that answers nothing but TCP; the test says what is different. */
export function system(address: string, different: Partial<SystemRecord> = {}): SystemRecord {
  return {
    address,
    owner: 'Clinic',
    country: 'DE',
    openPorts: [{ port: 104, protocol: 'dicom' }],
    vulnerabilities: [],
    accessClasses: ['A1'],
    isHoneypot: false,
    counts: {},
    ...different,
  };
}

export function finding(
  check: string,
  address: string,
  outcome: Outcome = 'exposed',
  different: Partial<Finding> = {},
): Finding {
  return { check, system: address, outcome, evidence: {}, at: runEnded, ...different };
}

export function report(
  systems: readonly SystemRecord[],
  findings: readonly Finding[] = [],
  different: Partial<ScanReport> = {},
): ScanReport {
  return {
    format: 'leadglass-auditor-scan',
    version: 1,
    toolVersion: '0.1.0',
    scope: {
      hash: 'ab'.repeat(32),
      owner: 'Clinic',
      contact: 'security@clinic.example',
      notBefore: '2026-01-15T00:00:00Z',
      notAfter: '2026-01-16T00:00:00Z',
      operator: 'Operator',
    },
    started: '2026-01-15T07:00:00.000Z',
    ended: runEnded,
    complete: true,
    scanned: { addresses: 256, responding: systems.length },
    systems,
    findings,
    ...different,
  };
}

export function exactly(value: number): { value: number; isLowerBound: boolean } {
  return { value, isLowerBound: false };
}

export function atLeast(value: number): { value: number; isLowerBound: boolean } {
  return { value, isLowerBound: true };
}
