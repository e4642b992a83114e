/**
 * A thread that tries ports. It connects to nothing but what it was given, and only for as long as it was given it:
 * the scope is asked by the thread that gives.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { PortState, Refusal } from './port-trier.ts';
import { STOP, lettersOf } from './sweep-protocol.ts';
import type { SweepOrder, SweepResult, SweepThreadSettings } from './sweep-protocol.ts';
import { TrierCrew } from './trier-crew.ts';

/** Results told together: a message costs as much as three connections. */
const RESULTS_TOGETHER = 32;
/** For how long a result may wait for others, milliseconds. */
const RESULTS_WAIT_MS = 5;

class SweepThread {
  readonly #send: (results: readonly SweepResult[]) => void;
  readonly #stopped: Int32Array;
  readonly #crew: TrierCrew;
  #results: SweepResult[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(
    { timeoutMs, atOnce, stopped }: SweepThreadSettings,
    send: (results: readonly SweepResult[]) => void,
  ) {
    this.#send = send;
    this.#stopped = new Int32Array(stopped);
    this.#crew = new TrierCrew(timeoutMs, atOnce);
  }

  obey(order: SweepOrder): void {
    if (order === STOP) {
      this.#crew.stop();
      return;
    }
    const refusal = (): Refusal | undefined => this.#refusal(order.until);
    for (const { id, address, ports } of order.jobs) {
      const told = (states: readonly PortState[]): void => this.#tell({ id, letters: lettersOf(states) });
      this.#crew.visit({ address, ports, refusal, told });
    }
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
