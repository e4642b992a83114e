/**
 * How many matches one caller may draw in a stretch of time: nobody lists the whole house through one
 * door, and who tries is seen. A bucket per caller, filled at a steady rate.
 */
export interface BudgetLimits {
  /** Matches a caller may draw at once after a quiet time. */
  burstMatches: number;
  /** Matches that come back per minute. */
  matchesPerMinute: number;
  /** A query that narrows nothing is refused when it has more matches than this. */
  unconstrainedMaxMatches: number;
}

/** Callers remembered; the one unseen for longest is forgotten, which only refills its bucket. */
const MAX_CALLERS = 10_000;

interface Bucket {
  left: number;
  at: number;
}

export class QueryBudget {
  readonly limits: BudgetLimits;
  readonly #nowMs: () => number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(limits: BudgetLimits, nowMs: () => number) {
    this.limits = limits;
    this.#nowMs = nowMs;
  }

  /** Matches this caller may still draw now. */
  left(callerID: string): number {
    return Math.floor(this.#bucketOf(callerID).left);
  }

  /** False when the caller's budget is used up; then nothing is taken. */
  take(callerID: string, matches: number): boolean {
    const bucket = this.#bucketOf(callerID);
    if (bucket.left < matches) return false;
    bucket.left -= matches;
    return true;
  }

  #bucketOf(callerID: string): Bucket {
    const now = this.#nowMs();
    const known = this.#buckets.get(callerID) ?? { left: this.limits.burstMatches, at: now };
    const refilled = ((now - known.at) / 60_000) * this.limits.matchesPerMinute;
    known.left = Math.min(this.limits.burstMatches, known.left + Math.max(0, refilled));
    known.at = now;
    this.#buckets.delete(callerID);
    this.#buckets.set(callerID, known);
    if (this.#buckets.size > MAX_CALLERS) {
      const oldest = this.#buckets.keys().next().value;
      if (oldest !== undefined) this.#buckets.delete(oldest);
    }
    return known;
  }
}
