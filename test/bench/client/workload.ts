import type { Proposal, RawAssociation } from './raw-association.ts';
import type { Tally } from './tally.ts';

/** Something that work is done on: an association, or a connection to a DICOMweb server. */
export interface Connection {
  /** As negotiated: protocol and cipher, or 'clear'. */
  readonly transport: string;
  readonly maximumLength: number;
  release(): Promise<void>;
}

/** One kind of work: how each connection is opened, and what is done on it. */
export interface Work<Kind extends Connection> {
  /** Before the clock starts. */
  open(index: number): Promise<Kind>;
  /** Resolves when this connection has done its part; failures go to the tally. */
  run(connection: Kind, index: number, tally: Tally): Promise<void>;
}

/** Work over DIMSE: what to propose, and what each association does with itself until it is done. */
export interface Workload {
  readonly proposal: Proposal;
  /** Before the clock starts. */
  prepare?(association: RawAssociation, index: number): void;
  /** Resolves when this association has done its part; failures go to the tally. */
  run(association: RawAssociation, index: number, tally: Tally): Promise<void>;
}
