import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openDatabase } from '../database.ts';
import { compareTexts } from './name-order.ts';
import { matchesGroup, parseNamePattern } from '../matching/name-matching.ts';
import { NameMatcher } from './name-matcher.ts';
import { PatientNames } from './patient-names.ts';

const oneOf = (...values: string[]): fc.Arbitrary<string> => fc.constantFrom(...values);
const letters = oneOf('a', 'b', 'ab', 'ba', 'aab', '𝒳', '山', 'é', ' ', '-');
const component = fc.array(letters, { maxLength: 4 }).map((all) => all.join('').trim());
const group = fc
  .array(component, { minLength: 1, maxLength: 7 })
  .map((components) => components.join('^').replace(/\^+$/, ''))
  .filter((text) => text !== '');
const pattern = fc
  .array(fc.oneof(letters, oneOf('*', '*', '?', '^', '^')), { minLength: 1, maxLength: 8 })
  .map((parts) => parts.join(''));

test('a matcher takes the group that is the first to match, of names of several groups', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uniqueArray(group, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 30 }),
      fc.array(pattern, { minLength: 1, maxLength: 10 }),
      (held, patterns) => {
        const names = new PatientNames(openDatabase(':memory:'));
        while (names.step());
        for (const [at, groups] of held.entries()) names.add(at + 1, groups, 1);
        for (const text of patterns) {
          const wanted = parseNamePattern(text, false);
          if (typeof wanted !== 'object' || wanted.anyGroup === undefined) continue;
          const { anyGroup } = wanted;
          const matcher = NameMatcher.of(anyGroup);
          if (matcher === undefined) throw new Error('so short a pattern has a matcher');
          matcher.begin(names.components);
          for (const [at, groups] of held.entries())
            expect(names.groupTaken(at + 1, matcher), `${text} in ${groups.join('=')}`).toBe(
              groups.findIndex((each) => matchesGroup(anyGroup, each)),
            );
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('a pattern that is too long, or takes too many states, is left to the texts', () => {
  const names = new PatientNames(openDatabase(':memory:'));
  while (names.step());
  const of = (text: string): NameMatcher | undefined => {
    const wanted = parseNamePattern(text, false);
    return typeof wanted === 'object' && wanted.anyGroup ? NameMatcher.of(wanted.anyGroup) : undefined;
  };
  expect(of(`*${'a'.repeat(31)}*`)).toBeUndefined();
  expect(of(`*${'a'.repeat(30)}*`)).toBeDefined();
  const matcher = of(`*a${'?'.repeat(25)}b*`);
  if (matcher === undefined) throw new Error('no matcher');
  // Where an a was within the last letters makes the state: there are very many of them.
  const texts = Array.from({ length: 200 }, (_, at) =>
    [...at.toString(2)].map((bit) => 'ca'[Number(bit)]).join(''),
  );
  for (const [at, text] of texts.entries()) names.add(at + 1, [`${text}^x`], 1);
  matcher.begin(names.components);
  const taken = texts.map((_, at) => names.groupTaken(at + 1, matcher));
  expect(taken).toContain(undefined);
  expect(taken.filter((each) => each !== undefined && each !== -1)).toEqual([]);
});

test('texts are compared as SQLite compares them', () => {
  const database = openDatabase(':memory:').database;
  const isLess = database.prepare('select ? < ? as less');
  const text = fc.array(oneOf('a', 'b', '^', 'z', '\uffee', '\ud83d\ude00', '山', '\ue000', '\u07ff'), {
    maxLength: 4,
  });
  fc.assert(
    fc.property(text, text, (some, others) => {
      const [one, other] = [some.join(''), others.join('')];
      expect(compareTexts(one, other) < 0).toBe(isLess.get(one, other)?.['less'] === 1);
      expect(compareTexts(one, other) === 0).toBe(one === other);
    }),
  );
});
