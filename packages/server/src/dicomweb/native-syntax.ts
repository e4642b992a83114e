import {
  DataSet,
  DataSetReader,
  type DataElement,
  ParseError,
  type TransferSyntax,
  ValueError,
  vrInfo,
  writeDataSet,
} from '@leadglass/dicom';
import { type InstanceRecord, stretch, type StoredBytes } from '../operations/index.ts';
import { bytesBody, joined, type RangedBody } from './ranged-body.ts';
import { stretchBody } from './stretches.ts';
import { explicitLittleEndian } from './syntax-media-types.ts';
import { WebError } from './web-error.ts';

/** Long values inside sequences are held while a data set is converted; at the top level they pass through. */
const HELD_VALUE_MAX_BYTES = 16 * 1024 * 1024;
const HELD_MAX_BYTES = 64 * 1024 * 1024;
/** The last 32-bit length that is one (PS3.5 7.1.1). */
const LENGTH_MAX = 0xfffffffe;

/**
 * A data set that is not compressed, in Explicit VR Little Endian. What is long at the top level (pixels) passes
 * through in pieces. @throws WebError 406 when it holds more inside its sequences than is held at once
 */
export async function explicitLittleEndianBody(
  view: StoredBytes,
  record: InstanceRecord,
  syntax: TransferSyntax,
): Promise<RangedBody> {
  const reader = new DataSetReader(syntax.deflated ? explicitLittleEndian() : syntax, {
    retainValueMaxBytes: HELD_VALUE_MAX_BYTES,
    limits: { retainedMaxBytes: HELD_MAX_BYTES },
  });
  try {
    const end = syntax.deflated ? Infinity : record.dataSetLength;
    for await (const piece of stretch(view, record, syntax, 0, end)) reader.push(piece);
    reader.end();
    return bodyOf(reader.dataSet, view, record, syntax);
  } catch (error) {
    const isTooMuch = error instanceof ParseError || error instanceof ValueError;
    throw isTooMuch ? new WebError(406, 'CANNOT_BE_CONVERTED') : error;
  }
}

function bodyOf(
  dataSet: DataSet,
  view: StoredBytes,
  record: InstanceRecord,
  syntax: TransferSyntax,
): RangedBody {
  const parts: RangedBody[] = [];
  let held = new DataSet({ littleEndian: dataSet.littleEndian });
  const flush = (): void => {
    if (held.size > 0) parts.push(bytesBody(writeDataSet(held, explicitLittleEndian())));
    held = new DataSet({ littleEndian: dataSet.littleEndian });
  };
  for (const element of dataSet) {
    if (!element.passedOver || element.items !== undefined) {
      held.append(element);
      continue;
    }
    flush();
    const { offset, length } = element;
    const swapUnit = dataSet.orderOf(element) ? 1 : vrInfo(element.vr).byteSwapUnit;
    const isOdd = length % 2 === 1;
    parts.push(bytesBody(longHeader(element, length + (isOdd ? 1 : 0))));
    parts.push(stretchBody(view, record, { syntax, offset, length, swapUnit }));
    if (isOdd) parts.push(bytesBody(Buffer.alloc(1)));
  }
  flush();
  return joined(parts);
}

/** Header of a long value; one whose VR has 16-bit lengths is written as UN (PS3.5 6.2.2 note 1). */
function longHeader({ tag, vr }: DataElement, length: number): Uint8Array {
  if (length > LENGTH_MAX) throw new WebError(406, 'CANNOT_BE_CONVERTED');
  const header = Buffer.alloc(12);
  header.writeUInt16LE(tag >>> 16, 0);
  header.writeUInt16LE(tag & 0xffff, 2);
  header.write(vrInfo(vr).lengthFieldBytes === 2 ? 'UN' : vr, 4, 'latin1');
  header.writeUInt32LE(length, 8);
  return header;
}
