/**
 * The planted systems as a process of its own: `node fleet-process.ts`. It starts the systems of the study and prints
 * 'ready N'; the line 'later' on its input makes it what it is sixty days later, and it says 'ready N' again. It ends
 * with its input.
 */
import { createInterface } from 'node:readline';
import {
  orthancPages,
  startSimulatedPacs,
  startSimulatedWeb,
} from '../../packages/auditor/src/testing/simulated-pacs.ts';
import { testCertificate } from '../../packages/auditor/src/testing/certificates.ts';
import { DICOM_PORT, DICOM_TLS_PORT, WEB_PORT } from './fleet.ts';
import { plantedAfter, plantedBefore, type PlantedSystem } from './study-2019.ts';

/** Implementations as the studies met them: class UID and version name. */
const implementations = [
  { implementationClassUID: '1.2.276.0.7230010.3.0.3.6.6', implementationVersionName: 'OFFIS_DCMTK_366' },
  { implementationClassUID: '1.2.276.0.7230010.3.0.3.6.2', implementationVersionName: 'OFFIS_DCMTK_362' },
  { implementationClassUID: '1.2.826.0.1.3680043.8.1057', implementationVersionName: 'OSIRIX' },
  { implementationClassUID: '1.2.40.0.13.1.3', implementationVersionName: 'dcm4che-5.29.2' },
  { implementationClassUID: '1.3.6.1.4.1.25403.1.1.1', implementationVersionName: 'Synergy' },
] as const;

const certificate = testCertificate({ commonName: 'pacs.example', isIssued: true });
const authority = testCertificate({ commonName: 'authority.example' });
const mutualTls = {
  key: certificate.key,
  cert: certificate.cert,
  ca: authority.cert,
  requestCert: true,
  rejectUnauthorized: true,
};

const GET_CLASSES = /\.5\.1\.4\.1\.2\.[123]\.3$/;
const STORAGE_CLASSES = /^(1\.2\.840\.10008\.5\.1\.4\.1\.1\.|1\.3\.12\.2\.1107\.)/;

/** What it takes of a proposal: all but retrieval where that is closed, and all but storage where that is. */
function offersOf({ isRetrievable, isWritable }: PlantedSystem): (abstractSyntax: string) => boolean {
  return (uid) => (isRetrievable || !GET_CLASSES.test(uid)) && (isWritable || !STORAGE_CLASSES.test(uid));
}

async function start(system: PlantedSystem): Promise<AsyncDisposable[]> {
  const { address, form, studies, images } = system;
  const of = implementations[system.position % implementations.length];
  switch (form) {
    case 'absent':
      return [];
    case 'viewer':
      return [await startSimulatedWeb(viewerPages, { address, port: WEB_PORT })];
    case 'needs-certificate':
      return [await startSimulatedPacs({ address, port: DICOM_TLS_PORT, tls: mutualTls })];
    case 'open':
      return [
        await startSimulatedPacs({
          ...of,
          address,
          port: DICOM_PORT,
          form,
          studies,
          canary: 'SOMEBODY^ELSE',
          offers: offersOf(system),
        }),
        await startSimulatedWeb(orthancPages({ studies, images }), { address, port: WEB_PORT }),
      ];
    case 'rejects':
    case 'checks-called':
    case 'checks-calling':
    case 'refuses-queries':
    case 'aborts-queries':
    case 'honeypot':
      return [
        await startSimulatedPacs({
          ...of,
          address,
          port: DICOM_PORT,
          form,
          studies,
          offers: offersOf(system),
        }),
      ];
  }
}

/** A viewer that shows its list of studies to everybody, as those of the study did. */
const viewerPages = {
  'GET /': {
    headers: { 'Content-Type': 'text/html' },
    body: '<!doctype html><html><head><title>Study List</title></head><body><table class="study-list"></table></body></html>',
  },
};

const running = new Map<string, AsyncDisposable[]>();

async function become(systems: readonly PlantedSystem[]): Promise<void> {
  for (const system of systems) {
    const name = `${system.address} ${system.form}`;
    for (const [other, servers] of running) {
      if (other === name || !other.startsWith(`${system.address} `)) continue;
      running.delete(other);
      await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
    }
    if (!running.has(name)) running.set(name, await start(system));
  }
  process.stdout.write(`ready ${[...running.values()].filter((servers) => servers.length > 0).length}\n`);
}

let systems = plantedBefore();
await become(systems);
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'later') await become((systems = plantedAfter(systems)));
}
process.exit(0);
