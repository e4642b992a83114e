import { characterSetFor, DataSet, isCharacterSetTerm, Tag, ValueError, type VR } from '@leadglass/dicom';
import type { Match } from './entity.ts';
import type { StoredItem } from './packed.ts';
import type { Query, RequestedKey } from './matching/query.ts';
import type { QueryKey } from './query-keys.ts';

/** What the door adds to every match. */
export interface ResponseFacts {
  /** Retrieve AE Title (0008,0054): where to send a C-MOVE. */
  readonly retrieveAETitle?: string | undefined;
}

/** ISO 8859-1: what a client that names no character set most probably understands. */
const westEuropean: readonly string[] = ['ISO_IR 100'];
const utf8: readonly string[] = ['ISO_IR 192'];
/** Instance Availability (0008,0056): everything that is held can be had at once. */
export const instanceAvailability = 'ONLINE';
const printableASCII = /^[\t\n\f\r\x20-\x7e]*$/;

/**
 * The response identifier of a match (PS3.4 C.4.1.1.3.2): all keys asked for that are held at this level or above,
 * of zero length when this one has no value. Keys that are not supported are left out (PS3.4 C.2.2.1.3). Specific
 * Character Set is the request's if it can hold every text, else one that can.
 */
export function matchToDataSet(match: Match, query: Query, { retrieveAETitle }: ResponseFacts = {}): DataSet {
  const values: (readonly [RequestedKey, QueryKey, string])[] = [];
  let plain = true;
  for (const asked of query.requested) {
    const { key } = asked;
    if (key === undefined) continue;
    const text = match.text(key);
    values.push([asked, key, text]);
    plain &&= printableASCII.test(text);
  }
  const response = new DataSet();
  const characterSet = plain
    ? characterSetForASCII(query)
    : setHolding(
        values.map(([, , text]) => text),
        query,
      );
  setText(response, Tag.SpecificCharacterSet, 'CS', characterSet.join('\\'));
  setText(response, Tag.QueryRetrieveLevel, 'CS', query.level);
  if (retrieveAETitle !== undefined) setText(response, Tag.RetrieveAETitle, 'AE', retrieveAETitle);
  setText(response, Tag.InstanceAvailability, 'CS', instanceAvailability);
  for (const [asked, key, text] of values) {
    if (key.items === undefined) setText(response, key.tag, key.vr, text);
    else response.set(key.tag, itemsOf(match.items(key), key.items, asked.itemTags, response), 'SQ');
  }
  return response;
}

/** The character set of responses that hold nothing but ASCII, which every set has. */
export function characterSetForASCII(query: Query): readonly string[] {
  return usableSet(query) ?? westEuropean;
}

/** @param texts of all keys; sequences as JSON, which adds ASCII only */
function setHolding(texts: readonly string[], query: Query): readonly string[] {
  const held = characterSetFor(texts, characterSetForASCII(query));
  return held.length === 0 ? utf8 : held;
}

function usableSet({ specificCharacterSet: terms }: Query): readonly string[] | undefined {
  const named = terms.some((term) => term !== '');
  return named && terms.every((term) => term === '' || isCharacterSetTerm(term)) ? terms : undefined;
}

/** Items with the attributes asked for, or all that are held. */
function itemsOf(
  items: readonly StoredItem[],
  keys: ReadonlyMap<number, QueryKey>,
  asked: readonly number[] | undefined,
  parent: DataSet,
): DataSet[] {
  return items.map((stored) => {
    const item = new DataSet({ parent });
    for (const [hex, held] of Object.entries(stored)) {
      const key = keys.get(Number.parseInt(hex, 16));
      if (key === undefined || (asked !== undefined && !asked.includes(key.tag))) continue;
      if (typeof held === 'string') setText(item, key.tag, key.vr, held);
      else if (key.items !== undefined) item.set(key.tag, itemsOf(held, key.items, undefined, item), 'SQ');
    }
    return item;
  });
}

const binaryNumberVRs: ReadonlySet<string> = new Set(['US', 'SS', 'UL', 'SL', 'FL', 'FD', 'SV', 'UV']);

/** Sets an element to text, values separated by backslashes; to nothing when the value was never one of its VR. */
function setText(dataSet: DataSet, tag: number, vr: VR, text: string): void {
  if (text === '') {
    dataSet.set(tag, new Uint8Array(0), vr);
    return;
  }
  if (binaryNumberVRs.has(vr)) {
    setOrEmpty(dataSet, tag, vr, text.split('\\'));
    return;
  }
  const bytes = asciiBytes(text, vr === 'UI' ? 0 : 0x20);
  if (bytes === undefined) setOrEmpty(dataSet, tag, vr, text);
  else dataSet.set(tag, bytes, vr);
}

function setOrEmpty(dataSet: DataSet, tag: number, vr: VR, value: string | string[]): void {
  try {
    dataSet.set(tag, value, vr);
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    dataSet.set(tag, new Uint8Array(0), vr);
  }
}

/** Most values are ASCII, which every character set but JIS X 0201 (7E) holds as it is: no encoder is needed. */
function asciiBytes(text: string, padding: number): Uint8Array | undefined {
  const { length } = text;
  const bytes = new Uint8Array(length + (length % 2));
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    if (code >= 0x7e) return undefined;
    bytes[index] = code;
  }
  if (length % 2 === 1) bytes[length] = padding;
  return bytes;
}
