import type { Socket } from 'node:net';

/**
 * Connections whose TLS handshake is not finished, at most so many of them: nobody knows yet who they are. One more
 * pushes the oldest out, so that a stranger who opens sockets and says nothing keeps no device out.
 */
export class Handshakes {
  readonly #max: number;
  /** By the peer's address and port, the oldest first: the TLS socket is another object than the one below it. */
  readonly #sockets = new Map<string, Socket>();

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#sockets.size;
  }

  /** Gives the oldest one if it has to go: the caller destroys it. */
  begin(socket: Socket): Socket | undefined {
    const key = keyOf(socket);
    const [oldest] = this.#sockets.values();
    const pushedOut = this.#sockets.size >= this.#max ? oldest : undefined;
    if (pushedOut) this.end(pushedOut);
    this.#sockets.set(key, socket);
    socket.once('close', () => {
      if (this.#sockets.get(key) === socket) this.#sockets.delete(key);
    });
    return pushedOut;
  }

  /** Destroys all of them. */
  abort(): void {
    for (const socket of this.#sockets.values()) socket.destroy();
    this.#sockets.clear();
  }

  /** The handshake is over, well or not. */
  end(socket: Socket): void {
    this.#sockets.delete(keyOf(socket));
  }
}

const keyOf = (socket: Socket): string => `${socket.remoteAddress ?? ''} ${socket.remotePort ?? 0}`;
