/** Reason/Diag. of an A-ABORT whose source is the service provider (PS3.8 Table 9-26). */
export const AbortReason = {
  reasonNotSpecified: 0,
  unrecognizedPDU: 1,
  unexpectedPDU: 2,
  unrecognizedPDUParameter: 4,
  unexpectedPDUParameter: 5,
  invalidPDUParameterValue: 6,
} as const;
export type AbortReason = (typeof AbortReason)[keyof typeof AbortReason];

/** Source of an A-ABORT (PS3.8 Table 9-26). */
export const AbortSource = { serviceUser: 0, serviceProvider: 2 } as const;
export type AbortSource = (typeof AbortSource)[keyof typeof AbortSource];

/** What can be wrong with received bytes; each code stands for one sentence of PS3.8 9.3 or PS3.7 Annex D. */
export type PduErrorCode =
  | 'UNRECOGNIZED_PDU_TYPE'
  | 'PDU_TOO_LONG'
  | 'PDU_LENGTH_WRONG'
  | 'ITEM_CUT_SHORT'
  | 'ITEM_LENGTH_WRONG'
  | 'ITEM_MISSING'
  | 'ITEM_REPEATED'
  | 'TOO_MANY_ITEMS'
  | 'AE_TITLE_INVALID'
  | 'UID_INVALID'
  | 'PRESENTATION_CONTEXT_ID_INVALID'
  | 'PRESENTATION_CONTEXT_ID_REPEATED'
  | 'PDV_LENGTH_WRONG';

const abortReasons: Record<PduErrorCode, AbortReason> = {
  UNRECOGNIZED_PDU_TYPE: AbortReason.unrecognizedPDU,
  PDU_TOO_LONG: AbortReason.invalidPDUParameterValue,
  PDU_LENGTH_WRONG: AbortReason.invalidPDUParameterValue,
  ITEM_CUT_SHORT: AbortReason.invalidPDUParameterValue,
  ITEM_LENGTH_WRONG: AbortReason.invalidPDUParameterValue,
  ITEM_MISSING: AbortReason.invalidPDUParameterValue,
  ITEM_REPEATED: AbortReason.unexpectedPDUParameter,
  TOO_MANY_ITEMS: AbortReason.invalidPDUParameterValue,
  AE_TITLE_INVALID: AbortReason.invalidPDUParameterValue,
  UID_INVALID: AbortReason.invalidPDUParameterValue,
  PRESENTATION_CONTEXT_ID_INVALID: AbortReason.invalidPDUParameterValue,
  PRESENTATION_CONTEXT_ID_REPEATED: AbortReason.invalidPDUParameterValue,
  PDV_LENGTH_WRONG: AbortReason.invalidPDUParameterValue,
};

/** Facts about a malformed PDU: numbers only, so that nothing a peer wrote reaches a log. */
export interface PduErrorFacts {
  pduType?: number;
  itemType?: number;
  declared?: number;
  available?: number;
  limit?: number;
  count?: number;
}

/** Received bytes are no PDU of PS3.8, or break a limit. `abortReason` is what the A-ABORT shall say. */
export class PduError extends Error {
  override readonly name = 'PduError';
  readonly code: PduErrorCode;
  readonly facts: PduErrorFacts;
  readonly abortReason: AbortReason;

  constructor(code: PduErrorCode, facts: PduErrorFacts = {}) {
    super(`${code} ${JSON.stringify(facts)}`);
    this.code = code;
    this.facts = facts;
    this.abortReason = abortReasons[code];
  }
}
