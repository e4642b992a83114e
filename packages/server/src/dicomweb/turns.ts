/** So long after several were under way together nobody counts as alone. */
const SEVERAL_MS = 50;

/**
 * Long answers that are sent at the same time go on in turns. Encrypting one takes as long as everything else there is
 * to do for a request: in between, those who have nothing yet get the beginning of what they asked for.
 */
export class Turns {
  readonly #waiting: (() => void)[] = [];
  readonly #nowMs: () => number;
  #sending = 0;
  #severalUntilMs = -Infinity;

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** An answer is being made or sent. @returns to be called once when it is over */
  begin(): () => void {
    this.#sending++;
    if (this.isShared) this.#severalUntilMs = this.#nowMs() + SEVERAL_MS;
    return () => {
      this.#sending--;
    };
  }

  /** Whether others are under way. */
  get isShared(): boolean {
    return this.#sending > 1;
  }

  /** Whether no more than one is under way, and for a moment there were not more. */
  get isAlone(): boolean {
    return !this.isShared && this.#nowMs() >= this.#severalUntilMs;
  }

  /** Resolves in the order of asking, one in each turn of the event loop, after what has come in it. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (this.#waiting.length === 1) setImmediate(this.#give);
    });
  }

  readonly #give = (): void => {
    this.#waiting.shift()?.();
    if (this.#waiting.length > 0) setImmediate(this.#give);
  };
}
