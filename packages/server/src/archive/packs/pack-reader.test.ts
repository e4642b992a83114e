import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Folders } from '../testing/folders.ts';
import { noise } from '../testing/instances.ts';
import { type Held, PackBench } from '../testing/pack-bench.ts';
import { CHUNK_BYTES, decodeLocation, packFileName, type RecordPlace } from './format.ts';
import { ReadFailed, ReaderClosed } from './pack-reader.ts';

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
