import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  openSync,
  closeSync,
  statfsSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Folders } from '../testing/folders.ts';
import { noise } from '../testing/instances.ts';
import { type Held, PackBench } from '../testing/pack-bench.ts';
import { CHUNK_BYTES, decodeLocation, PACK_HEADER_BYTES, packFileName, RecordKind } from './format.ts';
import { listPacks, scanPack } from './pack-scan.ts';
import { ReaderClosed } from './pack-reader.ts';
import { WriteRefused } from './pack-writer.ts';
import { StudyKeys } from './study-keys.ts';
import type { StreamRef } from './writer-protocol.ts';

const folders = new Folders();
let benches: PackBench[] = [];
afterEach(async () => {
  await Promise.all(benches.map((bench) => bench.close()));
  benches = [];
});
afterAll(() => folders.remove());

function openBench(...args: ConstructorParameters<typeof PackBench>): PackBench {
  const bench = new PackBench(...args);
  benches.push(bench);
  return bench;
}

/** Notes in the packs of a bench, in the order in which they stand there. */
function notesIn(bench: PackBench): string[] {
  return bench
    .scan()
    .records.filter(({ header }) => header.kind === RecordKind.note)
    .map((record) => (JSON.parse(record.payload.toString()) as [number, string])[1]);
}

const sizes = [
  1,
  CHUNK_BYTES - 1,
  CHUNK_BYTES,
  CHUNK_BYTES + 1,
  3 * CHUNK_BYTES,
  3 * CHUNK_BYTES + 77,
  10 * CHUNK_BYTES + 5,
];

describe('what was written', () => {
  test('reads back bit for bit, from many streams at once', async () => {
    const bench = openBench(folders.make());
    const contents = Array.from({ length: 40 }, (_, i) =>
      noise(sizes[i] ?? 1 + ((i * 7919) % 700_000), i + 1),
    );
    const held = await Promise.all(contents.map((content, i) => bench.write(content, { name: `i${i}` })));
    for (const one of held) expect((await bench.read(one)).equals(one.content)).toBe(true);
    expect(bench.durable.length).toBe(40);
    expect(bench.scan().damage).toEqual([]);
  });

  test('reads back in any range, at every border of a chunk', async () => {
    const bench = openBench(folders.make());
    for (const length of [5000, CHUNK_BYTES, 3 * CHUNK_BYTES, 9 * CHUNK_BYTES + 100]) {
      const held = await bench.write(noise(length, 5));
      const borders = [
        0,
        1,
        CHUNK_BYTES - 1,
        CHUNK_BYTES,
        CHUNK_BYTES + 1,
        2 * CHUNK_BYTES,
        length - 1,
        length,
        length + 9,
      ];
      for (const from of borders) {
        for (const to of [...borders, undefined]) {
          const range = { from, ...(to === undefined ? {} : { to }) };
          const wanted = Buffer.from(held.content).subarray(from, Math.max(from, to ?? length));
          const got = await bench.read(held, range);
          expect(got.equals(wanted), `${length}: ${from} to ${to}`).toBe(true);
        }
      }
    }
  });

  test('lies in packs that are begun anew when full, each instance where its location says', async () => {
    const packBytes = 1024 * 1024;
    const bench = openBench(folders.make(), { packBytes });
    const held: Held[] = [];
    for (let i = 0; i < 12; i++)
      held.push(await bench.write(noise(300_000 + i * 1000, i + 1), { name: `i${i}` }));
    const packs = listPacks(bench.folder);
    expect(packs.length).toBeGreaterThan(3);
    expect(packs).toEqual(packs.map((_, i) => i + 1));
    for (const packID of packs) {
      expect(statSync(join(bench.folder, packFileName(packID))).size).toBeLessThanOrEqual(packBytes);
    }
    for (const one of held) expect((await bench.read(one)).equals(one.content)).toBe(true);
    expect(new Set(held.map(({ location }) => decodeLocation(location).record.packID)).size).toBeGreaterThan(
      3,
    );
    expect(notesIn(bench)).toEqual(held.map((_, i) => `i${i}`));
    expect(bench.scan().damage).toEqual([]);
  });

  test('goes on at the end of a pack that was closed in order', async () => {
    const folder = folders.make();
    const first = new PackBench(folder, { prewriteBytes: 1024 * 1024 });
    const before = await first.write(noise(400_000));
    await new Promise((resolve) => setTimeout(resolve, 60));
    await first.close();
    const { size } = statSync(join(first.folder, packFileName(1)));
    expect(first.position).toEqual({ packID: 1, offset: size });
    const second = openBench(folder, { resumeAt: size });
    const after = await second.write(noise(400_000, 2));
    expect(listPacks(second.folder)).toEqual([1]);
    expect((await second.read(before)).equals(before.content)).toBe(true);
    expect((await second.read(after)).equals(after.content)).toBe(true);
    expect(second.scan().damage).toEqual([]);
  });

  test('never writes over a pack that is there', async () => {
    const folder = folders.make();
    const first = new PackBench(folder);
    const held = await first.write(noise(1000));
    await first.close();
    const second = new PackBench(folder);
    await expect(second.write(noise(1000, 2))).rejects.toThrow(/EEXIST/);
    expect(second.fatal).toBeDefined();
    expect((await second.read(held)).equals(held.content)).toBe(true);
    await second.close();
  });

  test('cannot be read from any copy of the packs once the key of its study is destroyed', async () => {
    const folder = folders.make();
    const bench = openBench(folder);
    const study = bench.keys.create('1.2.3');
    const held = await bench.write(noise(300_000), { study });
    const neighbour = await bench.write(noise(300_000, 2));
    const copy = join(folder, 'copy');
    cpSync(bench.folder, copy, { recursive: true });
    bench.keys.destroy(study.slot);
    await expect(bench.read(held)).rejects.toThrow('its key is gone');
    expect((await bench.read(neighbour)).equals(neighbour.content)).toBe(true);
    // The copy's records are all there, and so is all that is left of the keys.
    const left = join(folder, 'keys-left');
    copyFileSync(join(folder, 'study-keys'), left);
    const keys = StudyKeys.open(left, Buffer.alloc(32, 1), Buffer.alloc(32, 2));
    expect(keys.get(study.slot)).toBeUndefined();
    for (const { header } of scanPack(copy, 1, 0, () => undefined)) {
      if (header.keySlot === study.slot) expect(keys.get(header.keySlot)).toBeUndefined();
    }
    keys.close();
  });
});

