import type { Scope } from '../scope/index.ts';

/** Ports a second that one process tries when nothing slows it down; seen on two cores, over loopback. */
const UNPACED_PORTS_PER_SECOND = 9_000;
/** For the checks of one system apart from the wait for a half PDU, seconds. */
const CHECKS_SECONDS = 3;
/**
 * What the wait for a half PDU comes to, seconds: some servers close after 30, others never do. Of a run of minutes
 * either is within a fifth of this.
 */
const HALF_PDU_USUAL_SECONDS = 36;

export interface Estimate {
  readonly addresses: number;
  readonly sweepSeconds: number;
  /** After the sweep, for systems that answered late in it. */
  readonly checksSeconds: number;
  readonly totalSeconds: number;
}

/** What an estimate depends on. */
export type EstimatedScope = Pick<Scope, 'rates' | 'ports' | 'addressCount'>;

/** How long a run will take: the sweep is known, the rest is what the last system to answer costs. */
export function estimate(scope: EstimatedScope, addresses = scope.addressCount): Estimate {
  const { hostsPerSecond, halfPduWaitSeconds } = scope.rates;
  const rate = Math.min(hostsPerSecond, UNPACED_PORTS_PER_SECOND / scope.ports.length);
  const sweepSeconds = addresses / rate;
  const checksSeconds = CHECKS_SECONDS + Math.min(halfPduWaitSeconds, HALF_PDU_USUAL_SECONDS);
  return { addresses, sweepSeconds, checksSeconds, totalSeconds: sweepSeconds + checksSeconds };
}

/** '1 h 12 min', '3 min 20 s', '8 s'. */
export function durationText(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3_600)} h ${Math.round((whole % 3_600) / 60)} min`;
}
