import type { Socket } from 'node:net';
import type { CommandFields, DataSetSink, OutgoingDataSet } from '../dimse/index.ts';
import type { AsynchronousOperationsWindow, UserInformation } from '../pdu/index.ts';
import type { AssociationEnd } from './end.ts';
import type { IncomingRequest } from './incoming-request.ts';
import type { PresentationContext } from './negotiation.ts';
import type { OutgoingRequest } from './outgoing-request.ts';

/** What a request handler gives back: where the data set goes, at once or soon. Without a sink it is discarded. */
export type RequestHandler = (
  request: IncomingRequest,
) => DataSetSink | undefined | void | Promise<DataSetSink | undefined | void>;

/** A request of this side; the message ID is given by the association. */
export type RequestFields = Omit<CommandFields, 'messageID' | 'messageIDBeingRespondedTo' | 'status'>;

/** What the peer said about itself. */
export type PeerInformation = UserInformation & {
  readonly address: string | undefined;
  readonly port: number | undefined;
  readonly encrypted: boolean;
};

/**
 * An association of either side (PS3.8 Chapter 7). Titles, contexts and peer are those of the negotiation; an
 * acceptor's are empty until its user accepted.
 */
export interface Association {
  readonly callingAETitle: string;
  readonly calledAETitle: string;
  /** This side asked for the association. */
  readonly isRequestor: boolean;
  /** The accepted ones. */
  readonly presentationContexts: readonly PresentationContext[];
  readonly peer: PeerInformation;
  /** Operations this side may have outstanding (`invoked`) and the peer may have (`performed`), seen from here. */
  readonly operationsWindow: AsynchronousOperationsWindow;
  /** Set when the association is over; the transport connection may live a little longer (see `closed`). */
  readonly end: AssociationEnd | undefined;
  /** Resolves when the transport connection is closed. Never rejects. */
  readonly closed: Promise<AssociationEnd>;

  /**
   * Sends a request and gives its responses. It waits for its turn in the operations window. The iteration throws a
   * NetworkError when the association ends first. Throws NO_PRESENTATION_CONTEXT, ROLE_NOT_NEGOTIATED at once.
   */
  request(
    fields: RequestFields,
    dataSet: OutgoingDataSet | undefined,
    presentationContextID: number,
  ): OutgoingRequest;
  /** C-CANCEL-RQ for a request of ours (PS3.7 9.3.2.3). Nothing happens if it is answered already. */
  cancel(messageID: number): void;
  /** Replaces the handler of the peer's requests and returns the one before: for C-GET sub-operations. */
  setRequestHandler(handler: RequestHandler | undefined): RequestHandler | undefined;
  /** A-RELEASE; resolves when the transport connection is closed. Rejects if the association ended otherwise. */
  release(): Promise<void>;
  /** A-ABORT; by default as service user. */
  abort(source?: number, reason?: number): void;
}

/** Facts about the other end of a socket. */
export function socketFacts(socket: Socket | undefined): {
  address: string | undefined;
  port: number | undefined;
  encrypted: boolean;
} {
  const encrypted = socket !== undefined && 'encrypted' in socket && socket.encrypted === true;
  return { address: socket?.remoteAddress, port: socket?.remotePort, encrypted };
}
