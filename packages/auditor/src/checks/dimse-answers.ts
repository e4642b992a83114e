import type { AccessClass, Evidence } from '../findings/index.ts';
import type { AssociationAnswer, DicomAsker, OperationAnswer } from '../transport/index.ts';
import type { Verdict } from './check.ts';
import { exposed, inconclusive, isProtected } from './verdicts.ts';

/** A status as the Standard writes it: 'A801'. */
export function hex(status: number): string {
  return status.toString(16).toUpperCase().padStart(4, '0');
}

/** Facts about an answer to an A-ASSOCIATE-RQ, for evidence. */
export function associationFacts(answer: AssociationAnswer): Evidence {
  switch (answer.kind) {
    case 'accepted':
      return { association: 'accepted' };
    case 'rejected':
      return { association: `rejected ${answer.result}/${answer.source}/${answer.reason}` };
    case 'aborted':
      return { association: `aborted ${answer.source}/${answer.reason}` };
    case 'closed':
      return { association: 'closed without an answer' };
  }
}

/** Statuses that say no to who asks: 0124 refused: not authorized; 0122, 0211 not supported here. */
const REFUSALS = new Set([0x0124, 0x0122, 0x0211, 0x0112]);

/**
 * Judges the answer to a query that has no match (PS3.4 C.4.1.1.4): Success means that anybody may query. Refusals
 * are protection; failures (A7xx, A9xx, Cxxx) prove neither.
 */
export function judgeQuery(answer: OperationAnswer, grants: readonly AccessClass[] = []): Verdict {
  if (answer.kind !== 'status') return isProtected(refusalFacts(answer));
  const facts = { status: hex(answer.status), matches: answer.pending };
  if (answer.pending > 0) return exposed({ ...facts, answersRandomUIDs: true }, { grants });
  if (answer.status === 0x0000 || answer.status === 0xfe00) return exposed(facts, { grants });
  if (REFUSALS.has(answer.status)) return isProtected(facts);
  return inconclusive(
    'STATUS_UNCLEAR',
    'the query failed for a reason that says nothing about access',
    facts,
  );
}

/** Facts about an operation that never got a status. */
export function refusalFacts(answer: Exclude<OperationAnswer, { kind: 'status' }>): Evidence {
  switch (answer.kind) {
    case 'no-association':
      return associationFacts(answer.answer);
    case 'not-offered':
      return {
        presentationContext: answer.result === 255 ? 'not answered' : `refused with ${answer.result}`,
      };
    case 'ended':
      return { association: `ended by the server (${answer.how})` };
  }
}

/** Which of these contexts of the standard proposal were accepted. No message is sent on them. */
export async function acceptedContexts(asker: DicomAsker, keys: readonly string[]): Promise<string[]> {
  const accepted: string[] = [];
  for (const key of keys) {
    if ((await asker.negotiated(key))?.isAccepted === true) accepted.push(key);
  }
  return accepted;
}

/** Judges contexts by negotiation alone: exposed when one was accepted. */
export async function judgeOffered(
  asker: DicomAsker,
  keys: readonly string[],
  grants: readonly AccessClass[] = [],
): Promise<Verdict> {
  const answer = await asker.hello();
  if ((await asker.acceptedTitle()) === undefined) return isProtected(associationFacts(answer));
  const accepted = await acceptedContexts(asker, keys);
  if (accepted.length === 0) return isProtected({ proposed: keys.length, accepted: 0 });
  return exposed(
    { proposed: keys.length, accepted: accepted.length, classes: accepted.join(', ') },
    { grants },
  );
}
