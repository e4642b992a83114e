import { formatTag } from '../dictionary/tag.ts';

/** Why bytes or JSON are no data set. Stable: callers map these to statuses. */
export type ParseErrorCode =
  /** Neither Part 10 nor anything that begins like a data set. */
  | 'NOT_DICOM'
  /** The data end inside an element, an item or a sequence. */
  | 'DATA_CUT_SHORT'
  /** A value says it is longer than the item or sequence that holds it. */
  | 'LENGTH_EXCEEDS_CONTAINER'
  /** An item, a delimiter or an element stands where it may not. */
  | 'UNEXPECTED_TAG'
  /** Undefined length for a VR that may not have one (PS3.5 7.1.1). */
  | 'UNDEFINED_LENGTH_NOT_ALLOWED'
  /** Two bytes where Explicit VR needs a VR, and they are none. */
  | 'VR_INVALID'
  | 'NESTING_TOO_DEEP'
  | 'TOO_MANY_ELEMENTS'
  | 'TOO_MANY_ITEMS'
  | 'TOO_MANY_FRAGMENTS'
  | 'VALUE_TOO_LONG'
  /** Values and bookkeeping to keep exceed retainedMaxBytes. */
  | 'RETAINED_TOO_LARGE'
  | 'DEFLATE_INVALID'
  | 'INFLATED_TOO_LARGE'
  /** A transfer syntax this package does not know. */
  | 'TRANSFER_SYNTAX_UNKNOWN'
  | 'JSON_INVALID';

/** Facts of a ParseError: places and sizes, never a value. */
export interface ParseErrorFacts {
  /** The element at fault. */
  readonly tag?: number;
  /** Byte offset in the data set as encoded. */
  readonly offset?: number;
  /** Length or count the data claim. */
  readonly declared?: number;
  /** Length that is there, or the limit. */
  readonly available?: number;
  /** Place in DICOM JSON: tags and item numbers. */
  readonly path?: string;
}

/** Input that is no data set, or crosses a limit. The message holds no attribute value. */
export class ParseError extends Error {
  override readonly name = 'ParseError';
  readonly code: ParseErrorCode;
  readonly tag: number | undefined;
  readonly offset: number | undefined;
  readonly declared: number | undefined;
  readonly available: number | undefined;
  readonly path: string | undefined;

  constructor(code: ParseErrorCode, facts: ParseErrorFacts = {}) {
    super(describe(code, facts));
    this.code = code;
    this.tag = facts.tag;
    this.offset = facts.offset;
    this.declared = facts.declared;
    this.available = facts.available;
    this.path = facts.path;
  }
}

function describe(code: ParseErrorCode, facts: ParseErrorFacts): string {
  const words: string[] = [code];
  if (facts.tag !== undefined) words.push(formatTag(facts.tag));
  if (facts.offset !== undefined) words.push(`at byte ${facts.offset}`);
  if (facts.declared !== undefined) words.push(`declared ${facts.declared}`);
  if (facts.available !== undefined) words.push(`available ${facts.available}`);
  if (facts.path !== undefined) words.push(`in ${facts.path}`);
  return words.join(' ');
}
