import type { Socket } from 'node:net';
import { rejectionPdu } from '../pdu/index.ts';
import type { AssociateRequest } from '../pdu/index.ts';
import { AssociationEndpoint } from './association-endpoint.ts';
import { socketFacts } from './association.ts';
import type { Association, RequestHandler } from './association.ts';
import { systemClock } from './clock.ts';
import type { Clock } from './clock.ts';
import type { AssociationEnd } from './end.ts';
import { acceptAgreement } from './negotiation.ts';
import type { AssociateDecision } from './negotiation.ts';
import { defaultLimits, defaultTimeouts } from './settings.ts';
import type { AssociationLimits, AssociationTimeouts } from './settings.ts';

/** Where an association request comes from. */
export interface PeerAddress {
  readonly address: string | undefined;
  readonly port: number | undefined;
  readonly encrypted: boolean;
}

export interface AcceptorOptions {
  /** Whether to accept, and which contexts. If it throws, the association is rejected. */
  decide(request: AssociateRequest, peer: PeerAddress): AssociateDecision | Promise<AssociateDecision>;
  /** Once for each DIMSE request, when its command set is complete. */
  readonly onRequest: RequestHandler;
  /** Once, when the transport connection is closed. */
  readonly onEnd?: ((end: AssociationEnd) => void) | undefined;
  /** A handler, a sink or `decide` threw; the peer learns only "Processing Failure" or "no reason given". */
  readonly onHandlerError?: ((error: unknown) => void) | undefined;
  readonly timeouts?: Partial<AssociationTimeouts> | undefined;
  readonly limits?: Partial<AssociationLimits> | undefined;
  readonly implementationClassUID: string;
  readonly implementationVersionName: string;
  readonly clock?: Clock | undefined;
}

/**
 * Serves one connected socket, plain or TLS, as association acceptor (PS3.8 Chapter 7). The association exists when
 * `decide` has accepted; until then its titles and contexts are empty.
 */
export function acceptAssociation(socket: Socket, options: AcceptorOptions): Association {
  const limits = { ...defaultLimits, ...options.limits };
  const endpoint: AssociationEndpoint = new AssociationEndpoint({
    isRequestor: false,
    timeouts: { ...defaultTimeouts, ...options.timeouts },
    limits,
    clock: options.clock ?? systemClock,
    onRequest: options.onRequest,
    onEnd: options.onEnd,
    onHandlerError: options.onHandlerError,
    onAssociateRequest: (request) => {
      decideAssociation(request, socket, options).then(
        (decision) => answer(endpoint, request, decision, options, limits),
        (error: unknown) => refuseAfterError(endpoint, options, error),
      );
    },
  });
  endpoint.accept(socket);
  return endpoint;
}

async function decideAssociation(
  request: AssociateRequest,
  socket: Socket,
  options: AcceptorOptions,
): Promise<AssociateDecision> {
  return options.decide(request, socketFacts(socket));
}

function answer(
  endpoint: AssociationEndpoint,
  request: AssociateRequest,
  decision: AssociateDecision,
  options: AcceptorOptions,
  limits: AssociationLimits,
): void {
  if (endpoint.end !== undefined) return;
  if (!decision.accept) {
    endpoint.connection.sendReject(rejectionPdu(decision));
    return;
  }
  try {
    const implementation = {
      maximumLengthReceived: limits.maximumLengthReceived,
      implementationClassUID: options.implementationClassUID,
      implementationVersionName: options.implementationVersionName,
    };
    const { accept, agreement } = acceptAgreement(request, decision, implementation, limits.operationsMax);
    endpoint.establish(request, request.userInformation, agreement);
    endpoint.connection.sendAccept(accept);
  } catch (error) {
    refuseAfterError(endpoint, options, error);
  }
}

/** Unknown means refuse. */
function refuseAfterError(endpoint: AssociationEndpoint, options: AcceptorOptions, error: unknown): void {
  options.onHandlerError?.(error);
  if (endpoint.end !== undefined) return;
  endpoint.connection.sendReject(
    rejectionPdu({ result: 'rejected-transient', source: 'service-user', reason: 'no-reason-given' }),
  );
}
