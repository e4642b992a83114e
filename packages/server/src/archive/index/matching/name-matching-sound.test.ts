import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openIndex } from '../archive-index.ts';
import { fold } from './fold.ts';
import { NAME_SCAN_ROWS } from '../limits.ts';
import { soundOf } from './name-matching-sound.ts';
import { entryOf, queryOf } from '../test-support.ts';

describe('the sound of a word', () => {
  test.each([
    ['Müller', 'Mueller', 'Muller', 'Möller'],
    ['Schmidt', 'Schmitt', 'Smith', 'Smyth'],
    ['Meyer', 'Maier', 'Meier', 'Mayr'],
    ['Schwarz', 'Schwartz', 'Swarts'],
    ['Kowalski', 'Kovalsky'],
    ['Thompson', 'Thomson', 'Tomson'],
    ['Catherine', 'Katrin'],
    ['Stephen', 'Steven', 'Stefan'],
    ['Philip', 'Filip'],
    ['Christian', 'Kristian'],
    ['John', 'Jon', 'Yon'],
    ['Anna', 'Hannah', 'Ana'],
    ['Li', 'Lee'],
    ["O'Brien", 'OBrian'],
  ])('%s is that of %s', (...words) => {
    expect(new Set(words.map((word) => soundOf(fold(word)))).size).toBe(1);
    expect(soundOf(fold(words[0]))).toBeDefined();
  });

  test.each([
    ['Smith', 'Jones'],
    ['Anna', 'Jan'],
    ['Li', 'Luo'],
    ['Jon', 'Jan'],
    ['Garcia', 'Gomez'],
    ['Meier', 'Miller'],
  ])('%s is not that of %s', (one, other) => expect(soundOf(fold(one))).not.toBe(soundOf(fold(other))));

  test('of other scripts, of numbers and of vowels alone there is none', () => {
    for (const word of ['山田', 'Иванов', 'やまだ', '42', 'a1', '', 'ay', 'h', 'x'.repeat(65)])
      expect(soundOf(fold(word))).toBeUndefined();
  });

  test('whatever the letters, it is short and the same again', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{1,64}$/), (word) => {
        const sound = soundOf(word);
        expect(sound === undefined || /^[A-Z]{1,128}$/.test(sound)).toBe(true);
        // A letter said twice is said once.
        expect(soundOf(word.replaceAll(/([lmnr])/g, '$1$1').slice(0, 64)) === undefined).toBe(
          sound === undefined,
        );
      }),
    );
  });
});

describe('a fuzzy search', () => {
  /** More names than one step looks through. */
  const many = NAME_SCAN_ROWS + 500;
  const index = openIndex({ location: ':memory:' });
  const held = (number: number, name: string) =>
    entryOf({
      PatientID: `P${number}`,
      PatientName: name,
      StudyInstanceUID: `1.${number}`,
      SeriesInstanceUID: `1.${number}.1`,
      SOPInstanceUID: `1.${number}.1.1`,
    });
  index.add(Array.from({ length: many }, (_, number) => held(number, `Nobody${number}^A`)));
  const names = [
    'Müller^Eva',
    'Mueller^Eva',
    'Maler^Eva',
    'Eva^Mueller',
    'Miller^Adam',
    'Muellerin^Eva=Müller^Eva',
  ];
  index.add(names.map((name, number) => held(many + number, name)));
  const options = { root: 'STUDY', relational: true, fuzzy: true } as const;

  const found = (name: string, more = {}): string[] => {
    const query = queryOf({ PatientName: name, PatientID: '' }, { ...options, ...more });
    return [...index.query(query)].map((match) =>
      match.text(queryOf({ PatientID: '' }).requested[0]?.key ?? never()),
    );
  };

  test('gives first what has its letters, then what sounds like it, each once', () => {
    const ids = found('mueller');
    expect(new Set(ids).size).toBe(ids.length);
    // Letters: the second, the fourth and the last; sound: all but those.
    expect(new Set(ids.slice(0, 3))).toEqual(new Set([1, 3, 5].map((number) => `P${many + number}`)));
    expect(new Set(ids.slice(3))).toEqual(new Set([0, 2, 4].map((number) => `P${many + number}`)));
    expect(found('mueller adam')).toEqual([`P${many + 4}`]);
  });

  test('pages with an offset as one list', () => {
    const all = found('mueller');
    for (let offset = 0; offset < all.length; offset++)
      expect(found('mueller', { offset, limit: 1 })).toEqual(all.slice(offset, offset + 1));
  });

  test('takes a step at a time where the words do not decide, and finds no more than there is', () => {
    const tenLetters = 'n o b d y a e r u i';
    const pages = [...index.queryPages(queryOf({ PatientName: `${tenLetters} zzyzx` }, options))];
    expect(pages.flat()).toEqual([]);
    expect([...index.queryPages(queryOf({ PatientName: 'Zzyzx' }, options))].flat()).toEqual([]);
    expect(found('mueler', { limit: 10 })).toHaveLength(6);
  });
});

function never(): never {
  throw new Error('it is a key');
}
