import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { testCertificate } from '../../packages/auditor/src/testing/certificates.ts';
import { answers } from '../support/dcmtk.ts';
import { freePort } from '../support/free-port.ts';
import type { Scope } from '../support/scope.ts';
import { toolPath } from '../support/tools.ts';
import { waitFor } from '../support/wait-for.ts';

const START_TIMEOUT_MS = 60_000;

/** Starts a server in the foreground and waits until it listens. */
export async function startTool(
  scope: Scope,
  command: string,
  args: readonly string[],
  port: number,
): Promise<void> {
  const child = scope.spawn(toolPath(command) ?? command, args, { stdio: 'ignore' });
  await waitFor(
    command,
    () => {
      if (child.exitCode !== null) throw new Error(`${command} ended with ${child.exitCode}`);
      return answers(port);
    },
    START_TIMEOUT_MS,
  );
}

export interface OrthancPorts {
  readonly dicom: number;
  readonly web: number;
}

/** Orthanc without plugins; `settings` are those of its configuration file. */
export async function startOrthanc(
  scope: Scope,
  settings: Readonly<Record<string, unknown>>,
): Promise<OrthancPorts> {
  const folder = scope.folder('orthanc');
  const [dicom, web] = [await freePort(), await freePort()];
  const file = join(folder, 'orthanc.json');
  const base = {
    Name: 'Audited',
    StorageDirectory: join(folder, 'storage'),
    IndexDirectory: join(folder, 'storage'),
    Plugins: [],
    DicomPort: dicom,
    HttpPort: web,
  };
  writeFileSync(file, JSON.stringify({ ...base, ...settings }));
  await startTool(scope, 'Orthanc', [file], web);
  await waitFor('DICOM of Orthanc', () => answers(dicom), START_TIMEOUT_MS);
  return { dicom, web };
}

/** Everything that its configuration can open. */
export const ORTHANC_OPENED = {
  DicomAlwaysAllowFind: true,
  DicomAlwaysAllowGet: true,
  DicomAlwaysAllowMove: true,
  AuthenticationEnabled: false,
  RemoteAccessAllowed: true,
};

/** Everything that its configuration can close. */
export const ORTHANC_CLOSED = {
  DicomCheckCalledAet: true,
  DicomAlwaysAllowEcho: false,
  DicomAlwaysAllowStore: false,
  AuthenticationEnabled: true,
  RemoteAccessAllowed: true,
  RegisteredUsers: { radiology: 'not-a-default-37' },
};

/** dcmqrscp with one archive named ARCHIVE; `peers` are who may call it: ANY or names of its host table. */
export async function startQueryServer(scope: Scope, peers: string): Promise<number> {
  const [port, folder] = [await freePort(), scope.folder('dcmqrscp')];
  mkdirSync(join(folder, 'db'));
  const config = [
    `NetworkTCPPort = ${port}`,
    'MaxPDUSize = 16384',
    'MaxAssociations = 16',
    'HostTable BEGIN',
    'friend = (FRIEND, localhost, 11999)',
    'HostTable END',
    'VendorTable BEGIN',
    'VendorTable END',
    'AETable BEGIN',
    `ARCHIVE ${join(folder, 'db')} RW (200, 1024mb) ${peers}`,
    'AETable END',
    '',
  ];
  writeFileSync(join(folder, 'dcmqrscp.cfg'), config.join('\n'));
  await startTool(scope, 'dcmqrscp', ['-c', join(folder, 'dcmqrscp.cfg')], port);
  return port;
}

export type StoreForm = 'clear' | 'tls' | 'tls-without-client-certificate';

/** storescp: in clear, or over TLS with or without a certificate asked of who calls. */
export async function startStore(scope: Scope, form: StoreForm): Promise<number> {
  const [port, folder] = [await freePort(), scope.folder('storescp')];
  const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const { key, cert } = testCertificate({ keyType: 'rsa-2048' });
  writeFileSync(keyFile, key);
  writeFileSync(certFile, cert);
  const secured = ['+tls', keyFile, certFile, '+cf', certFile];
  const flags = {
    clear: [],
    tls: secured,
    'tls-without-client-certificate': [...secured, '--ignore-peer-cert'],
  }[form];
  await startTool(scope, 'storescp', [...flags, '-od', folder, String(port)], port);
  return port;
}

/** wlmscpfs with an empty worklist named WORKLIST. */
export async function startWorklist(scope: Scope): Promise<number> {
  const [port, folder] = [await freePort(), scope.folder('wlmscpfs')];
  mkdirSync(join(folder, 'WORKLIST'));
  writeFileSync(join(folder, 'WORKLIST', 'lockfile'), '');
  await startTool(scope, 'wlmscpfs', ['-dfp', folder, String(port)], port);
  return port;
}
