import type { AnyCheck, Service, Verdict } from '../checks/check.ts';
import type { OptIn } from '../findings/index.ts';
import { dicomPorts } from '../scan/known-ports.ts';
import { ServiceAskers } from '../scan/service-askers.ts';
import type { AttestationKey, Rates } from '../scope/index.ts';
import { Dialler, HostLedger } from '../transport/index.ts';
import type { ConnectionEntry } from '../transport/index.ts';

export interface AskOptions {
  readonly port: number;
  readonly address?: string;
  /** What the fingerprint would have found. Default 'dicom'. */
  readonly protocol?: string;
  /** What the scope asks for by name. */
  readonly optIns?: readonly OptIn[];
  /** Answers of the scope's [attestations]. */
  readonly attestations?: Readonly<Partial<Record<AttestationKey, boolean>>>;
  readonly rates?: Partial<Rates>;
  readonly calledAETitles?: readonly string[];
  /** Other services of the same system. */
  readonly others?: readonly { port: number; protocol: string }[];
  /** Gets every line of the record. */
  readonly record?: (entry: ConnectionEntry) => void;
}

/** Loopback only, and without the wait for a minute. */
const testRates: Rates = {
  hostsPerSecond: 10_000,
  connectionsPerHost: 2,
  associationsPerHost: 20,
  countingCap: 1_000,
  halfPduWaitSeconds: 1,
};

/** Runs one check against a real local server, with the askers a scan would give it. ProbeErrors come through. */
export async function askOne(check: AnyCheck, options: AskOptions): Promise<Verdict> {
  const address = options.address ?? '127.0.0.1';
  const rates = { ...testRates, ...options.rates };
  const stop = new AbortController();
  const dialler = new Dialler({
    guard: (asked) => (/^127\./.test(asked) ? undefined : 'tests stay on loopback'),
    ledger: new HostLedger({
      atOnceMax: rates.connectionsPerHost,
      associationsMax: rates.associationsPerHost,
      connectionsMax: 200,
    }),
    record: options.record ?? (() => {}),
    signal: stop.signal,
  });
  const askers = new ServiceAskers({
    dialler,
    scope: {
      rates,
      contact: 'it@clinic.example',
      isModalitySafe: false,
      isOptedIn: (optIn) => options.optIns?.includes(optIn) === true,
      attested: (key) => options.attestations?.[key],
    },
    target: { address, calledAETitles: options.calledAETitles ?? [] },
    port: options.port,
  });
  const services: Service[] = [];
  const system = { address, services };
  const protocol = options.protocol ?? 'dicom';
  const serviceOf = (port: number, spoken: string): Service => ({
    port,
    protocol: spoken,
    speaksDicom: spoken.startsWith('dicom'),
    speaksTls: ['dicom-tls', 'tls', 'https'].includes(spoken),
    isDicomPort: dicomPorts.has(port) || spoken === 'tls',
    system,
  });
  const service = serviceOf(options.port, protocol);
  services.push(service, ...(options.others ?? []).map((other) => serviceOf(other.port, other.protocol)));
  askers.askFor(check.meta.id);
  try {
    switch (check.kind) {
      case 'dicom':
        return await check.ask(askers.dicom(service.speaksTls), service);
      case 'tls':
        return await check.ask(askers.tls(), service);
      case 'http':
        return await check.ask(askers.http(service.speaksTls), service);
      case 'socket':
        return await check.ask(askers.socket(), service);
      case 'attestation':
        return await check.ask(askers.attestation(), service);
    }
  } finally {
    await askers.close();
    stop.abort();
  }
}
