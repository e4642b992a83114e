import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { testCertificate } from '../../packages/auditor/src/testing/certificates.ts';
import { answers } from '../support/dcmtk.ts';
import { demoFiles } from '../support/demo-files.ts';
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
const ORTHANC_OPENED = {
  DicomAlwaysAllowFind: true,
  DicomAlwaysAllowGet: true,
  DicomAlwaysAllowMove: true,
  AuthenticationEnabled: false,
  RemoteAccessAllowed: true,
};

/** Opened, with somebody's images in it: what can be counted. */
export async function startFilledOrthanc(scope: Scope): Promise<OrthancPorts> {
  const ports = await startOrthanc(scope, ORTHANC_OPENED);
  const files = demoFiles(1).slice(0, 2);
  for (const { file } of files) {
    const answer = await fetch(`http://127.0.0.1:${ports.web}/instances`, {
      method: 'POST',
      body: new Uint8Array(file),
    });
    if (!answer.ok) throw new Error(`Orthanc answered ${answer.status}`);
  }
  return ports;
}

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

export type StoreForm = 'clear' | 'promiscuous' | 'tls' | 'tls-without-client-certificate';

/** storescp: in clear, for storage or for whatever is proposed; or over TLS with or without a certificate asked of who calls. */
export async function startStore(scope: Scope, form: StoreForm): Promise<number> {
  const [port, folder] = [await freePort(), scope.folder('storescp')];
  const { keyFile, certFile } = certificateFiles(folder);
  const secured = ['+tls', keyFile, certFile, '+cf', certFile];
  const flags = {
    clear: [],
    promiscuous: ['--promiscuous'],
    tls: secured,
    'tls-without-client-certificate': [...secured, '--ignore-peer-cert'],
  }[form];
  await startTool(scope, 'storescp', [...flags, '-od', folder, String(port)], port);
  return port;
}

/**
 * simple_storage of CTN, the node of the demonstrations of the 1990s. It ends when somebody connects and says nothing, so
 * whether it listens is read from the kernel.
 */
export async function startCtn(scope: Scope): Promise<number> {
  const [port, folder] = [await freePort(), scope.folder('ctn')];
  const words = ['-s', '-k', '-x', folder, String(port)];
  scope.spawn(toolPath('simple_storage') ?? 'simple_storage', words, { stdio: 'ignore' });
  await waitFor('simple_storage', () => isListening(port), START_TIMEOUT_MS);
  return port;
}

/** Whether a socket listens on a port, by IPv4: 0A is its state in the kernel's list. */
function isListening(port: number): boolean {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = readFileSync('/proc/net/tcp', 'utf8').split('\n');
  return rows.some((row) => {
    const [, address, , state] = row.trim().split(/\s+/);
    return address?.endsWith(local) === true && state === '0A';
  });
}

/** wlmscpfs with an empty worklist named WORKLIST. */
export async function startWorklist(scope: Scope): Promise<number> {
  const [port, folder] = [await freePort(), scope.folder('wlmscpfs')];
  mkdirSync(join(folder, 'WORKLIST'));
  writeFileSync(join(folder, 'WORKLIST', 'lockfile'), '');
  await startTool(scope, 'wlmscpfs', ['-dfp', folder, String(port)], port);
  return port;
}

/** A certificate that signed itself, as two files. */
export function certificateFiles(folder: string): { keyFile: string; certFile: string } {
  const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const { key, cert } = testCertificate({ keyType: 'rsa-2048' });
  writeFileSync(keyFile, key);
  writeFileSync(certFile, cert);
  return { keyFile, certFile };
}

/** dcmprscp with one printer. */
export async function startPrinter(scope: Scope): Promise<number> {
  const [port, folder] = [await freePort(), scope.folder('dcmprscp')];
  const config = [
    '[[GENERAL]]',
    '[DATABASE]',
    `Directory = ${folder}`,
    '[[COMMUNICATION]]',
    '[FILMS]',
    'Type = LOCALPRINTER',
    'Aetitle = FILMS',
    `Port = ${port}`,
    '',
  ];
  writeFileSync(join(folder, 'printer.cfg'), config.join('\n'));
  await startTool(scope, 'dcmprscp', ['-c', join(folder, 'printer.cfg')], port);
  return port;
}

/** stunnel, which wants a certificate of who calls, before storescp; `isVerifying`: it asks who signed it, too. */
export async function startStunnel(scope: Scope, isVerifying: boolean): Promise<number> {
  const [port, folder] = [await freePort(), scope.folder('stunnel')];
  const { keyFile, certFile } = certificateFiles(folder);
  const config = [
    'foreground = yes',
    'pid =',
    'syslog = no',
    '[dicom]',
    `accept = 127.0.0.1:${port}`,
    `connect = 127.0.0.1:${await startStore(scope, 'clear')}`,
    `cert = ${certFile}`,
    `key = ${keyFile}`,
    'requireCert = yes',
    ...(isVerifying ? ['verifyChain = yes', `CAfile = ${certFile}`] : []),
    '',
  ];
  writeFileSync(join(folder, 'stunnel.conf'), config.join('\n'));
  await startTool(scope, 'stunnel4', [join(folder, 'stunnel.conf')], port);
  return port;
}

const STREAM_MODULE = '/usr/lib/nginx/modules/ngx_stream_module.so';

/** Why nginx cannot pass on anything but HTTP here. */
export const streamMissing = existsSync(STREAM_MODULE) ? undefined : 'not installed: libnginx-mod-stream';

/** nginx before two storescp: what begins TLS goes to the one that speaks it, everything else to the other. */
export async function startBothOnOnePort(scope: Scope): Promise<number> {
  const [port, folder] = [await freePort(), scope.folder('nginx-stream')];
  const tls = await startStore(scope, 'tls-without-client-certificate');
  const clear = await startStore(scope, 'clear');
  const config = [
    `load_module ${STREAM_MODULE};`,
    'daemon off;',
    'master_process off;',
    `pid ${join(folder, 'pid')};`,
    `error_log ${join(folder, 'error')};`,
    'events {}',
    'stream {',
    `map $ssl_preread_protocol $archive { "" 127.0.0.1:${clear}; default 127.0.0.1:${tls}; }`,
    `server { listen 127.0.0.1:${port}; ssl_preread on; proxy_pass $archive; }`,
    '}',
    '',
  ];
  writeFileSync(join(folder, 'nginx.conf'), config.join('\n'));
  await startTool(scope, 'nginx', ['-c', join(folder, 'nginx.conf'), '-p', folder], port);
  return port;
}
