import type { Clock } from './clock.ts';
import type { AssociationTimeouts } from './settings.ts';

/** What a timer asks and tells. */
export interface TimersUser {
  /** The peer has no turn, so its silence means nothing. */
  isSilenceAllowed(): boolean;
  artimExpired(): void;
  /** A wait of this side ran out: `idle`, `association`, `write`, `A-ASSOCIATE response`. */
  timedOut(what: string): void;
}

/** The waits of one association: ARTIM (PS3.8 9.1.5), idleness, the whole, a stalled write. */
export class AssociationTimers {
  readonly startedAt: number;
  readonly #user: TimersUser;
  readonly #timeouts: AssociationTimeouts;
  readonly #clock: Clock;
  #lastActivityAt: number;
  #artim: unknown;
  #watch: unknown;
  #stall: unknown;
  #isStopped = false;

  constructor(user: TimersUser, timeouts: AssociationTimeouts, clock: Clock) {
    this.#user = user;
    this.#timeouts = timeouts;
    this.#clock = clock;
    this.startedAt = this.#lastActivityAt = clock.now();
  }

  get elapsedMs(): number {
    return this.#clock.now() - this.startedAt;
  }

  /** A whole PDU came, or something was sent. */
  active(): void {
    this.#lastActivityAt = this.#clock.now();
  }

  /** Starts or restarts ARTIM. */
  startArtim(): void {
    this.#startArtim(() => this.#user.artimExpired());
  }

  /** The Standard has no timer for the answer to an A-ASSOCIATE-RQ; ours is as long as ARTIM and in its place. */
  startAssociateResponse(): void {
    this.#startArtim(() => this.#user.timedOut('A-ASSOCIATE response'));
  }

  #startArtim(expired: () => void): void {
    this.stopArtim();
    this.#artim = this.#clock.setTimeout(() => {
      this.#artim = undefined;
      expired();
    }, this.#timeouts.artimMs);
  }

  stopArtim(): void {
    this.#artim = this.#clear(this.#artim);
  }

  startStall(): void {
    this.#stall ??= this.#clock.setTimeout(() => {
      this.#stall = undefined;
      this.#user.timedOut('write');
    }, this.#timeouts.writeStallMs);
  }

  stopStall(): void {
    this.#stall = this.#clear(this.#stall);
  }

  /**
   * Watches idleness and the whole association with one timer that looks at the facts when it fires: noting activity
   * then costs one reading of the clock, not a timer.
   */
  watch(): void {
    if (this.#isStopped) return;
    const now = this.#clock.now();
    const idleFrom = this.#user.isSilenceAllowed() ? now : this.#lastActivityAt;
    const due = Math.min(idleFrom + this.#timeouts.idleMs, this.startedAt + this.#timeouts.associationMs);
    this.#watch = this.#clock.setTimeout(this.#look, Math.max(1, Math.ceil(due - now)));
  }

  #look = (): void => {
    this.#watch = undefined;
    const now = this.#clock.now();
    if (now - this.startedAt >= this.#timeouts.associationMs) {
      this.#user.timedOut('association');
    } else if (!this.#user.isSilenceAllowed() && now - this.#lastActivityAt >= this.#timeouts.idleMs) {
      this.#user.timedOut('idle');
    } else {
      this.watch();
    }
  };

  /** The association is over: only ARTIM may still run. */
  stopWatching(): void {
    this.#isStopped = true;
    this.#watch = this.#clear(this.#watch);
  }

  stopAll(): void {
    this.stopWatching();
    this.stopArtim();
    this.stopStall();
  }

  #clear(handle: unknown): undefined {
    if (handle !== undefined) this.#clock.clearTimeout(handle);
    return undefined;
  }
}
