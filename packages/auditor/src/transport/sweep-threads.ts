import type { Worker } from 'node:worker_threads';
import type { Dialler } from './dialler.ts';
import { endsVisit } from './port-trier.ts';
import type { PortState } from './port-trier.ts';
import { STOP, statesOf } from './sweep-protocol.ts';
import type { SweepJob, SweepOrder, SweepResult } from './sweep-protocol.ts';
import type { SweepWorkers } from './sweep-workers.ts';
import { LocalSweep, recordSweep } from './sweep.ts';
import type { Sweep, SweptAddress } from './sweep.ts';

/** Addresses that one thread has, those among them that wait for its next turn: it never waits for a message. */
export const ADDRESSES_PER_THREAD = 144;
/** Jobs sent together. */
const BATCH = 48;
/** For a thread to tell how far it was when the run is stopped; then it is ended. */
const STOP_WAIT_MS = 1_000;

interface Job {
  readonly address: string;
  readonly ports: readonly number[];
  /** A state for each port, undefined while it is not known. */
  readonly states: (PortState | undefined)[];
  /** Positions of the ports that the thread was given. */
  given: readonly number[];
  readonly resolve: (swept: SweptAddress) => void;
  readonly reject: (error: Error) => void;
}

interface Thread {
  readonly worker: Worker;
  readonly jobs: Map<number, Job>;
  gathered: SweepJob[];
  /** When the first of the gathered jobs lapses (`Date.now()`). */
  until: number;
  /** It has told something, so it has begun. */
  hasTold: boolean;
}

export interface SweepThreadsOptions {
  readonly dialler: Dialler;
  /** They are closed with the sweep. */
  readonly workers: SweepWorkers;
  /** For how long what the scope allows now stays allowed, milliseconds. */
  readonly allowedForMs: () => number;
}

/**
 * Sweeps in threads. They are given addresses and ports that the scope has allowed, and for how long it has; what they
 * did not try by then is asked for again. They tell the state of each port and nothing else.
 */
export class SweepThreads implements Sweep {
  readonly #options: SweepThreadsOptions;
  #threads: readonly Thread[];
  /** Takes the place of the threads when not one of them has begun. */
  #instead: LocalSweep | undefined;
  readonly #onAbort = (): void => this.#stop();
  #nextId = 0;
  #flushing: NodeJS.Immediate | undefined;
  #stopTimer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: SweepThreadsOptions) {
    this.#options = options;
    this.#threads = options.workers.list.map((worker) => this.#engage(worker));
    for (const thread of this.#threads) if (options.workers.hasEnded(thread.worker)) this.#lose(thread);
    options.dialler.signal.addEventListener('abort', this.#onAbort);
  }

  sweep(address: string, ports: readonly number[]): Promise<SweptAddress> {
    if (this.#instead !== undefined) return this.#instead.sweep(address, ports);
    return new Promise((resolve, reject) => {
      const states = ports.map(() => undefined);
      this.#submit({ address, ports, states, given: [], resolve, reject });
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#options.dialler.signal.removeEventListener('abort', this.#onAbort);
    clearTimeout(this.#stopTimer);
    clearImmediate(this.#flushing);
    await Promise.all([this.#options.workers.close(), this.#instead?.close()]);
  }

  #engage(worker: Worker): Thread {
    const thread: Thread = { worker, jobs: new Map(), gathered: [], until: Infinity, hasTold: false };
    worker.on('message', (results: readonly SweepResult[]) => {
      thread.hasTold = true;
      for (const result of results) this.#receive(thread, result);
    });
    worker.on('exit', () => this.#lose(thread));
    return thread;
  }

  /** Asks the scope for each port that is not known, and gives the allowed ones to the thread that has the least to do. */
  #submit(job: Job): void {
    const { dialler, allowedForMs } = this.#options;
    const { address, ports, states } = job;
    // Before the scope is asked: what it says is not to hold for a moment longer.
    const until = Date.now() + allowedForMs();
    const allowed: number[] = [];
    for (const [at, port] of ports.entries()) {
      if (states[at] !== undefined) continue;
      if (dialler.refusal(address, port) === undefined) allowed.push(at);
      else states[at] = 'out-of-scope';
    }
    if (dialler.signal.aborted || this.#isClosed) return this.#giveUp(job);
    if (allowed.length === 0) return this.#finish(job);
    job.given = allowed;
    const thread = this.#threads.reduce((least, one) => (one.jobs.size < least.jobs.size ? one : least));
    const id = this.#nextId++;
    thread.jobs.set(id, job);
    // The same list for all, so that a message carries it once.
    const given = allowed.length === ports.length ? ports : allowed.map((at) => ports[at] ?? 0);
    thread.gathered.push({ id, address, ports: given });
    thread.until = Math.min(thread.until, until);
    if (thread.gathered.length >= BATCH) this.#send(thread);
    else this.#flushing ??= setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#flushing = undefined;
    for (const thread of this.#threads) this.#send(thread);
  }

  #send(thread: Thread): void {
    if (thread.gathered.length === 0) return;
    const order: SweepOrder = { jobs: thread.gathered, until: thread.until };
    thread.gathered = [];
    thread.until = Infinity;
    thread.worker.postMessage(order);
  }

  #receive(thread: Thread, { id, letters }: SweepResult): void {
    const job = thread.jobs.get(id);
    if (job === undefined) return;
    thread.jobs.delete(id);
    const told = statesOf(letters);
    for (const [position, state] of told.entries()) {
      const at = job.given[position];
      if (at !== undefined) job.states[at] = state;
    }
    const last = told.at(-1);
    const isOver = told.length === job.given.length || (last !== undefined && endsVisit.has(last));
    if (isOver) this.#finish(job);
    else this.#submit(job);
  }

  #finish(job: Job): void {
    job.resolve(recordSweep(this.#options.dialler, job.address, job.ports, job.states));
  }

  /** What is not known of an address stays unknown: packets may have been sent to it, so the record shows its ports. */
  #giveUp(job: Job): void {
    for (const at of job.ports.keys()) job.states[at] ??= 'stopped';
    if (this.#options.dialler.signal.aborted) return this.#finish(job);
    recordSweep(this.#options.dialler, job.address, job.ports, job.states);
    job.reject(new Error('a thread of the sweep has ended'));
  }

  #stop(): void {
    Atomics.store(this.#options.workers.stopped, 0, 1);
    this.#flush();
    for (const { worker } of this.#threads) worker.postMessage(STOP satisfies SweepOrder);
    this.#stopTimer = setTimeout(() => void this.close(), STOP_WAIT_MS);
  }

  /**
   * A thread that never began, as a rule because too few files may be open here, has tried nothing: the others take its
   * addresses, or this thread does. Otherwise a sweep without one of its threads is over: whoever waits is told, and
   * whoever comes.
   */
  #lose(thread: Thread): void {
    const jobs = [...thread.jobs.values()];
    thread.jobs.clear();
    thread.gathered = [];
    if (this.#isClosed || thread.hasTold) {
      this.#isClosed = true;
      for (const job of jobs) this.#giveUp(job);
      return;
    }
    this.#threads = this.#threads.filter((one) => one !== thread);
    if (this.#threads.length > 0) {
      for (const job of jobs) this.#submit(job);
      return;
    }
    const { dialler, workers } = this.#options;
    const instead = (this.#instead ??= new LocalSweep(dialler, workers.timeoutMs));
    for (const { address, ports, resolve, reject } of jobs)
      instead.sweep(address, ports).then(resolve, reject);
  }
}
