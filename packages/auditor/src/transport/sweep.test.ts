import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Dialler } from './dialler.ts';
import { HostLedger } from './host-ledger.ts';
import { PortTrier } from './port-trier.ts';
import type { TriedState } from './port-trier.ts';
import type { ConnectionEntry } from './run-record.ts';
import { SweepThreads } from './sweep-threads.ts';
import { SweepWorkers } from './sweep-workers.ts';
import { LocalSweep, sweepAddress } from './sweep.ts';
import type { Sweep, SweptAddress } from './sweep.ts';

const ADDRESS = '127.48.0.1';
const TIMEOUT_MS = 2_000;
let connections = 0;
const held: Socket[] = [];
const server = createServer((socket) => {
  connections++;
  // Something to read, which a port tried afterwards must not meet.
  socket.on('error', () => {}).write('a greeting');
  held.push(socket);
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
  for (const socket of held) socket.destroy();
  server.close();
});

type Guard = (port: number, address: string) => string | undefined;

interface Rig {
  readonly dialler: Dialler;
  readonly record: ConnectionEntry[];
}

function rig(guard: Guard = () => undefined, stop = new AbortController()): Rig {
  const record: ConnectionEntry[] = [];
  const dialler = new Dialler({
    guard: (address, port) => guard(port, address),
    ledger: new HostLedger({ atOnceMax: 2, associationsMax: 20, connectionsMax: 200 }),
    record: (entry) => void record.push(entry),
    signal: stop.signal,
  });
  return { dialler, record };
}

const found = (open: readonly number[]): SweptAddress => ({ open, lackedSocket: false });

const FOREVER_MS = 60_000;
const kinds: [string, (dialler: Dialler, allowedForMs?: () => number) => Sweep][] = [
  ['in this thread', (dialler) => new LocalSweep(dialler, TIMEOUT_MS)],
  [
    'in threads',
    (dialler, allowedForMs = () => FOREVER_MS) =>
      new SweepThreads({ dialler, workers: new SweepWorkers(2, TIMEOUT_MS), allowedForMs }),
  ],
];

const sweeps: Sweep[] = [];
afterEach(async () => {
  for (const sweep of sweeps.splice(0)) await sweep.close();
});

function kept(sweep: Sweep): Sweep {
  sweeps.push(sweep);
  return sweep;
}

describe.each(kinds)('a sweep %s', (_kind, make) => {
  test('tells open from refused, and writes one line for all ports', async () => {
    const { dialler, record } = rig();
    expect(await kept(make(dialler)).sweep(ADDRESS, [closed, open, closed])).toEqual(found([open]));
    expect(record).toMatchObject([
      { check: 'sweep', address: ADDRESS, ports: `${closed}:refused ${open}:open ${closed}:refused` },
    ]);
  });

  test('asks the scope of each port, and does not touch what it refuses', async () => {
    const asked: number[] = [];
    const before = connections;
    const { dialler, record } = rig((port) => {
      asked.push(port);
      return port === open ? 'not in the scope' : undefined;
    });
    const swept = await kept(make(dialler)).sweep(ADDRESS, [closed, open, closed]);
    expect(asked).toEqual([closed, open, closed]);
    expect([swept, connections]).toEqual([found([]), before]);
    expect(record[0]?.ports).toBe(`${closed}:refused ${open}:out-of-scope ${closed}:refused`);
  });

  test('sweeps hundreds of addresses at once, each as if it were alone', async () => {
    const { dialler, record } = rig();
    const sweep = kept(make(dialler));
    const addresses = Array.from({ length: 400 }, (_, at) => `127.48.${1 + (at >> 8)}.${at & 255}`);
    const swept = await Promise.all(
      [...addresses, ADDRESS].map((address) => sweep.sweep(address, [closed, open])),
    );
    expect(swept.filter((one) => one.open.length > 0)).toEqual([found([open])]);
    expect(new Set(record.map(({ address }) => address))).toEqual(new Set([...addresses, ADDRESS]));
    expect(new Set(record.map(({ ports }) => ports))).toEqual(
      new Set([`${closed}:refused ${open}:refused`, `${closed}:refused ${open}:open`]),
    );
  });

  test('is stopped at once, and tries nothing afterwards', async () => {
    using silent = await silentPort('127.48.4.1');
    const stop = new AbortController();
    const { dialler, record } = rig(undefined, stop);
    const sweep = kept(make(dialler));
    const before = connections;
    const under = sweep.sweep('127.48.4.1', [silent.port, open]);
    setTimeout(() => stop.abort(), 300);
    expect(await under).toEqual(found([]));
    expect(record[0]?.ports).toMatch(new RegExp(`^${silent.port}:stopped`));
    expect(await sweep.sweep(ADDRESS, [open])).toEqual(found([]));
    expect(connections).toBe(before);
  });
});

