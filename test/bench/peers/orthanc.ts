import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from './find-program.ts';
import type { WebTarget } from '../client/jobs.ts';
import { nginxIsInstalled, startNginx } from './nginx.ts';
import { firstEcho, type Peer, type Place, type RunningPeer, type Transport } from './peer.ts';
import { freePort, ServerProcess } from './server-process.ts';

export interface OrthancVariant {
  readonly key: string;
  readonly label: string;
  readonly durability: string;
  readonly settings: Readonly<Record<string, unknown>>;
  /** Without it DCMTK leaves Nagle's algorithm on, and each message costs a delayed acknowledgement. */
  readonly noDelay: boolean;
  /**
   * With its DICOMweb plugin, and whether HTTP is encrypted, which is apart from DICOM. TLS is nginx's: the HTTP server
   * in Debian's packages asks OpenSSL 3 for a function it no longer has, and ends with the first request over TLS.
   */
  readonly web?: Transport;
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

/** Where Debian's package has the plugin. */
const DICOMWEB_PLUGIN = '/usr/share/orthanc/plugins/libOrthancDicomWeb.so';
const DICOMWEB_ROOT = '/dicom-web';

export const orthancWeb: Peer = orthanc({
  key: 'orthanc',
  label: 'Orthanc default, TLS by nginx',
  durability: FILE_SYNC,
  settings: {},
  noDelay: true,
  web: 'TLS',
});

export const orthancWebTuned: Peer = orthanc({
  key: 'orthanc-tuned',
  label: 'Orthanc tuned, TLS by nginx',
  durability: FILE_SYNC,
  settings: tunedSettings,
  noDelay: true,
  web: 'TLS',
});

export const orthancWebClear: Peer = orthanc({
  key: 'orthanc-clear',
  label: 'Orthanc default, clear HTTP',
  durability: FILE_SYNC,
  settings: {},
  noDelay: true,
  web: 'clear',
});

export function orthanc(variant: OrthancVariant): Peer {
  const peer: Peer = {
    key: variant.key,
    label: variant.label,
    durability: variant.durability,
    atRest: 'readable',
    transports: ['clear', 'TLS'],
    isInstalled: () => isInstalled(variant),
    start: (place) => startOrthanc(peer, variant, place),
  };
  return peer;
}

function isInstalled({ web }: OrthancVariant): boolean {
  if (findProgram('Orthanc') === undefined) return false;
  if (web !== undefined && !existsSync(DICOMWEB_PLUGIN)) return false;
  return web !== 'TLS' || nginxIsInstalled();
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
    ...(variant.web === undefined ? {} : webSettings),
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
  const { web, front } = await webOf(variant.web, httpPort, place);
  return {
    peer,
    process,
    target,
    ...(web === undefined ? {} : { web }),
    ...(front === undefined ? {} : { front }),
    firstEchoMs,
    async stop() {
      await front?.stop();
      await process.stop();
    },
  };
}

async function webOf(
  transport: Transport | undefined,
  httpPort: number,
  { folder, clientCertificate, serverCertificate }: Place,
): Promise<{ web?: WebTarget; front?: ServerProcess }> {
  if (transport === undefined) return {};
  const web = { host: '127.0.0.1', base: DICOMWEB_ROOT, protocol: 'HTTP/1.1' } as const;
  if (transport === 'clear') return { web: { ...web, port: httpPort } };
  const port = await freePort();
  const front = startNginx({
    folder: join(folder, 'nginx'),
    port,
    behindPort: httpPort,
    certificate: serverCertificate,
  });
  return { web: { ...web, port, caFile: join(clientCertificate, 'ca.pem') }, front };
}

const webSettings = {
  Plugins: [DICOMWEB_PLUGIN],
  DicomWeb: { Enable: true, Root: `${DICOMWEB_ROOT}/` },
  HttpServerEnabled: true,
  RemoteAccessAllowed: false,
  AuthenticationEnabled: false,
};

function tlsSettings(certificateFolder: string): Record<string, unknown> {
  return {
    DicomTlsEnabled: true,
    DicomTlsCertificate: join(certificateFolder, 'cert.pem'),
    DicomTlsPrivateKey: join(certificateFolder, 'key.pem'),
    DicomTlsTrustedCertificates: join(certificateFolder, 'ca.pem'),
    DicomTlsRemoteCertificateRequired: true,
  };
}