const arrivals = fc.array(
  fc.array(fc.oneof(fc.integer({ min: 1, max: 40_000 }), fc.integer({ min: 1, max: 2 * CHUNK_BYTES })), {
    minLength: 1,
    maxLength: 4,
  }),
  { maxLength: 12 },
);

test('small instances that come alone stand among others as if one thread had written all', async () => {
  await fc.assert(
    fc.asyncProperty(
      arrivals,
      fc.constantFrom(400_000, 1024 * 1024, 64 * 1024 * 1024),
      async (turns, packBytes) => {
        const bench = new PackBench(folders.make(), { packBytes, prewriteBytes: 1024 * 1024 });
        try {
          const study = bench.keys.create('1.2.3');
          const held: Held[] = [];
          for (const [turn, lengths] of turns.entries()) {
            const writing = lengths.map((length, i) =>
              bench.write(noise(length, i), { study, name: `${turn}.${i}` }),
            );
            held.push(...(await Promise.all(writing)));
          }
          for (const one of held) expect((await bench.read(one)).equals(one.content)).toBe(true);
          expect(notesIn(bench)).toEqual(bench.notes.kept);
          expect(bench.durable.length).toBe(held.length);
          expect(bench.scan().damage).toEqual([]);
        } finally {
          await bench.close();
        }
      },
    ),
    { numRuns: 25 },
  );
});

describe('notes', () => {
  test('stand in the packs in the order in which they were kept, with their instances or alone', async () => {
    const bench = openBench(folders.make(), { packBytes: 512 * 1024 });
    await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        i % 3 === 0
          ? bench.write(noise(1 + ((i * 131) % 40_000), i), { name: `instance ${i}` })
          : bench.writer.commit(undefined, undefined, `note ${i}`),
      ),
    );
    expect(notesIn(bench)).toEqual(bench.notes.kept);
    expect(bench.notes.kept.length).toBe(200);
  });

  test('of one turn share a sync: they are told together', async () => {
    const bench = openBench(folders.make());
    let told = 0;
    const all = Array.from({ length: 30 }, () =>
      bench.writer.commit(undefined, undefined, 'x').then(() => ++told),
    );
    await all[0];
    expect(told).toBeGreaterThan(0);
    await Promise.all(all);
    expect(bench.notes.kept.length).toBe(30);
  });
});

