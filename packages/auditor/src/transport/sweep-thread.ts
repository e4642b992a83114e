/**
 * A thread that tries ports. It connects to nothing but what it was given, and only for as long as it was given it:
 * the scope is asked by the thread that gives.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { PortTrier, tryPorts } from './port-trier.ts';
import type { Refusal } from './port-trier.ts';
import { STOP, lettersOf } from './sweep-protocol.ts';
import type { SweepJob, SweepOrder, SweepResult, SweepThreadSettings } from './sweep-protocol.ts';

/** Results told together: a message costs as much as three connections. */
const RESULTS_TOGETHER = 32;
/** For how long a result may wait for others, milliseconds. */
const RESULTS_WAIT_MS = 5;

interface Waiting {
  readonly job: SweepJob;
  readonly until: number;
}

class SweepThread {
  readonly #send: (results: readonly SweepResult[]) => void;
  readonly #stopped: Int32Array;
  readonly #triers: readonly PortTrier[];
  readonly #idle: PortTrier[];
  readonly #waiting: Waiting[] = [];
  #results: SweepResult[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(
    { timeoutMs, atOnce, stopped }: SweepThreadSettings,
    send: (results: readonly SweepResult[]) => void,
  ) {
    this.#send = send;
    this.#stopped = new Int32Array(stopped);
    this.#triers = Array.from({ length: atOnce }, () => new PortTrier(timeoutMs));
    this.#idle = [...this.#triers];
  }

  obey(order: SweepOrder): void {
    if (order === STOP) {
      for (const trier of this.#triers) trier.stop();
      return;
    }
    const { jobs, until } = order;
    for (const job of jobs) this.#waiting.push({ job, until });
    while (this.#waiting.length > 0) {
      const trier = this.#idle.pop();
      if (trier === undefined) return;
      this.#work(trier);
    }
  }

  /** Takes what waits, one after the other, until nothing does. */
  #work(trier: PortTrier): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) {
      this.#idle.push(trier);
      return;
    }
    const { job, until } = waiting;
    tryPorts(
      trier,
      job.address,
      job.ports,
      () => this.#refusal(until),
      (states) => {
        this.#tell({ id: job.id, letters: lettersOf(states) });
        this.#work(trier);
      },
    );
  }

  #refusal(until: number): Refusal | undefined {
    if (Atomics.load(this.#stopped, 0) !== 0) return 'stopped';
    return Date.now() >= until ? 'lapsed' : undefined;
  }

  #tell(result: SweepResult): void {
    this.#results.push(result);
    if (this.#results.length >= RESULTS_TOGETHER) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), RESULTS_WAIT_MS);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#results.length === 0) return;
    this.#send(this.#results);
    this.#results = [];
  }
}

// Nobody reads the stacks of refused connections, and writing them costs as much as the stream's own work.
Error.stackTraceLimit = 0;
const port = parentPort;
if (port === null) throw new Error('this file runs in a thread of the sweep');
const thread = new SweepThread(workerData as SweepThreadSettings, (results) => port.postMessage(results));
port.on('message', (order: SweepOrder) => thread.obey(order));
