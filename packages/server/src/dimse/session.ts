import type { AssociateRequest } from '@leadglass/network';
import type { Caller, Workplace } from '../operations/index.ts';
import type { DestinationDialler } from './destinations.ts';
import type { StatusAnswer } from './statuses.ts';

/** What one accepted association knows: who calls, what was negotiated, whom it may reach. */
export interface DeviceSession {
  readonly caller: Caller;
  readonly request: AssociateRequest;
  /** Our own AE title. */
  readonly aeTitle: string;
  readonly workplace: Workplace;
  readonly dial: DestinationDialler;
  /** What the peer is told about an error; one that nobody expected goes to the log as well. */
  readonly statusOf: (error: unknown) => StatusAnswer;
}