describe('damage on the disk', () => {
  /** Changes one byte of the chunk at `index` of an instance. */
  function damageChunk(bench: PackBench, held: Held, index: number): void {
    const chunk = decodeLocation(held.location).chunks?.[index];
    if (!chunk) throw new Error('no such chunk');
    const fd = openSync(join(bench.folder, packFileName(chunk.packID)), 'r+');
    writeSync(fd, Buffer.from([0xff, 0x00, 0xff]), 0, 3, chunk.offset + 64 + 1000);
    closeSync(fd);
  }

  test('is told to whoever reads it, and to nobody else', async () => {
    const bench = openBench(folders.make());
    const held = await bench.write(noise(6 * CHUNK_BYTES));
    const neighbour = await bench.write(noise(6 * CHUNK_BYTES, 2));
    damageChunk(bench, held, 3);
    await expect(bench.read(held)).rejects.toMatchObject({
      code: 'READ_FAILED',
      errorCode: 'DAMAGED_RECORD',
    });
    expect((await bench.read(held, { to: 3 * CHUNK_BYTES })).length).toBe(3 * CHUNK_BYTES);
    expect((await bench.read(held, { from: 4 * CHUNK_BYTES })).length).toBe(2 * CHUNK_BYTES);
    expect((await bench.read(neighbour)).equals(neighbour.content)).toBe(true);
  });

  test('found ahead of a slow receiver does not end the process', async () => {
    const bench = openBench(folders.make());
    const held = await bench.write(noise(6 * CHUNK_BYTES));
    damageChunk(bench, held, 2);
    const key = bench.keys.get(held.keySlot);
    if (!key) throw new Error('no key');
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    const reading = bench.reader.readDataSet(held.location, key);
    expect((await reading.next()).value?.length).toBe(CHUNK_BYTES);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await reading.next();
    await new Promise((resolve) => setTimeout(resolve, 20));
    await expect(reading.next()).rejects.toMatchObject({ code: 'READ_FAILED' });
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });

  test('a pack that is gone is told with the code of the system', async () => {
    const folder = folders.make();
    const first = new PackBench(folder);
    const held = await first.write(noise(1000));
    await first.close();
    rmSync(join(first.folder, packFileName(1)));
    const second = openBench(folder, { firstPackID: 2 });
    await expect(second.read(held)).rejects.toMatchObject({ code: 'READ_FAILED', errorCode: 'ENOENT' });
  });

  test('who stops reading early leaves nothing behind', async () => {
    const bench = openBench(folders.make());
    const held = await bench.write(noise(10 * CHUNK_BYTES));
    const key = bench.keys.get(held.keySlot);
    if (!key) throw new Error('no key');
    for await (const chunk of bench.reader.readDataSet(held.location, key)) {
      expect(chunk.length).toBe(CHUNK_BYTES);
      break;
    }
    expect((await bench.read(held)).equals(held.content)).toBe(true);
  });
});

test('after closing, whoever still asks is refused and not left waiting', async () => {
  const bench = new PackBench(folders.make());
  const held = await bench.write(noise(1000));
  await bench.close();
  await expect(bench.writer.commit(undefined, undefined, 'late')).rejects.toThrow(WriteRefused);
  const { record } = decodeLocation(held.location);
  await expect(bench.reader.readRecord(record, Buffer.alloc(32))).rejects.toThrow(ReaderClosed);
});

const DISK_BYTES = 4 * 1024 * 1024;
const canMount = process.platform === 'linux' && process.getuid?.() === 0;
const mountReason = canMount ? '' : ' (skipped: only root on Linux can mount a small disk)';

