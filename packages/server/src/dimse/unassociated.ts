/** Connections of all sources that have not become an association. */
const UNASSOCIATED_MAX = 256;
/** Of these one source may hold so many for a moment: a gateway that sends for many rooms opens them all at once. */
const PER_SOURCE_MAX = UNASSOCIATED_MAX / 4;
/** And so many for as long as ARTIM allows (PS3.8 9.1.5): whoever opens more is not waiting for anything of ours. */
const SILENT_PER_SOURCE_MAX = 4;
/** An A-ASSOCIATE-RQ follows its connection at once; the slowest line we know of takes a part of this. */
const SILENCE_MS = 2_000;

/** One connection, from its first moment until it is an association or closed. */
export interface Unassociated {
  /** It is an association, or closed: its place is free. */
  end(): void;
}

interface Waiting {
  readonly drop: (() => void) | undefined;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Connections that have not become an association: they say nothing yet, or were rejected and stay. Nobody holds all
 * places, and beyond a few of one source the oldest goes when it was silent for a moment. The oldest, so that a device
 * behind the same address as somebody who keeps sockets open still gets in.
 */
export class UnassociatedConnections {
  readonly #bySource = new Map<string, Set<Waiting>>();
  readonly #silenceMs: number;
  #size = 0;

  constructor(silenceMs: number = SILENCE_MS) {
    this.#silenceMs = silenceMs;
  }

  /**
   * @param source the address, or the certificate's serial number
   * @param drop closes it; called when it has to make room, its place free by then. Without it the connection may
   *   stay until ARTIM ends it
   * @returns undefined when there is no place at all
   */
  begin(source: string, drop?: () => void): Unassociated | undefined {
    const own = this.#bySource.get(source) ?? new Set<Waiting>();
    if (this.#size >= UNASSOCIATED_MAX || own.size >= PER_SOURCE_MAX) return undefined;
    const waiting: Waiting = { drop, timer: undefined };
    this.#bySource.set(source, own);
    own.add(waiting);
    this.#size++;
    if (drop && own.size > SILENT_PER_SOURCE_MAX) this.#watch(source, waiting);
    return { end: () => this.#end(source, waiting) };
  }

  /** Every connection beyond the few makes the oldest go once, so that in the end no more than the few are left. */
  #watch(source: string, waiting: Waiting): void {
    waiting.timer = setTimeout(() => {
      // What arrived while this thread was busy is read first: a request must not be taken for silence.
      setImmediate(() => {
        const own = this.#bySource.get(source);
        const [oldest] = own ?? [];
        if (own === undefined || oldest === undefined || own.size <= SILENT_PER_SOURCE_MAX) return;
        this.#end(source, oldest);
        oldest.drop?.();
      });
    }, this.#silenceMs);
    waiting.timer.unref();
  }

  #end(source: string, waiting: Waiting): void {
    const own = this.#bySource.get(source);
    if (!own?.delete(waiting)) return;
    clearTimeout(waiting.timer);
    this.#size--;
    if (own.size === 0) this.#bySource.delete(source);
  }
}
