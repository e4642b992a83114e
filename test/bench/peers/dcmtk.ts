import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from './find-program.ts';
import { firstEcho, type Peer, type Place, type RunningPeer } from './peer.ts';
import { freePort, ServerProcess } from './server-process.ts';

/** The longest PDU that DCMTK takes. */
const MAX_PDU = '131072';

interface StorescpVariant {
  readonly key: string;
  readonly label: string;
  readonly durability: string;
  readonly args: readonly string[];
  readonly noDelay: boolean;
}

export const storescp: Peer = storescpPeer({
  key: 'storescp',
  label: 'DCMTK storescp',
  durability: 'none, and no index',
  args: ['-pdu', MAX_PDU],
  noDelay: true,
});

export const storescpAsShipped: Peer = storescpPeer({
  key: 'storescp-as-shipped',
  label: 'DCMTK storescp, Nagle on',
  durability: 'none, and no index',
  args: [],
  noDelay: false,
});

/** Receives and throws away: how much the client itself could send. */
export const storescpIgnore: Peer = storescpPeer({
  key: 'ceiling',
  label: 'storescp --ignore (ceiling)',
  durability: 'stores nothing',
  args: ['-pdu', MAX_PDU, '--ignore'],
  noDelay: true,
});

function storescpPeer(variant: StorescpVariant): Peer {
  const peer: Peer = {
    key: variant.key,
    label: variant.label,
    durability: variant.durability,
    atRest: 'readable',
    transports: ['clear', 'TLS'],
    isInstalled: () => findProgram('storescp') !== undefined,
    start: (place) => startStorescp(peer, variant, place),
  };
  return peer;
}

async function startStorescp(peer: Peer, variant: StorescpVariant, place: Place): Promise<RunningPeer> {
  const { folder, transport, serverCertificate } = place;
  const port = await freePort();
  const output = join(folder, 'received');
  mkdirSync(output);
  const [key, cert, ca] = ['key.pem', 'cert.pem', 'ca.pem'].map((name) => join(serverCertificate, name));
  const tls = transport === 'TLS' ? ['+tls', key ?? '', cert ?? '', '+cf', ca ?? ''] : [];
  const process = new ServerProcess({
    command: findProgram('storescp') ?? 'storescp',
    // --fork: without it one association is served after the other.
    args: ['--fork', '-od', output, ...variant.args, ...tls, String(port)],
    env: { TCP_NODELAY: variant.noDelay ? '1' : undefined },
    logFile: join(folder, 'log'),
  });
  return ready(peer, process, place, port, 'STORESCP');
}

/** Has an index, of one file per storage area that all processes lock; no TLS in Debian's package. */
export const dcmqrscp: Peer = {
  key: 'dcmqrscp',
  label: 'DCMTK dcmqrscp',
  durability: 'none',
  atRest: 'readable',
  transports: ['clear'],
  isInstalled: () => findProgram('dcmqrscp') !== undefined,
  start: startDcmqrscp,
};

async function startDcmqrscp(place: Place): Promise<RunningPeer> {
  const { folder } = place;
  const port = await freePort();
  const area = join(folder, 'area');
  mkdirSync(area);
  const configuration = join(folder, 'dcmqrscp.cfg');
  writeFileSync(
    configuration,
    `NetworkTCPPort = ${port}
MaxPDUSize = ${MAX_PDU}
MaxAssociations = 1000
HostTable BEGIN
HostTable END
VendorTable BEGIN
VendorTable END
AETable BEGIN
QRSCP ${area} RW (100000, 102400mb) ANY
AETable END
`,
  );
  const process = new ServerProcess({
    command: findProgram('dcmqrscp') ?? 'dcmqrscp',
    args: ['-c', configuration, String(port)],
    env: { TCP_NODELAY: '1' },
    logFile: join(folder, 'log'),
  });
  return ready(dcmqrscp, process, place, port, 'QRSCP');
}

async function ready(
  peer: Peer,
  process: ServerProcess,
  { transport, clientCertificate }: Place,
  port: number,
  calledAETitle: string,
): Promise<RunningPeer> {
  const target = {
    host: '127.0.0.1',
    port,
    callingAETitle: 'BENCH',
    calledAETitle,
    ...(transport === 'TLS' ? { certificateFolder: clientCertificate } : {}),
  };
  const firstEchoMs = await firstEcho(process, target);
  return { peer, process, target, firstEchoMs, stop: () => process.stop() };
}
