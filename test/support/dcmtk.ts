import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ARCHIVE_AE_TITLE, type TestDevice } from './archive.ts';
import { freePort } from './free-port.ts';
import { endProcess, type Scope } from './scope.ts';
import { toolPath } from './tools.ts';
import { waitFor } from './wait-for.ts';
import { connect } from 'node:net';

/** DCMTK's options for mutual TLS as this device; its tools check the archive's certificate by default. */
export function tlsArguments(device: TestDevice): string[] {
  return ['+tls', device.keyFile, device.certFile, '+cf', device.caFile];
}

/** Calling and called AE title, address, port: what every SCU of DCMTK wants last. */
export function peerArguments(device: TestDevice, port: number): string[] {
  return ['-aet', device.aeTitle, '-aec', ARCHIVE_AE_TITLE, '127.0.0.1', String(port)];
}

/** A pair that storescu shall propose. */
export interface StorageContext {
  readonly sopClassUID: string;
  readonly transferSyntaxUID: string;
}

/** PS3.8 9.3.2.2: odd identifiers from 1 to 255. */
export const CONTEXTS_MAX = 128;
export const STORAGE_PROFILE = 'Storage';

/** A configuration file for `-xf FILE Storage`: one context for each SOP class and transfer syntax. */
export function writeStorageProfile(file: string, contexts: readonly StorageContext[]): void {
  const syntaxes = [...new Set(contexts.map((context) => context.transferSyntaxUID))];
  const lines = ['[[TransferSyntaxes]]'];
  for (const [number, uid] of syntaxes.entries()) lines.push(`[Syntax${number}]`, `TransferSyntax1 = ${uid}`);
  lines.push('[[PresentationContexts]]', '[Contexts]');
  for (const [number, { sopClassUID, transferSyntaxUID }] of contexts.entries()) {
    lines.push(
      `PresentationContext${number + 1} = ${sopClassUID}\\Syntax${syntaxes.indexOf(transferSyntaxUID)}`,
    );
  }
  lines.push('[[Profiles]]', `[${STORAGE_PROFILE}]`, 'PresentationContexts = Contexts', '');
  writeFileSync(file, lines.join('\n'));
}

export interface StorageReceiver {
  readonly port: number;
  readonly folder: string;
  stop(): Promise<void>;
}

/**
 * `storescp` that keeps every data set exactly as it came, in every transfer syntax DCMTK knows and under any SOP
 * class. With a device it speaks TLS with that device's certificate and demands one of the caller.
 */
export async function startStorageReceiver(
  scope: Scope,
  options: { device?: TestDevice; port?: number; aeTitle?: string } = {},
): Promise<StorageReceiver> {
  const folder = scope.folder('received');
  const port = options.port ?? (await freePort());
  const tls = options.device === undefined ? [] : tlsArguments(options.device);
  const aeTitle = options.aeTitle ?? options.device?.aeTitle ?? 'STORESCP';
  const args = [...tls, '-aet', aeTitle, '-pm', '+xa', '+B', '-od', folder, String(port)];
  const child = scope.spawn(toolPath('storescp') ?? 'storescp', args, {
    stdio: 'ignore',
    env: { ...process.env, TCP_NODELAY: '1' },
  });
  await waitFor('storescp', () => answers(port));
  return { port, folder, stop: async () => void (await endProcess(child)) };
}

/** Whether somebody listens there. */
export async function answers(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.on('error', () => resolve(false));
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

/** Where storescp puts an instance: it names files by modality and UID. */
export function receivedName(file: string): string {
  return file.slice(file.indexOf('.') + 1);
}

/** A path in a folder of the scope, for a file a tool is to read. */
export function fileIn(folder: string, name: string, content: string): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}
