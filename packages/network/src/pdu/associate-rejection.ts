import type { AssociateReject } from './pdu.ts';

/** Result, source and reason of an A-ASSOCIATE-RJ; only the combinations of PS3.8 Table 9-21 exist as types. */
export type AssociateRejection = { readonly result: RejectionResult } & RejectionCause;

export type RejectionResult = 'rejected-permanent' | 'rejected-transient';

export type RejectionCause =
  | {
      readonly source: 'service-user';
      readonly reason:
        | 'no-reason-given'
        | 'application-context-name-not-supported'
        | 'calling-AE-title-not-recognized'
        | 'called-AE-title-not-recognized';
    }
  | {
      readonly source: 'service-provider-acse';
      readonly reason: 'no-reason-given' | 'protocol-version-not-supported';
    }
  | {
      readonly source: 'service-provider-presentation';
      readonly reason: 'temporary-congestion' | 'local-limit-exceeded';
    };

const results: Record<RejectionResult, number> = { 'rejected-permanent': 1, 'rejected-transient': 2 };

const sources: Record<RejectionCause['source'], { code: number; reasons: Record<string, number> }> = {
  'service-user': {
    code: 1,
    reasons: {
      'no-reason-given': 1,
      'application-context-name-not-supported': 2,
      'calling-AE-title-not-recognized': 3,
      'called-AE-title-not-recognized': 7,
    },
  },
  'service-provider-acse': {
    code: 2,
    reasons: { 'no-reason-given': 1, 'protocol-version-not-supported': 2 },
  },
  'service-provider-presentation': {
    code: 3,
    reasons: { 'temporary-congestion': 1, 'local-limit-exceeded': 2 },
  },
};

/** The PDU for a rejection (PS3.8 9.3.4). */
export function rejectionPdu(rejection: AssociateRejection): AssociateReject {
  const source = sources[rejection.source];
  return {
    type: 'A-ASSOCIATE-RJ',
    result: results[rejection.result],
    source: source.code,
    // The type admits only reasons of this source, so 1 ("no reason") is never taken.
    reason: source.reasons[rejection.reason] ?? 1,
  };
}

/** Names for the codes of a received A-ASSOCIATE-RJ; a reserved code reads `reserved-N`. */
export function describeRejection(pdu: AssociateReject): { result: string; source: string; reason: string } {
  const result = Object.entries(results).find(([, code]) => code === pdu.result)?.[0];
  const source = Object.entries(sources).find(([, { code }]) => code === pdu.source);
  const reason = Object.entries(source?.[1].reasons ?? {}).find(([, code]) => code === pdu.reason)?.[0];
  return {
    result: result ?? `reserved-${pdu.result}`,
    source: source?.[0] ?? `reserved-${pdu.source}`,
    reason: reason ?? `reserved-${pdu.reason}`,
  };
}
