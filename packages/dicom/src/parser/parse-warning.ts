/** What a reader forgave. Real files need it; a filter may want to know. */
export type ParseWarningCode =
  /** A tag not above the one before it: PS3.5 7.1 demands ascending order. */
  | 'ELEMENT_OUT_OF_ORDER'
  /** PS3.5 7.1.1 demands even lengths. */
  | 'LENGTH_ODD'
  /** No VR of this edition: two other capital letters, two spaces, '??'; read as UN. */
  | 'VR_UNKNOWN'
  /** A delimitation item with a length, or one that ends nothing. */
  | 'DELIMITER_MISPLACED';

export interface ParseWarning {
  readonly code: ParseWarningCode;
  readonly tag: number;
  /** Byte offset of the element in the data set. */
  readonly offset: number;
}

/** So many are kept: the first ones tell the story, and a hostile file must not fill memory with them. */
export const warningCountMax = 64;
