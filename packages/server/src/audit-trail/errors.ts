export type AuditTrailErrorCode =
  /** A record inside what the sealed head vouches for is not what was written. */
  | 'DAMAGED'
  /** Segments without a head, or a folder without a trail: somebody removed it. */
  | 'HEAD_MISSING'
  /** The head does not open with this key. */
  | 'HEAD_UNREADABLE'
  /** A new trail was asked for where there is one. */
  | 'ALREADY_EXISTS'
  /** replay() was given an entry that does not follow the last one. */
  | 'OUT_OF_ORDER'
  /** replay() or a reader was given an entry that this key did not seal here. */
  | 'FOREIGN'
  /** What was given as a head that was noted elsewhere is none. */
  | 'NOTED_HEAD_UNREADABLE'
  /** The disk has refused entries for so long that no more can be held back in memory. */
  | 'CANNOT_WRITE'
  | 'CLOSED';

/** A typed refusal; facts are positions and counts, never what an entry says. */
export class AuditTrailError extends Error {
  readonly code: AuditTrailErrorCode;
  readonly facts: Readonly<Record<string, string | number>>;

  constructor(
    code: AuditTrailErrorCode,
    message: string,
    facts: Readonly<Record<string, string | number>> = {},
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'AuditTrailError';
    this.code = code;
    this.facts = facts;
  }
}
