interface Waiting {
  readonly bytes: number;
  readonly enter: () => void;
}

/** More are waiting than may. */
export class GateFull extends Error {
  readonly code = 'GATE_FULL';
}

/** Whoever waited gave up before there was room. */
export class NoRoom extends Error {
  readonly code = 'NO_ROOM';
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

  /**
   * Room in the order of asking. Rejects with GateFull, or NoRoom.
   * @param giveUp ends the waiting; who is in by then stays
   */
  async hold(bytes: number, giveUp?: AbortSignal): Promise<Room> {
    let weight = Math.min(bytes, this.#maxBytes);
    await this.#enter(weight, giveUp);
    const shrink = (to: number): void => {
      if (to >= weight) return;
      this.#leave(weight - to);
      weight = to;
    };
    return { shrink, release: () => shrink(0) };
  }

  #enter(bytes: number, giveUp?: AbortSignal): Promise<void> {
    if (this.#queue.length >= this.#waitingMax) return Promise.reject(new GateFull());
    if (giveUp?.aborted === true) return Promise.reject(new NoRoom());
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting = {
      bytes,
      enter: (): void => {
        giveUp?.removeEventListener('abort', leave);
        resolve();
      },
    };
    const leave = (): void => {
      const place = this.#queue.indexOf(waiting);
      if (place >= 0) this.#queue.splice(place, 1);
      reject(new NoRoom());
      // Who stood behind may be smaller.
      this.#letIn();
    };
    giveUp?.addEventListener('abort', leave, { once: true });
    this.#queue.push(waiting);
    this.#letIn();
    return promise;
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
