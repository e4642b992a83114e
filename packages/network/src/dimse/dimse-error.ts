/** What a peer can do wrong with messages; all of these end the association with an A-ABORT. */
export type DimseErrorCode =
  | 'PRESENTATION_CONTEXT_UNKNOWN'
  | 'DATA_SET_NOT_ANNOUNCED'
  | 'DATA_SET_NOT_ALLOWED'
  | 'DATA_SET_MISSING'
  | 'DATA_SET_TOO_LONG'
  | 'COMMAND_INSTEAD_OF_DATA_SET'
  | 'PRESENTATION_CONTEXT_CHANGED'
  | 'COMMAND_SET_TOO_LONG'
  | 'COMMAND_SET_CUT_SHORT'
  | 'COMMAND_GROUP_WRONG'
  | 'COMMAND_ELEMENTS_OUT_OF_ORDER'
  | 'COMMAND_ELEMENT_LENGTH_WRONG'
  | 'COMMAND_ELEMENT_MISSING'
  | 'COMMAND_FIELD_UNKNOWN'
  | 'MESSAGE_ID_REPEATED'
  | 'OPERATIONS_WINDOW_EXCEEDED'
  | 'RESPONSE_WITHOUT_REQUEST'
  | 'MESSAGE_CUT_SHORT';

/** Numbers only: nothing a peer wrote reaches a log. */
export interface DimseErrorFacts {
  presentationContextID?: number;
  commandField?: number;
  messageID?: number;
  element?: number;
  declared?: number;
  available?: number;
  limit?: number;
}

/** A peer broke PS3.7. */
export class DimseError extends Error {
  override readonly name = 'DimseError';
  readonly code: DimseErrorCode;
  readonly facts: DimseErrorFacts;

  constructor(code: DimseErrorCode, facts: DimseErrorFacts = {}) {
    super(`${code} ${JSON.stringify(facts)}`);
    this.code = code;
    this.facts = facts;
  }
}
