import type { JobResult } from './jobs.ts';
import type { Proposal, RawAssociation } from './raw-association.ts';
import type { Tally } from './tally.ts';

/** One kind of work: what to propose, and what each association does with itself until it is done. */
export interface Workload {
  readonly proposal: Proposal;
  /** Before the clock starts. */
  prepare?(association: RawAssociation, index: number): void;
  /** Resolves when this association has done its part; failures go to the tally. */
  run(association: RawAssociation, index: number, tally: Tally): Promise<void>;
}

export type Finished = { readonly result: JobResult; readonly associations: readonly RawAssociation[] };
