/** The longest body that is made whole before it is sent: a frame of a CT, or an instance, with what is around it. */
export const WHOLE_BODY_MAX_BYTES: number = 640 * 1024;
/** Kept for the next bodies: as many as are sent at once while a viewer pages through a series. */
const SPARE_MAX = 8;
/**
 * What nobody took for so long is given up, after twice this at the latest: pixels of a patient lie in memory while they
 * are sent, and for a moment.
 */
const SPARE_MS = 500;

/**
 * Memory for bodies that are made whole. The same is used again and again: new memory comes from the system a page at a
 * time, which costs as much as decrypting what is put into it.
 */
export class SendMemory {
  readonly #spare: ArrayBuffer[] = [];
  /** So many, from the first on, nobody has taken since they were last looked through. */
  #untaken = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Of WHOLE_BODY_MAX_BYTES; what is in it is left from before. */
  take(): ArrayBuffer {
    const memory = this.#spare.pop();
    this.#untaken = Math.min(this.#untaken, this.#spare.length);
    return memory ?? new ArrayBuffer(WHOLE_BODY_MAX_BYTES);
  }

  /** Whoever still looks at it sees nothing from now on. */
  giveBack(memory: ArrayBuffer): void {
    if (memory.byteLength !== WHOLE_BODY_MAX_BYTES) return;
    const own = memory.transfer();
    if (this.#spare.length >= SPARE_MAX) {
      own.transfer(0);
      return;
    }
    this.#spare.push(own);
    this.#timer ??= setTimeout(this.#drop, SPARE_MS).unref();
  }

  /** What is used all the time stays: new memory would cost as much again each time. */
  readonly #drop = (): void => {
    for (const memory of this.#spare.splice(0, this.#untaken)) memory.transfer(0);
    this.#untaken = this.#spare.length;
    this.#timer = this.#untaken === 0 ? undefined : setTimeout(this.#drop, SPARE_MS).unref();
  };
}
