import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MultipartParser } from './multipart-parser.ts';

class Refused extends Error {}
const refuse = (code: string): Refused => new Refused(code);

/** Events and bytes of a body, cut into pieces whose memory is written over as soon as it may be. */
function read(bytes: Buffer, sizes: readonly number[], boundary = 'B'): string[] {
  const parser = new MultipartParser(boundary, refuse);
  const seen: string[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const piece = Buffer.from(bytes.subarray(at, (at += sizes[turn % sizes.length] ?? 1)));
    parser.feed(piece);
    for (let event = parser.next(); event !== undefined; event = parser.next()) {
      if (event === 'end') return [...seen, event];
      if (event === 'bytes' && seen.at(-1)?.startsWith('>') === true)
        seen.push(`${seen.pop() ?? ''}${parser.bytes.toString('latin1')}`);
      else if (event === 'bytes') seen.push(`>${parser.bytes.toString('latin1')}`);
      else seen.push(event === 'part' ? `part ${JSON.stringify([...parser.headers])}` : event);
    }
    piece.fill('\r\n--B\r\n');
  }
  return seen;
}

const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
/** Bytes that look like boundaries more often than bytes do. */
const content = fc
  .array(fc.constantFrom('\r', '\n', '-', 'B', '\r\n--', '--B', 'x', '\r\n-'), { maxLength: 40 })
  .map((words) => words.join(''))
  .filter((text) => !`\r\n${text}\r\n`.includes('\r\n--B'));

test('parts come out as they were put in, though the memory of pieces is used again (RFC 2046 5.1)', () => {
  fc.assert(
    fc.property(fc.array(content, { minLength: 1, maxLength: 5 }), sizes, (texts, cut) => {
      const body = texts.map((text) => `--B\r\nContent-Type: a/b\r\n\r\n${text}\r\n`).join('');
      const part = (text: string): string[] => [
        'part [["content-type","a/b"]]',
        ...(text === '' ? [] : [`>${text}`]),
        'part-end',
      ];
      expect(read(Buffer.from(`${body}--B--`, 'latin1'), cut)).toEqual([...texts.flatMap(part), 'end']);
    }),
  );
});

test('what could begin a delimiter is given as soon as it turns out to be none', () => {
  const parser = new MultipartParser('B', refuse);
  const bytesOf = (piece: string): string => {
    parser.feed(Buffer.from(piece));
    return parser.next() === 'bytes' ? parser.bytes.toString('latin1') : '';
  };
  parser.feed(Buffer.from('--B\r\n\r\n'));
  expect(parser.next()).toBe('part');
  expect(parser.next()).toBeUndefined();
  // A carriage return alone is no delimiter's beginning when what follows it is there and is not its own.
  expect(bytesOf('one\rtwo')).toBe('one\rtwo');
  expect(parser.next()).toBeUndefined();
  expect(bytesOf('three\r\n--')).toBe('three');
  expect(parser.next()).toBeUndefined();
  expect(bytesOf('four')).toBe('\r\n--four');
});

test('a body without a boundary, or with endless headers, is refused within its limit', () => {
  const feeding = (start: string, filler: string): number => {
    const parser = new MultipartParser('B', refuse);
    let fed = 0;
    for (let piece = Buffer.from(start); fed < 1_000_000; piece = Buffer.from(filler.repeat(100))) {
      parser.feed(piece);
      fed += piece.length;
      try {
        while (parser.next() !== undefined);
      } catch (error) {
        expect(error).toBeInstanceOf(Refused);
        break;
      }
    }
    return fed;
  };
  expect(feeding('', 'preamble ')).toBeLessThan(66 * 1024);
  expect(feeding('--B\r\n', 'Name: value ')).toBeLessThan(10 * 1024);
  expect(feeding('--B', '    ')).toBeLessThan(1024);
});

test('behind the closing delimiter there is nothing', () => {
  expect(read(Buffer.from('--B\r\n\r\nx\r\n--B--\r\n--B\r\n\r\ny\r\n--B--'), [1000])).toEqual([
    'part []',
    '>x',
    'part-end',
    'end',
  ]);
});
