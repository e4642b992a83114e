import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { SweepThreadSettings } from './sweep-protocol.ts';

/** Addresses that one thread tries at once: more only makes each slower. */
const AT_ONCE = 48;
/** A thread holds a hundred sockets and nothing else, so a small heap will do, MiB. */
const HEAP_MAX_MB = 64;
const YOUNG_HEAP_MAX_MB = 4;

/**
 * Threads of a sweep that have nothing to do yet. A thread takes a tenth of a second to start, so whoever still has
 * something else to do, such as loading the checks, starts them before.
 */
export class SweepWorkers {
  readonly list: readonly Worker[];
  /** For one port, milliseconds. */
  readonly timeoutMs: number;
  /** One Int32: not zero once the run is stopped. */
  readonly stopped = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  readonly #ended = new Set<Worker>();

  constructor(count: number, timeoutMs: number) {
    this.timeoutMs = timeoutMs;
    const workerData: SweepThreadSettings = { timeoutMs, atOnce: AT_ONCE, stopped: this.stopped.buffer };
    this.list = Array.from({ length: count }, () => {
      const worker = new Worker(new URL('./sweep-thread.ts', import.meta.url), {
        workerData,
        env: threadEnvironment(),
        resourceLimits: { maxOldGenerationSizeMb: HEAP_MAX_MB, maxYoungGenerationSizeMb: YOUNG_HEAP_MAX_MB },
      });
      // 'exit' follows, and tells everybody who waits.
      worker.on('error', () => {});
      worker.on('exit', () => this.#ended.add(worker));
      return worker;
    });
  }

  /** Whether a thread has ended already: it will not say so again. */
  hasEnded(worker: Worker): boolean {
    return this.#ended.has(worker);
  }

  async close(): Promise<void> {
    await Promise.all(this.list.map((worker) => worker.terminate()));
  }
}

/**
 * Nothing of the environment, credentials least of all, is a thread's. Where this program keeps its compiled code is: a
 * thread that has to compile TypeScript first takes twice as long to start.
 */
function threadEnvironment(): Record<string, string> {
  const folder = getCompileCacheDir();
  // The folder of this version of Node is inside the one that is named.
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: dirname(folder) };
}
