import { describe, expect, test } from 'vitest';
import type { OpenPart } from './multipart-body.ts';
import { begunPart, inTurn, laterPart } from './upcoming-part.ts';

/** A part whose reading is noted. */
function noted(log: string[], name: string, pieces: readonly Uint8Array[]): Promise<OpenPart> {
  async function* body(): AsyncGenerator<Uint8Array> {
    try {
      for (const piece of pieces) {
        log.push(`${name} read`);
        yield await Promise.resolve(piece);
      }
    } finally {
      log.push(`${name} closed`);
    }
  }
  return Promise.resolve({ headers: {}, body: body() });
}

async function bytesOf({ body }: OpenPart): Promise<number[]> {
  const bytes: number[] = [];
  if ('read' in body) throw new Error('a stream was expected');
  for await (const piece of body) bytes.push(...piece);
  return bytes;
}

const one = (value: number): Uint8Array[] => [Uint8Array.of(value)];

describe('Parts of an answer, one behind the other', () => {
  test('come in their order with all their bytes, those begun early and those made in their turn', async () => {
    const log: string[] = [];
    const large = [Uint8Array.of(1), new Uint8Array(20_000), Uint8Array.of(2)];
    const parts = [
      begunPart(noted(log, 'first', large)),
      laterPart(() => noted(log, 'second', one(3))),
      begunPart(noted(log, 'third', [])),
    ];
    const sent: number[][] = [];
    for await (const part of inTurn(parts)) sent.push(await bytesOf(part));
    expect(sent).toEqual([[1, ...new Array<number>(20_000).fill(0), 2], [3], []]);
  });

  test('nothing is done early for one that is made in its turn', async () => {
    const log: string[] = [];
    const turns = inTurn([
      begunPart(noted(log, 'first', one(1))),
      laterPart(() => noted(log, 'second', one(2))),
    ]);
    const first = await turns.next();
    expect(log.filter((line) => line.startsWith('second'))).toEqual([]);
    if (first.done !== true) await bytesOf(first.value);
    await turns.return(undefined);
    expect(log).toEqual(['first read', 'first closed']);
  });

  test('one that was begun and is not wanted after all is closed', async () => {
    const log: string[] = [];
    const long = [new Uint8Array(20_000), new Uint8Array(20_000)];
    const turns = inTurn([begunPart(noted(log, 'first', long)), begunPart(noted(log, 'second', long))]);
    const first = await turns.next();
    if (first.done !== true) await bytesOf(first.value);
    await turns.return(undefined);
    expect(log).toContain('second closed');
  });

  test('one that cannot be had fails in its turn, not before', async () => {
    const turns = inTurn([
      begunPart(noted([], 'first', one(1))),
      begunPart(Promise.reject(new Error('not to be had'))),
    ]);
    const first = await turns.next();
    if (first.done !== true) expect(await bytesOf(first.value)).toEqual([1]);
    await expect(turns.next()).rejects.toThrow('not to be had');
  });
});
