import type { Target } from './jobs.ts';
import { RunningJob } from './run-job.ts';

/** One association with one C-ECHO. @throws Error when it does not succeed */
export async function echoOnce(target: Target): Promise<void> {
  const job = await RunningJob.prepare({ kind: 'hold', target, associations: 1 });
  const { done } = await job.run();
  await job.finish();
  if (done !== 1) throw new Error('C-ECHO failed');
}
