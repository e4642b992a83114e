import type { DataElement } from '../data-set/data-element.ts';
import type { DataSet } from '../data-set/data-set.ts';

/** Something that holds elements, items or fragments and is not yet at its end. The parser keeps a stack of them. */
export interface Frame {
  readonly holds: 'elements' | 'items' | 'fragments';
  readonly parent: Frame | undefined;
  /** Sequences around it. */
  readonly depth: number;
  readonly dataSet: DataSet;
  /** The sequence or encapsulated value; for an item the sequence it is in; undefined at the top. */
  readonly element: DataElement | undefined;
  /** Offset where it ends; Infinity when a delimitation item or the end of the data does that. */
  readonly end: number;
  /** Offset nothing in it may cross: its own end or that of what holds it. */
  readonly limit: number;
  readonly explicitVR: boolean;
  readonly littleEndian: boolean;
  /** Whether what is in it is kept, and not only checked. */
  readonly kept: boolean;
  /** Pixel Representation (0028,0103) as read so far, here or in what holds this. */
  pixelsAreSigned: boolean;
  /** The last element's tag where elements are not kept: order is checked all the same. */
  lastTag: number;
}
