import { ProbeError } from './probe-error.ts';

interface HostState {
  open: number;
  associations: number;
  connections: number;
  readonly waiting: (() => void)[];
}

/**
 * What each host was asked so far: connections at once, associations and connections in the run. The sweep does not
 * come here, so only hosts with an open port take memory.
 */
export class HostLedger {
  readonly #hosts = new Map<string, HostState>();
  readonly #atOnceMax: number;
  readonly #associationsMax: number;
  readonly #connectionsMax: number;

  constructor(limits: { atOnceMax: number; associationsMax: number; connectionsMax: number }) {
    this.#atOnceMax = limits.atOnceMax;
    this.#associationsMax = limits.associationsMax;
    this.#connectionsMax = limits.connectionsMax;
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

  /** Waits for a place at the host. Throws HOST_CAP. Call the returned function once when the connection is over. */
  async enter(
    address: string,
    {
      isAssociation = false,
      isBeyondHostLimit = false,
    }: { isAssociation?: boolean; isBeyondHostLimit?: boolean },
  ): Promise<() => void> {
    const host = this.#host(address);
    if (host.connections >= this.#connectionsMax) throw new ProbeError('HOST_CAP', 'connections');
    if (isAssociation && host.associations >= this.#associationsMax) {
      throw new ProbeError('HOST_CAP', 'associations');
    }
    host.connections++;
    if (isAssociation) host.associations++;
    if (isBeyondHostLimit) return () => {};
    if (host.open >= this.#atOnceMax) await new Promise<void>((resolve) => host.waiting.push(resolve));
    else host.open++;
    let isLeft = false;
    return () => {
      if (isLeft) return;
      isLeft = true;
      const next = host.waiting.shift();
      // Whoever waited takes the place over, so that nobody can slip in between.
      if (next === undefined) host.open--;
      else next();
    };
  }
}
