import type { PortState } from './port-trier.ts';

/** What a sweeping thread is given when it starts. */
export interface SweepThreadSettings {
  readonly timeoutMs: number;
  /** Addresses it tries at once. */
  readonly atOnce: number;
  /** One Int32: not zero once the run is stopped. */
  readonly stopped: SharedArrayBuffer;
}

/** An address and ports that the scope allows. */
export interface SweepJob {
  readonly id: number;
  readonly address: string;
  readonly ports: readonly number[];
}

/** Addresses to try, and until when (`Date.now()`): what is not tried by then comes back, and the scope is asked again. */
export interface SweepBatch {
  readonly jobs: readonly SweepJob[];
  readonly until: number;
}

/** The run is stopped: give up what is under way and tell how far it was. */
export const STOP = 'stop';

export type SweepOrder = SweepBatch | typeof STOP;

/** One letter for each port that was looked at, in the order of the job's ports. */
export interface SweepResult {
  readonly id: number;
  readonly letters: string;
}

const letters: Readonly<Record<PortState, string>> = {
  open: 'o',
  refused: 'r',
  silent: 's',
  unreachable: 'u',
  stopped: 'x',
  'no-socket': 'm',
  'out-of-scope': 'n',
};

const states = new Map(Object.entries(letters).map(([state, letter]) => [letter, state as PortState]));

export function lettersOf(list: readonly PortState[]): string {
  return list.map((state) => letters[state]).join('');
}

export function statesOf(text: string): PortState[] {
  return [...text].flatMap((letter) => states.get(letter) ?? []);
}
