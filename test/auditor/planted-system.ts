import { testCertificate } from '../../packages/auditor/src/testing/certificates.ts';
import {
  orthancPages,
  startSimulatedPacs,
  startSimulatedWeb,
} from '../../packages/auditor/src/testing/simulated-pacs.ts';
import type { PlantedSystem } from './study-2019.ts';

/** Where planted systems listen. */
export interface PlantedPorts {
  /** One of them for each system, in turn. */
  readonly dicom: readonly number[];
  readonly dicomTls: number;
  readonly web: number;
}

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

/** A viewer that shows its list of studies to everybody, as those of the study did. */
const viewerPages = {
  'GET /': {
    headers: { 'Content-Type': 'text/html' },
    body: '<!doctype html><html><head><title>Study List</title></head><body><table class="study-list"></table></body></html>',
  },
};

/** Starts the servers of one system: none where nothing shall listen. */
export async function startPlanted(system: PlantedSystem, ports: PlantedPorts): Promise<AsyncDisposable[]> {
  const { address, form, studies, images, position } = system;
  const pacs = {
    ...implementations[position % implementations.length],
    address,
    port: ports.dicom[position % ports.dicom.length] ?? 0,
    studies,
    offers: offersOf(system),
  };
  switch (form) {
    case 'absent':
      return [];
    case 'viewer':
      return [await startSimulatedWeb(viewerPages, { address, port: ports.web })];
    case 'needs-certificate':
      return [await startSimulatedPacs({ address, port: ports.dicomTls, tls: mutualTls })];
    case 'open':
      return [
        await startSimulatedPacs({ ...pacs, form, canary: 'SOMEBODY^ELSE' }),
        await startSimulatedWeb(orthancPages({ studies, images }), { address, port: ports.web }),
      ];
    case 'rejects':
    case 'checks-called':
    case 'checks-calling':
    case 'refuses-queries':
    case 'aborts-queries':
    case 'honeypot':
      return [await startSimulatedPacs({ ...pacs, form })];
  }
}
