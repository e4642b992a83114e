import { createHmac } from 'node:crypto';
import type { Evidence, Finding, ScanReport, SystemRecord } from '../findings/index.ts';

/**
 * Who will read it. `full`: whoever ran it. `authority`: what stands open and whose it is, for a CERT or a regulator;
 * nothing of those who have nothing open. An owner: what is theirs, nothing of others. `public`: numbers and
 * products; no address, name, site or AE title.
 */
export type Audience = 'full' | 'authority' | 'public' | { readonly owner: string };

/** What stands in place of what was left out. */
export const withheld = '(withheld)';

/**
 * Leaves out what the audience may not see.
 * @param secret keys the pseudonyms of `public`. A plain hash of an IPv4 address is found by trying all of them; with a
 *   secret kept by the operator, two reports can be compared and nobody else learns an address
 */
export function redact(report: ScanReport, audience: Audience, secret: Uint8Array): ScanReport {
  if (audience === 'full') return report;
  if (audience === 'authority') return forAuthority(report);
  return audience === 'public' ? forPublic(report, secret) : forOwner(report, audience.owner, secret);
}

/** Systems with a proved exposure, and what was proved of them: who is closed is nobody else's business. */
function forAuthority(report: ScanReport): ScanReport {
  const exposed = report.findings.filter(({ outcome }) => outcome === 'exposed');
  const open = new Set(exposed.map(({ system }) => system));
  const systems = report.systems.filter(({ address, isHoneypot }) => open.has(address) && !isHoneypot);
  const kept = new Set(systems.map(({ address }) => address));
  const traps = new Set(report.systems.flatMap((one) => (one.isHoneypot ? one.address : [])));
  return {
    ...report,
    systems,
    // A finding of files has a path for its system, which no system record names.
    findings: exposed.filter(({ system }) => kept.has(system) || !traps.has(system)),
  };
}

function forOwner(report: ScanReport, owner: string, secret: Uint8Array): ScanReport {
  const own = report.systems.filter((system) => system.owner === owner);
  const ownAddresses = new Set(own.map(({ address }) => address));
  const others = report.systems.filter((system) => system.owner !== owner);
  const isOwn = (system: string): boolean =>
    ownAddresses.has(system) ||
    (report.scope.owner === owner && !others.some(({ address }) => address === system));
  const names = new Set(
    others.flatMap(({ address, hostName }) => [
      address.toLowerCase(),
      ...(hostName === undefined ? [] : [hostName.toLowerCase()]),
    ]),
  );
  return {
    ...report,
    scanned: { addresses: own.length, responding: own.length },
    systems: own.map((system) => withClone(system, pseudonym('cluster', system.cloneGroup, secret))),
    findings: report.findings
      .filter(({ system }) => isOwn(system))
      .map((finding) => withoutOthers(finding, names)),
  };
}

function withClone(
  { cloneGroup: _cloneGroup, ...system }: SystemRecord,
  name: string | undefined,
): SystemRecord {
  return name === undefined ? system : { ...system, cloneGroup: name };
}

/** Evidence may name another system, as a key shared between two hosts does. */
function withoutOthers(finding: Finding, names: ReadonlySet<string>): Finding {
  const cleaned = (text: string): string =>
    text.replace(/[\p{L}\p{N}][\p{L}\p{N}.:_-]*/gu, (word) => {
      const bare = word.replace(/[.:]+$/, '').toLowerCase();
      return names.has(bare) || names.has(bare.replace(/:\d+$/, '')) ? withheld : word;
    });
  const { reason, ...rest } = finding;
  return {
    ...rest,
    evidence: mapText(finding.evidence, cleaned),
    ...(reason === undefined ? {} : { reason: cleaned(reason) }),
  };
}

function mapText(evidence: Evidence, change: (text: string) => string): Evidence {
  return Object.fromEntries(
    Object.entries(evidence).map(([name, value]) => [
      change(name),
      typeof value === 'string' ? change(value) : value,
    ]),
  );
}

function forPublic(report: ScanReport, secret: Uint8Array): ScanReport {
  const name = (kind: string, text: string): string => pseudonym(kind, text, secret) ?? withheld;
  return {
    ...report,
    scope: {
      hash: withheld,
      owner: withheld,
      contact: withheld,
      operator: withheld,
      notBefore: report.scope.notBefore,
      notAfter: report.scope.notAfter,
    },
    systems: report.systems.map((system): SystemRecord => {
      const { hostName: _hostName, site, product, cloneGroup, ...rest } = system;
      return {
        ...rest,
        address: name('system', system.address),
        owner: name('owner', system.owner),
        ...(site === undefined ? {} : { site: name('site', JSON.stringify([system.owner, site])) }),
        // Signs are a server's own words: a realm or a title may name the clinic.
        ...(product === undefined ? {} : { product: { ...product, signs: [] } }),
        ...(cloneGroup === undefined ? {} : { cloneGroup: name('cluster', cloneGroup) }),
      };
    }),
    findings: report.findings.map(({ reason, system, evidence, ...rest }): Finding => ({
      ...rest,
      system: name('system', system),
      evidence: withoutText(evidence),
      ...(reason === undefined ? {} : { reason: reasonCode(reason) }),
    })),
  };
}

/** Numbers and truths stay; every text goes, because any of them may be an AE title or a name. */
function withoutText(evidence: Evidence): Evidence {
  return Object.fromEntries(
    Object.entries(evidence).map(([name, value]) => [name, typeof value === 'string' ? withheld : value]),
  );
}

/** The stable code a reason begins with; the words after it may say an address. */
function reasonCode(reason: string): string {
  return /^[A-Z][A-Z0-9_]{2,63}(?![^\s:,;])/.exec(reason)?.[0] ?? withheld;
}

/** Hexadecimal digits of a pseudonym: 48 bits; among 10,000 systems two are alike once in five million reports. */
const pseudonymDigits = 12;

function pseudonym(kind: string, text: string | undefined, secret: Uint8Array): string | undefined {
  if (text === undefined) return undefined;
  const digest = createHmac('sha256', secret).update(`${kind}\0${text}`).digest('hex');
  return `${kind}-${digest.slice(0, pseudonymDigits)}`;
}
