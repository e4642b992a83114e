import { nameOf } from './batch-rows.ts';
import { type Cursor, type Driver, type DriverPage, endOfRows } from './driver.ts';
import type { DriverStatements } from './driver-statements.ts';
import { forTrigrams, trigramsOf } from './fold.ts';
import {
  DRIVER_COUNT_MAX,
  FUZZY_WORDS_MAX,
  NAME_SCAN_ROWS,
  WORD_TRIGRAMS_MAX,
  WORD_TRIGRAMS_OF_SEVERAL_MAX,
} from './limits.ts';
import type { Condition } from './matching.ts';
import { expressionOf, idCursor, patientsOf } from './patients-by-name.ts';
import type { FuzzyWord } from './name-matching.ts';
import { namedGroups } from './row-writer.ts';
import { soundKey, SoundKeys } from './sounds.ts';
import { trigramText } from './trigram-text.ts';

/** What can precede a word in the text that the trigram index is given: a delimiter, or a break of words. */
const beforeWord = [...'^= ,.-\u1680\u2028\u2029', forTrigrams('\ufeff').slice(-1)];

/** A word of a query, and where the names are that have it. */
interface IndexedWord {
  /** Rows have all trigrams of one of these lists if they have its letters. */
  readonly letters: readonly (readonly string[])[];
  /** Where the rows of its sound begin; undefined when it has none. */
  readonly sound: number | undefined;
}

/** One stretch of a search: where it finds patients, and which of them were found in a stretch before. */
interface Phase {
  ids(before: number, rows: number): readonly number[];
  cameBefore(groups: readonly string[]): boolean;
}

/**
 * Patients whose names have some words: first those that have their letters, then those that may only sound like them. A
 * word of one letter is in no index: with nothing else, or as long as sounds are owed, all patients are looked through a step at a time.
 */
export function wordsDriver(
  condition: Condition,
  words: readonly FuzzyWord[],
  statements: DriverStatements,
): Driver {
  const indexed = words.flatMap(({ text, sound }): IndexedWord[] => {
    const letters = lettersOf(text, words.length === 1 ? WORD_TRIGRAMS_MAX : WORD_TRIGRAMS_OF_SEVERAL_MAX);
    return letters.length === 0
      ? []
      : [{ letters, sound: sound === undefined ? undefined : soundKey(sound) }];
  });
  const hasSounds = statements.soundsOwed.get()?.[0] === 0;
  if (indexed.length === 0 || !hasSounds) return patientsDriver(condition, statements);
  // More words narrow no further; the names are looked at for all of them.
  const asked = indexed.slice(0, FUZZY_WORDS_MAX);
  let phases: readonly Phase[] | undefined;
  return {
    name: 'name words',
    level: 'PATIENT',
    decides: [condition],
    count: (limit) => {
      const counts = asked.map((word) => countOf(word, limit, statements));
      return Math.min(...counts);
    },
    page: ([number, before] = [0, endOfRows], rows): DriverPage => {
      phases ??= phasesOf(asked, statements);
      const phase = phases[Number(number)];
      if (phase === undefined) return { ids: [], next: undefined };
      const ids = phase.ids(Number(before), rows);
      const within = idCursor(ids, rows);
      const isNew = (name: string): boolean => !phase.cameBefore(namedGroups(name));
      const following: Cursor | undefined =
        Number(number) + 1 < phases.length ? [Number(number) + 1, endOfRows] : undefined;
      return {
        ids: patientsOf(ids, condition, statements, (packed) => isNew(nameOf(packed))),
        next: within === undefined ? following : [Number(number), ...within],
      };
    },
  };
}

/**
 * Patients who have the letters of all words; then, of the word that the fewest have, those who have its sound; then,
 * when other words may be the ones that only sound alike, those who have its letters.
 */
function phasesOf(words: readonly IndexedWord[], statements: DriverStatements): readonly Phase[] {
  const { trigrams } = statements;
  const all = words.map(expressionOfWord).join(' AND ');
  const hasAll = (groups: readonly string[]): boolean => words.every((word) => hasLetters(word, groups));
  const letters: Phase = {
    ids: (before, rows) => trigrams.ids(all, before, rows),
    cameBefore: () => false,
  };
  const rarest = rarestOf(words, statements);
  const { sound } = rarest;
  const keys = new SoundKeys();
  const sounds: Phase = {
    ids: (before, rows) => (sound === undefined ? [] : soundsLike(sound, before, rows, statements)),
    cameBefore: hasAll,
  };
  const others: Phase = {
    ids: (before, rows) => trigrams.ids(expressionOfWord(rarest), before, rows),
    cameBefore: (groups) => hasAll(groups) || (sound !== undefined && keys.of(groups, 0).has(sound)),
  };
  const othersSound = words.some((word) => word !== rarest && word.sound !== undefined);
  return [letters, ...(sound === undefined ? [] : [sounds]), ...(othersSound ? [others] : [])];
}

function rarestOf(words: readonly IndexedWord[], statements: DriverStatements): IndexedWord {
  const [first, ...others] = words as readonly [IndexedWord, ...IndexedWord[]];
  if (others.length === 0) return first;
  const counts = words.map((word) => countOf(word, DRIVER_COUNT_MAX, statements));
  return words[counts.indexOf(Math.min(...counts))] ?? first;
}

/** Patients who have a word or one that sounds like it, counted no further than a limit. */
function countOf(word: IndexedWord, limit: number, { trigrams, sounds }: DriverStatements): number {
  const letters = trigrams.count(expressionOfWord(word), endOfRows, limit);
  const sounding = word.sound === undefined ? 0 : sounds.count(word.sound, word.sound + endOfSound, limit);
  return Math.min(letters + sounding, limit);
}

/** Above every row number of a patient. */
const endOfSound = 2 ** 32;

function soundsLike(
  sound: number,
  before: number,
  rows: number,
  { sounds }: DriverStatements,
): readonly number[] {
  return sounds.ids(sound, sound + Math.min(before, endOfSound), rows).map((key) => key - sound);
}

/** Lists of trigrams that a word's letters have; none for one letter. */
function lettersOf(text: string, max: number): readonly (readonly string[])[] {
  const trigrams = trigramsOf(text);
  if (trigrams.length > 0) return [trigrams.slice(0, max)];
  const short = forTrigrams(text);
  return short.length < 2 ? [] : beforeWord.map((before) => [before + short]);
}

const expressionOfWord = ({ letters }: IndexedWord): string => `(${letters.map(expressionOf).join(' OR ')})`;

/** Whether a name is among the rows of a word's expression. */
function hasLetters({ letters }: IndexedWord, groups: readonly string[]): boolean {
  const text = trigramText(groups);
  return letters.some((trigrams) => trigrams.every((trigram) => text.includes(trigram)));
}

/** All patients, the latest first, and of them those that match. */
function patientsDriver(condition: Condition, statements: DriverStatements): Driver {
  return {
    name: 'all names',
    level: 'PATIENT',
    decides: [condition],
    // Any other index is better.
    count: (limit) => limit,
    page: ([before] = [endOfRows]) => {
      const ids = statements.patients.ids(Number(before), NAME_SCAN_ROWS);
      return { ids: patientsOf(ids, condition, statements), next: idCursor(ids, NAME_SCAN_ROWS) };
    },
  };
}
