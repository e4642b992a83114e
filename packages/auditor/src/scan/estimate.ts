import type { Scope } from '../scope/index.ts';

/** Ports a second of a large sweep in threads when nothing slows it down; seen on two processors, over loopback. */
const UNPACED_PORTS_PER_SECOND = 30_000;
/** For the checks of one system apart from the wait for a half PDU, seconds. */
const CHECKS_SECONDS = 3;
/** When most servers close an association that never got whole (DCMTK, dcm4che, Orthanc), seconds. */
const HALF_PDU_CLOSED_SECONDS = 30;

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
  // Most servers close, others hold on until the wait is over: of a run of a minute either is within a fifth of this.
  const heldSeconds = (halfPduWaitSeconds - HALF_PDU_CLOSED_SECONDS) / 3;
  const waitSeconds = halfPduWaitSeconds === 0 ? 0 : HALF_PDU_CLOSED_SECONDS + heldSeconds;
  const checksSeconds = CHECKS_SECONDS + waitSeconds;
  return { addresses, sweepSeconds, checksSeconds, totalSeconds: sweepSeconds + checksSeconds };
}

/** '1 h 12 min', '3 min 20 s', '8 s'. */
export function durationText(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3_600)} h ${Math.round((whole % 3_600) / 60)} min`;
}
