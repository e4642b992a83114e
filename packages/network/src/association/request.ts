import {
  DICOM_APPLICATION_CONTEXT_NAME,
  PEER_MAXIMUM_LENGTH_MIN,
  PRESENTATION_CONTEXTS_MAX,
  TRANSFER_SYNTAXES_MAX,
  parseAETitle,
} from '../pdu/index.ts';
import type {
  AssociateRequest,
  AsynchronousOperationsWindow,
  CommonExtendedNegotiation,
  ExtendedNegotiation,
  RoleSelection,
  UserIdentity,
} from '../pdu/index.ts';
import { AssociationEndpoint } from './association-endpoint.ts';
import type { Association, RequestHandler } from './association.ts';
import { systemClock } from './clock.ts';
import type { Clock } from './clock.ts';
import type { AssociationEnd } from './end.ts';
import { NetworkError, errorOfEnd } from './errors.ts';
import { confirmedAgreement } from './negotiation.ts';
import { defaultLimits, defaultTimeouts } from './settings.ts';
import type { AssociationLimits, AssociationTimeouts } from './settings.ts';
import type { Connect } from './transport.ts';

/** One context to propose. Roles are proposed when either is given (PS3.7 D.3.3.4); without, this side is SCU. */
export interface ProposedContext {
  readonly abstractSyntax: string;
  readonly transferSyntaxes: readonly string[];
  readonly scuRole?: boolean | undefined;
  readonly scpRole?: boolean | undefined;
}

export interface RequestorOptions {
  /** Makes the socket, plain or TLS; `network` waits until it is connected. */
  readonly connect: Connect;
  readonly callingAETitle: string;
  readonly calledAETitle: string;
  /** 1 to 128; they get the IDs 1, 3, 5 ... in this order. */
  readonly presentationContexts: readonly ProposedContext[];
  readonly extendedNegotiation?: readonly ExtendedNegotiation[] | undefined;
  readonly commonExtendedNegotiation?: readonly CommonExtendedNegotiation[] | undefined;
  readonly userIdentity?: UserIdentity | undefined;
  readonly asynchronousOperationsWindow?: AsynchronousOperationsWindow | undefined;
  /** Requests of the peer: sub-operations of C-GET, N-EVENT-REPORT. Without it they are refused. */
  readonly onRequest?: RequestHandler | undefined;
  readonly onEnd?: ((end: AssociationEnd) => void) | undefined;
  readonly onHandlerError?: ((error: unknown) => void) | undefined;
  readonly timeouts?: Partial<AssociationTimeouts> | undefined;
  readonly limits?: Partial<AssociationLimits> | undefined;
  readonly implementationClassUID: string;
  readonly implementationVersionName: string;
  readonly clock?: Clock | undefined;
}

/** The A-ASSOCIATE-RQ for these options. */
export function associateRequest(options: RequestorOptions, maximumLength: number): AssociateRequest {
  const roles = new Map<string, RoleSelection>();
  for (const context of options.presentationContexts) {
    if (context.scuRole === undefined && context.scpRole === undefined) continue;
    roles.set(context.abstractSyntax, {
      sopClassUID: context.abstractSyntax,
      scuRole: context.scuRole ?? false,
      scpRole: context.scpRole ?? false,
    });
  }
  return {
    type: 'A-ASSOCIATE-RQ',
    protocolVersion: 1,
    calledAETitle: options.calledAETitle,
    callingAETitle: options.callingAETitle,
    applicationContextName: DICOM_APPLICATION_CONTEXT_NAME,
    presentationContexts: options.presentationContexts.map((context, index) => ({
      id: index * 2 + 1,
      abstractSyntax: context.abstractSyntax,
      transferSyntaxes: context.transferSyntaxes,
    })),
    userInformation: {
      maximumLength,
      implementationClassUID: options.implementationClassUID,
      implementationVersionName: options.implementationVersionName,
      asynchronousOperationsWindow: options.asynchronousOperationsWindow,
      roleSelections: [...roles.values()],
      extendedNegotiation: options.extendedNegotiation ?? [],
      commonExtendedNegotiation: options.commonExtendedNegotiation ?? [],
      userIdentity: options.userIdentity,
    },
  };
}

/** What no peer could accept. */
function proposalMistake(options: RequestorOptions): string | undefined {
  const { callingAETitle, calledAETitle, presentationContexts } = options;
  if (parseAETitle(callingAETitle) === undefined || parseAETitle(calledAETitle) === undefined) {
    return 'an AE title is invalid';
  }
  if (presentationContexts.length === 0 || presentationContexts.length > PRESENTATION_CONTEXTS_MAX) {
    return `1 to ${PRESENTATION_CONTEXTS_MAX} presentation contexts can be proposed`;
  }
  return presentationContexts.some(
    ({ transferSyntaxes }) =>
      transferSyntaxes.length === 0 || transferSyntaxes.length > TRANSFER_SYNTAXES_MAX,
  )
    ? `1 to ${TRANSFER_SYNTAXES_MAX} transfer syntaxes can be proposed in a context`
    : undefined;
}

/**
 * Connects and asks for an association (PS3.8 7.1). Throws AssociationRejected, AssociationAborted, ConnectionFailed,
 * TimedOut, or NEGOTIATION_FAILED if the proposal can be no PDU or the answer contradicts it.
 */
export function requestAssociation(options: RequestorOptions): Promise<Association> {
  const mistake = proposalMistake(options);
  if (mistake !== undefined) return Promise.reject(new NetworkError('NEGOTIATION_FAILED', mistake));
  const limits = { ...defaultLimits, ...options.limits };
  const request = associateRequest(options, limits.maximumLengthReceived);
  const established = Promise.withResolvers<Association>();
  const endpoint: AssociationEndpoint = new AssociationEndpoint({
    isRequestor: true,
    timeouts: { ...defaultTimeouts, ...options.timeouts },
    limits,
    clock: options.clock ?? systemClock,
    onRequest: options.onRequest,
    onEnd: (end) => {
      established.reject(errorOfEnd(end));
      options.onEnd?.(end);
    },
    onHandlerError: options.onHandlerError,
    onAssociateAccept: (accept) => {
      try {
        const agreement = confirmedAgreement(request, accept, limits.operationsMax);
        const peerMaximum = accept.userInformation.maximumLength ?? 0;
        if (peerMaximum !== 0 && peerMaximum < PEER_MAXIMUM_LENGTH_MIN) {
          throw new NetworkError('NEGOTIATION_FAILED', 'the Maximum Length is too small');
        }
        endpoint.establish(request, accept.userInformation, agreement);
        established.resolve(endpoint);
      } catch (error) {
        const cause = error instanceof NetworkError ? error : new NetworkError('NEGOTIATION_FAILED');
        established.reject(cause);
        endpoint.connection.abort({ how: 'protocol-error', byPeer: true, code: cause.code, error: cause });
      }
    },
  });
  endpoint.open(options.connect, request);
  return established.promise;
}
