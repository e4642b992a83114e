interface Waiting {
  readonly bytes: number;
  readonly enter: () => void;
}

/** More are waiting than may. */
export class GateFull extends Error {
  readonly code = 'GATE_FULL';
}

/** Room that is held until it is given back. */
export interface Room {
  /** Gives back what is beyond so many bytes: less was needed than was feared. */
  shrink(bytes: number): void;
  release(): void;
}

/** Lets work begin while what all of it holds in memory stays below a limit; what is larger runs alone. */
export class ByteGate {
  readonly #maxBytes: number;
  readonly #waitingMax: number;
  readonly #queue: Waiting[] = [];
  #inside = 0;

  constructor(maxBytes: number, waitingMax: number) {
    this.#maxBytes = maxBytes;
    this.#waitingMax = waitingMax;
  }

  /** Runs in the order of asking. Rejects with GateFull, or what `work` rejects with. */
  async run<Result>(bytes: number, work: () => Promise<Result>): Promise<Result> {
    const weight = Math.min(bytes, this.#maxBytes);
    await this.#enter(weight);
    try {
      return await work();
    } finally {
      this.#leave(weight);
    }
  }

  /** Room in the order of asking. Rejects with GateFull. */
  async hold(bytes: number): Promise<Room> {
    let weight = Math.min(bytes, this.#maxBytes);
    await this.#enter(weight);
    const shrink = (to: number): void => {
      if (to >= weight) return;
      this.#leave(weight - to);
      weight = to;
    };
    return { shrink, release: () => shrink(0) };
  }

  #enter(bytes: number): Promise<void> {
    if (this.#queue.length >= this.#waitingMax) return Promise.reject(new GateFull());
    return new Promise((enter) => {
      this.#queue.push({ bytes, enter });
      this.#letIn();
    });
  }

  #leave(bytes: number): void {
    this.#inside -= bytes;
    this.#letIn();
  }

  #letIn(): void {
    for (let next = this.#queue[0]; next; next = this.#queue[0]) {
      if (this.#inside + next.bytes > this.#maxBytes) return;
      this.#queue.shift();
      this.#inside += next.bytes;
      next.enter();
    }
  }
}
