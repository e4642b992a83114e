import { PassThrough, type Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { bareDevice } from '../operations/testing/workplaces.ts';
import { readBody, takeBody, type Wants } from './read-body.ts';
import { WebError } from './web-error.ts';
import { WebRequest } from './web-request.ts';

const limits = { maxBytes: 1_000_000, idleTimeoutMs: 10_000 };

function requestOf(body: Readable, headers: Record<string, string> = {}): WebRequest {
  const about = { method: 'POST', url: '/studies', caller: bareDevice, headers, parameters: {} };
  return new WebRequest({ ...about, body });
}

/** Code of the error it ends with. */
async function codeOf(taking: Promise<unknown>): Promise<string | undefined> {
  try {
    await taking;
    return undefined;
  } catch (error) {
    return error instanceof WebError ? `${error.status} ${error.code}` : String(error);
  }
}

test('a body is given whole and in order', async () => {
  const body = new PassThrough();
  const reading = readBody(requestOf(body), limits);
  for (let at = 0; at < 50; at++) {
    body.write(`piece ${at} `);
    if (at % 7 === 0) await wait(1);
  }
  body.end();
  const pieces = Array.from({ length: 50 }, (_, at) => `piece ${at} `);
  expect((await reading).toString()).toBe(pieces.join(''));
});

test('an empty body ends at once', async () => {
  const body = new PassThrough();
  body.end();
  expect((await readBody(requestOf(body), limits)).length).toBe(0);
});

test('while a piece is being taken no other is given', async () => {
  const body = new PassThrough();
  let taking = 0;
  let most = 0;
  let seen = '';
  const done = takeBody(requestOf(body), limits, async (piece): Promise<Wants> => {
    most = Math.max(most, ++taking);
    await wait(2);
    seen += piece.toString();
    taking--;
    return 'more';
  });
  for (const text of ['a', 'b', 'c', 'd']) body.write(text);
  body.end('e');
  await done;
  expect([most, seen]).toEqual([1, 'abcde']);
});

test('who has enough leaves the rest to others', async () => {
  const body = new PassThrough();
  body.write('one');
  await takeBody(requestOf(body), limits, () => 'enough');
  body.end('two');
  let rest = '';
  for await (const piece of body) rest += String(piece);
  expect(rest).toBe('two');
});

test('a body that is too long is refused: when it says so, and when it turns out so', async () => {
  const declared = requestOf(new PassThrough(), { 'content-length': '1000001' });
  expect(await codeOf(readBody(declared, limits))).toBe('413 BODY_TOO_LONG');
  const body = new PassThrough();
  const reading = codeOf(readBody(requestOf(body), { ...limits, maxBytes: 10 }));
  body.write('12345');
  body.write('678901');
  expect(await reading).toBe('413 BODY_TOO_LONG');
});

test('who sends nothing for too long is refused, not who waits for us', async () => {
  const quick = { ...limits, idleTimeoutMs: 20 };
  expect(await codeOf(readBody(requestOf(new PassThrough()), quick))).toBe('408 BODY_TOO_SLOW');
  const body = new PassThrough();
  body.write('one');
  const slowDisk = takeBody(requestOf(body), quick, async (): Promise<Wants> => {
    await wait(100);
    body.end();
    return 'more';
  });
  expect(await codeOf(slowDisk)).toBeUndefined();
});

test('a client that breaks off is told apart from one that has ended, after what was being taken', async () => {
  const body = new PassThrough();
  let hasTaken = false;
  const taking = takeBody(requestOf(body), limits, async (): Promise<Wants> => {
    body.destroy();
    await wait(5);
    hasTaken = true;
    return 'more';
  });
  body.write('one');
  expect(await codeOf(taking)).toBe('400 BODY_BROKEN_OFF');
  expect(hasTaken).toBe(true);
  expect(await codeOf(readBody(requestOf(body), limits))).toBe('400 BODY_BROKEN_OFF');
});

test('what taking throws, at once or later, ends it', async () => {
  for (const take of [
    () => {
      throw new WebError(400, 'AT_ONCE');
    },
    () => Promise.reject(new WebError(400, 'LATER')),
  ]) {
    const body = new PassThrough();
    body.write('one');
    expect(await codeOf(takeBody(requestOf(body), limits, take))).toMatch(/AT_ONCE|LATER/);
  }
});

test('the memory of a long piece is given back when it was taken, that of others never', async () => {
  const body = new PassThrough();
  const shared = Buffer.alloc(16_384, 'x');
  const own = [new Uint8Array(8192), new Uint8Array(8192)].map((bytes) => Buffer.from(bytes.buffer));
  const lengths: number[] = [];
  const taking = takeBody(requestOf(body), limits, async (piece): Promise<Wants> => {
    await wait(1);
    lengths.push(piece.length);
    return 'more';
  });
  for (const piece of [...own, shared.subarray(0, 8192)]) body.write(piece);
  body.end();
  await taking;
  expect(lengths).toEqual([8192, 8192, 8192]);
  expect(own.map(({ length }) => length)).toEqual([0, 0]);
  expect(shared.length).toBe(16_384);
});
