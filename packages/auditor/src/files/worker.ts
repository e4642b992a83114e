import { parentPort, workerData } from 'node:worker_threads';
import { FileWorker } from './file-worker.ts';
import type { Batch, WorkerSettings } from './worker-protocol.ts';

const port = parentPort;
if (port === null) throw new Error('this file is started as a worker thread');
const worker = new FileWorker(workerData as WorkerSettings, (message) => {
  port.postMessage(message);
});
port.on('message', (batch: Batch) => {
  void worker.run(batch);
});
