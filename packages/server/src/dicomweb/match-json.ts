import { Tag, tagHex } from '@leadglass/dicom';
import type { Match, Query, QueryKey } from '../operations/index.ts';

/** A value, or a part of one, as JSON text. */
type JSONText = string;

const SINGLE_VALUE_VRS: ReadonlySet<string> = new Set(['LT', 'ST', 'UR', 'UT']);
const NUMBER_VRS: ReadonlySet<string> = new Set(['IS', 'DS', 'US', 'SS', 'UL', 'SL', 'FL', 'FD']);
/** What is a number in JSON as well as in DICOM; anything else stays the text it is. */
const NUMBER = /^ *[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})? *$/;
const INTEGER_LIMIT = 2 ** 31;

interface StoredItem {
  readonly [tagHex: string]: string | readonly StoredItem[];
}

/**
 * Makes the encoder of a search's results: a match as DICOM JSON (PS3.18 Annex F), written straight from what the
 * index holds. Attributes that have no value are there without one (PS3.18 10.6.3.3.1).
 */
export function matchEncoder(query: Query, baseURL: string): (match: Match) => JSONText {
  const fields: { tag: number; text: (match: Match) => JSONText }[] = [
    { tag: Tag.SpecificCharacterSet, text: () => '{"vr":"CS","Value":["ISO_IR 192"]}' },
    { tag: Tag.InstanceAvailability, text: () => '{"vr":"CS","Value":["ONLINE"]}' },
    {
      tag: Tag.RetrieveURL,
      text: (match) => `{"vr":"UR","Value":[${JSON.stringify(urlOf(match, baseURL))}]}`,
    },
  ];
  for (const { key, itemTags } of query.requested) {
    if (key) fields.push({ tag: key.tag, text: (match) => attribute(key, match.text(key), itemTags) });
  }
  fields.sort((a, b) => a.tag - b.tag);
  const named = fields.map(({ tag, text }) => ({ name: `"${tagHex(tag)}":`, text }));
  return (match) => `{${named.map(({ name, text }) => name + text(match)).join(',')}}`;
}

function urlOf({ studyInstanceUID, seriesInstanceUID, sopInstanceUID }: Match, baseURL: string): string {
  let url = `${baseURL}/studies/${studyInstanceUID ?? ''}`;
  if (seriesInstanceUID !== undefined) url += `/series/${seriesInstanceUID}`;
  if (sopInstanceUID !== undefined) url += `/instances/${sopInstanceUID}`;
  return url;
}

function attribute(key: QueryKey, text: string, itemTags: readonly number[] | undefined): JSONText {
  const { vr } = key;
  if (text === '') return `{"vr":"${vr}"}`;
  if (key.items) {
    const items = (JSON.parse(text) as StoredItem[]).map((item) => itemText(key, item, itemTags));
    return `{"vr":"SQ","Value":[${items.join(',')}]}`;
  }
  const values = SINGLE_VALUE_VRS.has(vr) || !text.includes('\\') ? [text] : text.split('\\');
  return `{"vr":"${vr}","Value":[${values.map((value) => valueText(vr, value)).join(',')}]}`;
}

function itemText(key: QueryKey, item: StoredItem, wanted: readonly number[] | undefined): JSONText {
  const parts: string[] = [];
  for (const [hex, held] of Object.entries(item)) {
    const itemKey = key.items?.get(Number.parseInt(hex, 16));
    if (!itemKey || (wanted !== undefined && !wanted.includes(itemKey.tag))) continue;
    const text = typeof held === 'string' ? held : JSON.stringify(held);
    parts.push(`"${hex}":${attribute(itemKey, text, undefined)}`);
  }
  return `{${parts.join(',')}}`;
}

function valueText(vr: string, value: string): JSONText {
  if (value === '') return 'null';
  if (vr === 'PN') return personName(value);
  if (NUMBER_VRS.has(vr) && NUMBER.test(value)) {
    const number = Number(value);
    const fits = vr !== 'IS' || (Number.isInteger(number) && Math.abs(number) < INTEGER_LIMIT);
    if (fits && Number.isFinite(number)) return String(number);
  }
  return JSON.stringify(value);
}

function personName(text: string): JSONText {
  const [alphabetic = '', ideographic = '', phonetic = ''] = text
    .split('=')
    .map((group) => group.replace(/\^+$/, ''));
  const groups = { Alphabetic: alphabetic, Ideographic: ideographic, Phonetic: phonetic };
  const held = Object.entries(groups).filter(([, group]) => group !== '');
  return held.length === 0 ? 'null' : JSON.stringify(Object.fromEntries(held));
}
