import { closeSync, openSync, readdirSync, readSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Tag } from '@leadglass/dicom';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Archive } from './archive.ts';
import { CHUNK_BYTES, decodeLocation, packFileName, RECORD_HEADER_BYTES } from './packs/format.ts';
import { Folders } from './testing/folders.ts';
import { instanceOf, instanceUID } from './testing/instances.ts';
import { openArchive, readBack, store } from './testing/test-archive.ts';

const folders = new Folders();
let folder: string;
let archive: Archive<string>;

beforeEach(async () => {
  folder = folders.make();
  ({ archive } = await openArchive(folder, { prewriteBytes: 0 }));
});
afterEach(() => archive.close());
afterAll(() => folders.remove());

/** The index lives in memory here: whoever opens the archive makes it again from the packs. */
async function reopen(): Promise<void> {
  await archive.close();
  ({ archive } = await openArchive(folder, { prewriteBytes: 0 }));
}

function packBytes(): number {
  const packs = join(folder, 'packs');
  return readdirSync(packs).reduce((sum, name) => sum + statSync(join(packs, name)).size, 0);
}

const original = instanceOf({ pixelBytes: 3 * CHUNK_BYTES });
const uid = original.source.sopInstanceUID;
/** Data sets under the UID of the original: another from the first byte, in the middle, at the end, or elsewhere. */
const others = [
  instanceOf({ pixelBytes: 3 * CHUNK_BYTES, seed: 2 }),
  instanceOf({ pixelBytes: 3 * CHUNK_BYTES, patientName: 'Another^Name' }),
  instanceOf({ pixelBytes: 3 * CHUNK_BYTES - 2 }),
  instanceOf({ pixelBytes: 3 * CHUNK_BYTES + 2 }),
  {
    ...instanceOf({
      study: 2,
      pixelBytes: 1000,
      change: (dataSet) => dataSet.set(Tag.SOPInstanceUID, instanceUID(1, 1, 1)),
    }),
    source: original.source,
  },
];

describe('a data set that is another than the one held under its UID', () => {
  test('is kept once, however often it comes', async () => {
    await store(archive, original);
    for (const other of others) expect((await store(archive, other, 5003)).outcome).toBe('conflict');
    const before = packBytes();
    for (let turn = 0; turn < 3; turn++) {
      for (const other of others) expect((await store(archive, other, 7001)).outcome).toBe('conflict');
      expect((await store(archive, original)).outcome).toBe('identical');
    }
    // Notes only: eighteen of them.
    expect(packBytes() - before).toBeLessThan(18 * 300);
    expect((await archive.verify()).quarantined).toBe(others.length);
    expect(archive.index.quarantined(uid)).toHaveLength(others.length);
    expect((await readBack(archive, uid))?.equals(original.dataSet)).toBe(true);
  });

  test('is known again when the index was made again from the packs', async () => {
    await store(archive, original);
    for (const other of others) await store(archive, other);
    const known = archive.index.quarantined(uid);
    await reopen();
    expect(archive.index.quarantined(uid)).toEqual(known);
    const before = packBytes();
    for (const other of others) expect((await store(archive, other, 9973)).outcome).toBe('conflict');
    expect(packBytes() - before).toBeLessThan(5 * 300);
    expect(await archive.verify()).toMatchObject({ quarantined: others.length, damaged: [], notInIndex: 0 });
  });

  test('says of the one in quarantine where it would have belonged', async () => {
    await store(archive, original);
    const foreign = others.at(-1) ?? original;
    const facts = await store(archive, foreign);
    expect(await store(archive, foreign)).toEqual({ ...facts, patientID: undefined });
    expect(facts).toMatchObject({ outcome: 'conflict', studyInstanceUID: foreign.studyInstanceUID });
  });
});

describe('an instance whose held copy is damaged', () => {
  /** Flips a bit of the chunk with this number. */
  function damage(chunk: number): void {
    const record = archive.index.instance(uid);
    const place = record && decodeLocation(record.location).chunks?.[chunk];
    if (!place) throw new Error('it is held in chunks');
    const fd = openSync(join(folder, 'packs', packFileName(place.packID)), 'r+');
    const byte = Buffer.alloc(1);
    const at = place.offset + RECORD_HEADER_BYTES + 100;
    readSync(fd, byte, 0, 1, at);
    writeSync(fd, Buffer.from([(byte[0] ?? 0) ^ 1]), 0, 1, at);
    closeSync(fd);
  }

  test.each([0, 2])('in chunk %i comes again: it takes the place of the damaged one', async (chunk) => {
    await store(archive, original);
    damage(chunk);
    await expect(readBack(archive, uid)).rejects.toMatchObject({ code: 'READ_FAILED' });
    expect((await store(archive, original)).outcome).toBe('stored');
    expect((await readBack(archive, uid))?.equals(original.dataSet)).toBe(true);
    expect(archive.index.statistics()).toMatchObject({ studies: 1, instances: 1 });
    expect((await store(archive, original)).outcome).toBe('identical');
    await reopen();
    expect((await readBack(archive, uid))?.equals(original.dataSet)).toBe(true);
  });

  test('and another of another length, or that differs before the damage, is not lost and takes no place', async () => {
    await store(archive, original);
    damage(2);
    for (const other of [others[2], others[1]]) {
      if (!other) throw new Error('there are five');
      expect((await store(archive, other)).outcome).toBe('conflict');
    }
    expect((await archive.verify()).quarantined).toBe(2);
    expect((await store(archive, original)).outcome).toBe('stored');
    expect((await readBack(archive, uid))?.equals(original.dataSet)).toBe(true);
  });
});
