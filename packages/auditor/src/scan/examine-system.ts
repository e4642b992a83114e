import type { AnyCheck, Service, SystemFacts, Verdict } from '../checks/check.ts';
import { notApplicable } from '../checks/verdicts.ts';
import type { AccessClass, Finding, SystemCounts, SystemRecord } from '../findings/index.ts';
import {
  FRONT_PAGE,
  configurationName,
  identifyProducts,
  keyHashOf,
  vulnerabilitiesOf,
  webSigns,
} from '../products/index.ts';
import type { Signs } from '../products/index.ts';
import type { Scope, Target } from '../scope/index.ts';
import { ProbeError } from '../transport/index.ts';
import type { Dialler } from '../transport/index.ts';
import { fingerprint } from './fingerprint.ts';
import { ServiceAskers } from './service-askers.ts';

/** What compares systems with each other when all are known; hashes only. */
export interface Traits {
  /** Name of the DICOM configuration. */
  readonly configuration?: string;
  /** SHA-256 of the TLS public key. */
  readonly keyHash?: string;
}

export interface SystemResult {
  readonly record: SystemRecord;
  readonly findings: readonly Finding[];
  readonly traits: Traits;
}

export interface Examination {
  readonly scope: Scope;
  readonly dialler: Dialler;
  readonly checks: readonly AnyCheck[];
  readonly now: () => Date;
  /** Told when all that is left are checks that hold a connection and wait. */
  readonly onlyWaits?: () => void;
}

/** Fingerprints the open ports of a system and runs every check that matches. Throws only when the run is stopped. */
export async function examineSystem(
  examination: Examination,
  target: Target,
  openPorts: readonly number[],
): Promise<SystemResult> {
  const { scope, dialler } = examination;
  const services: Service[] = [];
  const system: SystemFacts = {
    address: target.address,
    services,
    ...(target.hostName === undefined ? {} : { hostName: target.hostName }),
  };
  const askers = new Map<Service, ServiceAskers>();
  try {
    for (const port of openPorts) {
      // Only one port at a time may hold its association open: the next one needs the host's two connections.
      for (const one of askers.values()) await one.close();
      const serviceAskers = new ServiceAskers({ dialler, scope, target, port });
      const facts = await fingerprint(serviceAskers, scope.protocolOf(port));
      const service: Service = { ...facts, system };
      services.push(service);
      askers.set(service, serviceAskers);
    }
    const outcomes = await runChecks(examination, askers);
    const { signs: seen, traits } = await signsOf(askers);
    const signs = outcomes.reduce<Signs>((sum, { verdict }) => ({ ...verdict.signs, ...sum }), seen);
    return { record: recordOf(target, services, outcomes, signs), findings: findingsOf(outcomes), traits };
  } finally {
    for (const one of askers.values()) await one.close();
  }
}

interface Judged {
  readonly finding: Finding;
  readonly verdict: Verdict;
}

async function runChecks(
  examination: Examination,
  askers: ReadonlyMap<Service, ServiceAskers>,
): Promise<Judged[]> {
  const judged: Judged[] = [];
  for (const isStressful of [false, true]) {
    if (isStressful) examination.onlyWaits?.();
    for (const [service, serviceAskers] of askers) {
      for (const check of examination.checks) {
        if ((check.isStressful === true) !== isStressful || !check.matches(service)) continue;
        // Questions of another kind need a connection of their own, and some servers take one at a time.
        if (check.kind !== 'dicom') await serviceAskers.close();
        serviceAskers.askFor(check.meta.id);
        const verdict = await verdictOf(check, service, serviceAskers, examination.scope);
        judged.push({ verdict, finding: toFinding(check, service, verdict, examination.now()) });
      }
      await serviceAskers.close();
    }
  }
  return judged;
}

async function verdictOf(
  check: AnyCheck,
  service: Service,
  askers: ServiceAskers,
  scope: Scope,
): Promise<Verdict> {
  const { optIn } = check.meta;
  if (optIn !== undefined && !scope.isOptedIn(optIn)) {
    return notApplicable('NOT_ASKED_FOR', 'the scope does not ask for it');
  }
  if (check.isStressful === true && scope.isModalitySafe) {
    return notApplicable('MODALITY_SAFE', 'left out in modality-safe mode');
  }
  try {
    return await askWith(check, service, askers);
  } catch (error) {
    if (error instanceof ProbeError) {
      if (error.code === 'STOPPED') throw error;
      // It waited for a connection of its own to end: that is a mistake of the check, not of the target.
      const outcome = error.code === 'HOST_BUSY' ? 'error' : 'inconclusive';
      return { outcome, reason: `${error.code}: ${error.message}` };
    }
    // A mistake of ours must not cost the other findings. Its text may quote the target, so only its name is kept.
    return {
      outcome: 'error',
      reason: `CHECK_FAILED: ${error instanceof Error ? error.name : 'unknown error'}`,
    };
  }
}

function askWith(check: AnyCheck, service: Service, askers: ServiceAskers): Promise<Verdict> {
  switch (check.kind) {
    case 'dicom':
      return check.ask(askers.dicom(service.speaksTls), service);
    case 'tls':
      return check.ask(askers.tls(), service);
    case 'http':
      return check.ask(askers.http(service.speaksTls), service);
    case 'socket':
      return check.ask(askers.socket(), service);
    case 'attestation':
      return check.ask(askers.attestation(), service);
  }
}