describe.skipIf(!canMount)(`a full disk${mountReason}`, () => {
  const disk = join(folders.make(), 'disk');
  let mounted = false;
  beforeAll(() => {
    mkdirSync(disk);
    mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'tmpfs', disk]).status === 0;
  });
  afterAll(() => {
    if (mounted) spawnSync('umount', ['-l', disk]);
  });
  const needsDisk = (skip: (condition: boolean, note: string) => void): void =>
    skip(!mounted, 'this system does not let root mount a small disk');

  /** Takes all room but `left` bytes. */
  function fill(left: number): string {
    const file = join(disk, 'filler');
    const { bavail, bsize } = statfsSync(disk);
    writeFileSync(file, Buffer.alloc(Math.max(0, bavail * bsize - left)));
    return file;
  }

  function openOnDisk(options: ConstructorParameters<typeof PackBench>[1] = {}): PackBench {
    rmSync(join(disk, 'packs'), { recursive: true, force: true });
    rmSync(join(disk, 'filler'), { force: true });
    return openBench(disk, { keyFolder: folders.make(), ...options });
  }

  test('refuses with ENOSPC, acknowledges nothing, and goes on when there is room', async ({ skip }) => {
    needsDisk(skip);
    const bench = openOnDisk();
    const before = await bench.write(noise(500_000), { name: 'before' });
    const filler = fill(300_000);
    await expect(bench.write(noise(1_500_000, 2), { name: 'too long' })).rejects.toMatchObject({
      code: 'WRITE_REFUSED',
      errorCode: 'ENOSPC',
    });
    await expect(bench.write(noise(1_500_000, 3), { name: 'again' })).rejects.toMatchObject({
      errorCode: 'ENOSPC',
    });
    rmSync(filler);
    const after = await bench.write(noise(500_000, 4), { name: 'after' });
    expect(bench.durable).toEqual(['before', 'after']);
    expect(bench.notes.kept).toEqual(['before', 'after']);
    expect(notesIn(bench)).toEqual(['before', 'after']);
    for (const held of [before, after]) expect((await bench.read(held)).equals(held.content)).toBe(true);
    expect(bench.fatal).toBeUndefined();
  });

  test('that strikes in the middle of a commit takes all of its notes back', async ({ skip }) => {
    needsDisk(skip);
    const bench = openOnDisk();
    await bench.write(noise(200_000), { name: 'before' });
    const filler = fill(100_000);
    const outcomes = await Promise.allSettled([
      ...Array.from({ length: 5 }, (_, i) => bench.writer.commit(undefined, undefined, `note ${i}`)),
      bench.write(noise(250_000, 2), { name: 'too long' }),
      bench.writer.commit(undefined, undefined, 'x'.repeat(200_000)),
    ]);
    expect(outcomes.at(-1)?.status).toBe('rejected');
    rmSync(filler);
    await bench.write(noise(200_000, 3), { name: 'after' });
    expect(notesIn(bench)).toEqual(bench.notes.kept);
    expect(bench.scan().damage).toEqual([]);
  });

  test('takes back a small instance that came alone, whose note finds no room', async ({ skip }) => {
    needsDisk(skip);
    const bench = openOnDisk();
    // A study that is known: the key of a new one is synced by the writing thread.
    const study = bench.keys.create('1.2.3');
    const before = await bench.write(noise(3000), { study, name: 'before' });
    const filler = fill(12_000);
    for (const number of [1, 2]) {
      const refused = bench.write(noise(1000, number), { study, name: 'refused', note: 'x'.repeat(20_000) });
      await expect(refused).rejects.toMatchObject({ code: 'WRITE_REFUSED', errorCode: 'ENOSPC' });
    }
    rmSync(filler);
    const after = await bench.write(noise(20_000, 3), { study, name: 'after' });
    expect(bench.durable).toEqual(['before', 'after']);
    expect(notesIn(bench)).toEqual(['before', 'after']);
    const { records, damage } = bench.scan();
    expect(records.filter(({ header }) => header.kind === RecordKind.instance).length).toBe(2);
    expect(damage).toEqual([]);
    for (const held of [before, after]) expect((await bench.read(held)).equals(held.content)).toBe(true);
    expect(bench.fatal).toBeUndefined();
  });

  test('that has no room for the next pack is tried again, not given up', async ({ skip }) => {
    needsDisk(skip);
    const bench = openOnDisk({ packBytes: 400_000 });
    await bench.write(noise(300_000), { name: 'before' });
    // Not one block is left: the next pack's file can be made, but nothing can be written into it.
    const filler = fill(0);
    for (let i = 0; i < 3; i++) {
      await expect(bench.write(noise(300_000, 2), { name: 'no' })).rejects.toMatchObject({
        errorCode: 'ENOSPC',
      });
    }
    rmSync(filler);
    const after = await bench.write(noise(300_000, 3), { name: 'after' });
    expect((await bench.read(after)).equals(after.content)).toBe(true);
    expect(notesIn(bench)).toEqual(['before', 'after']);
    expect(bench.fatal).toBeUndefined();
  });
});

