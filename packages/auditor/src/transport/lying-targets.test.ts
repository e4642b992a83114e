import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { encodePdu } from '@leadglass/network';
import { describe, expect, test } from 'vitest';
import { listen } from '../testing/simulated-pacs.ts';
import { SocketDicomAsker } from './dicom-asker.ts';
import { Dialler } from './dialler.ts';
import { HostLedger } from './host-ledger.ts';
import { SocketHttpAsker } from './http-asker.ts';
import { ProbeError } from './probe-error.ts';
import { SocketTlsAsker } from './tls-asker.ts';

const rates = {
  hostsPerSecond: 10_000,
  connectionsPerHost: 2,
  associationsPerHost: 20,
  countingCap: 1_000,
  halfPduWaitSeconds: 1,
};

/** Runs a question against a server that behaves as told, and gives what came of it. */
async function against(
  behave: (socket: Socket) => void,
  ask: (askers: { dicom: SocketDicomAsker; http: SocketHttpAsker; tls: SocketTlsAsker }) => Promise<unknown>,
): Promise<{ result: unknown; connections: number }> {
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.on('error', () => {});
    behave(socket);
  });
  const port = await listen(server, '127.0.0.1', 0);
  const stop = new AbortController();
  const context = {
    dialler: new Dialler({
      guard: () => undefined,
      ledger: new HostLedger({ atOnceMax: 2, associationsMax: 20, connectionsMax: 200 }),
      record: () => {},
      signal: stop.signal,
    }),
    address: '127.0.0.1',
    port,
    rates,
    isModalitySafe: false,
    isOptedIn: () => false,
    hostName: undefined,
    knownAETitles: [],
    contact: 'it@clinic.example',
    asking: { check: 'test' },
  };
  const dicom = new SocketDicomAsker(context, false);
  try {
    const askers = { dicom, http: new SocketHttpAsker(context, false), tls: new SocketTlsAsker(context) };
    const result = await ask(askers).catch((error: unknown) => error);
    return { result, connections };
  } finally {
    stop.abort();
    server.close();
  }
}

const endless = (piece: Buffer) => (socket: Socket) => {
  const write = (): void => {
    while (!socket.destroyed && socket.write(piece));
  };
  socket.on('drain', write);
  socket.once('data', write);
};

describe('a target that lies costs bounded time and memory', () => {
  test('an echo server is no DICOM server', async () => {
    const { result } = await against(
      (socket) => socket.pipe(socket),
      ({ dicom }) => dicom.hello(),
    );
    expect(result).toBeInstanceOf(ProbeError);
    expect(result).toMatchObject({ code: 'PROTOCOL' });
  });

  test.each([
    ['an A-ASSOCIATE-AC of 4 GiB', Buffer.from('0200ffffffff', 'hex')],
    ['a PDU type that does not exist', Buffer.from('2a0000000004', 'hex')],
    ['HTTP', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    [
      'a P-DATA-TF before any association',
      encodePdu({
        type: 'P-DATA-TF',
        pdvs: [{ presentationContextID: 1, isCommand: true, isLast: true, data: new Uint8Array(8) }],
      }),
    ],
  ])('%s', async (_title, bytes) => {
    const { result } = await against(
      (socket) => socket.once('data', () => socket.write(bytes)),
      ({ dicom }) => dicom.hello(),
    );
    expect(result).toMatchObject({ code: 'PROTOCOL' });
  });

  test('endless P-DATA-TF before the answer end at the first', async () => {
    const pdu = encodePdu({
      type: 'P-DATA-TF',
      pdvs: [{ presentationContextID: 1, isCommand: false, isLast: false, data: new Uint8Array(16_000) }],
    });
    const { result } = await against(endless(pdu), ({ dicom }) => dicom.hello());
    expect(result).toMatchObject({ code: 'PROTOCOL' });
  });

  test('an endless header field ends at its limit', async () => {
    const { result } = await against(
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\nX: ');
        endless(Buffer.alloc(16_384, 'x'))(socket);
      },
      ({ http }) => http.request({ method: 'GET', path: '/' }),
    );
    expect(result).toMatchObject({ code: 'PROTOCOL' });
  });

  test('an endless body is read as far as was asked', async () => {
    const { result } = await against(
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
        endless(Buffer.from(`4000\r\n${'x'.repeat(0x4000)}\r\n`))(socket);
      },
      ({ http }) => http.request({ method: 'GET', path: '/', bodyMaxBytes: 1_000 }),
    );
    expect(result).toMatchObject({ status: 200, isCut: true });
    expect((result as { body: Buffer }).body).toHaveLength(1_000);
  });

  test('TLS garbage is no TLS', async () => {
    const garbage = Buffer.alloc(0x4000, Buffer.from('160303ffff', 'hex'));
    const { result } = await against(endless(garbage), ({ tls }) =>
      tls.hello({ version: 0x0303, suites: [0xc02f] }),
    );
    expect(result).toMatchObject({ kind: 'not-tls' });
  });

  test('a record without end stops at the limit of a flight', async () => {
    const zeros = Buffer.alloc(0x4000 + 5);
    zeros.set([0x16, 3, 3, 0x40, 0]);
    zeros.set([2, 1, 0xff, 0xff], 5);
    const { result } = await against(endless(zeros), ({ tls }) =>
      tls.hello({ version: 0x0303, suites: [0xc02f] }),
    );
    expect(result).toMatchObject({ kind: 'not-tls' });
  });
});
