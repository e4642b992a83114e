import type { Scope } from '../scope/index.ts';

const MINUTE_MS = 60_000;
/** A daily window opens within a day; one of 25 hours when the clocks go back, and a minute. */
const MINUTES_PROBED = 25 * 60 + 1;

/** What is asked of a scope about time. */
export type ScopeTimes = Pick<Scope, 'timeRefusal' | 'summary'>;

/** Whether the scope's last day (UTC) is over. */
export function hasEnded({ summary }: ScopeTimes, now: Date): boolean {
  return now.toISOString().slice(0, 10) > summary.notAfter;
}

/** The first moment from `from` on when the scope lets something be sent; undefined when there is none. */
export function permittedFrom(scope: ScopeTimes, from: Date): Date | undefined {
  const firstDay = new Date(`${scope.summary.notBefore}T00:00:00Z`);
  let at = from < firstDay ? firstDay : from;
  for (let minute = 0; minute < MINUTES_PROBED; minute++) {
    if (hasEnded(scope, at)) return undefined;
    if (scope.timeRefusal(at) === undefined) return at;
    at = new Date((Math.floor(at.getTime() / MINUTE_MS) + 1) * MINUTE_MS);
  }
  return undefined;
}