function toFinding(check: AnyCheck, service: Service, verdict: Verdict, now: Date): Finding {
  return {
    check: check.meta.id,
    system: service.system.address,
    port: service.port,
    outcome: verdict.outcome,
    evidence: verdict.evidence ?? {},
    ...(verdict.reason === undefined ? {} : { reason: verdict.reason }),
    at: now.toISOString(),
  };
}

/** The id of the check that recognises traps; nothing else that a trap said is believed. */
const HONEYPOT_CHECK = 'D25';

function isTrap(judged: readonly Judged[]): boolean {
  return judged.some(({ finding }) => finding.check === HONEYPOT_CHECK && finding.outcome === 'exposed');
}

function findingsOf(judged: readonly Judged[]): Finding[] {
  const trap = isTrap(judged);
  return judged.map(({ finding }) =>
    trap && finding.outcome === 'exposed' && finding.check !== HONEYPOT_CHECK
      ? {
          ...finding,
          outcome: 'inconclusive',
          reason: 'HONEYPOT: it says yes to everything, so its yes proves nothing',
        }
      : finding,
  );
}

function recordOf(
  target: Target,
  services: readonly Service[],
  judged: readonly Judged[],
  signs: Signs,
): SystemRecord {
  const trap = isTrap(judged);
  const exposed = trap ? [] : judged.filter(({ verdict }) => verdict.outcome === 'exposed');
  const products = identifyProducts(signs);
  const [product] = products;
  return {
    address: target.address,
    ...(target.hostName === undefined ? {} : { hostName: target.hostName }),
    owner: target.owner,
    ...(target.site === undefined ? {} : { site: target.site }),
    ...(target.country === undefined ? {} : { country: target.country }),
    openPorts: services.map(({ port, protocol }) => ({ port, protocol })),
    ...(product === undefined ? {} : { product }),
    vulnerabilities: trap ? [] : uniqueById(products.flatMap(vulnerabilitiesOf)),
    accessClasses: accessClassesOf(exposed),
    isHoneypot: trap,
    counts: countsOf(exposed),
  };
}

function uniqueById<T extends { readonly id: string }>(list: readonly T[]): T[] {
  return [...new Map(list.map((one) => [one.id, one])).values()];
}

function accessClassesOf(exposed: readonly Judged[]): AccessClass[] {
  const granted = new Set(exposed.flatMap(({ verdict }) => verdict.grants ?? []));
  return [...granted].sort();
}

/** Of several counts of the same thing an exact one is better than a lower bound, and a larger better than a smaller. */
function countsOf(exposed: readonly Judged[]): SystemCounts {
  const best: { -readonly [Key in keyof SystemCounts]: SystemCounts[Key] } = {};
  for (const { verdict } of exposed) {
    for (const key of ['studies', 'images', 'retrievableImages', 'files'] as const) {
      const count = verdict.counts?.[key];
      const before = best[key];
      if (count === undefined) continue;
      const isBetter =
        before === undefined ||
        (before.isLowerBound && !count.isLowerBound) ||
        (before.isLowerBound === count.isLowerBound && count.value > before.value);
      if (isBetter) best[key] = count;
    }
  }
  return best;
}

/** What the system said about itself in answers that are there already: nothing is sent for this. */
async function signsOf(
  askers: ReadonlyMap<Service, ServiceAskers>,
): Promise<{ signs: Signs; traits: Traits }> {
  const signs: { -readonly [Key in keyof Signs]: Signs[Key] } = {};
  const traits: { -readonly [Key in keyof Traits]: Traits[Key] } = {};
  for (const [service, serviceAskers] of askers) {
    if (service.speaksDicom) {
      const answer = await serviceAskers
        .dicom(service.speaksTls)
        .hello()
        .catch(() => undefined);
      if (answer?.kind !== 'accepted') continue;
      const { peer, contexts } = answer;
      if (peer.implementationClassUID !== undefined)
        signs.implementationClassUID ??= peer.implementationClassUID;
      const versionName = peer.implementationVersionName;
      if (versionName !== undefined) signs.implementationVersionName ??= versionName;
      traits.configuration ??= configurationName([
        peer.implementationClassUID ?? '',
        versionName ?? '',
        String(peer.maximumLength ?? 0),
        ...[...contexts].map(([key, context]) => `${key} ${context.result} ${context.transferSyntax ?? ''}`),
      ]);
    }
    if (service.protocol === 'http' || service.protocol === 'https') {
      const answer = await serviceAskers
        .http(service.speaksTls)
        .request(FRONT_PAGE)
        .catch(() => undefined);
      if (answer !== undefined) Object.assign(signs, { ...webSigns(answer), ...signs });
    }
    if (service.speaksTls) {
      const handshake = await serviceAskers.tls().rememberedHandshake();
      if (handshake?.certificate !== undefined) traits.keyHash ??= keyHashOf(handshake.certificate);
    }
  }
  return { signs, traits };
}
