import { Worker } from 'node:worker_threads';
import {
  batchesWaitingMax,
  batchSize,
  containerFailuresMax,
  fileTimeoutMs,
  workerHeapMaxMb,
  workerYoungHeapMaxMb,
} from './limits.ts';
import { printable } from './printable.ts';
import { Tally } from './tally.ts';
import type { TallyData } from './tally.ts';
import type { Batch, Job, WorkerMessage, WorkerSettings } from './worker-protocol.ts';

export interface PoolOptions {
  readonly workerCount: number;
  readonly settings: Omit<WorkerSettings, 'beat'>;
  /** Told of what was found, a batch or a part of an archive at a time. */
  readonly onTally: (tally: TallyData) => void;
  readonly fileTimeoutMs?: number;
  /** What the threads run; the file worker if absent. */
  readonly workerURL?: URL;
}

/** A worker thread and what it is at. */
interface Slot {
  worker: Worker;
  readonly beat: Int32Array;
  batch: Batch | undefined;
  lastBeat: number;
  beatAtMs: number;
  membersDone: number;
  failures: number;
}

/** How often workers are looked at. */
const watchMs = 1_000;

/**
 * Worker threads that look at files. A file that takes too long, or that makes its worker run out of memory, costs that
 * worker: it is replaced, the file is told of, and the rest goes on.
 */
