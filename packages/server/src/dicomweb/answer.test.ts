import { once } from 'node:events';
import { type ClientRequest, createServer, request as ask, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Answer, ClientGone, type Headers } from './answer.ts';
import { SendMemory } from './send-memory.ts';
import { Turns } from './turns.ts';

const KIB = 1024;
let server: Server;
let turns: Turns | undefined;
let answerNext: (answer: Answer) => Promise<void> = () => Promise.resolve();
const memory = new SendMemory();
/** Is given the number of writes so far, for what goes on after the answer. */
let socketOfNext: (writes: () => number) => void = () => undefined;
/** What became of the answer, with the number of writes that its socket was given. */
let ended: Promise<{ error: unknown; writes: number }>;

beforeAll(async () => {
  server = createServer((request, response) => {
    const socket = request.socket;
    let writes = 0;
    const { _writev, _write } = socket;
    socket._writev = (...args) => {
      writes++;
      _writev?.apply(socket, args);
    };
    socket._write = (...args) => {
      writes++;
      _write.apply(socket, args);
    };
    const isHead = request.method === 'HEAD';
    const options = { isHead, common: {}, idleTimeoutMs: 300, memory };
    const answer = new Answer(response, { ...options, ...(turns && { turns }) });
    socketOfNext(() => writes);
    response.on('error', () => undefined);
    ended = answerNext(answer).then(
      () => ({ error: undefined, writes }),
      (error: unknown) => ({ error, writes }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function asked(): ClientRequest {
  const { port } = server.address() as AddressInfo;
  const outgoing = ask({ host: '127.0.0.1', port, agent: false });
  outgoing.on('error', () => undefined);
  outgoing.end();
  return outgoing;
}

function fetched(): Promise<{ body: Buffer; isWhole: boolean }> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = [];
    let isWhole = false;
    const outgoing = asked();
    outgoing.on('response', (response) => {
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('error', () => undefined);
      response.on('close', () => (isWhole = response.complete));
    });
    outgoing.on('close', () => resolve({ body: Buffer.concat(pieces), isWhole }));
  });
}

interface Piece {
  readonly bytes: number;
  /** 0: it is there at once. */
  readonly afterMs: number;
}

const contentOf = (bytes: number, seed: number): Uint8Array => new Uint8Array(bytes).fill(seed % 251);

/** Pieces as a reader would give them. */
class Source {
  given = 0;
  isClosed = false;

  async *read(pieces: readonly Piece[], failsAt = Infinity): AsyncGenerator<Uint8Array> {
    try {
      for (const [index, { bytes, afterMs }] of pieces.entries()) {
        if (afterMs > 0) await wait(afterMs);
        if (index === failsAt) throw new Error('damaged');
        this.given += bytes;
        yield contentOf(bytes, index);
      }
    } finally {
      this.isClosed = true;
    }
  }
}

const bytesOf = (pieces: readonly Piece[]): Buffer =>
  Buffer.concat(pieces.map(({ bytes }, index) => contentOf(bytes, index)));
const now = (...sizes: number[]): Piece[] => sizes.map((bytes) => ({ bytes, afterMs: 0 }));

function stream(pieces: readonly Piece[], headers: Headers, source = new Source()): void {
  answerNext = (answer) => answer.stream(200, headers, source.read(pieces), { isSentOnce: true });
}

describe('A body that is sent piece by piece', () => {
  test('arrives bit for bit, with a length and in chunks, whatever the pieces and whenever they come', async () => {
    const bytes = fc.oneof(fc.nat({ max: 40 }), fc.nat({ max: 40 * KIB }), fc.nat({ max: 900 * KIB }));
    const piece = fc.record({ bytes, afterMs: fc.constantFrom(0, 0, 0, 1) });
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 8 }), fc.boolean(), async (pieces, hasLength) => {
        const whole = bytesOf(pieces);
        stream(pieces, hasLength ? { 'Content-Length': whole.length } : {});
        const { body, isWhole } = await fetched();
        expect(isWhole).toBe(true);
        expect(body.equals(whole)).toBe(true);
        expect((await ended).error).toBeUndefined();
      }),
      { numRuns: 40 },
    );
  });

  test.each([
    ['with a length', true],
    ['in chunks', false],
  ])('goes in one write with its head and its end when all of it is there, %s', async (_how, hasLength) => {
    const pieces = now(200, 255 * KIB, 256 * KIB, 1300, 50);
    stream(pieces, hasLength ? { 'Content-Length': bytesOf(pieces).length } : {});
    const { body } = await fetched();
    expect(body.length).toBe(bytesOf(pieces).length);
    expect((await ended).writes).toBe(1);
  });

  test('what is there is sent while the rest is waited for', async () => {
    const pieces = [...now(200, 64 * KIB), { bytes: 64 * KIB, afterMs: 100 }];
    stream(pieces, {});
    await fetched();
    expect((await ended).writes).toBe(2);
  });

  test('sends its beginning before the rest of others when it is of use, and all of it bit for bit', async () => {
    turns = new Turns();
    const over = turns.begin();
    for (const isShared of [true, false]) {
      const pieces = now(200, 200 * KIB, 50);
      const headers = { 'Content-Length': bytesOf(pieces).length };
      answerNext = (answer) =>
        answer.stream(200, headers, new Source().read(pieces), { isSentOnce: true, beginsEarly: true });
      const { body, isWhole } = await fetched();
      expect(isWhole).toBe(true);
      expect(body.equals(bytesOf(pieces))).toBe(true);
      expect((await ended).writes).toBe(isShared ? 2 : 1);
      over();
    }
    turns = undefined;
  });

  test('is read no faster than the client takes it, and closed when it takes nothing for too long', async () => {
    const source = new Source();
    stream(now(...new Array<number>(400).fill(256 * KIB)), {}, source);
    const outgoing = asked();
    await once(outgoing, 'response');
    const { error } = await ended;
    outgoing.destroy();
    expect(error).toBeInstanceOf(ClientGone);
    expect(source.isClosed).toBe(true);
    // What the kernel holds on both sides, a write on its way, and the piece behind it.
    expect(source.given).toBeLessThan(50 * KIB * KIB);
  });

  test.each([0, 1, 2, 4])('that fails at piece %i never looks like the whole', async (failsAt) => {
    const source = new Source();
    const pieces = now(200, 256 * KIB, 256 * KIB, 256 * KIB, 50);
    answerNext = (answer) => answer.stream(200, {}, source.read(pieces, failsAt));
    const { isWhole } = await fetched();
    expect(isWhole).toBe(false);
    expect((await ended).error).toMatchObject({ message: 'damaged' });
    expect(source.isClosed).toBe(true);
  });
});

