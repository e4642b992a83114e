import type { Service } from '../checks/check.ts';
import { FRONT_PAGE } from '../products/index.ts';
import { isAnswer } from '../transport/index.ts';
import { dicomPorts, knownPorts, tlsPorts, webPorts } from './known-ports.ts';
import type { ServiceAskers } from './service-askers.ts';

/** What is spoken on a port, without the system it belongs to. */
export type ServiceFacts = Omit<Service, 'system'>;

type Attempt = 'dicom' | 'tls' | 'http';

/** What no server of an imaging network refuses: ECDHE and RSA with AES, for finding TLS out. */
const ORDINARY_SUITES = [0xc02f, 0xc030, 0xc02b, 0xc02c, 0xc013, 0xc014, 0x009c, 0x002f, 0x0035];

/**
 * Finds out what an open port speaks, by asking DICOM, TLS and HTTP in the order that is likely for its number. Askers
 * remember their answers, so that the checks do not ask again.
 */
export async function fingerprint(
  askers: ServiceAskers,
  protocolOfScope: string | undefined,
): Promise<ServiceFacts> {
  const { port } = askers;
  const facts = {
    port,
    isDicomPort: dicomPorts.has(port) || isDicom(protocolOfScope),
    speaksDicom: false,
    speaksTls: false,
  };
  const known = protocolOfScope ?? knownPorts.get(port);
  if (known !== undefined && !['dicom', 'dicom-tls', 'http', 'https'].includes(known)) {
    return { ...facts, protocol: known };
  }
  for (const attempt of orderFor(port, known)) {
    const found = await attempts[attempt](askers);
    if (found !== undefined) return { ...facts, ...found };
  }
  return { ...facts, protocol: 'unknown' };
}

/** The operator says so, whatever the number: a door that wants a certificate does not tell by itself. */
function isDicom(protocol: string | undefined): boolean {
  return protocol === 'dicom' || protocol === 'dicom-tls';
}

function orderFor(port: number, known: string | undefined): readonly Attempt[] {
  if (known === 'dicom') return ['dicom'];
  if (known === 'http') return ['http'];
  if (known === 'https' || known === 'dicom-tls' || tlsPorts.has(port)) return ['tls', 'dicom', 'http'];
  return webPorts.has(port) ? ['http', 'dicom', 'tls'] : ['dicom', 'tls', 'http'];
}

type Found = Pick<Service, 'protocol' | 'speaksDicom' | 'speaksTls'>;

const attempts: Readonly<Record<Attempt, (askers: ServiceAskers) => Promise<Found | undefined>>> = {
  dicom: async (askers) =>
    (await speaksDicom(askers, false))
      ? { protocol: 'dicom', speaksDicom: true, speaksTls: false }
      : undefined,
  http: async (askers) =>
    (await speaksHttp(askers, false))
      ? { protocol: 'http', speaksDicom: false, speaksTls: false }
      : undefined,
  tls: async (askers) => {
    const answer = await quietly(() => askers.tls().hello({ version: 0x0303, suites: ORDINARY_SUITES }));
    if (answer === undefined || answer.kind === 'not-tls' || answer.kind === 'closed') return undefined;
    // A web server is told by its own answer to a DICOM request; on a web port it is asked first.
    const isWeb = !dicomPorts.has(askers.port) && (await speaksHttp(askers, true));
    if (isWeb) return { protocol: 'https', speaksDicom: false, speaksTls: true };
    if (await speaksDicom(askers, true)) return { protocol: 'dicom-tls', speaksDicom: true, speaksTls: true };
    if (await speaksHttp(askers, true)) return { protocol: 'https', speaksDicom: false, speaksTls: true };
    return { protocol: 'tls', speaksDicom: false, speaksTls: true };
  },
};

async function speaksDicom(askers: ServiceAskers, isTls: boolean): Promise<boolean> {
  const answer = await quietly(() => askers.dicom(isTls).hello());
  return answer !== undefined && answer.kind !== 'closed';
}

async function speaksHttp(askers: ServiceAskers, isTls: boolean): Promise<boolean> {
  return (await quietly(() => askers.http(isTls).request(FRONT_PAGE))) !== undefined;
}

/** The answer, or undefined when there was none of this protocol. Not having asked is not quiet. */
async function quietly<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (isAnswer(error)) return undefined;
    throw error;
  }
}