export class WorkerPool {
  readonly #options: PoolOptions;
  readonly #slots: Slot[];
  readonly #waiting: Batch[] = [];
  readonly #watch: NodeJS.Timeout;
  #gathered: Job[] = [];
  #wake: (() => void)[] = [];
  #closed = false;
  /** Crashes inside one archive, by its ordinal. */
  readonly #containerFailures = new Map<number, number>();

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#slots = Array.from({ length: options.workerCount }, () => this.#newSlot());
    this.#watch = setInterval(() => {
      this.#lookForStuck();
    }, watchMs);
    this.#watch.unref();
  }

  /** Gives a file to be looked at; waits while there is more to do than should be held. */
  async submit(job: Job): Promise<void> {
    this.#gathered.push(job);
    if (this.#gathered.length < batchSize) return;
    this.#sendGathered();
    while (this.#waiting.length > batchesWaitingMax && !this.#closed) await this.#change();
  }

  /** Waits until all that was given is done. */
  async drain(): Promise<void> {
    this.#sendGathered();
    while (
      !this.#closed &&
      (this.#waiting.length > 0 || this.#slots.some((slot) => slot.batch !== undefined))
    ) {
      await this.#change();
    }
    this.#containerFailures.clear();
  }

  /** Ends all workers, whatever they are at. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#watch);
    this.#notify();
    await Promise.all(this.#slots.map((slot) => slot.worker.terminate()));
  }

  #newSlot(): Slot {
    const beat = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
    const slot: Slot = {
      worker: this.#startWorker(beat),
      beat: new Int32Array(beat),
      batch: undefined,
      lastBeat: 0,
      beatAtMs: performance.now(),
      membersDone: 0,
      failures: 0,
    };
    this.#listen(slot);
    return slot;
  }

  #startWorker(beat: SharedArrayBuffer): Worker {
    const workerData: WorkerSettings = { ...this.#options.settings, beat };
    return new Worker(this.#options.workerURL ?? new URL('./worker.ts', import.meta.url), {
      workerData,
      // Nothing of the environment, credentials least of all, is theirs but what they are given.
      env: {},
      resourceLimits: {
        maxOldGenerationSizeMb: workerHeapMaxMb,
        maxYoungGenerationSizeMb: workerYoungHeapMaxMb,
      },
    });
  }

  #listen(slot: Slot): void {
    const { worker } = slot;
    let reason = 'WORKER_FAILED';
    worker.on('message', (message: WorkerMessage) => {
      if (slot.worker === worker) this.#receive(slot, message);
    });
    worker.on('error', (error) => {
      const isMemory = error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
      reason = isMemory ? 'OUT_OF_MEMORY' : 'WORKER_FAILED';
    });
    worker.on('exit', () => {
      if (slot.worker === worker && !this.#closed) this.#replace(slot, reason);
    });
  }

  #sendGathered(): void {
    if (this.#gathered.length === 0) return;
    this.#waiting.push({ jobs: this.#gathered });
    this.#gathered = [];
    this.#sendWaiting();
  }

  #sendWaiting(): void {
    for (const slot of this.#slots) {
      if (slot.batch !== undefined) continue;
      const batch = this.#waiting.shift();
      if (batch === undefined) return;
      slot.batch = batch;
      slot.membersDone = batch.jobs[0]?.container?.skipMembers ?? 0;
      slot.beatAtMs = performance.now();
      slot.worker.postMessage(batch);
    }
  }

  #receive(slot: Slot, message: WorkerMessage): void {
    this.#options.onTally(message.tally);
    if (message.type === 'part') {
      slot.membersDone = message.membersDone;
      return;
    }
    const { batch } = slot;
    for (const { ordinal, kind } of message.containers) {
      const job = batch?.jobs.find((one) => one.ordinal === ordinal);
      if (job === undefined) continue;
      // First, so that archives do not gather while the walk goes on.
      this.#waiting.unshift({ jobs: [{ ...job, container: { kind, skipMembers: 0, cautious: false } }] });
    }
    slot.batch = undefined;
    this.#sendWaiting();
    this.#notify();
  }

  #lookForStuck(): void {
    const timeoutMs = this.#options.fileTimeoutMs ?? fileTimeoutMs;
    const now = performance.now();
    for (const slot of this.#slots) {
      const beat = Atomics.load(slot.beat, 0);
      if (slot.batch === undefined || beat !== slot.lastBeat) {
        slot.lastBeat = beat;
        slot.beatAtMs = now;
      } else if (now - slot.beatAtMs > timeoutMs) {
        const { worker } = slot;
        this.#replace(slot, 'TIMEOUT');
        void worker.terminate();
      }
    }
  }

  /** A worker is gone: a new one takes its place, and what it was at is done again or given up. */
  #replace(slot: Slot, reason: string): void {
    slot.worker = this.#startWorker(slot.beat.buffer as SharedArrayBuffer);
    this.#listen(slot);
    const { batch } = slot;
    slot.batch = undefined;
    slot.beatAtMs = performance.now();
    if (batch !== undefined) this.#again(batch, slot.membersDone, reason);
    this.#sendWaiting();
    this.#notify();
  }

  /** Nothing of an unfinished batch was reported: its files come again, one by one, until one stands alone. */
  #again({ jobs }: Batch, membersDone: number, reason: string): void {
    const [job, ...others] = jobs;
    if (job === undefined) return;
    if (others.length > 0) {
      this.#waiting.unshift(...jobs.map((one) => ({ jobs: [one] })));
      return;
    }
    const { container } = job;
    const failures = (this.#containerFailures.get(job.ordinal) ?? 0) + 1;
    this.#containerFailures.set(job.ordinal, failures);
    if (container === undefined || failures > containerFailuresMax) {
      this.#giveUp(job, undefined, reason);
      return;
    }
    // Cautious: one report a member, so that the next crash shows which one it is.
    if (container.cautious) this.#giveUp(job, membersDone + 1, reason);
    const skipMembers = membersDone + (container.cautious ? 1 : 0);
    this.#waiting.unshift({ jobs: [{ ...job, container: { ...container, skipMembers, cautious: true } }] });
  }

  /** The file that stops a reader is what P07 asks for. */
  #giveUp(job: Job, member: number | undefined, reason: string): void {
    const tally = new Tally();
    const path = this.#options.settings.showPaths ? { path: printable(job.path) } : {};
    const inside = member === undefined ? {} : { member };
    const note = {
      check: 'P07',
      kind: `reader-${reason.toLowerCase().replaceAll('_', '-')}`,
      exposes: true,
      places: 1,
    };
    tally.add({ ordinal: job.ordinal, ...inside, ...path }, 0, {
      kind: 'other',
      notes: [note],
      failure: reason,
    });
    this.#options.onTally(tally.data);
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake.push(resolve);
    });
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = [];
    for (const resolve of wake) resolve();
  }
}
