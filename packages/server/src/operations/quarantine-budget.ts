/**
 * What one caller may bring into quarantine in a day: several large studies sent again after somebody corrected a
 * header, which is how this happens; ten broken devices fill no disk in a week.
 */
export const QUARANTINED_PER_DAY_MAX_BYTES: number = 4 * 1024 ** 3;
const DAY_MS = 86_400_000;
/** Callers and damaged copies remembered at once. */
const REMEMBERED_MAX = 10_000;

/** How much one caller has brought into quarantine today. */
export class QuarantineBudget {
  readonly #nowMs: () => number;
  readonly #perDayMaxBytes: number;
  readonly #bytes = new Map<string, number>();
  readonly #damaged = new Set<string>();
  #day = 0;

  constructor(nowMs: () => number, perDayMaxBytes: number = QUARANTINED_PER_DAY_MAX_BYTES) {
    this.#nowMs = nowMs;
    this.#perDayMaxBytes = perDayMaxBytes;
  }

  left(callerID: string): number {
    this.#turnOfDay();
    return this.#perDayMaxBytes - (this.#bytes.get(callerID) ?? 0);
  }

  spend(callerID: string, bytes: number): void {
    this.#turnOfDay();
    // More callers than there can be: what the first of them spent is forgotten, and nobody is kept out.
    const [first] = this.#bytes.keys();
    if (this.#bytes.size >= REMEMBERED_MAX && first !== undefined) this.#bytes.delete(first);
    this.#bytes.set(callerID, (this.#bytes.get(callerID) ?? 0) + bytes);
  }

  /** What is held under this UID does not read back: what comes next may take its place, whatever is in quarantine. */
  noteDamaged(sopInstanceUID: string): void {
    if (this.#damaged.size < REMEMBERED_MAX) this.#damaged.add(sopInstanceUID);
  }

  takeDamaged(sopInstanceUID: string): boolean {
    return this.#damaged.delete(sopInstanceUID);
  }

  #turnOfDay(): void {
    const day = Math.floor(this.#nowMs() / DAY_MS);
    if (day === this.#day) return;
    this.#day = day;
    this.#bytes.clear();
  }
}
