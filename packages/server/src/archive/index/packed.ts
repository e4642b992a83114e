/**
 * The attributes of a row that no SQL looks at, as one text: fields of one code character (QueryKey.code) and the
 * value, a record separator between them. Values of one attribute are separated by backslashes as in the data
 * set, a sequence is JSON: an array of items, each {tag as hex: text or items}. Reading it costs one split.
 */
export type Packed = string;

/** Control characters never get into values, so one of them can separate fields. */
const separator = '\x1e';

export interface StoredItem {
  readonly [tagHex: string]: string | readonly StoredItem[];
}

export function packFields(fields: ReadonlyMap<string, string>): Packed {
  let text = '';
  for (const [code, value] of fields) {
    if (value !== '') text += (text === '' ? '' : separator) + code + value;
  }
  return text;
}

export function unpackFields(packed: Packed): Map<string, string> {
  const fields = new Map<string, string>();
  if (packed === '') return fields;
  for (const field of packed.split(separator)) fields.set(field.charAt(0), field.slice(1));
  return fields;
}

/** The value of one field, '' when it is not there. */
export function packedField(packed: Packed, code: string): string {
  let start = packed.startsWith(code) ? 0 : packed.indexOf(separator + code) + 1;
  if (start === 0 && !packed.startsWith(code)) return '';
  start += 1;
  const end = packed.indexOf(separator, start);
  return packed.slice(start, end < 0 ? undefined : end);
}

/**
 * Fills in what was empty, in place of nothing else: the first instance of a level wins.
 * @param except a field that is held elsewhere
 */
export function mergePacked(held: Packed, more: Packed, except?: string): Packed {
  if (held === more || more === '') return held;
  const fields = unpackFields(held);
  let changed = false;
  for (const [code, value] of unpackFields(more)) {
    if (fields.has(code) || code === except) continue;
    fields.set(code, value);
    changed = true;
  }
  return changed ? packFields(new Map([...fields].sort(byCode))) : held;
}

const byCode = ([a]: [string, string], [b]: [string, string]): number => (a < b ? -1 : 1);

/** The items of a sequence field; none when it was not kept. */
export function storedItems(text: string): readonly StoredItem[] {
  return text === '' ? [] : (JSON.parse(text) as StoredItem[]);
}
