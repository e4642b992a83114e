import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from './find-program.ts';
import { firstEcho, type Peer, type Place, type RunningPeer } from './peer.ts';
import { freePort, ServerProcess } from './server-process.ts';

export interface OrthancVariant {
  readonly key: string;
  readonly label: string;
  readonly durability: string;
  readonly settings: Readonly<Record<string, unknown>>;
  /** Without it DCMTK leaves Nagle's algorithm on, and each message costs a delayed acknowledgement. */
  readonly noDelay: boolean;
  /** Another peer's files, to be shared read-only. */
  readonly storageFolder?: string;
}

/** What everybody would change who wants it fast and still durable: threads, PDU length, no digest, no extras. */
const tunedSettings = {
  StorageCompression: false,
  SyncStorageArea: true,
  StoreMD5ForAttachments: false,
  OverwriteInstances: true,
  DicomThreadsCount: 16,
  MaximumPduLength: 131_072,
  StorageAccessOnFind: 'Never',
  MetricsEnabled: false,
  SaveJobs: false,
  HttpServerEnabled: false,
  LogExportedResources: false,
};

/** The file is synchronised before Success; the SQLite index (WAL) is not. */
const FILE_SYNC = 'fdatasync of the file, none of the index';

export const orthancDefault: Peer = orthanc({
  key: 'orthanc',
  label: 'Orthanc default',
  durability: FILE_SYNC,
  settings: {},
  noDelay: true,
});

export const orthancTuned: Peer = orthanc({
  key: 'orthanc-tuned',
  label: 'Orthanc tuned',
  durability: FILE_SYNC,
  settings: tunedSettings,
  noDelay: true,
});

export const orthancAsShipped: Peer = orthanc({
  key: 'orthanc-as-shipped',
  label: 'Orthanc, Nagle on',
  durability: FILE_SYNC,
  settings: {},
  noDelay: false,
});

/** For filling an index quickly; nobody is measured against it. */
export const orthancLoader: Peer = orthanc({
  key: 'orthanc-loader',
  label: 'Orthanc tuned, nothing synchronised',
  durability: 'none',
  settings: { ...tunedSettings, SyncStorageArea: false },
  noDelay: true,
});

export function orthanc(variant: OrthancVariant): Peer {
  const peer: Peer = {
    key: variant.key,
    label: variant.label,
    durability: variant.durability,
    atRest: 'readable',
    transports: ['clear', 'TLS'],
    isInstalled: () => findProgram('Orthanc') !== undefined,
    start: (place) => startOrthanc(peer, variant, place),
  };
  return peer;
}

async function startOrthanc(peer: Peer, variant: OrthancVariant, place: Place): Promise<RunningPeer> {
  const { folder, transport, clientCertificate, serverCertificate } = place;
  const [port, httpPort] = [await freePort(), await freePort()];
  mkdirSync(join(folder, 'index'), { recursive: true });
  const settings = {
    Name: 'Bench',
    StorageDirectory: variant.storageFolder ?? join(folder, 'storage'),
    IndexDirectory: join(folder, 'index'),
    HttpPort: httpPort,
    DicomPort: port,
    DicomAet: 'ORTHANC',
    DicomAlwaysAllowStore: true,
    DicomAlwaysAllowFind: true,
    DicomAlwaysAllowGet: true,
    ...variant.settings,
    ...(transport === 'TLS' ? tlsSettings(serverCertificate) : {}),
  };
  const file = join(folder, 'orthanc.json');
  writeFileSync(file, JSON.stringify(settings, undefined, 2));
  const process = new ServerProcess({
    command: findProgram('Orthanc') ?? 'Orthanc',
    args: [file],
    env: { TCP_NODELAY: variant.noDelay ? '1' : undefined },
    logFile: join(folder, 'log'),
  });
  const target = {
    host: '127.0.0.1',
    port,
    callingAETitle: 'BENCH',
    calledAETitle: 'ORTHANC',
    ...(transport === 'TLS' ? { certificateFolder: clientCertificate } : {}),
  };
  const firstEchoMs = await firstEcho(process, target);
  return { peer, process, target, firstEchoMs, stop: () => process.stop() };
}

function tlsSettings(certificateFolder: string): Record<string, unknown> {
  return {
    DicomTlsEnabled: true,
    DicomTlsCertificate: join(certificateFolder, 'cert.pem'),
    DicomTlsPrivateKey: join(certificateFolder, 'key.pem'),
    DicomTlsTrustedCertificates: join(certificateFolder, 'ca.pem'),
    DicomTlsRemoteCertificateRequired: true,
  };
}
