import type {
  Abort,
  AbortReason,
  AbortSource,
  AssociateAccept,
  AssociateReject,
  AssociateRequest,
  ControlPdu,
} from '../pdu/index.ts';

/** What came with an event; an action reads only the part its event has. */
export interface EventInput {
  /** Evt3, Evt4, Evt6, Evt12, Evt13, Evt16: the PDU. */
  readonly pdu?: ControlPdu | undefined;
  /** Evt1: what to propose. */
  readonly request?: AssociateRequest;
  /** Evt7: the answer. */
  readonly accept?: AssociateAccept;
  /** Evt8: the refusal. */
  readonly reject?: AssociateReject;
  /** Evt9: whole PDUs, headers and views of the data. */
  readonly data?: readonly Uint8Array[];
  /** Evt9: to be called when nothing of the data is needed any more. */
  readonly written?: (() => void) | undefined;
  /** Evt15: what the A-ABORT shall say; Evt19: what was wrong. */
  readonly source?: AbortSource;
  readonly reason?: AbortReason;
}

/** What the machine tells the user of the upper layer; the names of PS3.8 Chapter 7. */
export type Indication =
  | 'A-ASSOCIATE indication'
  | 'A-ASSOCIATE confirmation, accepted'
  | 'A-ASSOCIATE confirmation, rejected'
  | 'P-DATA indication'
  | 'A-RELEASE indication'
  | 'A-RELEASE confirmation'
  | 'A-ABORT indication'
  | 'A-P-ABORT indication';

/** Why AE-6 refuses a request by itself: the provider cannot speak with this peer. */
export type ProviderRefusal = AssociateReject;

/** Everything an action does to the world. A test gives a recorder, the association gives a socket. */
export interface UpperLayerEffects {
  /** This side asked for the association; decides release collisions (AR-8). */
  readonly isRequestor: boolean;
  openTransportConnection(): void;
  closeTransportConnection(): void;
  startArtim(): void;
  stopArtim(): void;
  send(
    pdu:
      | AssociateRequest
      | AssociateAccept
      | AssociateReject
      | Abort
      | { type: 'A-RELEASE-RQ' | 'A-RELEASE-RP' },
  ): void;
  sendData(parts: readonly Uint8Array[], written?: () => void): void;
  /** AE-6: undefined when the provider can accept this request. */
  refuse(request: AssociateRequest): ProviderRefusal | undefined;
  /** Called when the machine already is in its next state, so that the user may answer at once. */
  indicate(indication: Indication, input: EventInput): void;
}
