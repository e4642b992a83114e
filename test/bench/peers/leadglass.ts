import { execFile } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { firstEcho, type Peer, type Place, type RunningPeer } from './peer.ts';
import { freePort, ServerProcess } from './server-process.ts';

const run = promisify(execFile);
const COMMAND = resolve(import.meta.dirname, '../../../leadglass');
const PLAIN_DEVICE = 'BENCHPLAIN';
const TLS_DEVICE = 'BENCHTLS';
const VERBS = 'echo,store,find,get,move';
/** Longer than any run. */
const TOKEN_VALIDITY = '7d';

/** What the bench changes in the configuration, printed with the results: limits that are there to stop greedy devices. */
export const changedConfiguration = `[dimse]
associationsMax = 4096
idleTimeoutSeconds = 600

[queries]
unconstrainedMaxMatches = 1000000
burstMatches = 100000000
matchesPerMinute = 100000000
`;

/** Why: said with the results. */
export const configurationRemark =
  'Leadglass runs with [dimse] associationsMax 4096 and idleTimeoutSeconds 600 (a device may hold a quarter of all ' +
  'associations, so 500 from one need more than the default 256), and with the [queries] limits out of the way: ' +
  'as shipped they refuse a device that draws lists as greedily as this bench does.';

/** An installation nobody has used: made once, copied for each start. */
export interface EmptyInstallation {
  readonly dataFolder: string;
  /** Folders with key.pem, cert.pem and ca.pem, for the bench's client and for peers that speak TLS. */
  readonly clientCertificate: string;
  readonly serverCertificate: string;
  /** For DICOMweb. */
  readonly token: string;
}

export async function makeInstallation(folder: string): Promise<EmptyInstallation> {
  const dataFolder = join(folder, 'data');
  mkdirSync(folder, { recursive: true });
  const [clientCertificate, serverCertificate] = [join(folder, 'client'), join(folder, 'server')];
  await run(COMMAND, ['init', '--data', dataFolder, '--key-file', join(folder, 'master.key')]);
  const add = (...args: string[]): Promise<unknown> =>
    run(COMMAND, ['device', 'add', ...args, '--data', dataFolder]);
  await add(PLAIN_DEVICE, '--may', VERBS, '--plain', '--from', '127.0.0.1');
  await add(TLS_DEVICE, '--may', VERBS, '--out', clientCertificate);
  // With an address its certificate is good for a server too: the peers' servers use it.
  await add('BENCHPEER', '--may', 'echo', '--host', '127.0.0.1', '--port', '104', '--out', serverCertificate);
  const made = await run(COMMAND, [
    ...['token', 'create', '--for', 'bench', '--may', 'store,find,get', '--expires', TOKEN_VALIDITY],
    ...['--json', '--data', dataFolder],
  ]);
  const { token } = JSON.parse(made.stdout) as { token: string };
  return { dataFolder, clientCertificate, serverCertificate, token };
}

export interface LeadglassOptions {
  readonly installation: EmptyInstallation;
  /** Folder for CPU profiles; none are made when absent. */
  readonly profileFolder?: string | undefined;
}

export function leadglass({ installation, profileFolder }: LeadglassOptions): Peer {
  const peer: Peer = {
    key: 'leadglass',
    label: 'Leadglass',
    durability: 'fdatasync of data, index entry and trail entry together',
    atRest: 'encrypted',
    transports: ['clear', 'TLS'],
    isInstalled: () => true,
    start: (place) => startLeadglass(peer, place, installation, profileFolder),
  };
  return peer;
}

/** Starts it on the folder's installation, or on a copy of the empty one when the folder has none. */
async function startLeadglass(
  peer: Peer,
  place: Place,
  installation: EmptyInstallation,
  profileFolder: string | undefined,
): Promise<RunningPeer> {
  const data = join(place.folder, 'data');
  const [plainPort, tlsPort, httpsPort] = [await freePort(), await freePort(), await freePort()];
  // The configuration is made anew each time, for the ports.
  cpSync(installation.dataFolder, data, { recursive: true, force: false });
  cpSync(join(installation.dataFolder, 'leadglass.toml'), join(data, 'leadglass.toml'));
  const plain = `\n[dimse.plain]\nport = ${plainPort}\n`;
  appendFileSync(join(data, 'leadglass.toml'), `\n${changedConfiguration}${plain}`);
  const process = new ServerProcess({
    command: COMMAND,
    args: ['serve', '--data', data, '--https-port', String(httpsPort), '--dicom-tls-port', String(tlsPort)],
    env: profileFolder === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profileFolder}` },
    logFile: join(place.folder, 'log'),
  });
  const called = { host: '127.0.0.1', calledAETitle: 'LEADGLASS' };
  const target =
    place.transport === 'clear'
      ? { ...called, port: plainPort, callingAETitle: PLAIN_DEVICE }
      : { ...called, port: tlsPort, callingAETitle: TLS_DEVICE, certificateFolder: place.clientCertificate };
  const firstEchoMs = await firstEcho(process, target);
  return {
    peer,
    process,
    target,
    web: {
      host: '127.0.0.1',
      port: httpsPort,
      base: '/dicom-web',
      caFile: join(installation.clientCertificate, 'ca.pem'),
      token: installation.token,
      protocol: 'HTTP/1.1',
    },
    firstEchoMs,
    async stop() {
      await process.stop();
      removeIndex(data);
    },
  };
}

/** The index lives in memory-backed space; a server that had to be killed leaves it there. */
export function removeIndex(dataFolder: string): void {
  const { id } = JSON.parse(readFileSync(join(dataFolder, 'installation.json'), 'utf8')) as { id: string };
  rmSync(`/dev/shm/leadglass-${process.getuid?.() ?? 0}-${id}`, { recursive: true, force: true });
}
