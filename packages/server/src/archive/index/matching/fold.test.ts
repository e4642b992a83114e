import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fold, foldedGroups, forTrigrams, trigramsOf } from './fold.ts';

describe('folding of names (PS3.4 C.2.2.2.1: PN without regard to case and accents)', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['case', 'SMITH^John', 'smith^john'],
    ['German', 'MÜLLER^JÜRGEN', 'muller^jurgen'],
    ['sharp s', 'Groß', 'gross'],
    ['French', 'Élodie^Çelik', 'elodie^celik'],
    ['Vietnamese, two marks on one letter', 'Nguyễn^Thị', 'nguyen^thi'],
    ['Turkish dotted and dotless i', 'İPEK^Işık', 'ipek^isik'],
    ['Polish stroke', 'Łukasz', 'lukasz'],
    ['Danish', 'Sørensen^Ægir', 'sorensen^aegir'],
    ['Icelandic', 'Þórður', 'thordur'],
    ['Greek, final sigma and tonos', 'Παπαδόπουλος', 'παπαδοπουλοσ'],
    ['Cyrillic', 'Фёдор', 'федор'],
    ['Hebrew points', 'דָּוִד', 'דוד'],
    ['Arabic vocalisation and tatweel', 'مُحَمَّد', 'محمد'],
    ['Arabic hamza carrier', 'أحمد', 'احمد'],
    ['Hangul stays whole', '홍^길동', '홍^길동'],
    ['half-width kana', 'ﾔﾏﾀﾞ^ﾀﾛｳ', 'ヤマダ^タロウ'],
    ['full-width Latin', 'ＹＡＭＡＤＡ', 'yamada'],
    ['kana voicing is a letter', 'がか', 'がか'],
    ['Devanagari vowel signs are letters', 'नीति', 'नीति'],
    ['Thai vowels and tones are letters', 'สมศรี', 'สมศรี'],
  ];
  test.each(cases)('%s', (_script, name, folded) => {
    expect(fold(name)).toBe(folded.normalize('NFC'));
  });

  test('decomposed and composed spellings fold alike', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        (text) => fold(text.normalize('NFD')) === fold(text.normalize('NFC')),
      ),
    );
  });

  test('upper and lower case of Latin, Greek and Cyrillic letters fold alike', () => {
    const letters = fc.constantFrom(...'abcdefghijklmnopqrstuvwxyzäöüßéñçøåœαβγδσωςабвгджяіїєў');
    fc.assert(
      fc.property(
        fc.string({ unit: letters }),
        (text) => fold(text.toUpperCase()) === fold(text.toLowerCase()),
      ),
    );
  });

  test('groups lose outer spaces and empty components at their end (PS3.5 6.2.1.1)', () => {
    expect(foldedGroups('Smith ^ John^^^= 山田^太郎 ^=')).toEqual(['smith^john', '山田^太郎', '']);
  });
});

describe('text for trigrams', () => {
  test('every character of a Han, kana or Hangul name is a trigram of its own', () => {
    expect(trigramsOf('山')).toHaveLength(1);
    expect(forTrigrams('山田')).toHaveLength(6);
    expect(trigramsOf('ab')).toEqual([]);
    expect(trigramsOf('smit')).toEqual(['smi', 'mit']);
    expect(trigramsOf('smithson')).toEqual(['smi', 'ths', 'son']);
  });

  test('a part of a name has only trigrams of the name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(20), fc.nat(20), (name, from, length) => {
        const whole = forTrigrams(name);
        return trigramsOf(name.slice(from, from + length)).every((trigram) => whole.includes(trigram));
      }),
    );
  });
});
