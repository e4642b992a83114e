import { DataSet } from '../data-set/data-set.ts';
import { ValueError } from '../data-set/value-error.ts';
import { isGroupLength, Tag } from '../dictionary/tag.ts';
import { isVR, vrInfo } from '../dictionary/vr.ts';
import type { VR } from '../dictionary/vr.ts';
import { ParseError } from '../parser/parse-error.ts';
import { defaultReadLimits } from '../parser/read-limits.ts';
import type { ReadLimits } from '../parser/read-limits.ts';
import { fromBase64 } from './base64.ts';

export interface FromDicomJsonOptions {
  readonly limits?: Partial<ReadLimits>;
  /** Gives the bytes a BulkDataURI stands for (little endian); undefined is a ParseError. */
  readonly bulkData?: (uri: string, path: string) => Uint8Array | undefined;
}

const unicode = 'ISO_IR 192';
const specificCharacterSetKey = '00080005';

interface Context {
  readonly limits: ReadLimits;
  readonly bulkData: (uri: string, path: string) => Uint8Array | undefined;
  elementCount: number;
  itemCount: number;
  /** Whether any text went beyond ASCII. */
  needsUnicode: boolean;
}

/**
 * A data set from the DICOM JSON Model (PS3.18 Annex F), its text in UTF-8 (ISO_IR 192) when any is beyond ASCII or
 * the JSON names a character set.
 * @param json what JSON.parse gave: nothing is taken for granted
 * @throws ParseError JSON_INVALID with the path of the attribute, or a limit
 */
export function fromDicomJson(json: unknown, options: FromDicomJsonOptions = {}): DataSet {
  const context: Context = {
    limits: { ...defaultReadLimits, ...options.limits },
    bulkData: options.bulkData ?? (() => undefined),
    elementCount: 0,
    itemCount: 0,
    needsUnicode: false,
  };
  const dataSet = new DataSet();
  dataSet.set(Tag.SpecificCharacterSet, unicode);
  fill(dataSet, json, '', 0, context);
  const isNamed = isRecord(json) && specificCharacterSetKey in json;
  if (!context.needsUnicode && !isNamed) dataSet.delete(Tag.SpecificCharacterSet);
  return dataSet;
}

function fill(dataSet: DataSet, json: unknown, path: string, depth: number, context: Context): void {
  if (!isRecord(json)) throw invalid(path);
  for (const key of Object.keys(json).sort()) {
    const tag = /^[0-9A-Fa-f]{8}$/.test(key) ? Number.parseInt(key, 16) : undefined;
    if (tag === undefined) throw invalid(path + shown(key));
    if (++context.elementCount > context.limits.elementCountMax) throw new ParseError('TOO_MANY_ELEMENTS');
    if (isGroupLength(tag)) continue;
    // JSON is Unicode, whatever set it says its text once had.
    if (tag === Tag.SpecificCharacterSet) dataSet.set(tag, unicode);
    else setAttribute(dataSet, tag, json[key], path + key.toUpperCase(), depth, context);
  }
}

/** A key that is no tag may be anything, a patient's name included: it is not repeated. */
function shown(key: string): string {
  return `(key of ${key.length} characters)`;
}

function setAttribute(
  dataSet: DataSet,
  tag: number,
  attribute: unknown,
  path: string,
  depth: number,
  context: Context,
): void {
  if (!isRecord(attribute)) throw invalid(path);
  const { vr, Value, InlineBinary, BulkDataURI } = attribute;
  if (typeof vr !== 'string' || !isVR(vr)) throw invalid(path);
  const given = [Value, InlineBinary, BulkDataURI].filter((part) => part !== undefined);
  if (given.length > 1) throw invalid(path);
  if (InlineBinary !== undefined || BulkDataURI !== undefined) {
    dataSet.set(tag, bytesOf(InlineBinary, BulkDataURI, path, context), vr);
    return;
  }
  const values = Value ?? [];
  if (!Array.isArray(values)) throw invalid(path);
  if (vr === 'SQ') setItems(dataSet, tag, values, path, depth, context);
  else setValues(dataSet, tag, vr, values, path, context);
}

function bytesOf(inlineBinary: unknown, bulkDataURI: unknown, path: string, context: Context): Uint8Array {
  let bytes: Uint8Array | undefined;
  if (typeof inlineBinary === 'string') bytes = fromBase64(inlineBinary);
  else if (typeof bulkDataURI === 'string') bytes = context.bulkData(bulkDataURI, path);
  if (bytes === undefined) throw invalid(path);
  return bytes;
}

function setItems(
  dataSet: DataSet,
  tag: number,
  values: readonly unknown[],
  path: string,
  depth: number,
  context: Context,
): void {
  const { nestingDepthMax, itemCountMax } = context.limits;
  if (depth >= nestingDepthMax) throw new ParseError('NESTING_TOO_DEEP', { tag, available: nestingDepthMax });
  context.itemCount += values.length;
  if (context.itemCount > itemCountMax)
    throw new ParseError('TOO_MANY_ITEMS', { tag, available: itemCountMax });
  const items = values.map((value, index) => {
    const item = new DataSet({ parent: dataSet });
    // An empty item may come as null (PS3.18 F.2.5).
    fill(item, value ?? {}, `${path}/${index}/`, depth + 1, context);
    return item;
  });
  dataSet.set(tag, items, 'SQ');
}

function setValues(
  dataSet: DataSet,
  tag: number,
  vr: VR,
  values: readonly unknown[],
  path: string,
  context: Context,
): void {
  const { kind, multiValue } = vrInfo(vr);
  if (kind === 'bulk' && values.length > 0) throw invalid(path);
  const plain = values.map((value) =>
    vr === 'PN' ? personNameText(value) : plainValue(value, kind === 'string'),
  );
  // A backslash inside a value would make two of it.
  if (multiValue && plain.some((value) => typeof value === 'string' && value.includes('\\')))
    throw invalid(path);
  const known = plain.filter((value) => value !== undefined);
  if (known.length !== plain.length) throw invalid(path);
  context.needsUnicode ||= known.some((value) => typeof value === 'string' && /[\u0080-\uffff]/.test(value));
  try {
    dataSet.set(tag, known, vr);
  } catch (error) {
    throw error instanceof ValueError ? invalid(path) : error;
  }
}

/** Null keeps the place of an empty value in text; undefined is refused. */
function plainValue(value: unknown, isText: boolean): string | number | undefined {
  if (typeof value === 'string' || typeof value === 'number') return value;
  return value === null && isText ? '' : undefined;
}

const groupNames = ['Alphabetic', 'Ideographic', 'Phonetic'] as const;

function personNameText(value: unknown): string | undefined {
  if (value === null) return '';
  if (!isRecord(value)) return undefined;
  const groups = groupNames.map((name) => value[name] ?? '');
  if (!groups.every((group) => typeof group === 'string' && !group.includes('='))) return undefined;
  return groups.join('=').replace(/=+$/, '');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(path: string): ParseError {
  return new ParseError('JSON_INVALID', { path });
}
