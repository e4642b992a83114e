import { availableParallelism } from 'node:os';
import type { Scope } from '../scope/index.ts';
// From the file itself: whoever starts threads early has not loaded the rest yet.
import { isUnpaced } from '../transport/pacer.ts';
import { SweepWorkers } from '../transport/sweep-workers.ts';

/** For one port of the sweep. */
export const SWEEP_TIMEOUT_MS = 3_000;
/** Threads of a sweep without pacing: more than one for each processor only wait for each other. */
const SWEEP_THREADS_MAX = 4;
/** Addresses for which a thread more is worth its start: with two, 2,300 were swept no sooner, and the process took longer. */
const ADDRESSES_FOR_A_THREAD = 2_048;

/** How many threads a sweep is worth: none with pacing, which all networks but loopback have. */
export function sweepThreadsFor({ rates, addressCount }: Pick<Scope, 'rates' | 'addressCount'>): number {
  if (!isUnpaced(rates.hostsPerSecond)) return 0;
  const useful = Math.floor(addressCount / ADDRESSES_FOR_A_THREAD);
  return Math.min(useful, SWEEP_THREADS_MAX, availableParallelism());
}

/** Starts the threads of a sweep; undefined when this thread alone will do. To be closed by whoever started them. */
export function startSweepWorkers(
  scope: Pick<Scope, 'rates' | 'addressCount'>,
  threads = sweepThreadsFor(scope),
): SweepWorkers | undefined {
  return threads === 0 ? undefined : new SweepWorkers(threads, SWEEP_TIMEOUT_MS);
}
