import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Door } from './dialler.ts';
import { ProbeError, probeErrorOf } from './probe-error.ts';

/** What came back for a datagram: bytes, an ICMP "port unreachable", or nothing in time. */
export type DatagramAnswer =
  | { readonly kind: 'answer'; readonly bytes: Buffer }
  | { readonly kind: 'refused' }
  | { readonly kind: 'silent' };

/**
 * Sends one datagram and waits for one from the same address and port: the socket is connected, so the kernel drops
 * everybody else's. UDP bounds the answer to 64 KiB. Throws ProbeError (UNREACHABLE, STOPPED).
 */
export function exchangeDatagram(
  { address, port }: Door,
  bytes: Uint8Array,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<DatagramAnswer> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      // A late ICMP message must not find the socket without a listener.
      socket.removeAllListeners().on('error', () => {});
      socket.close();
      act();
    };
    const stop = (): void => settle(() => reject(new ProbeError('STOPPED')));
    const timer = setTimeout(() => settle(() => resolve({ kind: 'silent' })), timeoutMs);
    signal.addEventListener('abort', stop, { once: true });
    socket.once('error', (error) => {
      const failure = probeErrorOf(error);
      settle(() => (failure.code === 'REFUSED' ? resolve({ kind: 'refused' }) : reject(failure)));
    });
    socket.once('message', (answer) => settle(() => resolve({ kind: 'answer', bytes: answer })));
    socket.connect(port, address, () => {
      socket.send(bytes, (error) => {
        if (error !== null) socket.emit('error', error);
      });
    });
  });
}
