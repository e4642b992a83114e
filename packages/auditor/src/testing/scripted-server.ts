import { createSocket } from 'node:dgram';
import { createServer as createWebServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** A server that stops with its scope: `await using server = ...`. */
export interface TestServer extends AsyncDisposable {
  readonly port: number;
  /** Everything clients sent, for tests that look at what was asked. */
  readonly received: Buffer[];
}

/** What a scripted server says next: bytes, nothing, or the end of the connection. */
export type Line = Uint8Array | string | undefined;

export interface Script {
  /** Said at once. */
  readonly greeting?: Line;
  /** Answers the nth piece (from 0) of a connection; 'end' hangs up. */
  readonly answer?: (turn: number, bytes: Buffer) => Line | readonly [Line, 'end'];
  /** Hangs up after the greeting. */
  readonly hangsUp?: boolean;
}

/** A TCP server on loopback that speaks by a script. */
export async function startScripted(script: Script): Promise<TestServer> {
  const sockets = new Set<Socket>();
  const received: Buffer[] = [];
  const server = createServer((socket) => {
    sockets.add(socket);
    let turn = 0;
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    if (script.greeting !== undefined) socket.write(script.greeting, 'latin1');
    if (script.hangsUp === true) socket.end();
    socket.on('data', (bytes: Buffer) => {
      received.push(bytes);
      const said = script.answer?.(turn++, bytes);
      const [text, end] = Array.isArray(said) ? (said as readonly [Line, 'end']) : [said as Line, undefined];
      if (text !== undefined) socket.write(text, 'latin1');
      if (end !== undefined) socket.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return { port: (server.address() as AddressInfo).port, received, [Symbol.asyncDispose]: close };
}

/** An HTTP server on loopback. */
export async function startWeb(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<TestServer> {
  const received: Buffer[] = [];
  const server = createWebServer((request, response) => {
    received.push(Buffer.from(`${request.method ?? ''} ${request.url ?? ''}`));
    handle(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { port: (server.address() as AddressInfo).port, received, [Symbol.asyncDispose]: close };
}

/** A UDP socket on loopback. */
export async function startDatagrams(answer: (bytes: Buffer) => Uint8Array | undefined): Promise<TestServer> {
  const received: Buffer[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (bytes, from) => {
    received.push(bytes);
    const said = answer(bytes);
    if (said !== undefined) socket.send(said, from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const close = async (): Promise<void> => {
    await new Promise<void>((resolve) => socket.close(() => resolve()));
  };
  return { port: socket.address().port, received, [Symbol.asyncDispose]: close };
}
