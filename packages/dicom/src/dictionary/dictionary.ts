import { dictionaryTable } from '../generated/dictionary-table.js';
import type { VR } from './vr.ts';

export interface DictionaryEntry {
  readonly tag: number;
  /** Empty for private creators and for the few retired elements the Standard left unnamed. */
  readonly keyword: string;
  readonly name: string;
  /** Every VR the Standard allows; empty for items, delimiters and unnamed retired elements. */
  readonly vrs: readonly VR[];
  /** Value multiplicity as printed: '1', '1-n', '3-3n'. */
  readonly vm: string;
  readonly retired: boolean;
}

interface Mask {
  /** Bits of the tag that are fixed, and what they must be. */
  readonly bits: number;
  readonly value: number;
  readonly lineStart: number;
}

/** Where each line of the table begins: lines are parsed when asked for. */
interface LineIndex {
  readonly starts: ReadonlyMap<number, number>;
  readonly masks: readonly Mask[];
}

let lineIndex: LineIndex | undefined;

function indexLines(): LineIndex {
  const starts = new Map<number, number>();
  const masks: Mask[] = [];
  for (let start = 0; start < dictionaryTable.length;) {
    const tag = dictionaryTable.slice(start, start + 8);
    const value = Number(`0x${tag}`);
    if (Number.isNaN(value)) masks.push(maskOf(tag, start));
    else starts.set(value, start);
    const lineEnd = dictionaryTable.indexOf('\n', start);
    start = lineEnd < 0 ? dictionaryTable.length : lineEnd + 1;
  }
  return { starts, masks };
}

/** 'x' stands for any digit, except that 50xx and 60xx are the sixteen even groups 5000-501E and 6000-601E (PS3.6). */
function maskOf(tag: string, lineStart: number): Mask {
  const repeatingGroup = /^[56]0xx/.test(tag);
  const bits = repeatingGroup ? 0xffe1ffff : Number(`0x${tag.replace(/[^x]/g, 'F').replaceAll('x', '0')}`);
  return { bits: bits >>> 0, value: Number(`0x${tag.replaceAll('x', '0')}`), lineStart };
}

const entries = new Map<number, DictionaryEntry>();

/** So many parsed entries are kept at most: hostile tags must not grow the cache (the masks cover millions). */
const cachedEntriesMax = 10_000;

/**
 * What PS3.6 (and PS3.7 Annex E) says of a tag: masked elements (curves, overlays ...), group lengths and
 * private creators included; undefined for unknown and for private elements.
 */
export function dictionaryEntry(tag: number): DictionaryEntry | undefined {
  const known = entries.get(tag);
  if (known !== undefined) return known;
  const entry = findEntry(tag);
  if (entry !== undefined && entries.size < cachedEntriesMax) entries.set(tag, entry);
  return entry;
}

function findEntry(tag: number): DictionaryEntry | undefined {
  const element = tag & 0xffff;
  const isPrivate = (tag & 0x10000) !== 0;
  lineIndex ??= indexLines();
  const start = lineIndex.starts.get(tag) ?? (isPrivate ? undefined : maskedLineStart(tag, lineIndex.masks));
  if (start !== undefined) return parseLine(tag, start);
  if (element === 0) {
    return {
      tag,
      keyword: 'GenericGroupLength',
      name: 'Generic Group Length',
      vrs: ['UL'],
      vm: '1',
      retired: true,
    };
  }
  if (isPrivate && element >= 0x0010 && element <= 0x00ff) {
    return { tag, keyword: '', name: 'Private Creator', vrs: ['LO'], vm: '1', retired: false };
  }
  return undefined;
}

function maskedLineStart(tag: number, masks: readonly Mask[]): number | undefined {
  return masks.find((mask) => (tag & mask.bits) >>> 0 === mask.value)?.lineStart;
}

function parseLine(tag: number, start: number): DictionaryEntry {
  const end = dictionaryTable.indexOf('\n', start);
  const fields = dictionaryTable.slice(start, end < 0 ? undefined : end).split('|');
  const [, keyword = '', vrs = '', vm = '', retired, name = ''] = fields;
  return {
    tag,
    keyword,
    name,
    vrs: vrs === '' ? [] : (vrs.split(',') as VR[]),
    vm,
    retired: retired === 'R',
  };
}
