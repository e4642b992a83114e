import { readFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { connect as connectTLS, type TLSSocket } from 'node:tls';
import {
  type Association,
  type ProposedContext,
  requestAssociation,
  type RequestorOptions,
} from '@leadglass/network';
import { ARCHIVE_AE_TITLE, type TestDevice } from './archive.ts';
import type { Scope } from './scope.ts';

/** Of the tests themselves: a UUID-derived UID (PS3.5 B.2). */
export const TEST_IMPLEMENTATION = {
  implementationClassUID: '2.25.293478562039485729384756203948572',
  implementationVersionName: 'LEADGLASS_TEST',
} as const;

/** A TLS connection to the archive that shows the device's certificate, or none. */
export function connectAs(device: TestDevice | undefined, port: number): TLSSocket {
  const shown =
    device === undefined ? {} : { key: readFileSync(device.keyFile), cert: readFileSync(device.certFile) };
  // The archive's own certificate is checked only where there is an authority to check it with.
  const trust = device === undefined ? { rejectUnauthorized: false } : { ca: readFileSync(device.caFile) };
  return connectTLS({ host: '127.0.0.1', port, ...shown, ...trust });
}

/** An association of a device with the archive, over mutual TLS. */
export function associate(
  device: TestDevice,
  port: number,
  presentationContexts: readonly ProposedContext[],
  options: Partial<RequestorOptions> = {},
): Promise<Association> {
  return requestAssociation({
    connect: () => connectAs(device, port),
    callingAETitle: device.aeTitle,
    calledAETitle: ARCHIVE_AE_TITLE,
    presentationContexts,
    ...TEST_IMPLEMENTATION,
    ...options,
  });
}

/**
 * For tools that speak clear text only: listens on loopback and passes every byte on inside TLS, with the device's
 * certificate. Gives its port.
 */
export async function openTunnel(scope: Scope, device: TestDevice, port: number): Promise<number> {
  const server = createServer({ noDelay: true }, (near) => {
    const far = connectAs(device, port);
    far.setNoDelay(true);
    near.pipe(far);
    far.pipe(near);
    near.on('error', () => far.destroy());
    far.on('error', () => near.destroy());
    near.on('close', () => far.end());
    far.on('close', () => near.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  scope.onClose(() => new Promise((resolve) => server.close(() => resolve())));
  return (server.address() as AddressInfo).port;
}

/** Gives what a peer answers to these bytes until it closes or nothing comes for `quietMs`. */
export async function exchange(
  port: number,
  bytes: Uint8Array,
  quietMs = 1500,
  localAddress = '127.0.0.1',
): Promise<Buffer> {
  const socket = connect({ host: '127.0.0.1', port, localAddress });
  return await answersOf(socket, bytes, quietMs);
}

/** The same over a connection that is there already. */
export async function answersOf(
  socket: ReturnType<typeof connect>,
  bytes: Uint8Array,
  quietMs = 1500,
): Promise<Buffer> {
  const parts: Buffer[] = [];
  await new Promise<void>((resolve) => {
    socket.setTimeout(quietMs, resolve);
    socket.on('data', (part: Buffer) => parts.push(part));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
    socket.write(bytes);
  });
  socket.destroy();
  return Buffer.concat(parts);
}
