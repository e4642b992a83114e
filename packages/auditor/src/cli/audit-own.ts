import { lookup } from 'node:dns/promises';
import { checks } from '../checks/index.ts';
import type { CheckMeta, Evidence, Outcome } from '../findings/index.ts';
import { examineSystem } from '../scan/index.ts';
import { pinScope, readScope } from '../scope/index.ts';
import type { Scope } from '../scope/index.ts';
import {
  CONNECTIONS_PER_HOST_RUN_MAX,
  Dialler,
  HostLedger,
  ProbeError,
  sweepAddress,
} from '../transport/index.ts';

export type OwnProtocol = 'dicom-tls' | 'dicom' | 'https';

/** A door of the program that asks. */
export interface OwnDoor {
  /** Address or name under which it is reached from here. */
  readonly host: string;
  readonly port: number;
  readonly protocol: OwnProtocol;
}

/** What one check found at one door, with what a person needs to understand and mend it. */
export interface OwnFinding {
  readonly check: string;
  readonly outcome: Exclude<Outcome, 'notApplicable'>;
  readonly door: OwnDoor;
  /** What is open, in words: 'DICOM answers without TLS'. */
  readonly title: string;
  readonly why: string;
  readonly fix: string;
  /** CVSS 3.1 base score. */
  readonly score: number;
  readonly evidence: Evidence;
  readonly reason?: string;
}

export interface OwnAudit {
  readonly findings: readonly OwnFinding[];
  /** Doors at which nobody listens, or whose name has no address: nothing is said about them. */
  readonly silent: readonly OwnDoor[];
}

export interface OwnAuditOptions {
  readonly doors: readonly OwnDoor[];
  /** Whom web servers are told to call; a host or a person. */
  readonly contact: string;
  readonly signal?: AbortSignal;
}

/** For the connection that finds out whether anybody listens. On this machine the answer takes no time. */
const LISTENS_TIMEOUT_MS = 3_000;

/**
 * Asks doors of the caller's own every question that a scan would ask them, from outside, as a stranger. Nothing is
 * written; checks that a scope must ask for by name are left out, and so is the minute of waiting for half a PDU.
 */
export async function auditOwn({ doors, contact, signal }: OwnAuditOptions): Promise<OwnAudit> {
  const findings: OwnFinding[] = [];
  const silent: OwnDoor[] = [];
  const byHost = Map.groupBy(doors, ({ host }) => host);
  for (const [host, ofHost] of byHost) {
    const address = await lookup(host).then(
      (found) => found.address,
      () => undefined,
    );
    if (address === undefined) {
      silent.push(...ofHost);
      continue;
    }
    const scope = await scopeOf(address, ofHost, contact);
    const dialler = diallerFor(scope, signal ?? new AbortController().signal);
    const { open, lackedSocket } = await sweepAddress(dialler, address, scope.ports, LISTENS_TIMEOUT_MS);
    if (lackedSocket) throw new ProbeError('NO_SOCKET');
    silent.push(...ofHost.filter(({ port }) => !open.includes(port)));
    const target = { index: 0, address, owner: contact, calledAETitles: [] };
    const examination = { scope, dialler, checks, now: () => new Date() };
    const result = await examineSystem(examination, target, open);
    for (const { check, port, outcome, evidence, reason } of result.findings) {
      const meta = metas.get(check);
      const door = ofHost.find((one) => one.port === port);
      if (meta === undefined || door === undefined || outcome === 'notApplicable') continue;
      const { title, why, fix, score } = meta;
      const words = { title, why, fix, score };
      findings.push({
        check,
        outcome,
        door,
        ...words,
        evidence,
        ...(reason === undefined ? {} : { reason }),
      });
    }
  }
  return { findings, silent };
}

const metas: ReadonlyMap<string, CheckMeta> = new Map(checks.map(({ meta }) => [meta.id, meta]));

/** One address, its ports, and what is spoken on each; in force now and never again. */
function scopeOf(address: string, doors: readonly OwnDoor[], contact: string): Promise<Scope> {
  const day = new Date().toISOString().slice(0, 10);
  const lines = [
    `owner = ${JSON.stringify(contact)}`,
    `contact = ${JSON.stringify(contact)}`,
    'operator = "the program that has these doors"',
    'attestation = "A program examines doors of its own."',
    'attested = true',
    `not-before = ${day}`,
    // A run that begins before midnight may end after it.
    `not-after = ${new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)}`,
    `ports = ${JSON.stringify([...new Set(doors.map(({ port }) => port))])}`,
    '[rates]',
    'half-pdu-wait-seconds = 0',
    '[protocols]',
    ...doors.map(({ port, protocol }) => `${port} = ${JSON.stringify(protocol)}`),
    '[[range]]',
    `cidr = ${JSON.stringify(`${address}/${address.includes(':') ? 128 : 32}`)}`,
    'owner-attests = true',
  ];
  return pinScope(readScope(`${lines.join('\n')}\n`), noNames);
}

/** The scope names an address: nothing is left to resolve. */
const noNames = {
  addresses: (): Promise<string[]> => Promise.resolve([]),
  texts: (): Promise<string[]> => Promise.resolve([]),
};

function diallerFor(scope: Scope, signal: AbortSignal): Dialler {
  const { connectionsPerHost, associationsPerHost } = scope.rates;
  return new Dialler({
    guard: (address, port, at) => scope.refusal(address, port, at),
    ledger: new HostLedger({
      atOnceMax: connectionsPerHost,
      associationsMax: associationsPerHost,
      connectionsMax: CONNECTIONS_PER_HOST_RUN_MAX,
    }),
    // The caller's own server has a trail of who knocked.
    record: () => {},
    signal,
  });
}
