import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { Worker } from 'node:worker_threads';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Folders } from '../testing/folders.ts';
import { noise } from '../testing/instances.ts';
import { type Held, PackBench } from '../testing/pack-bench.ts';
import { CHUNK_BYTES, decodeLocation, packFileName, type RecordPlace } from './format.ts';
import { PackReader, ReadFailed, type ReadRequest, ReaderClosed } from './pack-reader.ts';

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
