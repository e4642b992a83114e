import type { DataElement } from '../data-set/data-element.ts';
import type { DataSet } from '../data-set/data-set.ts';
import { decodeNumbers, decodeStrings } from '../data-set/decode-value.ts';
import { isGroupLength, Tag, tagHex } from '../dictionary/tag.ts';
import { vrInfo } from '../dictionary/vr.ts';
import type { VR } from '../dictionary/vr.ts';
import { swapped } from '../writer/swap-bytes.ts';
import { toBase64 } from './base64.ts';
import type { DicomJson, DicomJsonAttribute, DicomJsonPersonName, DicomJsonValue } from './dicom-json.ts';

export interface ToDicomJsonOptions {
  /**
   * Gives the BulkDataURI of a value that is left out: passed over, fragments, over 16 MiB, or binary and longer than
   * inlineBinaryMaxBytes. Undefined leaves the attribute out, unless its value is there to be put inline.
   * @param path tags and item numbers (from 0) with slashes between: '54000100/0/54001010'
   */
  readonly bulkDataURI?: (path: string, element: DataElement) => string | undefined;
  /** Longer binary values become bulk data; without bulkDataURI all are put inline. */
  readonly inlineBinaryMaxBytes?: number;
}

/** Longer than any LUT descriptor or private tag list, short against an HTTP header. */
const inlineBinaryMaxBytesDefault = 1024;

/** Longer text and lists of numbers are bulk data like binary values (PS3.18 F.2.6): as JSON they take many times that. */
const inlineValueMaxBytes = 16 * 1024 * 1024;

/**
 * The DICOM JSON Model of a data set (PS3.18 Annex F). Text comes as Unicode, and Specific Character Set accordingly as
 * ISO_IR 192; group lengths are left out, and so is what was not kept and has no URI.
 */
export function toDicomJson(dataSet: DataSet, options: ToDicomJsonOptions = {}): DicomJson {
  return convert(dataSet, dataSet.specificCharacterSet, '', options);
}

function convert(
  dataSet: DataSet,
  characterSet: readonly string[],
  path: string,
  options: ToDicomJsonOptions,
): DicomJson {
  const json: DicomJson = {};
  for (const element of dataSet) {
    if (isGroupLength(element.tag)) continue;
    const key = tagHex(element.tag);
    const attribute = attributeOf(element, dataSet, characterSet, path + key, options);
    if (attribute !== undefined) json[key] = attribute;
  }
  return json;
}

function attributeOf(
  element: DataElement,
  dataSet: DataSet,
  characterSet: readonly string[],
  path: string,
  options: ToDicomJsonOptions,
): DicomJsonAttribute | undefined {
  const { value, items } = element;
  if (items !== undefined) return sequenceAttribute(items, path, options);
  if (value === undefined) return bulkAttribute(element, path, options);
  const meaning = dataSet.meaningOf(element);
  // A sequence that lost its VR and has a defined length is left as the bytes it is.
  const vr = meaning === 'SQ' ? element.vr : meaning;
  const littleEndian = dataSet.orderOf(element);
  if (value.length > inlineValueMaxBytes && vrInfo(vr).kind !== 'bulk')
    return bulkAttribute(element, path, options);
  if (element.tag === Tag.SpecificCharacterSet) return { vr, Value: ['ISO_IR 192'] };
  if (value.length === 0) return { vr };
  if (vrInfo(vr).kind === 'bulk') return binaryAttribute(element, vr, value, littleEndian, path, options);
  const numbers = decodeNumbers(value, vr, littleEndian);
  const values =
    numbers?.map(vr === 'AT' ? (tag) => tagHex(Number(tag)) : numberValue) ??
    decodeStrings(value, vr, characterSet).map((text) => textValue(text, vr));
  return values.every((single) => single === null) && values.length === 1 ? { vr } : { vr, Value: values };
}

/** UN with items is a sequence whose VR got lost (PS3.5 6.2.2): JSON calls it one. */
function sequenceAttribute(
  items: readonly DataSet[],
  path: string,
  options: ToDicomJsonOptions,
): DicomJsonAttribute {
  if (items.length === 0) return { vr: 'SQ' };
  const values = items.map((item, index) =>
    convert(item, item.specificCharacterSet, `${path}/${index}/`, options),
  );
  return { vr: 'SQ', Value: values };
}

function bulkAttribute(
  element: DataElement,
  path: string,
  options: ToDicomJsonOptions,
): DicomJsonAttribute | undefined {
  const uri = options.bulkDataURI?.(path, element);
  return uri === undefined ? undefined : { vr: element.vr, BulkDataURI: uri };
}

/** Inline binary is little endian (PS3.18 F.2.7). */
function binaryAttribute(
  element: DataElement,
  vr: VR,
  value: Uint8Array,
  littleEndian: boolean,
  path: string,
  options: ToDicomJsonOptions,
): DicomJsonAttribute {
  if (value.length > (options.inlineBinaryMaxBytes ?? inlineBinaryMaxBytesDefault)) {
    const attribute = bulkAttribute(element, path, options);
    if (attribute !== undefined) return attribute;
  }
  return { vr, InlineBinary: toBase64(littleEndian ? value : swapped(value, vrInfo(vr).byteSwapUnit)) };
}

/** JSON has no numbers beyond doubles: 64-bit integers that would change, and what is no finite number, become text. */
function numberValue(number: number | bigint): number | string {
  if (typeof number === 'number') return Number.isFinite(number) ? number : String(number);
  return BigInt.asIntN(53, number) === number || (number > 0n && number <= BigInt(Number.MAX_SAFE_INTEGER))
    ? Number(number)
    : number.toString();
}

function textValue(text: string, vr: VR): DicomJsonValue {
  if (text === '') return null;
  if (vr === 'PN') return personName(text);
  if (vr === 'DS') return decimalPattern.test(text) && Number.isFinite(Number(text)) ? Number(text) : text;
  if (vr === 'IS')
    return integerPattern.test(text) && Math.abs(Number(text)) < integerStringLimit ? Number(text) : text;
  return text;
}

/** DS and IS are numbers in JSON where the text is one (PS3.5 Table 6.2-1); anything else stays as it is. */
const decimalPattern = /^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,3})?$/;
const integerPattern = /^[-+]?[0-9]{1,12}$/;

/** IS holds what 32 bits with a sign do. */
const integerStringLimit = 2 ** 31;

/** Component groups without trailing delimiters, which mean nothing (PS3.5 6.2.1.1). */
function personName(text: string): DicomJsonPersonName | null {
  const [alphabetic, ideographic, phonetic] = text.split('=').map((group) => group.replace(/\^+$/, ''));
  const name: DicomJsonPersonName = {};
  if (alphabetic) name.Alphabetic = alphabetic;
  if (ideographic) name.Ideographic = ideographic;
  if (phonetic) name.Phonetic = phonetic;
  return Object.keys(name).length === 0 ? null : name;
}
