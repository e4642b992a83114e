import { connect, createServer, type Socket } from 'node:net';

/** A door in front of a server that keeps every byte the server sends. */
export interface RecordedDoor extends AsyncDisposable {
  /** All that went from the server to whoever asked, in the order in which it came. */
  readonly sent: () => Buffer;
  readonly connections: () => number;
}

/** Listens on an address and port, passes everything on to another port of loopback, and keeps what comes back. */
export async function recordDoor(address: string, port: number, behind: number): Promise<RecordedDoor> {
  const chunks: Buffer[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((caller) => {
    connections++;
    const called = connect({ host: address, port: behind });
    for (const socket of [caller, called]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => sockets.delete(socket));
    }
    called.on('data', (bytes: Buffer) => void chunks.push(bytes));
    caller.pipe(called);
    called.pipe(caller);
    caller.on('close', () => called.destroy());
    called.on('close', () => caller.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, resolve);
  });
  return {
    sent: () => Buffer.concat(chunks),
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
