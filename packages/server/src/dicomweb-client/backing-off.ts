import { DicomwebError } from './client-error.ts';

/** Times the same is asked for again before it is given up. */
export const RETRIES_MAX = 6;
const FIRST_WAIT_MS = 500;
const WAIT_MAX_MS = 30_000;

export interface BackingOffOptions {
  readonly sleep: (waitMs: number) => Promise<void>;
  /** 0 to 1. */
  readonly random: () => number;
  /** Told before each wait. */
  readonly onWait?: (error: DicomwebError, waitMs: number) => void;
}

/**
 * How long to wait after trouble that may pass: twice as long each time and a little by chance, so that many clients
 * do not come back together; at least as long as the server asked for.
 */
export class BackingOff {
  readonly #options: BackingOffOptions;
  #failures = 0;

  constructor(options: BackingOffOptions) {
    this.#options = options;
  }

  /** Something was achieved: the next trouble is the first again. */
  progress(): void {
    this.#failures = 0;
  }

  /** @throws the error itself when it will not pass, or did not in all the time there was */
  async after(error: unknown): Promise<void> {
    if (!(error instanceof DicomwebError) || !error.isPassing || this.#failures >= RETRIES_MAX) throw error;
    const usual = Math.min(WAIT_MAX_MS, FIRST_WAIT_MS * 2 ** this.#failures++);
    const waitMs = Math.max(usual * (0.5 + this.#options.random() / 2), error.retryAfterMs ?? 0);
    this.#options.onWait?.(error, waitMs);
    await this.#options.sleep(waitMs);
  }
}

/** Runs what may be run again until it succeeds, or the trouble is not of the kind that passes. */
export async function withRetries<T>(options: BackingOffOptions, run: () => Promise<T>): Promise<T> {
  const backingOff = new BackingOff(options);
  for (;;) {
    try {
      return await run();
    } catch (error) {
      await backingOff.after(error);
    }
  }
}
