import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeChunked, parseResponseHead } from './http-response.ts';
import { HTTP_HEADER_MAX_BYTES } from './limits.ts';

const head = (text: string): ReturnType<typeof parseResponseHead> =>
  parseResponseHead(Buffer.from(text, 'latin1'));

describe('the head of a response (RFC 9112 4, 5)', () => {
  test('status, fields, and repeated fields joined', () => {
    const text = 'HTTP/1.1 401 Unauthorized\r\nSet-Cookie: a\r\nset-cookie: b\r\nX: \r\n\r\nrest';
    const parsed = head(text);
    if (typeof parsed === 'string') throw new Error(parsed);
    expect(parsed.status).toBe(401);
    expect(parsed.headers.get('set-cookie')).toBe('a, b');
    expect(parsed.headBytes).toBe(text.length - 4);
  });

  test.each([
    ['HTTP/1.1 200 OK\r\nA: b', 'incomplete'],
    ['HTT', 'incomplete'],
    ['SSH-2.0-x\r\n\r\n', 'invalid'],
    ['HTTP/1.1 999 No\r\n\r\n', 'invalid'],
    [`HTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(300)}\r\n`, 'invalid'],
    [`HTTP/1.1 200 OK\r\nA: ${'b'.repeat(HTTP_HEADER_MAX_BYTES)}`, 'invalid'],
  ])('%j: %s', (text, result) => {
    expect(head(text)).toBe(result);
  });

  test('any bytes give a head, "incomplete" or "invalid"', () => {
    const bytes = fc.oneof(
      fc.uint8Array(),
      fc.string().map((text) => Buffer.from(`HTTP/1.1 200 OK\r\n${text}\r\n\r\n`, 'latin1')),
    );
    fc.assert(
      fc.property(bytes, (value) => {
        const parsed = parseResponseHead(Buffer.from(value));
        if (typeof parsed !== 'string') expect(parsed.headBytes).toBeLessThanOrEqual(value.length);
      }),
    );
  });
});

describe('chunked bodies (RFC 9112 7.1)', () => {
  test('whole, cut short, broken', () => {
    const decode = (text: string, max = 100): [string, boolean] | undefined => {
      const decoded = decodeChunked(Buffer.from(text, 'latin1'), max);
      return decoded && [decoded.body.toString('latin1'), decoded.isComplete];
    };
    expect(decode('3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n')).toEqual(['abcde', true]);
    expect(decode('3\r\nabc\r\n2\r\nd')).toEqual(['abcd', false]);
    expect(decode('5\r\nabcde\r\n0\r\n\r\n', 3)).toEqual(['abc', false]);
    expect(decode('xyz\r\nabc\r\n')).toBeUndefined();
    expect(decode('ffffffff\r\nabc')).toEqual(['abc', false]);
  });

  test('any bytes give at most what was asked for', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.nat(64), (bytes, max) => {
        expect(decodeChunked(Buffer.from(bytes), max)?.body.length ?? 0).toBeLessThanOrEqual(max);
      }),
    );
  });
});
