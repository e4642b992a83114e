import type { DataElement } from '../data-set/data-element.ts';
import type { DataSet } from '../data-set/data-set.ts';
import { padded } from '../data-set/encode-value.ts';
import { ValueError } from '../data-set/value-error.ts';
import {
  isGroupLength,
  ITEM,
  ITEM_DELIMITATION_ITEM,
  SEQUENCE_DELIMITATION_ITEM,
} from '../dictionary/tag.ts';
import { vrInfo } from '../dictionary/vr.ts';
import type { VR } from '../dictionary/vr.ts';
import { undefinedLength } from '../parser/element-header.ts';
import type { TransferSyntax } from '../uid/transfer-syntax.ts';
import { ByteWriter } from './byte-writer.ts';
import { swapped } from './swap-bytes.ts';

export interface WriteOptions {
  /** Length of sequences and items: as they were read (defined for new ones), or all the same. */
  readonly sequenceLength?: 'as-read' | 'defined' | 'undefined';
  /** Keep group lengths (gggg,0000) as they are, though they may no longer be true; dropped if absent (PS3.5 7.2). */
  readonly keepGroupLengths?: boolean;
}

interface Encoding {
  readonly explicitVR: boolean;
  readonly littleEndian: boolean;
  readonly encapsulated: boolean;
}

/**
 * Writes a data set in a transfer syntax (PS3.5 section 7 and Annex A); for a deflated one the data set as it is before
 * deflateDataSet. Bytes of values are swapped when the byte order changes; fragments are written as they are.
 * @throws ValueError VALUE_NOT_RETAINED for values a reader passed over; TRANSFER_SYNTAX_UNSUITABLE for fragments in a
 *   syntax that is not encapsulated, and for sequences of unknown VR in big endian
 */
export function writeDataSet(dataSet: DataSet, ts: TransferSyntax, options: WriteOptions = {}): Uint8Array {
  const writer = new ByteWriter(ts.littleEndian);
  writeElements(writer, dataSet, ts, options);
  return writer.finish();
}

function writeElements(
  writer: ByteWriter,
  dataSet: DataSet,
  encoding: Encoding,
  options: WriteOptions,
): void {
  for (const element of dataSet) {
    if (isGroupLength(element.tag) && options.keepGroupLengths !== true) continue;
    if (element.items !== undefined) writeSequence(writer, element, element.items, encoding, options);
    else if (element.fragments !== undefined) writeFragments(writer, element, encoding);
    else writeValue(writer, element, dataSet.littleEndian, encoding);
  }
}

function writeValue(
  writer: ByteWriter,
  element: DataElement,
  littleEndian: boolean,
  encoding: Encoding,
): void {
  const { tag, vr, value } = element;
  if (value === undefined) throw new ValueError('VALUE_NOT_RETAINED', tag, vr);
  const even = padded(value, vr);
  // A value too long for a 16-bit length is written as UN (PS3.5 6.2.2 note 1).
  const writtenVR =
    encoding.explicitVR && vrInfo(vr).lengthFieldBytes === 2 && even.length > 0xffff ? 'UN' : vr;
  writeHeader(writer, tag, writtenVR, even.length, encoding);
  const swaps = littleEndian !== encoding.littleEndian && writtenVR !== 'UN';
  writer.write(swaps ? swapped(even, vrInfo(vr).byteSwapUnit) : even);
}

function writeHeader(writer: ByteWriter, tag: number, vr: VR, length: number, encoding: Encoding): void {
  writer.tag(tag);
  if (!encoding.explicitVR) {
    writer.uint32(length);
    return;
  }
  writer.uint8(vr.charCodeAt(0));
  writer.uint8(vr.charCodeAt(1));
  if (vrInfo(vr).lengthFieldBytes === 2) {
    writer.uint16(length);
  } else {
    writer.uint16(0);
    writer.uint32(length);
  }
}

/** A sequence of unknown VR stays one: UN, undefined length, its items in Implicit VR Little Endian (PS3.5 6.2.2). */
function writeSequence(
  writer: ByteWriter,
  element: DataElement,
  items: readonly DataSet[],
  encoding: Encoding,
  options: WriteOptions,
): void {
  const isUnknown = element.vr === 'UN';
  const mode = options.sequenceLength ?? 'as-read';
  const isUndefined = isUnknown || mode === 'undefined' || (mode === 'as-read' && element.undefinedLength);
  writeHeader(writer, element.tag, element.vr, undefinedLength, encoding);
  const lengthAt = writer.length - 4;
  const itemEncoding = { ...encoding, explicitVR: encoding.explicitVR && !isUnknown };
  if (isUnknown && !encoding.littleEndian)
    throw new ValueError('TRANSFER_SYNTAX_UNSUITABLE', element.tag, 'UN');
  for (const item of items) writeItem(writer, item, itemEncoding, options);
  if (isUndefined) writeDelimiter(writer, SEQUENCE_DELIMITATION_ITEM);
  else writer.setUint32At(lengthAt, writer.length - lengthAt - 4);
}

function writeItem(writer: ByteWriter, item: DataSet, encoding: Encoding, options: WriteOptions): void {
  const mode = options.sequenceLength ?? 'as-read';
  const isUndefined = mode === 'undefined' || (mode === 'as-read' && item.undefinedLength);
  writer.tag(ITEM);
  writer.uint32(undefinedLength);
  const start = writer.length;
  writeElements(writer, item, encoding, options);
  if (isUndefined) writeDelimiter(writer, ITEM_DELIMITATION_ITEM);
  else writer.setUint32At(start - 4, writer.length - start);
}

/** Encapsulated Pixel Data (PS3.5 A.4): Basic Offset Table, fragments, delimiter. */
function writeFragments(writer: ByteWriter, element: DataElement, encoding: Encoding): void {
  const { tag, vr } = element;
  if (!encoding.encapsulated) throw new ValueError('TRANSFER_SYNTAX_UNSUITABLE', tag, vr);
  writeHeader(writer, tag, vr, undefinedLength, encoding);
  if (element.basicOffsetTable !== undefined) {
    writeFragment(writer, element.basicOffsetTable.value, tag, vr);
    for (const index of (element.fragments ?? []).keys())
      writeFragment(writer, element.fragmentValue(index), tag, vr);
  }
  writeDelimiter(writer, SEQUENCE_DELIMITATION_ITEM);
}

function writeFragment(writer: ByteWriter, value: Uint8Array | undefined, tag: number, vr: VR): void {
  if (value === undefined) throw new ValueError('VALUE_NOT_RETAINED', tag, vr);
  const even = padded(value, 'OB');
  writer.tag(ITEM);
  writer.uint32(even.length);
  writer.write(even);
}

function writeDelimiter(writer: ByteWriter, tag: number): void {
  writer.tag(tag);
  writer.uint32(0);
}
