import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MultipartReader, requireBoundary } from './multipart-reader.ts';

class Refused extends Error {}
const refuse = (code: string): Refused => new Refused(code);

async function* inPieces(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield await Promise.resolve(Buffer.from(bytes.subarray(at, at + size)));
    at += size;
  }
}

async function read(
  bytes: Buffer,
  sizes: readonly number[],
  boundary = 'B',
): Promise<{ type?: string; body: Buffer }[]> {
  const parts: { type?: string; body: Buffer }[] = [];
  for await (const { headers, body } of new MultipartReader(
    inPieces(bytes, sizes),
    boundary,
    refuse,
  ).parts()) {
    const pieces: Buffer[] = [];
    for await (const piece of body) pieces.push(Buffer.from(piece));
    const type = headers.get('content-type');
    parts.push({ ...(type === undefined ? {} : { type }), body: Buffer.concat(pieces) });
  }
  return parts;
}

const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
/** Bytes that look like boundaries more often than bytes do. */
const content = fc
  .array(fc.constantFrom('\r', '\n', '-', 'B', '\r\n--', '--B', 'x', '\r\n-'), { maxLength: 40 })
  .map((words) => words.join(''))
  .filter((text) => !`\r\n${text}\r\n`.includes('\r\n--B'));

test('parts come out as they were put in, however the bytes arrive (RFC 2046 5.1)', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(content, { minLength: 1, maxLength: 5 }), sizes, async (texts, cut) => {
      const body = texts.map((text) => `--B\r\nContent-Type: a/b\r\n\r\n${text}\r\n`).join('');
      const parts = await read(Buffer.from(`${body}--B--`, 'latin1'), cut);
      expect(parts.map((part) => part.body.toString('latin1'))).toEqual(texts);
      expect(parts.every(({ type }) => type === 'a/b')).toBe(true);
    }),
  );
});

test('any bytes give parts or a refusal', async () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)),
    fc
      .array(fc.constantFrom('--B', '\r\n', '--', 'A: b', ':', 'x', ' '))
      .map((words) => Buffer.from(words.join(''))),
  );
  await fc.assert(
    fc.asyncProperty(bytes, sizes, async (given, cut) => {
      try {
        await read(given, cut);
      } catch (error) {
        expect(error).toBeInstanceOf(Refused);
      }
    }),
  );
});

test('a part that nobody read is passed over', async () => {
  const body = '--B\r\n\r\none\r\n--B\r\n\r\ntwo\r\n--B--';
  let count = 0;
  for await (const _part of new MultipartReader(inPieces(Buffer.from(body), [3]), 'B', refuse).parts())
    count++;
  expect(count).toBe(2);
});

test('whoever stops in the middle of a part, or at its last piece, still gets the next one', async () => {
  const body = '--B\r\n\r\none\r\n--B\r\n\r\ntwo\r\n--B\r\n\r\nthree\r\n--B--';
  await fc.assert(
    fc.asyncProperty(sizes, async (cut) => {
      const begun: string[] = [];
      for await (const part of new MultipartReader(inPieces(Buffer.from(body), cut), 'B', refuse).parts()) {
        for await (const piece of part.body) {
          begun.push(piece.toString('latin1').slice(0, 1));
          break;
        }
      }
      expect(begun).toEqual(['o', 't', 't']);
    }),
  );
});

test('boundaries are those of RFC 2046, and longer ones up to a limit', () => {
  for (const good of ['B', 'a b', "0'()+_,-./:=?", 'x'.repeat(70)])
    expect(requireBoundary(good, refuse)).toBe(good);
  for (const bad of [undefined, '', 'x'.repeat(201), 'a ', 'a\r\nb', 'é']) {
    expect(() => requireBoundary(bad, refuse)).toThrow(Refused);
  }
});
