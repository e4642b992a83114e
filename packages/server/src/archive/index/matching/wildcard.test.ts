import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { WILDCARDS_MAX } from '../limits.ts';
import { isOnlyStars, literalPrefix, matchesWildcard, parseWildcard, type Wildcard } from './wildcard.ts';

const same = (text: string): string => text;
const parsed = (text: string): Wildcard => parseWildcard(text, same) as Wildcard;

describe('wildcard matching (PS3.4 C.2.2.2.4)', () => {
  test.each([
    ['SMI*', 'SMITH', true],
    ['SMI*', 'SMI', true],
    ['SMI*', 'ASMI', false],
    ['*MIT*', 'SMITH', true],
    ['*', '', true],
    ['?', '', false],
    ['S?ITH', 'SMITH', true],
    ['S?ITH', 'SITH', false],
    ['*ab', 'abxab', true],
    ['*ab?', 'abxabab', false],
    ['*a?b*c', 'xaaybzc', true],
    ['??*', 'a', false],
    ['??*', 'ab', true],
    ['1_%', '12x', false],
    ['1_*', '1_2', true],
    ['[a-z]*', 'b', false],
    ['?', '𠮷', true],
  ])('%s and %s: %s', (pattern, text, matches) => {
    expect(matchesWildcard(parsed(pattern), text)).toBe(matches);
  });

  test('equals the regular expression that says the same', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 12 });
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 8 });
    fc.assert(
      fc.property(pattern, text, (wanted, value) => {
        const expression = new RegExp(`^${wanted.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's');
        expect(matchesWildcard(parsed(wanted), value)).toBe(expression.test(value));
      }),
      { numRuns: 5000 },
    );
  });

  test('runs of wildcards are one, and more than the limit are refused', () => {
    expect(parsed('*?*?*').gaps).toEqual([{ characters: 2, open: true }]);
    expect(parseWildcard('a*'.repeat(WILDCARDS_MAX), same)).toBeDefined();
    expect(parseWildcard('a*'.repeat(WILDCARDS_MAX + 1), same)).toBeUndefined();
  });

  test('the literal beginning is found', () => {
    expect(literalPrefix(parsed('SMI*TH'))).toBe('SMI');
    expect(literalPrefix(parsed('*SMI'))).toBe('');
    expect(literalPrefix(parsed('?SMI'))).toBe('');
    expect(isOnlyStars('**')).toBe(true);
    expect(isOnlyStars('')).toBe(false);
  });

  test('the worst pattern on the longest text comes to an end', () => {
    const wildcard = parsed(`${'*a'.repeat(WILDCARDS_MAX - 2)}*${'a'.repeat(200)}b`);
    expect(matchesWildcard(wildcard, 'a'.repeat(1024))).toBe(false);
  });
});
