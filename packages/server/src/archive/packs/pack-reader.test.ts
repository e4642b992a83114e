import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { Worker } from 'node:worker_threads';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Folders } from '../testing/folders.ts';
import { noise } from '../testing/instances.ts';
import { type Held, PackBench } from '../testing/pack-bench.ts';
import { CHUNK_BYTES, decodeLocation, packFileName, type RecordPlace } from './format.ts';
import { PackReader, ReadFailed, type ReadRange, type ReadRequest, ReaderClosed } from './pack-reader.ts';

const folders = new Folders();
let bench: PackBench;
beforeEach(() => {
  bench = new PackBench(folders.make());
});
afterEach(() => bench.close());
afterAll(() => folders.remove());

const keyOf = (held: Held): Uint8Array => bench.keys.get(held.keySlot) ?? new Uint8Array();
const chunksOf = (held: Held): RecordPlace[] => decodeLocation(held.location).chunks ?? [];

function damage({ packID, offset }: RecordPlace): void {
  const fd = openSync(join(bench.folder, packFileName(packID)), 'r+');
  writeSync(fd, noise(16, 99), 0, 16, offset + 100);
  closeSync(fd);
}

/** What the reading thread is asked for meanwhile; the writing one is told other things. */
async function askedOfThread(work: () => Promise<unknown>): Promise<ReadRequest[]> {
  const post = vi.spyOn(Worker.prototype, 'postMessage');
  try {
    await work();
    return post.mock.calls.flatMap(([message]) => (Array.isArray(message) ? (message as ReadRequest[]) : []));
  } finally {
    post.mockRestore();
  }
}

/** What is put into memory, as the one piece that is given. */
async function filledWith(held: Held, range: ReadRange): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of bench.reader.readDataSet(held.location, keyOf(held), range)) pieces.push(piece);
  const [filled] = pieces;
  if (filled === undefined || pieces.length > 1) throw new Error('one piece was expected');
  return filled;
}

async function filledWhole(held: Held, isAlone = false): Promise<Buffer> {
  const memory = new ArrayBuffer(held.content.length);
  return Buffer.from(await filledWith(held, { isAlone, into: { memory, at: 0 } }));
}

