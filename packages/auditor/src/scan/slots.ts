/** A fixed number of places; who finds none waits for one, in the order of coming. */
export class Slots {
  #free: number;
  readonly #count: number;
  readonly #waiting: (() => void)[] = [];
  #whenIdle: (() => void) | undefined;

  constructor(count: number) {
    this.#free = count;
    this.#count = count;
  }

  take(): Promise<void> | undefined {
    if (this.#free > 0) {
      this.#free--;
      return undefined;
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  give(): void {
    const next = this.#waiting.shift();
    if (next !== undefined) {
      next();
      return;
    }
    this.#free++;
    if (this.#free === this.#count) this.#whenIdle?.();
  }

  /** Resolves when nobody holds a place; to be called once nobody takes any more. */
  whenAllGiven(): Promise<void> {
    if (this.#free === this.#count) return Promise.resolve();
    return new Promise((resolve) => {
      this.#whenIdle = resolve;
    });
  }
}
