import { characterSetTerms } from '../generated/character-sets.js';
import type { CharacterSetTerm } from '../generated/character-sets.js';

/** Terms that stand alone, with the WHATWG label that decodes them: they know no escape sequences (PS3.5 6.1.2.5). */
const wholeEncodings: Readonly<Record<string, string>> = {
  'ISO_IR 192': 'utf-8',
  GB18030: 'gb18030',
  GBK: 'gbk',
};

const termsByName: ReadonlyMap<string, CharacterSetTerm> = new Map(
  characterSetTerms.map((row) => [row.term, row]),
);

/** What the values of Specific Character Set (0008,0005) mean together. */
export interface CharacterSet {
  /** WHATWG label, when one encoding holds everything; the ISO 2022 fields below then mean nothing. */
  readonly wholeEncoding: string | undefined;
  /** Code elements active at the start and after each delimiter; undefined: no such bytes are allowed. */
  readonly g0: string;
  readonly g1: string | undefined;
  /** The terms, first value first. */
  readonly terms: readonly CharacterSetTerm[];
}

const cache = new Map<string, CharacterSet>();

/** So many meanings are remembered: real data have few, hostile ones as many as they like. */
const cachedSetsMax = 100;

/** Reads Specific Character Set. Unknown terms add nothing: bytes beyond ASCII then decode to U+FFFD. */
export function characterSet(values: readonly string[]): CharacterSet {
  // A data set asks with the same array for each of its texts.
  if (values === lastValues) return lastSet;
  lastSet = lookUp(values);
  lastValues = values;
  return lastSet;
}

function lookUp(values: readonly string[]): CharacterSet {
  const key = values.join('\\');
  let set = cache.get(key);
  if (set === undefined) {
    set = interpret(values);
    if (cache.size < cachedSetsMax) cache.set(key, set);
  }
  return set;
}

function interpret(values: readonly string[]): CharacterSet {
  const names = values.map(canonicalTerm);
  const terms = names.flatMap((name) => termsByName.get(name) ?? []);
  const first = termsByName.get(names[0] ?? '');
  return {
    // Some writers put ISO_IR 192 behind another term; PS3.5 allows neither, and the bytes are UTF-8.
    wholeEncoding: names.map((name) => wholeEncodings[name]).find((label) => label !== undefined),
    g0: isDoubleByte(first?.g0) ? asciiName : (first?.g0 ?? asciiName),
    g1: isDoubleByte(first?.g1) ? undefined : first?.g1,
    terms,
  };
}

const asciiName = 'ISO-IR 6';

/** Double-byte sets are never active at the start, even when a writer names one first: an escape designates them. */
function isDoubleByte(name: string | undefined): boolean {
  return name !== undefined && doubleByteNames.has(name);
}

const doubleByteNames: ReadonlySet<string> = new Set(['ISO-IR 87', 'ISO-IR 159', 'ISO-IR 149', 'ISO-IR 58']);

/** The Standard's spelling of a term: files have 'ISO-IR 100', 'ISO IR 100' and lower case. */
function canonicalTerm(value: string): string {
  const term = value.trim().toUpperCase();
  if (termsByName.has(term)) return term;
  const match = /^ISO[-_ ]?(2022[-_ ]?)?IR[-_ ]?(\d+)$/.exec(term);
  if (match === null) return term;
  const number = match[2] ?? '';
  const guess = match[1] === undefined ? `ISO_IR ${number}` : `ISO 2022 IR ${number}`;
  return termsByName.has(guess) ? guess : `ISO_IR ${number}`;
}

/** Whether a term is one of PS3.3 C.12.1.1.2, in the Standard's spelling. */
export function isCharacterSetTerm(term: string): boolean {
  return termsByName.has(term);
}

let lastValues: readonly string[] = [''];
let lastSet: CharacterSet = interpret(lastValues);
