import { fold, foldedGroups, trimComponents } from './fold.ts';
import { soundOf } from './name-matching-sound.ts';
import { hasWildcard, isOnlyStars, matchesWildcard, parseWildcard, type Wildcard } from './wildcard.ts';

/** What one component group of a name must look like, folded. */
export type GroupPattern =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'wildcard'; readonly wildcard: Wildcard };

/**
 * One value of a PN key. A value with '=' says which component group each pattern is for; one without is looked
 * for in all three, so that a romanised and a native spelling both find the patient (PS3.5 6.2.1.2).
 */
export interface NamePattern {
  readonly anyGroup: GroupPattern | undefined;
  readonly groups: readonly (GroupPattern | undefined)[];
  /** Fuzzy: each word begins some word of the name, or sounds like it, in any order. */
  readonly words: readonly FuzzyWord[];
}

export interface FuzzyWord {
  /** Folded. */
  readonly text: string;
  /** Undefined: it is matched by its letters alone. */
  readonly sound: string | undefined;
}

export const wordBreaks = /[\s^=,.-]+/u;

/** @returns undefined when there are more wildcards than the limit; 'universal' when every name matches */
export function parseNamePattern(value: string, fuzzy: boolean): NamePattern | 'universal' | undefined {
  if (fuzzy && !hasWildcard(value)) {
    const words = [...new Set(fold(value).split(wordBreaks))].filter((word) => word !== '');
    if (words.length === 0) return 'universal';
    const sounds = words.map((text) => ({ text, sound: soundOf(text) }));
    return { anyGroup: undefined, groups: [], words: sounds };
  }
  const groups: (GroupPattern | undefined)[] = [];
  for (const text of value.split('=').slice(0, 3)) {
    const group = parseGroup(text);
    if (group === 'too many') return undefined;
    groups.push(group);
  }
  if (groups.every((group) => group === undefined)) return 'universal';
  const anyGroup = value.includes('=') ? undefined : groups[0];
  return { anyGroup, groups: anyGroup === undefined ? groups : [], words: [] };
}

function parseGroup(text: string): GroupPattern | undefined | 'too many' {
  if (text === '' || isOnlyStars(text)) return undefined;
  if (hasWildcard(text)) {
    const wildcard = parseWildcard(text.replace(/ *\^ */g, '^').trim(), fold);
    return wildcard === undefined ? 'too many' : { kind: 'wildcard', wildcard };
  }
  const literal = trimComponents(fold(text));
  return literal === '' ? undefined : { kind: 'literal', text: literal };
}

/** Whether one value of a stored name matches. */
export function matchesName(pattern: NamePattern, name: string): boolean {
  if (name === '') return false;
  const groups = foldedGroups(name);
  if (pattern.words.length > 0) return matchesWords(pattern.words, groups);
  const { anyGroup } = pattern;
  if (anyGroup !== undefined) return groups.some((group) => matchesGroup(anyGroup, group));
  return pattern.groups.every(
    (wanted, index) => wanted === undefined || matchesGroup(wanted, groups[index] ?? ''),
  );
}

/** Five components (PS3.5 6.2.1.1): a name may end with four delimiters that mean nothing. */
const delimitersMax = 4;

export function matchesGroup(pattern: GroupPattern, group: string): boolean {
  if (group === '') return false;
  if (pattern.kind === 'literal') return pattern.text === group;
  if (matchesWildcard(pattern.wildcard, group)) return true;
  // 'SMITH^*' finds the patient of whom no more than the family name is known.
  const delimiters = delimitersMax - (group.split('^').length - 1);
  const wantsDelimiter = pattern.wildcard.pieces.some((piece) => piece.includes('^'));
  return (
    wantsDelimiter && delimiters > 0 && matchesWildcard(pattern.wildcard, group + '^'.repeat(delimiters))
  );
}

/** Whether each of some words begins a word of a name, or each begins one or sounds like one. */
export function matchesWords(words: readonly FuzzyWord[], groups: readonly string[]): boolean {
  const held = groups.flatMap((group) => group.split(wordBreaks));
  if (words.every(({ text }) => held.some((candidate) => candidate.startsWith(text)))) return true;
  const sounds = held.map(soundOf);
  return words.every(({ text, sound }) =>
    held.some((candidate, index) => candidate.startsWith(text) || isSame(sound, sounds[index])),
  );
}

const isSame = (sound: string | undefined, other: string | undefined): boolean =>
  sound !== undefined && sound === other;
