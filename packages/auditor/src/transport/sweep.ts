import type { Dialler } from './dialler.ts';
import { PortTrier, tryPorts } from './port-trier.ts';
import type { PortState } from './port-trier.ts';

/** Finds out which ports of an address are open. */
export interface Sweep {
  /** The open ones of these ports. */
  sweep(address: string, ports: readonly number[]): Promise<readonly number[]>;
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
  readonly #timeoutMs: number;
  readonly #idle: PortTrier[] = [];
  readonly #busy = new Set<PortTrier>();
  readonly #stop = (): void => {
    for (const trier of this.#busy) trier.stop();
  };

  constructor(dialler: Dialler, timeoutMs: number) {
    this.#dialler = dialler;
    this.#timeoutMs = timeoutMs;
    dialler.signal.addEventListener('abort', this.#stop);
  }

  sweep(address: string, ports: readonly number[]): Promise<readonly number[]> {
    const trier = this.#idle.pop() ?? new PortTrier(this.#timeoutMs);
    this.#busy.add(trier);
    return new Promise((resolve) => {
      const refusal = (port: number): 'stopped' | 'out-of-scope' | undefined => {
        if (this.#dialler.signal.aborted) return 'stopped';
        return this.#dialler.refusal(address, port) === undefined ? undefined : 'out-of-scope';
      };
      tryPorts(trier, address, ports, refusal, (states) => {
        this.#busy.delete(trier);
        this.#idle.push(trier);
        resolve(recordSweep(this.#dialler, address, ports, states));
      });
    });
  }

  close(): Promise<void> {
    this.#dialler.signal.removeEventListener('abort', this.#stop);
    this.#stop();
    return Promise.resolve();
  }
}

/** Writes the line of an address into the record, and gives its open ports. Ports without a state were not tried. */
export function recordSweep(
  dialler: Dialler,
  address: string,
  ports: readonly number[],
  states: readonly (PortState | undefined)[],
): number[] {
  const open = ports.filter((_port, at) => states[at] === 'open');
  dialler.record({
    check: 'sweep',
    purpose: 'which ports are open',
    address,
    ports: ports.flatMap((port, at) => (states[at] === undefined ? [] : [`${port}:${states[at]}`])).join(' '),
    outcome: open.length > 0 ? 'open' : 'closed',
  });
  return open;
}

/** Sweeps one address. */
export async function sweepAddress(
  dialler: Dialler,
  address: string,
  ports: readonly number[],
  timeoutMs: number,
): Promise<readonly number[]> {
  const sweep = new LocalSweep(dialler, timeoutMs);
  try {
    return await sweep.sweep(address, ports);
  } finally {
    await sweep.close();
  }
}
