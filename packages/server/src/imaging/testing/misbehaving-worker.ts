import { parentPort } from 'node:worker_threads';
import type { JobRequest } from '../pool/protocol.ts';

/** For tests alone: a worker that does what hostile pixels may make a real one do, by the number of rows asked for. */
parentPort?.on('message', ({ id, job }: JobRequest) => {
  const rows = job.kind === 'render' ? 0 : job.description.rows;
  if (rows === 1) for (;;) Math.random();
  if (rows === 2) process.exit(3);
  if (rows === 3) throw new Error('a mistake');
  if (rows === 4) {
    const hoard: string[] = [];
    for (let at = 0; ; at++) hoard.push(String(at).repeat(100));
  }
  if (job.kind !== 'decode') return;
  const { description, bytes } = job;
  const wait = rows === 5 ? 50 : 0;
  setTimeout(() => {
    parentPort?.postMessage({ id, result: { layout: description, samples: new Uint8Array(bytes) } });
  }, wait);
});
