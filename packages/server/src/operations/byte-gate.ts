interface Waiting {
  readonly bytes: number;
  readonly enter: () => void;
}

/** More are waiting than may. */
export class GateFull extends Error {
  readonly code = 'GATE_FULL';
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
      this.#inside -= weight;
      this.#letIn();
    }
  }

  #enter(bytes: number): Promise<void> {
    if (this.#queue.length >= this.#waitingMax) return Promise.reject(new GateFull());
    return new Promise((enter) => {
      this.#queue.push({ bytes, enter });
      this.#letIn();
    });
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