describe('A body that is made whole', () => {
  const filledWith = (body: Uint8Array) => (memory: ArrayBuffer) => {
    // As from another thread: the same memory, another object.
    const moved = memory.transfer();
    new Uint8Array(moved).set(body);
    return Promise.resolve(moved);
  };

  test('arrives bit for bit, and its memory serves the next', async () => {
    const sizes = fc.oneof(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 640 * KIB }));
    const taken: number[] = [];
    await fc.assert(
      fc.asyncProperty(sizes, fc.nat({ max: 250 }), async (bytes, seed) => {
        const body = contentOf(bytes, seed);
        answerNext = async (answer) => {
          expect(answer.takesWhole(bytes)).toBe(true);
          await answer.sendWhole(200, { 'Content-Length': bytes }, bytes, (memory) => {
            taken.push(new Uint8Array(memory)[640 * KIB - 1] ?? 0);
            new Uint8Array(memory)[640 * KIB - 1] = 1;
            return filledWith(body)(memory);
          });
        };
        const answered = await fetched();
        expect(answered.isWhole).toBe(true);
        expect(answered.body.equals(body)).toBe(true);
      }),
      { numRuns: 20 },
    );
    expect(taken.filter((mark) => mark === 0).length).toBeLessThan(taken.length);
  });

  test('goes in two writes: what is beside the head, and the rest, which is not copied', async () => {
    for (const [bytes, writes] of [
      [50 * KIB, 1],
      [512 * KIB, 2],
    ] as const) {
      const body = contentOf(bytes, 3);
      answerNext = (answer) => answer.sendWhole(200, { 'Content-Length': bytes }, bytes, filledWith(body));
      let counted: () => number = () => 0;
      socketOfNext = (count) => (counted = count);
      await fetched();
      expect(counted()).toBe(writes);
    }
  });

  describe('for a client who is alone', () => {
    const sizes = [300 * KIB, 512 * KIB, 640 * KIB - 1];
    let nowMs = 0;
    beforeEach(() => (turns = new Turns(() => nowMs)));
    afterEach(() => (turns = undefined));
    const send = (body: Uint8Array): void => {
      answerNext = (answer) =>
        answer.sendWhole(200, { 'Content-Length': body.length }, body.length, filledWith(body));
    };
    const writesOf = async (body: Uint8Array): Promise<number> => {
      let counted: () => number = () => 0;
      socketOfNext = (count) => (counted = count);
      expect((await fetched()).body.equals(body)).toBe(true);
      return counted();
    };

    test.each(sizes)('the rest of %i bytes goes in pieces of 152 KiB at most, bit for bit', async (bytes) => {
      const body = contentOf(bytes, 5);
      send(body);
      const rest = Math.ceil((bytes - 64 * KIB) / (152 * KIB));
      expect(await writesOf(body)).toBe(1 + rest);
    });

    test('the rest is one piece when others are, or were a moment ago, under way', async () => {
      const body = contentOf(512 * KIB, 5);
      send(body);
      const over = turns?.begin();
      expect(await writesOf(body)).toBe(2);
      over?.();
      expect(await writesOf(body)).toBe(2);
      nowMs += 1_000;
      expect(await writesOf(body)).toBe(4);
    });

    test('nothing more is written once the connection is gone, and the next is served', async () => {
      const body = contentOf(512 * KIB, 5);
      let counted: () => number = () => 0;
      socketOfNext = (count) => (counted = count);
      answerNext = async (answer) => {
        await answer.sendWhole(200, { 'Content-Length': body.length }, body.length, filledWith(body));
        answer.breakOff();
      };
      expect((await fetched()).isWhole).toBe(false);
      expect((await ended).error).toBeUndefined();
      expect(counted()).toBeLessThan(2);
      send(body);
      expect(await writesOf(body)).toBe(4);
    });
  });

  test('sends nothing when it cannot be made, so that it can be said', async () => {
    answerNext = async (answer) => {
      const made = answer.sendWhole(200, {}, 10, () => Promise.reject(new Error('damaged')));
      await expect(made).rejects.toThrow('damaged');
      expect(answer.hasBegun).toBe(false);
      answer.json(500, { error: 'DAMAGED' });
    };
    expect((await fetched()).body.toString()).toContain('DAMAGED');
  });

  test('is not made for HEAD, nor when it is empty or too long', async () => {
    answerNext = (answer) => {
      expect([0, 1, 640 * KIB, 640 * KIB + 1].map((bytes) => answer.takesWhole(bytes))).toEqual([
        false,
        true,
        true,
        false,
      ]);
      answer.send(204, {});
      return Promise.resolve();
    };
    await fetched();
    expect((await ended).error).toBeUndefined();
  });
});