describe('a sweep in threads', () => {
  test('tries nothing that is not allowed any more, and asks the scope again', async () => {
    let isAllowed = true;
    let asked = 0;
    const guard: Guard = () => {
      asked++;
      return isAllowed ? undefined : 'the scope has ended';
    };
    const { dialler, record } = rig(guard);
    const before = connections;
    // What it is given is allowed no longer when it arrives; the third time the scope says no.
    const sweep = kept(
      new SweepThreads({
        dialler,
        workers: new SweepWorkers(1, TIMEOUT_MS),
        allowedForMs: () => {
          isAllowed = asked < 4;
          return 0;
        },
      }),
    );
    expect(await sweep.sweep(ADDRESS, [open, closed])).toEqual(found([]));
    expect([connections, asked]).toEqual([before, 6]);
    expect(record).toMatchObject([{ ports: `${open}:out-of-scope ${closed}:out-of-scope` }]);
  });

  test('fails whoever waits, and whoever comes, when its threads are gone', async () => {
    using silent = await silentPort('127.48.5.1');
    const { dialler, record } = rig();
    const sweep = kept(
      new SweepThreads({
        dialler,
        workers: new SweepWorkers(1, TIMEOUT_MS),
        allowedForMs: () => FOREVER_MS,
      }),
    );
    const under = sweep.sweep('127.48.5.1', [silent.port]);
    setTimeout(() => void sweep.close(), 300);
    await expect(under).rejects.toThrow('a thread of the sweep has ended');
    await expect(sweep.sweep(ADDRESS, [open])).rejects.toThrow('a thread of the sweep has ended');
    // Packets may have been sent, so the record has them.
    expect(record[0]?.ports).toBe(`${silent.port}:stopped`);
  });
});

describe('threads that end before they are needed', () => {
  test('are done without while there is another, which takes their addresses', async () => {
    const workers = new SweepWorkers(2, TIMEOUT_MS);
    const { dialler, record } = rig();
    const sweep = kept(new SweepThreads({ dialler, workers, allowedForMs: () => FOREVER_MS }));
    const swept = Promise.all([0, 1, 2, 3].map(() => sweep.sweep(ADDRESS, [closed, open])));
    await workers.list[0]?.terminate();
    expect(await swept).toEqual([0, 1, 2, 3].map(() => found([open])));
    expect(record).toHaveLength(4);
  });

  test.each(['before', 'after'])('leave the sweep to this thread, %s the first address', async (when) => {
    const workers = new SweepWorkers(1, TIMEOUT_MS);
    if (when === 'before') await workers.close();
    const { dialler, record } = rig();
    const sweep = kept(new SweepThreads({ dialler, workers, allowedForMs: () => FOREVER_MS }));
    const swept = sweep.sweep(ADDRESS, [closed, open]);
    await workers.close();
    expect(await swept).toEqual(found([open]));
    expect(await sweep.sweep(ADDRESS, [closed])).toEqual(found([]));
    expect(record).toHaveLength(2);
  });
});

describe('one address', () => {
  test('a stop between two ports leaves the second alone', async () => {
    const stop = new AbortController();
    const { dialler, record } = rig(() => {
      stop.abort();
      return undefined;
    }, stop);
    expect(await sweepAddress(dialler, ADDRESS, [closed, open], TIMEOUT_MS)).toEqual(found([]));
    expect(record[0]?.ports).toMatch(/stopped$/);
  });
});

describe('a trier', () => {
  test('tells the state of one port after another, whatever became of the one before', async () => {
    using silent = await silentPort(ADDRESS);
    const trier = new PortTrier(300);
    const tried = (port: number): Promise<TriedState> =>
      new Promise((resolve) => trier.try(ADDRESS, port, resolve));
    const states: TriedState[] = [];
    for (const port of [closed, open, closed, silent.port, closed, open, open])
      states.push(await tried(port));
    expect(states).toEqual(['refused', 'open', 'refused', 'silent', 'refused', 'open', 'open']);
    const stopped = tried(silent.port);
    trier.stop();
    expect(await stopped).toBe('stopped');
    expect(await tried(closed)).toBe('refused');
  });
});

/** What listens and never accepts: with its queue full, the kernel leaves a SYN unanswered. */
const SILENT_LISTENER = `
const { createServer } = require('node:net');
const { parentPort, workerData } = require('node:worker_threads');
const server = createServer();
server.listen({ port: 0, host: workerData.address, backlog: 1 }, () => {
  parentPort.postMessage(server.address().port);
  Atomics.wait(new Int32Array(workerData.gate), 0, 0);
  process.exit();
});`;

async function silentPort(address: string): Promise<Disposable & { readonly port: number }> {
  const gate = new SharedArrayBuffer(4);
  const worker = new Worker(SILENT_LISTENER, { eval: true, workerData: { address, gate } });
  const port = await new Promise<number>((resolve, reject) => {
    worker.once('message', resolve).once('error', reject);
  });
  // Two find a place; the others try for as long as they are let.
  const sockets = Array.from({ length: 4 }, () => connect({ host: address, port }).on('error', () => {}));
  await new Promise((resolve) => setTimeout(resolve, 100));
  return {
    port,
    [Symbol.dispose]: () => {
      for (const socket of sockets) socket.destroy();
      const view = new Int32Array(gate);
      Atomics.store(view, 0, 1);
      Atomics.notify(view, 0);
    },
  };
}
