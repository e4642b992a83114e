import { DataElement } from '../data-set/data-element.ts';
import type { Fragment } from '../data-set/data-element.ts';
import { ITEM, Tag } from '../dictionary/tag.ts';

/** An item's tag and length stand before each fragment (PS3.5 A.4). */
const itemHeaderBytes = 8;

/** The highest offset a Basic Offset Table can name; larger instances have an empty one. */
const basicOffsetMax = 0xffffffff;

/**
 * Encapsulated Pixel Data of compressed frames, one fragment each, with a Basic Offset Table (PS3.5 A.4), to be put
 * into a data set. The frames' bytes are copied.
 */
export function encapsulatedPixelData(frames: readonly Uint8Array[]): DataElement {
  const lengths = frames.map((frame) => frame.length + (frame.length % 2));
  const offsets: number[] = [];
  let next = 0;
  for (const length of lengths) {
    offsets.push(next);
    next += itemHeaderBytes + length;
  }
  const table = new Uint8Array(next > basicOffsetMax ? 0 : frames.length * 4);
  const view = new DataView(table.buffer);
  for (const [index, offset] of offsets.entries())
    if (table.length > 0) view.setUint32(index * 4, offset, true);
  const bytes = new Uint8Array(next);
  const fragments: Fragment[] = offsets.map((start, index) => {
    bytes.set(frames[index] ?? [], start + itemHeaderBytes);
    return { offset: start + itemHeaderBytes, length: lengths[index] ?? 0 };
  });
  const element = new DataElement(Tag.PixelData, 'OB', 0, 0, 12, true);
  element.fragments = fragments;
  element.source = { bytes, base: 0 };
  element.basicOffsetTable = new DataElement(ITEM, 'OB', 0, table.length, itemHeaderBytes, false);
  element.basicOffsetTable.source = { bytes: table, base: 0 };
  return element;
}
