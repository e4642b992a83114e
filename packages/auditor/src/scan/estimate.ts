import type { Scope } from '../scope/index.ts';

/** Addresses a second that one process sweeps when nothing slows it down; seen on two cores. */
const UNPACED_HOSTS_PER_SECOND = 4_000;
/** For the checks of one system apart from the wait for a half PDU, seconds. */
const CHECKS_SECONDS = 3;

export interface Estimate {
  readonly addresses: number;
  readonly sweepSeconds: number;
  /** After the sweep, for systems that answered late in it. */
  readonly checksSeconds: number;
  readonly totalSeconds: number;
}

/** How long a run will take: the sweep is known, the rest is what the last system to answer costs. */
export function estimate(scope: Scope, addresses = scope.addressCount): Estimate {
  const rate = Math.min(scope.rates.hostsPerSecond, UNPACED_HOSTS_PER_SECOND);
  const sweepSeconds = addresses / rate;
  const checksSeconds = CHECKS_SECONDS + scope.rates.halfPduWaitSeconds;
  return { addresses, sweepSeconds, checksSeconds, totalSeconds: sweepSeconds + checksSeconds };
}

/** '1 h 12 min', '3 min 20 s', '8 s'. */
export function durationText(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3_600)} h ${Math.round((whole % 3_600) / 60)} min`;
}
