/** A series that was stored to. */
export interface SeriesName {
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID: string;
}

/** To be awaited between steps of work that nobody waits for. Rejects when it is to end. */
export type Breathe = () => Promise<void>;

/** What is done with a series; what it rejects with is told to `onError`. */
export type QuietJob = (series: SeriesName, breathe: Breathe) => Promise<void>;

export interface QuietWorkOptions {
  /** A series is begun when nothing was stored to it for this long. */
  readonly quietMs?: number;
  /** Nothing is done while anything at all was stored within this time. */
  readonly lullMs?: number;
  readonly onError?: (error: unknown) => void;
}

/** A device sends the images of a series within a second of each other; a scan may pause a little longer. */
const QUIET_MS = 5_000;
const LULL_MS = 1_000;
/** Series that wait, some 200 bytes each; the one that waits longest gives way, and is made when it is asked for. */
const WAITING_MAX = 2_000;
/** For every millisecond of work as much rest, so that it takes half of one processor at the most. */
const REST_SHARE = 1;
const REST_MAX_MS = 250;

/** The work was ended amid a series. */
export class QuietWorkEnded extends Error {
  readonly code = 'ENDED';
}

/**
 * Work on series that were stored to, ahead of those who will ask: one series at a time, when it has been quiet for a
 * while, with pauses, and never while something is being stored. To store costs no more than to note a name.
 */
export class QuietWork {
  readonly #quietMs: number;
  readonly #lullMs: number;
  readonly #onError: (error: unknown) => void;
  readonly #jobs: QuietJob[] = [];
  /** In the order of the last change. */
  readonly #waiting = new Map<string, { readonly series: SeriesName; readonly since: number }>();
  #storedAt = -Infinity;
  #breathedAt = 0;
  #running: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  #isClosed = false;

  constructor({ quietMs = QUIET_MS, lullMs = LULL_MS, onError = () => undefined }: QuietWorkOptions = {}) {
    this.#quietMs = quietMs;
    this.#lullMs = lullMs;
    this.#onError = onError;
  }

  /** Done for every series from now on, in the order of adding. */
  add(job: QuietJob): void {
    this.#jobs.push(job);
  }

  /** Something was stored to the series. */
  stored(series: SeriesName): void {
    this.#storedAt = performance.now();
    this.ask(series);
  }

  /** The series was asked for, and what there could be of it was not there. */
  ask({ studyInstanceUID, seriesInstanceUID }: SeriesName): void {
    if (this.#isClosed || this.#jobs.length === 0) return;
    const key = `${studyInstanceUID} ${seriesInstanceUID}`;
    this.#waiting.delete(key);
    this.#waiting.set(key, { series: { studyInstanceUID, seriesInstanceUID }, since: performance.now() });
    if (this.#waiting.size > WAITING_MAX) {
      const [longest] = this.#waiting.keys();
      if (longest !== undefined) this.#waiting.delete(longest);
    }
    this.#running ??= this.#run().finally(() => (this.#running = undefined));
  }

  /** What is under way ends with its next breath. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#waiting.clear();
    this.#wake?.();
    await this.#running;
  }

  async #run(): Promise<void> {
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      const [key, { series, since }] = next;
      const now = performance.now();
      const wait = Math.max(since + this.#quietMs, this.#storedAt + this.#lullMs) - now;
      if (wait > 0) {
        await this.#sleep(wait);
        continue;
      }
      this.#waiting.delete(key);
      this.#breathedAt = now;
      for (const job of this.#jobs) await this.#do(job, series);
    }
  }

  #next(): [string, { readonly series: SeriesName; readonly since: number }] | undefined {
    const [next] = this.#waiting;
    return this.#isClosed ? undefined : next;
  }

  async #do(job: QuietJob, series: SeriesName): Promise<void> {
    if (this.#isClosed) return;
    try {
      await job(series, () => this.#breathe());
    } catch (error) {
      // What is ended amid its work may fail in any way.
      if (!this.#isClosed) this.#onError(error);
    }
  }

  async #breathe(): Promise<void> {
    const worked = performance.now() - this.#breathedAt;
    await this.#sleep(Math.min(worked * REST_SHARE, REST_MAX_MS));
    for (;;) {
      if (this.#isClosed) throw new QuietWorkEnded();
      const wait = this.#storedAt + this.#lullMs - performance.now();
      if (wait <= 0) break;
      await this.#sleep(wait);
    }
    this.#breathedAt = performance.now();
  }

  /** Ends early when it is closed; keeps no process alive. */
  async #sleep(ms: number): Promise<void> {
    if (this.#isClosed) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      timer.unref();
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
