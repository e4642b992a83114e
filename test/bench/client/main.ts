import type { FromClient, ToClient } from './jobs.ts';
import { RunningJob } from './run-job.ts';

/** The client's process: it does jobs it is told of, so that the bench itself costs nothing while the clock runs. */
const send = (message: FromClient): void => void process.send?.(message);
let job: RunningJob | undefined;

async function handle(message: ToClient): Promise<void> {
  if (message.type === 'prepare') {
    job = await RunningJob.prepare(message.job);
    send({ type: 'ready' });
  } else if (message.type === 'go') {
    if (job === undefined) throw new Error('no job was prepared');
    send({ type: 'done', result: await job.run() });
  } else {
    await job?.finish();
    job = undefined;
    send({ type: 'finished' });
  }
}

process.on('message', (message: ToClient) => {
  handle(message).catch((error: unknown) => send({ type: 'failed', reason: String(error) }));
});
process.on('disconnect', () => process.exit(0));
