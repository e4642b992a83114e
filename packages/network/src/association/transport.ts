import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Clock } from './clock.ts';
import { ConnectionFailed, TimedOut } from './errors.ts';

/** Gives the socket of a new association; it may still be connecting or shaking hands. */
export type Connect = () => Socket | Promise<Socket>;

/** Waits until a socket is connected and, if it is TLS, its handshake is complete. Throws ConnectionFailed, TimedOut. */
export async function connectSocket(connect: Connect, connectMs: number, clock: Clock): Promise<Socket> {
  let socket: Socket;
  try {
    socket = await connect();
  } catch (error) {
    throw new ConnectionFailed(error);
  }
  const isTls = socket instanceof TLSSocket;
  const isHandshakeDone = !(socket instanceof TLSSocket) || socket.getFinished() !== undefined;
  if (socket.destroyed) throw new ConnectionFailed(socket.errored);
  if (!socket.connecting && isHandshakeDone) return socket;
  const readyEvent = isTls ? 'secureConnect' : 'connect';
  await new Promise<void>((resolve, reject) => {
    const timer = clock.setTimeout(() => settle(new TimedOut('connect')), connectMs);
    const settle = (error?: Error): void => {
      clock.clearTimeout(timer);
      socket.off(readyEvent, onReady);
      socket.off('close', onClose);
      if (error === undefined) {
        socket.off('error', onError);
        resolve();
      } else {
        // The listener for errors stays: destroying may raise one more.
        socket.destroy();
        reject(error);
      }
    };
    const onReady = (): void => settle();
    const onError = (error: Error): void => settle(new ConnectionFailed(error));
    const onClose = (): void => settle(new ConnectionFailed(undefined));
    socket.once(readyEvent, onReady);
    socket.on('error', onError);
    socket.once('close', onClose);
  });
  return socket;
}
