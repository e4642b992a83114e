import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Handshakes } from './handshakes.ts';

let server: Server;
let handshakes: Handshakes;
let pushedOut: Socket[];
const accepted: Socket[] = [];
const clients: Socket[] = [];

beforeEach(async () => {
  handshakes = new Handshakes(3);
  pushedOut = [];
  server = createServer((socket) => {
    accepted.push(socket.on('error', () => undefined));
    const oldest = handshakes.begin(socket);
    if (oldest) pushedOut.push(oldest.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  for (const socket of clients.splice(0)) socket.destroy();
  for (const socket of accepted.splice(0)) socket.destroy();
  server.close();
});

async function knock(): Promise<Socket> {
  const before = accepted.length;
  const client = connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
  clients.push(client.on('error', () => undefined));
  await vi.waitFor(() => expect(accepted.length).toBe(before + 1));
  return client;
}

test('one more than the cap pushes the oldest out', async () => {
  for (let count = 0; count < 5; count++) await knock();
  expect(handshakes.size).toBe(3);
  expect(pushedOut).toEqual(accepted.slice(0, 2));
});

test('one that is over, or whose connection is gone, makes room', async () => {
  for (let count = 0; count < 3; count++) await knock();
  handshakes.end(accepted[0] as Socket);
  clients[1]?.destroy();
  await vi.waitFor(() => expect(handshakes.size).toBe(1));
  await knock();
  await knock();
  expect(pushedOut).toEqual([]);
  handshakes.abort();
  expect(handshakes.size).toBe(0);
});
