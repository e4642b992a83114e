import { storageSOPClass, TransferSyntaxUID } from '@leadglass/dicom';
import type { AssociateDecision, AssociateRequest } from '@leadglass/network';
import type { Principal, Verb } from '../identity/index.ts';
import { isStorageSyntax } from '../operations/index.ts';
import { QUERY_RETRIEVE, STORAGE_COMMITMENT, VERIFICATION } from './sop-classes.ts';

type Accept = Extract<AssociateDecision, { accept: true }>;
type Answer = Accept['presentationContexts'][number];
type Proposed = AssociateRequest['presentationContexts'][number];

/** Syntaxes in which a message's own data set (identifier, commitment request) is spoken. */
const MESSAGE_SYNTAXES: readonly string[] = [
  TransferSyntaxUID.ExplicitVRLittleEndian,
  TransferSyntaxUID.ImplicitVRLittleEndian,
];

/** Bytes of SOP Class Extended Negotiation for C-FIND (PS3.4 C.5.1.1): relational queries, combined date-time. */
export interface QueryNegotiation {
  relational: boolean;
  combinedDateTime: boolean;
}

/**
 * Answers each proposed presentation context: only what the device may do is accepted, so that a refusal
 * stands in the negotiation and not only in a status. The first proposed transfer syntax that can be kept
 * is taken: the sender knows best what it holds.
 */
export function answerContexts(request: AssociateRequest, principal: Principal): Answer[] {
  return request.presentationContexts.map((context) => answerContext(context, request, principal));
}

function answerContext(context: Proposed, request: AssociateRequest, principal: Principal): Answer {
  const { id, abstractSyntax } = context;
  const may = (verb: Verb): boolean => principal.verbs.includes(verb);
  const service = QUERY_RETRIEVE.get(abstractSyntax);
  if (abstractSyntax === VERIFICATION) return offer(context, may('echo'), MESSAGE_SYNTAXES);
  if (service) return offer(context, may(service.verb), MESSAGE_SYNTAXES);
  if (abstractSyntax === STORAGE_COMMITMENT) return commitmentAnswer(context, request, may('commit'));
  if (storageSOPClass(abstractSyntax) || isPrivateStorage(abstractSyntax)) {
    return storageAnswer(context, request, may);
  }
  return { id, result: 'abstract-syntax-not-supported' };
}

function offer(context: Proposed, granted: boolean, syntaxes: readonly string[]): Answer {
  const { id } = context;
  if (!granted) return { id, result: 'user-rejection' };
  const chosen = syntaxes.find((uid) => context.transferSyntaxes.includes(uid));
  if (!chosen) return { id, result: 'transfer-syntaxes-not-supported' };
  return { id, result: 'acceptance', transferSyntax: chosen };
}

/** Storage: as SCU the device stores; as SCP (role selection, PS3.4 C.5.3) it receives what C-GET sends. */
function storageAnswer(context: Proposed, request: AssociateRequest, may: (verb: Verb) => boolean): Answer {
  const { id, abstractSyntax } = context;
  const role = roleOf(request, abstractSyntax);
  const scuRole = role.scuRole && may('store');
  const scpRole = role.scpRole && may('get');
  if (!scuRole && !scpRole) return { id, result: 'user-rejection' };
  const chosen = context.transferSyntaxes.find((uid) => isStorageSyntax(uid));
  if (!chosen) return { id, result: 'transfer-syntaxes-not-supported' };
  const answer: Answer = { id, result: 'acceptance', transferSyntax: chosen };
  return role.proposed ? { ...answer, scuRole, scpRole } : answer;
}

/** As SCU the device asks; with the SCP role reversed it takes reports about what we asked it to keep. */
function commitmentAnswer(context: Proposed, request: AssociateRequest, granted: boolean): Answer {
  const answer = offer(context, granted, MESSAGE_SYNTAXES);
  const role = roleOf(request, STORAGE_COMMITMENT);
  if (answer.result !== 'acceptance' || !role.proposed) return answer;
  return { ...answer, scuRole: role.scuRole, scpRole: role.scpRole };
}

function roleOf(request: AssociateRequest, sopClassUID: string) {
  const selection = request.userInformation.roleSelections.find((role) => role.sopClassUID === sopClassUID);
  // Without role selection the requestor is SCU only (PS3.7 D.3.3.4).
  if (!selection) return { proposed: false, scuRole: true, scpRole: false };
  return { proposed: true, scuRole: selection.scuRole, scpRole: selection.scpRole };
}

/** Private and very new storage classes are kept as they come: the Standard's registry never ends. A UID of
 *  another service of the Standard (1.2.840.10008 outside 5.1.4.1.1) is not one. */
function isPrivateStorage(abstractSyntax: string): boolean {
  if (!abstractSyntax.startsWith('1.2.840.10008.')) return true;
  return abstractSyntax.startsWith('1.2.840.10008.5.1.4.1.1.');
}

/** What was agreed for queries: both only if the requestor proposed them; both are supported. */
export function queryNegotiation(request: AssociateRequest, sopClassUID: string): QueryNegotiation {
  const proposed = request.userInformation.extendedNegotiation.find(
    (item) => item.sopClassUID === sopClassUID,
  );
  return {
    relational: proposed?.information[0] === 1,
    combinedDateTime: proposed?.information[1] === 1,
  };
}

/** The same for every query/retrieve SOP class, without holding on to the request. */
export function negotiatedQueries(request: AssociateRequest): (sopClassUID: string) => QueryNegotiation {
  const agreed = new Map<string, QueryNegotiation>();
  for (const { sopClassUID } of request.userInformation.extendedNegotiation) {
    agreed.set(sopClassUID, queryNegotiation(request, sopClassUID));
  }
  return lookup(agreed);
}

/** A function of its own: a closure made above would keep the request alive with it. */
function lookup(agreed: ReadonlyMap<string, QueryNegotiation>): (sopClassUID: string) => QueryNegotiation {
  return (sopClassUID) => agreed.get(sopClassUID) ?? { relational: false, combinedDateTime: false };
}

/** The answer to SOP Class Extended Negotiation: 1 where the proposal had 1 and we do it, else 0. */
export function answerExtendedNegotiation(request: AssociateRequest): {
  sopClassUID: string;
  information: Uint8Array;
}[] {
  return request.userInformation.extendedNegotiation.flatMap((item) => {
    const service = QUERY_RETRIEVE.get(item.sopClassUID);
    if (!service) return [];
    const information = new Uint8Array(Math.min(item.information.length, service.verb === 'find' ? 2 : 1));
    for (let i = 0; i < information.length; i++) information[i] = item.information[i] === 1 ? 1 : 0;
    return [{ sopClassUID: item.sopClassUID, information }];
  });
}
