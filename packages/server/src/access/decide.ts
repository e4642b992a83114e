import { DEVICE_VERBS, OPERATOR_VERBS, SYSTEM_VERBS, TOKEN_VERBS } from '../identity/principal.ts';
import type { Principal, PrincipalKind, PrincipalVia, Verb } from '../identity/principal.ts';

/** What the verb is about, as far as a decision needs it. UIDs and identifiers only. */
export interface Subject {
  readonly patientID?: string;
  readonly studyInstanceUID?: string;
  readonly seriesInstanceUID?: string;
  readonly sopInstanceUID?: string;
  readonly sopClassUID?: string;
}

export type DecisionReason =
  | 'VERB_GRANTED'
  | 'NO_PRINCIPAL'
  | 'UNKNOWN_PRINCIPAL_KIND'
  | 'WRONG_WAY_IN'
  | 'VERB_NOT_FOR_THIS_KIND'
  | 'VERB_NOT_GRANTED';

/** The answer and why; both go into the trail. */
export interface Decision {
  readonly allowed: boolean;
  readonly reason: DecisionReason;
}

interface KindRule {
  readonly via: readonly PrincipalVia[];
  readonly verbs: readonly Verb[];
}

/** What each kind of principal may ever do, and by which way it must have come. Nothing else exists. */
const RULES: Readonly<Record<PrincipalKind, KindRule>> = {
  device: { via: ['certificate', 'plain-address'], verbs: DEVICE_VERBS },
  token: { via: ['bearer-token'], verbs: TOKEN_VERBS },
  operator: { via: ['command-line'], verbs: OPERATOR_VERBS },
  system: { via: ['internal'], verbs: SYSTEM_VERBS },
};

/**
 * May this principal do this? Denied unless its kind has the verb AND it was granted the verb itself. Pure: the
 * same question has the same answer. The subject does not change the answer yet for devices and operators, who
 * are granted verbs for the whole archive; it is part of the question so that care relations can.
 */
export function decide(principal: Principal | undefined, verb: Verb, _subject: Subject = {}): Decision {
  if (principal === undefined) return denied('NO_PRINCIPAL');
  const rule = Object.hasOwn(RULES, principal.kind) ? RULES[principal.kind] : undefined;
  if (rule === undefined) return denied('UNKNOWN_PRINCIPAL_KIND');
  if (!rule.via.includes(principal.via)) return denied('WRONG_WAY_IN');
  if (!rule.verbs.includes(verb)) return denied('VERB_NOT_FOR_THIS_KIND');
  if (!principal.verbs.includes(verb)) return denied('VERB_NOT_GRANTED');
  return { allowed: true, reason: 'VERB_GRANTED' };
}

function denied(reason: DecisionReason): Decision {
  return { allowed: false, reason };
}
