import assert from 'node:assert';
import type {
  AnsweredPresentationContext,
  AssociateAccept,
  AssociateRejection,
  AssociateRequest,
  AsynchronousOperationsWindow,
  ExtendedNegotiation,
  PresentationContextResult,
  RoleSelection,
  UserInformation,
} from '../pdu/index.ts';
import { NetworkError } from './errors.ts';

/** The answer to one proposed context; roles answer a proposed role selection (PS3.7 D.3.3.4). */
export interface PresentationContextDecision {
  readonly id: number;
  readonly result: PresentationContextResult;
  /** Needed with `acceptance`: one of the proposed. */
  readonly transferSyntax?: string | undefined;
  /** The association requestor may be SCU here. */
  readonly scuRole?: boolean | undefined;
  /** The association requestor may be SCP here. */
  readonly scpRole?: boolean | undefined;
}

/** What the acceptor's user says to an A-ASSOCIATE-RQ. A context it does not name is refused. */
export type AssociateDecision =
  | {
      readonly accept: true;
      readonly presentationContexts: readonly PresentationContextDecision[];
      readonly extendedNegotiation?: readonly ExtendedNegotiation[] | undefined;
      readonly userIdentityResponse?: Uint8Array | undefined;
      readonly asynchronousOperationsWindow?: AsynchronousOperationsWindow | undefined;
    }
  | ({ readonly accept: false } & AssociateRejection);

/** An accepted presentation context. The roles are those of this side. */
export interface PresentationContext {
  readonly id: number;
  readonly abstractSyntax: string;
  readonly transferSyntax: string;
  readonly isSCU: boolean;
  readonly isSCP: boolean;
}

/** What both sides agreed on. */
export interface Agreement {
  readonly contexts: ReadonlyMap<number, PresentationContext>;
  /** Operations this side may have outstanding, and the peer; at least 1 (PS3.7 D.3.3.3). */
  readonly ownWindow: number;
  readonly peerWindow: number;
}

/** Who we are, as every association tells (PS3.7 D.3.3.2). */
export interface Implementation {
  readonly maximumLengthReceived: number;
  readonly implementationClassUID: string;
  readonly implementationVersionName: string;
}

/** 0 means no limit in the Standard; here our own limit then holds. */
function smallerWindow(proposed: number, limit: number): number {
  return proposed === 0 ? limit : Math.max(1, Math.min(proposed, limit));
}

/**
 * The A-ASSOCIATE-AC for a decision, and what was agreed. A decision that accepts what was not proposed is our
 * mistake and throws NEGOTIATION_FAILED.
 */
export function acceptAgreement(
  request: AssociateRequest,
  decision: AssociateDecision & { accept: true },
  implementation: Implementation,
  operationsMax: number,
): { accept: AssociateAccept; agreement: Agreement } {
  const decisions = new Map(decision.presentationContexts.map((context) => [context.id, context]));
  const proposedRoles = new Map(
    request.userInformation.roleSelections.map((role) => [role.sopClassUID, role]),
  );
  const answers: AnsweredPresentationContext[] = [];
  const roles = new Map<string, RoleSelection>();
  const contexts = new Map<number, PresentationContext>();
  for (const proposed of request.presentationContexts) {
    const answer = decisions.get(proposed.id);
    if (answer?.result !== 'acceptance') {
      answers.push({ id: proposed.id, result: answer?.result ?? 'no-reason' });
      continue;
    }
    const { transferSyntax } = answer;
    if (transferSyntax === undefined || !proposed.transferSyntaxes.includes(transferSyntax)) {
      throw new NetworkError('NEGOTIATION_FAILED', 'the accepted transfer syntax was not proposed');
    }
    answers.push({ id: proposed.id, result: 'acceptance', transferSyntax });
    const role = answerRole(proposedRoles.get(proposed.abstractSyntax), answer);
    if (role !== undefined) roles.set(role.sopClassUID, role);
    contexts.set(proposed.id, {
      id: proposed.id,
      abstractSyntax: proposed.abstractSyntax,
      transferSyntax,
      isSCP: role?.scuRole ?? true,
      isSCU: role?.scpRole ?? false,
    });
  }
  const window = answerWindow(request.userInformation, decision, operationsMax);
  const accept: AssociateAccept = {
    type: 'A-ASSOCIATE-AC',
    protocolVersion: 1,
    calledAETitle: request.calledAETitle,
    callingAETitle: request.callingAETitle,
    applicationContextName: request.applicationContextName,
    presentationContexts: answers,
    userInformation: {
      maximumLength: implementation.maximumLengthReceived,
      implementationClassUID: implementation.implementationClassUID,
      implementationVersionName: implementation.implementationVersionName,
      asynchronousOperationsWindow: window,
      roleSelections: [...roles.values()],
      extendedNegotiation: decision.extendedNegotiation ?? [],
      commonExtendedNegotiation: [],
      userIdentityResponse: decision.userIdentityResponse,
    },
  };
  return {
    accept,
    agreement: { contexts, ownWindow: window?.performed ?? 1, peerWindow: window?.invoked ?? 1 },
  };
}

