import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Dialler } from './dialler.ts';
import { HostLedger } from './host-ledger.ts';
import type { ConnectionEntry } from './run-record.ts';
import { sweepAddress } from './sweep.ts';

const ADDRESS = '127.48.0.1';
const TIMEOUT_MS = 2_000;
let connections = 0;
const server = createServer((socket) => {
  connections++;
  socket.on('error', () => {});
});
let open = 0;
let closed = 0;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, ADDRESS, resolve));
  open = (server.address() as AddressInfo).port;
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, ADDRESS, resolve));
  closed = (other.address() as AddressInfo).port;
  await new Promise((resolve) => other.close(resolve));
});

afterAll(() => {
  server.close();
});

async function sweep(
  guard: (port: number) => string | undefined = () => undefined,
  stop = new AbortController(),
): Promise<{ found: number[]; record: ConnectionEntry[] }> {
  const record: ConnectionEntry[] = [];
  const dialler = new Dialler({
    guard: (_address, port) => guard(port),
    ledger: new HostLedger({ atOnceMax: 2, associationsMax: 20, connectionsMax: 200 }),
    record: (entry) => void record.push(entry),
    signal: stop.signal,
  });
  return { found: await sweepAddress(dialler, ADDRESS, [closed, open, closed], TIMEOUT_MS), record };
}

describe('a sweep of one address', () => {
  test('tells open from refused, and writes one line for all ports', async () => {
    const { found, record } = await sweep();
    expect(found).toEqual([open]);
    expect(record).toMatchObject([
      { check: 'sweep', address: ADDRESS, ports: `${closed}:refused ${open}:open ${closed}:refused` },
    ]);
  });

  test('asks the scope before each port, and does not touch what it refuses', async () => {
    const asked: number[] = [];
    const before = connections;
    const { found, record } = await sweep((port) => {
      asked.push(port);
      return port === open ? 'not in the scope' : undefined;
    });
    expect(asked).toEqual([closed, open, closed]);
    expect([found, connections]).toEqual([[], before]);
    expect(record[0]?.ports).toBe(`${closed}:refused ${open}:out-of-scope ${closed}:refused`);
  });

  test('ends when the run is stopped', async () => {
    const stop = new AbortController();
    const { found, record } = await sweep(() => {
      stop.abort();
      return undefined;
    }, stop);
    expect([found, record[0]?.ports]).toEqual([[], `${closed}:refused ${open}:stopped`]);
  });
});
