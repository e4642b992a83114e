import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isHeld, parseRange } from './answer.ts';
import { parseMediaType } from '../http-media/media-type.ts';
import { covers, wishesOf } from './media-type.ts';
import { UriQuery } from './uri-query.ts';
import { WebError } from './web-error.ts';

describe('Accept (RFC 9110 12.5.1, PS3.18 8.7)', () => {
  test('quoted and unquoted media types in parameters mean the same', () => {
    for (const text of [
      'multipart/related; type="application/dicom"; transfer-syntax=*',
      'multipart/related;type=application/dicom;transfer-syntax="*"',
      'Multipart/Related; Type="Application/DICOM"; transfer-syntax=*; ',
    ]) {
      expect(wishesOf(text, undefined)).toEqual([
        { type: 'application/dicom', multipart: true, transferSyntax: '*' },
      ]);
    }
  });

  test('the heaviest comes first, what weighs nothing is not wanted, a parameter of the query counts before', () => {
    const types = wishesOf('a/b;q=0.2, c/d, e/f;q=0, g/h;q=0.9', undefined).map(({ type }) => type);
    expect(types).toEqual(['c/d', 'g/h', 'a/b']);
    expect(wishesOf('a/b', 'c/d').map(({ type }) => type)).toEqual(['c/d']);
    expect(wishesOf(undefined, undefined)).toEqual([
      { type: '*/*', multipart: undefined, transferSyntax: undefined },
    ]);
  });

  test('ranges cover types', () => {
    expect(covers('*/*', 'a/b') && covers('a/*', 'a/b') && covers('a/b', 'a/b')).toBe(true);
    expect(covers('a/*', 'ab/b') || covers('a/b', 'a/bc')).toBe(false);
  });

  test('any text is understood or refused', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => {
        parseMediaType(text);
        try {
          wishesOf(text, undefined);
        } catch (error) {
          expect(error).toBeInstanceOf(WebError);
        }
      }),
    );
  });
});

test('Range: one stretch of bytes within the length, the whole, or unsatisfiable (RFC 9110 14)', () => {
  expect(parseRange('bytes=0-0', 10)).toEqual({ from: 0, to: 1 });
  expect(parseRange('bytes=5-', 10)).toEqual({ from: 5, to: 10 });
  expect(parseRange('bytes=-3', 10)).toEqual({ from: 7, to: 10 });
  expect(parseRange('bytes=-30', 10)).toEqual({ from: 0, to: 10 });
  expect(parseRange('bytes=5-500', 10)).toEqual({ from: 5, to: 10 });
  expect(parseRange('bytes=10-', 10)).toBe('unsatisfiable');
  for (const whole of [undefined, '', 'bytes=', 'bytes=-', 'bytes=5-1', 'bytes=0-1,3-4', 'items=0-1']) {
    expect(parseRange(whole, 10)).toBe('whole');
  }
  fc.assert(
    fc.property(fc.string(), fc.nat(), (text, length) => {
      const range = parseRange(`bytes=${text}`, length);
      if (typeof range === 'object') {
        expect(range.from >= 0 && range.from < range.to && range.to <= length).toBe(true);
      }
    }),
  );
});

test('If-None-Match: any of a list, weak or strong, or all', () => {
  expect(isHeld('"a", W/"b"', '"b"') && isHeld('*', '"b"')).toBe(true);
  expect(isHeld(undefined, '"b"') || isHeld('"a"', '"b"')).toBe(false);
});

test('queries: percent signs, plus signs, repeated names; what cannot be read is refused', () => {
  const query = UriQuery.parse('a=1%2B1+x&a=2&b&=c&d=%E5%B1%B1');
  expect(query.all('a')).toEqual(['1+1 x', '2']);
  expect([query.one('b'), query.one(''), query.one('d'), query.one('none')]).toEqual([
    '',
    'c',
    '山',
    undefined,
  ]);
  expect(() => query.one('a')).toThrow(WebError);
  for (const bad of ['%', '%zz', '%ff', 'a=%00']) expect(() => UriQuery.parse(bad)).toThrow(WebError);
});
