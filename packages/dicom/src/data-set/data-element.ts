import type { VR } from '../dictionary/vr.ts';
import type { DataSet } from './data-set.ts';

/** Place of a fragment's value (without its item header) in the data set as encoded. */
export interface Fragment {
  readonly offset: number;
  readonly length: number;
}

/** Bytes that several elements share; a value is found by its offset in the data set. */
export interface ByteSource {
  bytes: Uint8Array;
  /** Offset in the data set of bytes[0]. */
  base: number;
}

/** A data element (PS3.5 7.1). Elements are made by readers and by DataSet.set. */
export class DataElement {
  readonly tag: number;
  readonly vr: VR;
  /** Offset of the value in the data set as encoded (inflated, if that was deflated); 0 for elements that were set. */
  readonly offset: number;
  /**
   * Bytes the value takes in the encoding, delimitation items included: offset + length is where the next element
   * begins. For a sequence or fragments not yet read to their end it is 0.
   */
  length: number;
  /** Bytes from the tag to the value: 8 or 12; offset - headerLength is where the element begins. */
  readonly headerLength: number;
  /** Whether the value's length was FFFFFFFFH and a delimitation item ends it. */
  readonly undefinedLength: boolean;
  /** The value was too long to keep, or Pixel Data: only its place is known. */
  passedOver: boolean;
  /** Items of a sequence. UN with items: a sequence of unknown VR, encoded in Implicit VR Little Endian (PS3.5 6.2.2). */
  items: DataSet[] | undefined;
  /** Fragments of an encapsulated value (PS3.5 A.4), without the Basic Offset Table. */
  fragments: Fragment[] | undefined;
  /** The Basic Offset Table item of an encapsulated value: UL values, possibly none. */
  basicOffsetTable: DataElement | undefined;
  source: ByteSource | undefined;

  constructor(
    tag: number,
    vr: VR,
    offset: number,
    length: number,
    headerLength: number,
    undefinedLength: boolean,
  ) {
    this.tag = tag;
    this.vr = vr;
    this.offset = offset;
    this.length = length;
    this.headerLength = headerLength;
    this.undefinedLength = undefinedLength;
    this.passedOver = false;
    this.items = undefined;
    this.fragments = undefined;
    this.basicOffsetTable = undefined;
    this.source = undefined;
  }

  /** The value as encoded: a view, not a copy. Undefined for sequences, fragments and values passed over. */
  get value(): Uint8Array | undefined {
    if (this.items !== undefined || this.fragments !== undefined) return undefined;
    return this.passedOver ? undefined : this.bytesAt(this.offset, this.length);
  }

  /** A fragment's bytes; undefined when they were passed over or there is no such fragment. */
  fragmentValue(index: number): Uint8Array | undefined {
    const fragment = this.fragments?.[index];
    if (fragment === undefined || this.passedOver) return undefined;
    return this.bytesAt(fragment.offset, fragment.length);
  }

  private bytesAt(offset: number, length: number): Uint8Array | undefined {
    const source = this.source;
    return source?.bytes.subarray(offset - source.base, offset - source.base + length);
  }
}
