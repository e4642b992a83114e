import { setTimeout as wait } from 'node:timers/promises';

/** Above this many a second there is no waiting: timers are not that fine, and only loopback may be so fast. */
const UNPACED_PER_SECOND = 10_000;

/** Whether so many a second are let through without waiting. */
export function isUnpaced(perSecond: number): boolean {
  return perSecond >= UNPACED_PER_SECOND;
}

/** Lets through so many a second, evenly: no bursts, which is what knocks old devices over. */
export class Pacer {
  readonly #intervalMs: number;
  #nextAt = 0;

  constructor(perSecond: number) {
    this.#intervalMs = isUnpaced(perSecond) ? 0 : 1000 / perSecond;
  }

  get isUnpaced(): boolean {
    return this.#intervalMs === 0;
  }

  /** Resolves when it is one's turn; rejects when the signal aborts. */
  async turn(signal: AbortSignal): Promise<void> {
    if (this.#intervalMs === 0) return;
    const now = performance.now();
    const at = Math.max(now, this.#nextAt);
    this.#nextAt = at + this.#intervalMs;
    if (at > now) await wait(at - now, undefined, { signal });
  }
}
