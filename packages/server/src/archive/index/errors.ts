export type IndexErrorCode =
  /** A UID without which an instance has no place in the hierarchy is absent or empty. */
  | 'MISSING_UID'
  /** Not digits and dots, or longer than 64 characters (PS3.5 9.1). */
  | 'INVALID_UID'
  /** A selection of instances that names nothing would be the whole archive. */
  | 'EMPTY_SELECTION'
  /** The index was closed. */
  | 'CLOSED';

/** What the index refuses of a data set or of a caller. Carries no attribute value. */
export class IndexError extends Error {
  readonly code: IndexErrorCode;
  readonly tag: number | undefined;

  constructor(code: IndexErrorCode, facts: { tag?: number } = {}) {
    super(code);
    this.name = 'IndexError';
    this.code = code;
    this.tag = facts.tag;
  }
}

export type QueryErrorCode =
  /** Query/Retrieve Level (0008,0052) is absent (PS3.4 C.4.1.1.3.1). */
  | 'LEVEL_MISSING'
  /** A level that the information model does not have (PS3.4 C.6). */
  | 'LEVEL_UNKNOWN'
  /** The unique key of a level above is absent or not a single value, and the query is not relational (PS3.4 C.4.1.2.1). */
  | 'UNIQUE_KEY_MISSING'
  /** '*' or '?' in a UID. */
  | 'WILDCARD_IN_UID'
  /** '*' or '?' in another VR that has no wildcard matching (PS3.4 C.2.2.2.4). */
  | 'WILDCARD_NOT_ALLOWED'
  /** A key's value is none of its VR: a date that is no date, a range turned round, letters in a UID. */
  | 'INVALID_VALUE'
  /** A sequence key with more than one item (PS3.4 C.2.2.2.6). */
  | 'TOO_MANY_ITEMS'
  /** More keys than the limit. */
  | 'TOO_MANY_KEYS'
  /** More values in a key than the limit. */
  | 'TOO_MANY_VALUES'
  /** More '*' and '?' in a value than the limit. */
  | 'TOO_MANY_WILDCARDS'
  /** A key's value is longer than the limit. */
  | 'VALUE_TOO_LONG'
  /** Sequences nested deeper than any key of PS3.4 C.6. */
  | 'TOO_DEEP';

/** Why an identifier is no query (PS3.4 C.4.1.1.4: A900 or C000). Carries no attribute value. */
export class QueryError extends Error {
  readonly code: QueryErrorCode;
  readonly tag: number | undefined;

  constructor(code: QueryErrorCode, facts: { tag?: number } = {}) {
    super(code);
    this.name = 'QueryError';
    this.code = code;
    this.tag = facts.tag;
  }
}

/** What is asked for cannot be done while the index is filled: that is finished first, and it is done then. */
export class FillingEnds extends Error {
  constructor() {
    super('FILLING_ENDS');
    this.name = 'FillingEnds';
  }
}