test("a new study's key that could not be synced is synced before anything else is acknowledged", async () => {
  // A file that cannot be synced stands for a disk that failed once.
  const bench = openBench(folders.make(), { keyFileDescriptor: 999_999 });
  const study = bench.keys.create('1.2.3');
  await expect(bench.write(noise(1000), { study })).rejects.toThrow(WriteRefused);
  await expect(bench.write(noise(1000), { study })).rejects.toThrow(WriteRefused);
  await expect(bench.writer.commit(undefined, undefined, 'alone')).rejects.toThrow(WriteRefused);
  expect(bench.durable).toEqual([]);
  expect(notesIn(bench)).toEqual([]);
});

test('while the writing thread is busy few chunks wait for their commit, more go ahead of it', async () => {
  const bench = openBench(folders.make());
  const study = bench.keys.create('1.2.3');
  const written = (): number => bench.scan().records.length;
  const write = (): StreamRef => {
    const stream = bench.writer.openStream();
    void bench.writer.writeChunk(stream, 0, study, bench.writer.takeBuffer(), CHUNK_BYTES);
    return stream;
  };
  // The first finds the thread idle; until that has answered, in another turn, it is busy.
  const few = Array.from({ length: 1 + 7 }, write);
  for (const stream of few.slice(1)) bench.writer.abandon(stream);
  for (let i = 0; i < 7; i++) write();
  await expect.poll(written).toBe(1);
  // Idle again, it is given those as well; then eight are gathered.
  for (let i = 0; i < 1 + 8; i++) write();
  await expect.poll(written).toBe(1 + 7 + 1 + 8);
});

test('who waits is told before the index is, and everybody in order', async () => {
  const bench = openBench(folders.make());
  const told: string[] = [];
  const study = bench.keys.create('1.2.3');
  const commit = (name: string, early: boolean): Promise<unknown> => {
    const item = {
      stream: bench.writer.openStream(),
      kind: 'instance' as const,
      keySlot: study.slot,
      key: study.key,
      metaJson: '{}',
      chunks: [],
    };
    const acknowledge = early ? () => told.push(`${name} of ${bench.durable.length}`) : undefined;
    return bench.writer.commit(item, name, name, acknowledge).then(() => told.push(name));
  };
  await Promise.all([commit('first', true), commit('second', false)]);
  await commit('third', true);
  expect(told).toEqual(['first of 0', 'first', 'second', 'third of 2', 'third']);
  expect(bench.durable).toEqual(['first', 'second', 'third']);
});

describe('notes without an instance, where they can be kept at once', () => {
  const note = (bench: PackBench, text: string): Promise<unknown> =>
    bench.writer.commit(undefined, undefined, text);

  test('do not go into the pack; those of an instance do', async () => {
    const kept: string[] = [];
    const bench = openBench(folders.make(), { keepNow: (notes) => kept.push(...notes) });
    await note(bench, 'first');
    await bench.write(noise(5, 1), { note: 'with an instance' });
    await Promise.all([note(bench, 'second'), note(bench, 'third')]);
    expect(kept).toEqual(['first', 'second', 'third']);
    expect(notesIn(bench)).toEqual(['with an instance']);
  });

  test('are refused when they cannot be kept, with the reason of the system', async () => {
    let disk: Error | undefined = Object.assign(new Error('full'), { code: 'ENOSPC' });
    const bench = openBench(folders.make(), {
      keepNow: () => {
        if (disk) throw new Error('cannot write', { cause: disk });
      },
    });
    const refused = { code: 'WRITE_REFUSED', errorCode: 'ENOSPC' };
    await expect(note(bench, 'lost')).rejects.toMatchObject(refused);
    disk = undefined;
    await note(bench, 'kept');
    expect(notesIn(bench)).toEqual([]);
  });

  test('are left to the writing thread when that takes long', async () => {
    const kept: string[] = [];
    const bench = openBench(folders.make(), {
      keepNow(notes) {
        const until = performance.now() + 40;
        while (performance.now() < until);
        kept.push(...notes);
      },
    });
    for (const text of ['a', 'b', 'c', 'd']) await note(bench, text);
    expect(kept[0]).toBe('a');
    // The next one at least; on a machine that is busy the pause may be over before the last.
    expect(notesIn(bench)).toContain('b');
    expect([...kept, ...notesIn(bench)].toSorted()).toEqual(['a', 'b', 'c', 'd']);
  });
});

test('a pack begins with its header, before anything is stored', async () => {
  const bench = openBench(folders.make());
  await bench.writer.commit(undefined, undefined, 'x');
  expect(bench.scan().records[0]?.offset).toBe(PACK_HEADER_BYTES);
});
