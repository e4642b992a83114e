import type { Caller, Imaging, Workplace } from '../operations/index.ts';
import type { DestinationDialler } from './destinations.ts';
import type { QueryNegotiation } from './negotiation.ts';
import type { StatusAnswer } from './statuses.ts';

/** What one accepted association knows: who calls, what was negotiated, whom it may reach. */
export interface DeviceSession {
  readonly caller: Caller;
  /** What was agreed for a query/retrieve SOP class. The A-ASSOCIATE-RQ itself is let go: with its proposals it
   *  would be the largest thing an idle association keeps. */
  readonly negotiated: (sopClassUID: string) => QueryNegotiation;
  /** Our own AE title. */
  readonly aeTitle: string;
  readonly workplace: Workplace;
  readonly dial: DestinationDialler;
  /** Transcodes what the peer cannot take as it is stored. */
  readonly imaging: Imaging | undefined;
  /** What the peer is told about an error; one that nobody expected goes to the log as well. */
  readonly statusOf: (error: unknown) => StatusAnswer;
}
