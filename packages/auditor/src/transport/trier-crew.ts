import { PortTrier, tryPorts } from './port-trier.ts';
import type { PortState, Refusal } from './port-trier.ts';
import { SOCKET_WAITS_MS } from './socket-shortage.ts';

/** An address whose ports are to be tried. */
export interface AddressVisit {
  readonly address: string;
  readonly ports: readonly number[];
  /** Asked before every connection. */
  readonly refusal: (port: number) => Refusal | undefined;
  /** Gets the states as `tryPorts` tells them. */
  readonly told: (states: PortState[]) => void;
}

/** Of the sockets that were in use when there was no other, so many are left to the rest of the program: an eighth. */
const LEFT_SHARE = 8;
/** Addresses tried without a shortage before one more may be tried at once again. */
const RAISE_AFTER = 256;
/** Addresses given up in a row after which nobody waits for a socket any more: there are none, for minutes or for good. */
const HOPELESS_AFTER = 16;

interface Rest {
  readonly timer: NodeJS.Timeout;
  readonly again: () => void;
}

/**
 * Triers that work side by side, each on one address. When the machine has no socket for one of them, it rests and tries
 * again, a few times, and fewer work at once from then on; what is given up in the end ends with `no-socket`.
 */
export class TrierCrew {
  readonly #timeoutMs: number;
  readonly #atOnceMax: number;
  #limit: number;
  #inUse = 0;
  #calm = 0;
  #givenUpInRow = 0;
  #isTaking = false;
  readonly #idle: PortTrier[] = [];
  readonly #busy = new Set<PortTrier>();
  readonly #waiting: AddressVisit[] = [];
  readonly #resting = new Set<Rest>();
  /** Those that have rested and wait for a place. */
  readonly #rested: (() => void)[] = [];

  constructor(timeoutMs: number, atOnceMax: number) {
    this.#timeoutMs = timeoutMs;
    this.#atOnceMax = atOnceMax;
    this.#limit = atOnceMax;
  }

  /** How many may be tried at once now. */
  get limit(): number {
    return this.#limit;
  }

  visit(visit: AddressVisit): void {
    if (this.#inUse >= this.#limit) this.#waiting.push(visit);
    else this.#begin(visit);
  }

  /** Gives up the ports that are being tried; whoever waits asks for leave once more, and must not get it. */
  stop(): void {
    for (const trier of this.#busy) trier.stop();
    for (const rest of [...this.#resting]) this.#wake(rest);
    for (const go of this.#rested.splice(0)) this.#resume(go);
    this.#next();
  }

  #begin(visit: AddressVisit): void {
    const { address, ports, refusal, told } = visit;
    const trier = this.#idle.pop() ?? new PortTrier(this.#timeoutMs);
    this.#busy.add(trier);
    this.#inUse++;
    tryPorts(
      trier,
      address,
      ports,
      refusal,
      (states) => {
        this.#busy.delete(trier);
        this.#idle.push(trier);
        this.#inUse--;
        if (this.#limit < this.#atOnceMax || this.#givenUpInRow > 0) this.#learn(states);
        told(states);
        this.#next();
      },
      (tries, again) => this.#lacks(tries, again),
    );
  }

  /** Takes what waits for as long as there are places. Visits that end at once come back here, and must not nest. */
  #next(): void {
    if (this.#isTaking) return;
    this.#isTaking = true;
    while (this.#inUse < this.#limit && this.#takeOne());
    this.#isTaking = false;
  }

  #takeOne(): boolean {
    const rested = this.#rested.shift();
    if (rested !== undefined) {
      this.#resume(rested);
      return true;
    }
    const visit = this.#waiting.shift();
    if (visit !== undefined) this.#begin(visit);
    return visit !== undefined;
  }

  /** One more at once after a while without a shortage. */
  #learn(states: readonly PortState[]): void {
    if (states.at(-1) === 'no-socket') return;
    this.#givenUpInRow = 0;
    if (this.#limit === this.#atOnceMax || ++this.#calm < RAISE_AFTER) return;
    this.#calm = 0;
    this.#limit++;
  }

  /** There was no socket for a port, for so many times: true when it will be tried again. */
  #lacks(tries: number, again: () => void): boolean {
    this.#calm = 0;
    this.#limit = Math.max(1, Math.min(this.#limit, this.#inUse - Math.ceil(this.#inUse / LEFT_SHARE)));
    const waitMs = this.#givenUpInRow < HOPELESS_AFTER ? SOCKET_WAITS_MS[tries - 1] : undefined;
    if (waitMs === undefined) {
      this.#givenUpInRow++;
      return false;
    }
    // It holds no socket while it rests, so its place is free.
    this.#inUse--;
    const rest: Rest = { timer: setTimeout(() => this.#wake(rest), waitMs), again };
    this.#resting.add(rest);
    this.#next();
    return true;
  }

  #wake(rest: Rest): void {
    clearTimeout(rest.timer);
    this.#resting.delete(rest);
    if (this.#inUse < this.#limit) this.#resume(rest.again);
    else this.#rested.push(rest.again);
  }

  #resume(again: () => void): void {
    this.#inUse++;
    again();
  }
}
