import type { Dialler } from './dialler.ts';
import type { PortState, Refusal } from './port-trier.ts';
import { TrierCrew } from './trier-crew.ts';

/** What a sweep found out about an address. */
export interface SweptAddress {
  /** Its open ports. */
  readonly open: readonly number[];
  /** This machine had no socket for at least one of its ports: whether that is open is not known. */
  readonly lackedSocket: boolean;
}

/** Finds out which ports of an address are open. */
export interface Sweep {
  sweep(address: string, ports: readonly number[]): Promise<SweptAddress>;
  /** Ends what is under way. */
  close(): Promise<void>;
}

/**
 * Sweeps in this thread. The scope is asked before every connection. Connections are made without the accounting of
 * `Dialler.connect`, because a national sweep makes millions: a host is tried on one port at a time, half of what its
 * limit allows at most, and the record gets one line for each address.
 */
export class LocalSweep implements Sweep {
  readonly #dialler: Dialler;
  readonly #crew: TrierCrew;
  #isClosed = false;
  readonly #stop = (): void => this.#crew.stop();

  constructor(dialler: Dialler, timeoutMs: number) {
    this.#dialler = dialler;
    // Whoever asks for a sweep bounds how many there are at once.
    this.#crew = new TrierCrew(timeoutMs, Infinity);
    dialler.signal.addEventListener('abort', this.#stop);
  }

  sweep(address: string, ports: readonly number[]): Promise<SweptAddress> {
    return new Promise((resolve) => {
      const refusal = (port: number): Refusal | undefined => {
        if (this.#isClosed || this.#dialler.signal.aborted) return 'stopped';
        return this.#dialler.refusal(address, port) === undefined ? undefined : 'out-of-scope';
      };
      const told = (states: readonly PortState[]): void =>
        resolve(recordSweep(this.#dialler, address, ports, states));
      this.#crew.visit({ address, ports, refusal, told });
    });
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#dialler.signal.removeEventListener('abort', this.#stop);
    this.#stop();
    return Promise.resolve();
  }
}

/** Writes the line of an address into the record, and gives what was found. Ports without a state were not tried. */
export function recordSweep(
  dialler: Dialler,
  address: string,
  ports: readonly number[],
  states: readonly (PortState | undefined)[],
): SweptAddress {
  const lackedSocket = states.includes('no-socket');
  const open = ports.filter((_port, at) => states[at] === 'open');
  dialler.record({
    check: 'sweep',
    purpose: 'which ports are open',
    address,
    ports: ports.flatMap((port, at) => (states[at] === undefined ? [] : [`${port}:${states[at]}`])).join(' '),
    outcome: open.length > 0 ? 'open' : lackedSocket ? 'not asked' : 'closed',
  });
  return { open, lackedSocket };
}

/** Sweeps one address. */
export async function sweepAddress(
  dialler: Dialler,
  address: string,
  ports: readonly number[],
  timeoutMs: number,
): Promise<SweptAddress> {
  const sweep = new LocalSweep(dialler, timeoutMs);
  try {
    return await sweep.sweep(address, ports);
  } finally {
    await sweep.close();
  }
}
