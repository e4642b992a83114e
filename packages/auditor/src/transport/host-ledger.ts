import { HOST_PLACE_WAIT_MS } from './limits.ts';
import { ProbeError } from './probe-error.ts';

interface HostState {
  open: number;
  associations: number;
  connections: number;
  readonly waiting: (() => void)[];
}

/** Limits of one host: at once, in the run, and how long to wait for a place, milliseconds. */
export interface HostLimits {
  readonly atOnceMax: number;
  readonly associationsMax: number;
  readonly connectionsMax: number;
  readonly placeWaitMs?: number;
}

/** Gives a place at a host back: the connection is over, or never came to be and does not count. */
export type Leave = (how?: 'over' | 'never-made') => void;

/**
 * What each host was asked so far: connections at once, associations and connections in the run. The sweep does not
 * come here, so only hosts with an open port take memory.
 */
export class HostLedger {
  readonly #hosts = new Map<string, HostState>();
  readonly #atOnceMax: number;
  readonly #associationsMax: number;
  readonly #connectionsMax: number;
  readonly #placeWaitMs: number;

  constructor(limits: HostLimits) {
    this.#atOnceMax = limits.atOnceMax;
    this.#associationsMax = limits.associationsMax;
    this.#connectionsMax = limits.connectionsMax;
    this.#placeWaitMs = limits.placeWaitMs ?? HOST_PLACE_WAIT_MS;
  }

  #host(address: string): HostState {
    let host = this.#hosts.get(address);
    if (host === undefined) {
      host = { open: 0, associations: 0, connections: 0, waiting: [] };
      this.#hosts.set(address, host);
    }
    return host;
  }

  associationsOf(address: string): number {
    return this.#hosts.get(address)?.associations ?? 0;
  }

  /** Takes up what an interrupted run already asked of a host. */
  resume(address: string, associations: number): void {
    this.#host(address).associations = associations;
  }

  /** Nothing more is asked of a host in this run. */
  forget(address: string): void {
    if (this.#hosts.get(address)?.open === 0) this.#hosts.delete(address);
  }

  /**
   * Waits for a place at the host. Throws HOST_CAP, or HOST_BUSY when none came free in time. Call the returned function
   * once when the connection is over.
   */
  async enter(
    address: string,
    {
      isAssociation = false,
      isBeyondHostLimit = false,
    }: { isAssociation?: boolean; isBeyondHostLimit?: boolean },
  ): Promise<Leave> {
    const host = this.#host(address);
    if (host.connections >= this.#connectionsMax) throw new ProbeError('HOST_CAP', 'connections');
    if (isAssociation && host.associations >= this.#associationsMax) {
      throw new ProbeError('HOST_CAP', 'associations');
    }
    host.connections++;
    if (isAssociation) host.associations++;
    const uncount = (): void => {
      host.connections--;
      if (isAssociation) host.associations--;
    };
    const leaveUncounted: Leave = (how) => {
      if (how === 'never-made') uncount();
    };
    if (isBeyondHostLimit) return leaveUncounted;
    if (host.open < this.#atOnceMax) host.open++;
    else if (!(await this.#placeAt(host))) {
      uncount();
      throw new ProbeError('HOST_BUSY');
    }
    let isLeft = false;
    return (how) => {
      if (isLeft) return;
      isLeft = true;
      leaveUncounted(how);
      const next = host.waiting.shift();
      // Whoever waited takes the place over, so that nobody can slip in between.
      if (next === undefined) host.open--;
      else next();
    };
  }

  /** True when somebody left a place in time. */
  #placeAt(host: HostState): Promise<boolean> {
    return new Promise((resolve) => {
      const take = (): void => {
        clearTimeout(timer);
        resolve(true);
      };
      const timer = setTimeout(() => {
        host.waiting.splice(host.waiting.indexOf(take), 1);
        resolve(false);
      }, this.#placeWaitMs);
      host.waiting.push(take);
    });
  }
}