/** A role is answered only if it was proposed, and never wider than proposed (PS3.7 D.3.3.4). */
function answerRole(
  proposed: RoleSelection | undefined,
  answer: PresentationContextDecision,
): RoleSelection | undefined {
  if (proposed === undefined || (answer.scuRole === undefined && answer.scpRole === undefined))
    return undefined;
  return {
    sopClassUID: proposed.sopClassUID,
    scuRole: proposed.scuRole && answer.scuRole === true,
    scpRole: proposed.scpRole && answer.scpRole === true,
  };
}

function answerWindow(
  information: UserInformation,
  decision: AssociateDecision & { accept: true },
  operationsMax: number,
): AsynchronousOperationsWindow | undefined {
  const proposed = information.asynchronousOperationsWindow;
  const wanted = decision.asynchronousOperationsWindow;
  if (proposed === undefined || wanted === undefined) return undefined;
  return {
    invoked: smallerWindow(proposed.invoked, smallerWindow(wanted.invoked, operationsMax)),
    performed: smallerWindow(proposed.performed, smallerWindow(wanted.performed, operationsMax)),
  };
}

/**
 * What an A-ASSOCIATE-AC agrees to of our own request. An answer that accepts what was not proposed throws
 * NEGOTIATION_FAILED: the peer cannot be trusted to mean the same contexts.
 */
export function confirmedAgreement(
  request: AssociateRequest,
  accept: AssociateAccept,
  operationsMax: number,
): Agreement {
  const proposed = new Map(request.presentationContexts.map((context) => [context.id, context]));
  const proposedRoles = new Map(
    request.userInformation.roleSelections.map((role) => [role.sopClassUID, role]),
  );
  const roles = new Map(accept.userInformation.roleSelections.map((role) => [role.sopClassUID, role]));
  const contexts = new Map<number, PresentationContext>();
  for (const answer of accept.presentationContexts) {
    const proposal = proposed.get(answer.id);
    if (proposal === undefined) throw new NetworkError('NEGOTIATION_FAILED', 'a context was never proposed');
    if (answer.result !== 'acceptance') continue;
    const { transferSyntax } = answer;
    assert(transferSyntax !== undefined, 'the PDU reader requires it');
    if (!proposal.transferSyntaxes.includes(transferSyntax)) {
      throw new NetworkError('NEGOTIATION_FAILED', 'the transfer syntax was never proposed');
    }
    const asked = proposedRoles.get(proposal.abstractSyntax);
    const given = asked === undefined ? undefined : roles.get(proposal.abstractSyntax);
    contexts.set(answer.id, {
      id: answer.id,
      abstractSyntax: proposal.abstractSyntax,
      transferSyntax,
      // Without an answer the requestor is SCU (PS3.7 D.3.3.4).
      isSCU: given === undefined ? true : given.scuRole && asked?.scuRole === true,
      isSCP: given === undefined ? false : given.scpRole && asked?.scpRole === true,
    });
  }
  const asked = request.userInformation.asynchronousOperationsWindow;
  const given = asked === undefined ? undefined : accept.userInformation.asynchronousOperationsWindow;
  return {
    contexts,
    ownWindow: given === undefined ? 1 : smallerWindow(given.invoked, operationsMax),
    peerWindow: given === undefined ? 1 : smallerWindow(given.performed, operationsMax),
  };
}
