import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesBody, joined, type RangedBody } from './ranged-body.ts';

/** Memory that another thread has meanwhile: the same bytes, another object. */
function elsewhere(bytes: Uint8Array): RangedBody {
  const body = bytesBody(bytes);
  return {
    length: body.length,
    read: (from, to) => body.read(from, to),
    fill: async ({ memory, at }, from, to) => {
      const moved = memory.transfer();
      new Uint8Array(moved, at).set(bytes.subarray(from, to));
      return Promise.resolve(moved);
    },
  };
}

const part = fc.tuple(fc.uint8Array({ maxLength: 40 }), fc.boolean());

describe('Bodies that are joined', () => {
  test('give the same stretch piece by piece and put into memory, and touch nothing beside it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(part, { maxLength: 6 }),
        fc.nat(),
        fc.nat(),
        fc.nat({ max: 9 }),
        async (...given) => {
          const [parts, a, b, at] = given;
          const whole = Buffer.concat(parts.map(([bytes]) => bytes));
          const body = joined(parts.map(([bytes, isHere]) => (isHere ? bytesBody(bytes) : elsewhere(bytes))));
          expect(body.length).toBe(whole.length);
          const ends = [a % (whole.length + 1), b % (whole.length + 1)] as const;
          const [from, to] = [Math.min(...ends), Math.max(...ends)];
          const pieces: Uint8Array[] = [];
          for await (const piece of body.read(from, to)) pieces.push(piece);
          const wanted = whole.subarray(from, to);
          expect(Buffer.concat(pieces)).toEqual(wanted);
          const filled = await body.fill?.({ memory: new ArrayBuffer(at + to - from + 5), at }, from, to);
          expect(Buffer.from(filled ?? new ArrayBuffer())).toEqual(
            Buffer.concat([Buffer.alloc(at), wanted, Buffer.alloc(5)]),
          );
        },
      ),
    );
  });

  test('are not put into memory when one of them cannot be', () => {
    const { length, read } = bytesBody(new Uint8Array(3));
    expect(joined([bytesBody(new Uint8Array(3)), { length, read }]).fill).toBeUndefined();
  });
});
