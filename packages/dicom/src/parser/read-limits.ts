/** What a reader lets a data set cost. Crossing one is a ParseError, never a shortened value. */
export interface ReadLimits {
  /** Sequences inside sequences. */
  readonly nestingDepthMax: number;
  /** Elements in all, those of items included. */
  readonly elementCountMax: number;
  /** Items in all sequences together. */
  readonly itemCountMax: number;
  /** Fragments of one encapsulated value. */
  readonly fragmentCountMax: number;
  /** Length of one value. */
  readonly valueLengthMaxBytes: number;
  /** Memory a data set may take: values kept and bookkeeping of each element, item and fragment. */
  readonly retainedMaxBytes: number;
  /** A deflated data set, inflated (PS3.5 A.5). */
  readonly inflatedMaxBytes: number;
}

export const defaultReadLimits: ReadLimits = {
  // Structured reports nest deepest in practice, below 20; the parser itself needs no stack per level.
  nestingDepthMax: 64,
  // A whole slide image of 100,000 sparse tiles has about ten elements for each.
  elementCountMax: 2_000_000,
  itemCountMax: 1_000_000,
  fragmentCountMax: 1_000_000,
  // The longest a 32-bit Value Length can say (PS3.5 7.1.1).
  valueLengthMaxBytes: 0xfffffffe,
  // Enhanced multi-frame headers reach some 20 MB; bookkeeping of small elements weighs more than their bytes.
  retainedMaxBytes: 256 * 1024 * 1024,
  // Deflate can grow a thousandfold: a 1 MB bomb must not become 1 GB.
  inflatedMaxBytes: 512 * 1024 * 1024,
};

/** Longer values are passed over by a DataSetReader unless it is told otherwise: no index reads more of one. */
export const retainValueMaxBytesDefault: number = 64 * 1024;

/** What one element, item or fragment is reckoned to take in memory besides its value (measured on 64-bit V8). */
export const elementOverheadBytes = 128;
export const itemOverheadBytes = 320;
export const fragmentOverheadBytes = 96;