describe('The reading thread', () => {
  test('gives chunks in their order, each in memory of its own, however many are asked for at once', async () => {
    const held = await bench.write(noise(6 * CHUNK_BYTES + 77));
    const pieces: Uint8Array[] = [];
    for await (const piece of bench.reader.readDataSet(held.location, keyOf(held))) pieces.push(piece);
    expect(pieces.map(({ length }) => length)).toEqual([...new Array<number>(6).fill(CHUNK_BYTES), 77]);
    expect(new Set(pieces.map(({ buffer }) => buffer)).size).toBe(7);
    expect(Buffer.concat(pieces).equals(held.content)).toBe(true);
  });

  test('gives any stretch, asked for while others are', async () => {
    const held = await bench.write(noise(3 * CHUNK_BYTES + 500));
    const place = fc.nat({ max: held.content.length });
    const stretches = fc.array(fc.tuple(place, place), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(stretches, async (asked) => {
        const ranges = asked.map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }));
        const read = await Promise.all(ranges.map((range) => bench.read(held, range)));
        for (const [index, { from, to }] of ranges.entries())
          expect(read[index]?.equals(held.content.subarray(from, to))).toBe(true);
      }),
      { numRuns: 15 },
    );
  });

  test('gives what comes before a damaged chunk, then says which one it is', async () => {
    const held = await bench.write(noise(3 * CHUNK_BYTES));
    const [, second] = chunksOf(held);
    if (second === undefined) throw new Error('three chunks were expected');
    damage(second);
    const pieces = bench.reader.readDataSet(held.location, keyOf(held));
    expect((await pieces.next()).value?.length).toBe(CHUNK_BYTES);
    const failed = await pieces.next().catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(ReadFailed);
    expect(failed).toMatchObject({ errorCode: 'DAMAGED_RECORD' });
    expect((await pieces.next()).done).toBe(true);
  });

  test('a damaged chunk of one data set does not touch another that is read beside it', async () => {
    const [damaged, whole] = [
      await bench.write(noise(CHUNK_BYTES)),
      await bench.write(noise(CHUNK_BYTES, 2)),
    ];
    for (const place of chunksOf(damaged)) damage(place);
    const read = await Promise.allSettled([bench.read(damaged), bench.read(whole)]);
    expect(read.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  });

  test('asks the thread for each chunk once, and for nothing else', async () => {
    const held = await bench.write(noise(6 * CHUNK_BYTES));
    const places = (await askedOfThread(() => bench.read(held))).map((request) => request.places);
    expect(places.map(({ length }) => length)).toEqual([4, 2]);
    expect(places.flat()).toEqual(chunksOf(held));
  });

  test('lets whoever is alone read what is short, and gives the same', async () => {
    const held = await bench.write(noise(3 * CHUNK_BYTES + 500));
    const place = fc.nat({ max: held.content.length });
    // No time passes: on a machine that has much to do the disk seems to be slow.
    const clock = vi.spyOn(performance, 'now').mockReturnValue(1);
    await fc.assert(
      fc.asyncProperty(place, place, async (a, b) => {
        const range = { from: Math.min(a, b), to: Math.max(a, b) };
        const asked = await askedOfThread(async () => {
          const read = await bench.read(held, { ...range, isAlone: true });
          expect(read.equals(held.content.subarray(range.from, range.to))).toBe(true);
        });
        expect(asked).toEqual([]);
      }),
      { numRuns: 15 },
    );
    clock.mockRestore();
  });

  test('leaves what is longer to the thread, whoever asks', async () => {
    const held = await bench.write(noise(5 * CHUNK_BYTES));
    const asked = await askedOfThread(() => bench.read(held, { isAlone: true }));
    expect(asked.flatMap(({ places }) => places)).toEqual(chunksOf(held));
  });

  test('leaves everything to the thread for a while when the disk was slow', async () => {
    const held = await bench.write(noise(CHUNK_BYTES));
    let nowMs = 5_000;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => (nowMs += 100));
    const asked = async (): Promise<number> =>
      (await askedOfThread(() => bench.read(held, { isAlone: true }))).length;
    expect([await asked(), await asked()]).toEqual([0, 1]);
    nowMs += 1_000;
    expect(await asked()).toBe(0);
    clock.mockRestore();
  });

  test('tells whoever is alone of damage, of a pack that is gone, and that it was closed', async () => {
    const held = await bench.write(noise(2 * CHUNK_BYTES));
    const [first, second] = chunksOf(held);
    if (first === undefined || second === undefined) throw new Error('two chunks were expected');
    damage(second);
    const pieces = bench.reader.readDataSet(held.location, keyOf(held), { isAlone: true });
    expect((await pieces.next()).value?.length).toBe(CHUNK_BYTES);
    await expect(pieces.next()).rejects.toMatchObject({ code: 'READ_FAILED', errorCode: 'DAMAGED_RECORD' });
    const elsewhere = new PackReader(join(bench.folder, 'no such folder'));
    const gone = elsewhere.readDataSet(held.location, keyOf(held), { isAlone: true });
    await expect(gone.next()).rejects.toMatchObject({ code: 'READ_FAILED', errorCode: 'ENOENT' });
    await elsewhere.close();
    const closed = elsewhere.readDataSet(held.location, keyOf(held), { isAlone: true });
    await expect(closed.next()).rejects.toBeInstanceOf(ReaderClosed);
  });

  test.each([
    ['the thread', false],
    ['whoever is alone', true],
  ])('puts any stretch into memory, and touches nothing beside it: %s', async (_who, isAlone) => {
    const held = await bench.write(noise(3 * CHUNK_BYTES + 500));
    const place = fc.nat({ max: held.content.length });
    const clock = vi.spyOn(performance, 'now').mockReturnValue(1);
    await fc.assert(
      fc.asyncProperty(place, place, fc.nat({ max: 99 }), async (a, b, at) => {
        const range = { from: Math.min(a, b), to: Math.max(a, b), isAlone };
        const wanted = held.content.subarray(range.from, range.to);
        const memory = new ArrayBuffer(at + wanted.length + 50);
        const asked = await askedOfThread(async () => {
          const { buffer: filled } = await filledWith(held, { ...range, into: { memory, at } });
          const around = [Buffer.alloc(at), wanted, Buffer.alloc(50)];
          expect(Buffer.concat(around).equals(Buffer.from(filled))).toBe(true);
        });
        expect(asked.length).toBe(isAlone || wanted.length === 0 ? 0 : 1);
      }),
      { numRuns: 15 },
    );
    clock.mockRestore();
  });

  test('asks for nothing when nothing is wanted, wherever that lies', async () => {
    const held = await bench.write(noise(2 * CHUNK_BYTES));
    for (const at of [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES]) {
      const into = { memory: new ArrayBuffer(1), at: 1 };
      const asked = await askedOfThread(async () => {
        expect((await filledWith(held, { from: at, to: at, into })).length).toBe(0);
        expect((await bench.read(held, { from: at, to: at })).length).toBe(0);
      });
      expect(asked).toEqual([]);
    }
  });

  test('fills the memory of several at once, each with its own', async () => {
    const all = [await bench.write(noise(CHUNK_BYTES + 9)), await bench.write(noise(CHUNK_BYTES + 9, 2))];
    const filled = await Promise.all(all.map((held) => filledWhole(held)));
    for (const [index, held] of all.entries()) expect(filled[index]?.equals(held.content)).toBe(true);
  });

  test.each([
    ['the thread', false],
    ['whoever is alone', true],
  ])(
    'gives nothing when any of it is damaged, says which, and needs enough memory: %s',
    async (_who, isAlone) => {
      const held = await bench.write(noise(2 * CHUNK_BYTES));
      const [, second] = chunksOf(held);
      if (second === undefined) throw new Error('two chunks were expected');
      const small = { memory: new ArrayBuffer(held.content.length), at: 1 };
      await expect(filledWith(held, { isAlone, into: small })).rejects.toBeInstanceOf(RangeError);
      damage(second);
      const failed = await filledWhole(held, isAlone).catch((error: unknown) => error);
      expect(failed).toBeInstanceOf(ReadFailed);
      expect(failed).toMatchObject({ errorCode: 'DAMAGED_RECORD' });
      expect(String(failed)).toContain(`record at ${second.offset} `);
      await bench.reader.close();
      await expect(filledWhole(held, isAlone)).rejects.toBeInstanceOf(ReaderClosed);
    },
  );

  test('leaves nobody waiting when it is closed, nor who asks afterwards', async () => {
    const held = await bench.write(noise(2 * CHUNK_BYTES));
    const [place] = chunksOf(held);
    if (place === undefined) throw new Error('a chunk was expected');
    const waiting = bench.reader.readRecord(place, keyOf(held));
    const refused = expect(waiting).rejects.toBeInstanceOf(ReaderClosed);
    await bench.reader.close();
    await refused;
    await expect(bench.reader.readRecord(place, keyOf(held))).rejects.toBeInstanceOf(ReaderClosed);
    await expect(bench.read(held)).rejects.toBeInstanceOf(ReaderClosed);
  });
});
