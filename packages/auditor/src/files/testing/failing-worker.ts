import { parentPort, workerData } from 'node:worker_threads';
import { Tally } from '../tally.ts';
import type { Batch, WorkerSettings } from '../worker-protocol.ts';

/** A worker that does what the path says: 'hang', 'crash', 'memory'; 'archive' hangs at its third member of five. */
const port = parentPort;
const { beat } = workerData as WorkerSettings;

port?.on('message', ({ jobs }: Batch) => {
  let tally = new Tally();
  const containers: { ordinal: number; kind: 'zip' }[] = [];
  for (const { path, ordinal, container } of jobs) {
    Atomics.add(new Int32Array(beat), 0, 1);
    const what = Buffer.from(path).toString();
    if (what === 'archive' && container === undefined) {
      containers.push({ ordinal, kind: 'zip' });
      continue;
    }
    for (let member = (container?.skipMembers ?? 5) + 1; member <= 5; member++) {
      if (member === 3) hang();
      tally.add({ ordinal, member }, 0, { kind: 'other', notes: [] });
      if (container?.cautious === true) {
        port.postMessage({ type: 'part', tally: tally.data, membersDone: member });
        tally = new Tally();
      }
    }
    if (what === 'hang') hang();
    if (what === 'crash') throw new Error('as asked');
    if (what === 'memory') fillMemory();
    tally.add({ ordinal }, 1, { kind: container === undefined ? 'other' : 'zip', notes: [] });
  }
  port.postMessage({ type: 'done', tally: tally.data, containers });
});

function hang(): void {
  for (;;) Math.random();
}

function fillMemory(): void {
  const kept: string[][] = [];
  for (;;) kept.push(Array.from({ length: 100_000 }, (_, index) => `${index}`));
}
