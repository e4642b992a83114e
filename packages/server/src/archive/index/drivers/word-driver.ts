import type { Driver } from './driver.ts';
import { forTrigrams, trigramsOf } from '../matching/fold.ts';
import {
  DRIVER_COUNT_MAX,
  FUZZY_WORDS_MAX,
  PAGE_ROWS_MAX,
  WORD_TRIGRAMS_MAX,
  WORD_TRIGRAMS_OF_SEVERAL_MAX,
  WORDS_MARKED_MAX,
} from '../limits.ts';
import type { Condition } from '../matching/matching.ts';
import type { ComponentTest } from '../memory/name-components.ts';
import { MatchedNames, nameListDriver } from './name-list-driver.ts';
import { type FuzzyWord, matchesWords, wordBreaks } from '../matching/name-matching.ts';
import { NameMatches } from './name-matches.ts';
import type { PatientNames } from '../memory/patient-names.ts';

/** What can precede a word within a component: a break of words. */
const breaksInComponents = [...' ,.-\u1680\u2028\u2029', forTrigrams('\ufeff').slice(-1)];

/** A word of a query, and the marks of names that have it. */
interface MarkedWord {
  /** One of these: a word of the name begins with it, or sounds like it. */
  readonly matches: number;
  /** A word of the name sounds like it; 0: it has no sound. */
  readonly sounds: number;
  /** All of these: the name has its letters, wherever. 0: there are too few of them. */
  readonly letters: number;
}

/**
 * Patients whose names have some words: first those that have the letters of all, then those that may only sound like them.
 * Of these the word that the fewest have decides: those who have its sound come before those who have its letters.
 */
export function wordsDriver(condition: Condition, words: readonly FuzzyWord[], names: PatientNames): Driver {
  return nameListDriver('words of names', condition, new WordList(words, names), names);
}

class WordList extends MatchedNames {
  /** Those that decide the order. */
  readonly #words: readonly MarkedWord[];
  readonly #names: PatientNames;
  /** What follows each other, of the matches so far. */
  readonly #phases: readonly [number[], number[], number[]] = [[], [], []];
  #rarest: MarkedWord | undefined;
  /** Nobody has the letters of the rarest word: all sound like it, and nobody waits for those who come first. */
  #allSound = false;
  #divided = 0;
  #all: readonly number[] | undefined;

  constructor(words: readonly FuzzyWord[], names: PatientNames) {
    const tests: ComponentTest[] = [];
    const marked = words.slice(0, WORDS_MARKED_MAX).map((word) => markedWord(word, words.length, tests));
    const [first, ...others] = marked.map(({ matches }) => matches);
    const test = (row: number): boolean => matchesWords(words, names.groupsOf(row));
    const conditions = { tests, clauses: [first ?? 0, ...others] } as const;
    super(new NameMatches(names, marked.length < words.length ? { ...conditions, test } : conditions));
    this.#words = marked.filter(({ letters }) => letters !== 0).slice(0, FUZZY_WORDS_MAX);
    this.#names = names;
  }

  rowsFrom(place: number, wanted: number): readonly number[] {
    const [first] = this.#phases;
    if (first.length < place + wanted)
      this.matches.extendTo(this.matches.rows.length + Math.max(wanted, PAGE_ROWS_MAX));
    this.#divide();
    if (!this.matches.isWhole) return first.slice(place, place + wanted);
    this.#all ??= this.#phases.flat();
    return this.#all.slice(place, place + wanted);
  }

  all(limit: number): readonly number[] {
    while (!this.matches.isWhole && this.matches.rows.length < limit) this.matches.extendTo(limit);
    return this.matches.rows.slice(0, limit);
  }

  #divide(): void {
    const { rows } = this.matches;
    if (this.#rarest === undefined) this.#findRarest();
    for (; this.#divided < rows.length; this.#divided++) {
      const row = rows[this.#divided] as number;
      this.#phases[this.#phaseOf(this.matches.marksOf(row))].push(row);
    }
  }

  #phaseOf(marks: number): 0 | 1 | 2 {
    if (this.#allSound || this.#words.every(({ letters }) => (marks & letters) === letters)) return 0;
    return (marks & (this.#rarest?.sounds ?? 0)) === 0 ? 2 : 1;
  }

  /** Of the words in the fewest names, the first: words that very many have are alike. */
  #findRarest(): void {
    const marks = this.matches.marksOfComponents();
    const counts = this.#words.map(({ letters, sounds }) => {
      const sounding = sounds === 0 ? 0 : this.#names.usesOf(marks, sounds);
      return Math.min(this.#names.usesOf(marks, letters) + sounding, DRIVER_COUNT_MAX);
    });
    const rarest = this.#words[counts.indexOf(Math.min(...counts))];
    this.#rarest = rarest;
    if (rarest !== undefined) this.#allSound = this.#names.usesOfSome(marks, rarest.letters) === 0;
  }
}

/** @param tests those of words before it, to which its own are added @param words how many there are in all */
function markedWord({ text, sound }: FuzzyWord, words: number, tests: ComponentTest[]): MarkedWord {
  const add = (contained: string, test: (component: string) => boolean): number => {
    const bit = 1 << tests.length;
    tests.push({ bit, contained, test });
    return bit;
  };
  const begins = add(
    forTrigrams(text),
    (component) =>
      component.startsWith(text) || component.split(wordBreaks).some((word) => word.startsWith(text)),
  );
  let sounds = 0;
  if (sound !== undefined) {
    sounds = 1 << tests.length;
    tests.push({ bit: sounds, sound });
  }
  let letters = 0;
  const trigrams = trigramsOf(text).slice(0, words === 1 ? WORD_TRIGRAMS_MAX : WORD_TRIGRAMS_OF_SEVERAL_MAX);
  for (const trigram of trigrams)
    letters |= add(trigram, (component) => forTrigrams(component).includes(trigram));
  const short = forTrigrams(text);
  if (short.length === 2) letters = add(short, (component) => beginsWord(forTrigrams(component), short));
  return { matches: begins | sounds, sounds, letters };
}

const beginsWord = (component: string, text: string): boolean =>
  component.startsWith(text) || breaksInComponents.some((each) => component.includes(each + text));
