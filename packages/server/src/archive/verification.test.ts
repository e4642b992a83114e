import { closeSync, cpSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Archive } from './archive.ts';
import { packFileName, RECORD_HEADER_BYTES, RecordKind } from './packs/format.ts';
import { Folders } from './testing/folders.ts';
import { instanceOf, type TestInstance } from './testing/instances.ts';
import { type ReadRecord, scanAll } from './testing/pack-bench.ts';
import { openArchive, store } from './testing/test-archive.ts';

const folders = new Folders();
afterAll(() => folders.remove());

const instances: TestInstance[] = Array.from({ length: 4 }, (_, i) =>
  instanceOf({ study: i, number: i, pixelBytes: 300_000, seed: i + 1 }),
);

/** Flips one bit of a byte of a pack, through the page cache that readers see. */
function flip(folder: string, packID: number, offset: number): void {
  const fd = openSync(join(folder, 'packs', packFileName(packID)), 'r+');
  const byte = Buffer.alloc(1);
  readSync(fd, byte, 0, 1, offset);
  writeSync(fd, Buffer.from([(byte[0] ?? 0) ^ 0x10]), 0, 1, offset);
  closeSync(fd);
}

const faultsOf = (report: Awaited<ReturnType<Archive<string>['verify']>>): number =>
  report.damaged.length + report.unreadable.length + report.notInIndex + report.onlyInIndex;

test('a flipped bit anywhere in what was stored is found, in the pack being written as in a closed one', async () => {
  const original = folders.make();
  const first = await openArchive(original, { prewriteBytes: 0 });
  for (const instance of instances) await store(first.archive, instance);
  expect(await first.archive.verify()).toEqual({
    packs: 1,
    instances: 4,
    bytes: instances.reduce((sum, { dataSet }) => sum + dataSet.length, 0),
    quarantined: 0,
    dropped: 0,
    quarantine: [],
    erased: 0,
    damaged: [],
    replaced: [],
    unreadable: [],
    notInIndex: 0,
    onlyInIndex: 0,
  });
  const { records } = scanAll(join(original, 'packs'));
  const ofKind = (kind: number): ReadRecord => {
    const found = records.filter(({ header }) => header.kind === kind)[1];
    if (!found) throw new Error('no such record');
    return found;
  };
  for (const kind of [RecordKind.chunk, RecordKind.instance, RecordKind.note]) {
    const { offset, header } = ofKind(kind);
    const places = [
      offset + 5,
      offset + 61,
      offset + RECORD_HEADER_BYTES,
      offset + RECORD_HEADER_BYTES + header.payloadLength - 1,
    ];
    for (const at of places) {
      // The index is in memory and knows of all; only the disk changes.
      flip(original, 1, at);
      expect(faultsOf(await first.archive.verify()), `kind ${kind}, byte ${at}`).toBeGreaterThan(0);
      flip(original, 1, at);
    }
  }
  expect(faultsOf(await first.archive.verify())).toBe(0);
  const { offset } = ofKind(RecordKind.chunk);
  flip(original, 1, offset + 1000);
  const report = await first.archive.verify();
  expect(report.damaged).toEqual([
    { sopInstanceUID: expect.any(String) as string, packID: 1, offset: expect.any(Number) as number },
  ]);
  flip(original, 1, offset + 1000);
  await first.archive.close();
});

test('verifying while instances arrive finds no fault that is none', async () => {
  const { archive } = await openArchive(folders.make());
  let storing = true;
  const stored = (async () => {
    for (let i = 0; storing; i++) {
      await Promise.all(
        [0, 1, 2].map((j) => store(archive, instanceOf({ number: i * 3 + j, pixelBytes: 3000 }))),
      );
    }
  })();
  for (let i = 0; i < 8; i++) expect(faultsOf(await archive.verify())).toBe(0);
  storing = false;
  await stored;
  expect(faultsOf(await archive.verify())).toBe(0);
  await archive.close();
});

test('what a crash left behind in an older pack is told, and what can be read is counted', async () => {
  const folder = folders.make();
  const first = await openArchive(folder, { prewriteBytes: 0 });
  for (const instance of instances) await store(first.archive, instance);
  const copy = join(folders.make(), 'data');
  cpSync(folder, copy, { recursive: true });
  await first.archive.close();
  const { records } = scanAll(join(copy, 'packs'));
  const chunk = records.find(({ header }) => header.kind === RecordKind.chunk);
  flip(copy, 1, (chunk?.offset ?? 0) + 500);
  const { archive, notes } = await openArchive(copy);
  // An instance with a damaged chunk is not in an index made again; its packs say that it was there.
  expect(archive.replayed.incomplete.length).toBe(1);
  expect(archive.index.statistics().instances).toBe(3);
  expect(notes.kept.length).toBe(4);
  const report = await archive.verify();
  expect(report.damaged.length).toBe(1);
  await archive.close();
});

test.each([
  ['its bytes', 500],
  ['the header of a chunk', 5],
])(
  'an instance that was damaged in %s and sent again is told as replaced, and is no fault',
  async (_, at) => {
    const folder = folders.make();
    const { archive } = await openArchive(folder, { prewriteBytes: 0 });
    for (const instance of instances) await store(archive, instance);
    const { records } = scanAll(join(folder, 'packs'));
    const offsets = records
      .filter(({ header }) => header.kind === RecordKind.chunk)
      .map(({ offset }) => offset);
    flip(folder, 1, (offsets[0] ?? 0) + at);
    const before = await archive.verify();
    expect(before.damaged).toHaveLength(1);
    expect(before.replaced).toEqual([]);
    const broken = before.damaged[0];
    const again = instances.find(({ source }) => source.sopInstanceUID === broken?.sopInstanceUID);
    if (!again) throw new Error('one of them');
    await store(archive, again);
    const after = await archive.verify();
    expect(faultsOf(after)).toBe(0);
    expect(after.replaced).toEqual([broken]);
    expect(after).toMatchObject({ instances: 4, quarantined: 0 });
    // Only as long as what replaced it reads back: every chunk after the four instances is a part of that.
    const last = scanAll(join(folder, 'packs')).records.findLast(
      ({ header }) => header.kind === RecordKind.chunk,
    );
    flip(folder, 1, (last?.offset ?? 0) + 500);
    const worse = await archive.verify();
    expect(worse.damaged).toHaveLength(2);
    expect(worse.replaced).toEqual([]);
    await archive.close();
  },
);

test('an index made again from the packs misses nothing that was replaced', async () => {
  const folder = folders.make();
  const first = await openArchive(folder, { prewriteBytes: 0 });
  const [instance] = instances as [TestInstance];
  await store(first.archive, instance);
  const { records } = scanAll(join(folder, 'packs'));
  flip(folder, 1, (records.find(({ header }) => header.kind === RecordKind.chunk)?.offset ?? 0) + 500);
  await store(first.archive, instance);
  const copy = join(folders.make(), 'data');
  cpSync(folder, copy, { recursive: true });
  await first.archive.close();
  const { archive } = await openArchive(copy);
  expect(archive.replayed.incomplete).toEqual([]);
  expect(archive.index.statistics().instances).toBe(1);
  expect(faultsOf(await archive.verify())).toBe(0);
  await archive.close();
});

test('what is in quarantine is told, one by one', async () => {
  const { archive } = await openArchive(folders.make());
  const [instance, other] = [instanceOf({ seed: 1 }), instanceOf({ seed: 2 })];
  await store(archive, instance);
  await store(archive, other);
  const report = await archive.verify();
  expect(report).toMatchObject({ instances: 1, quarantined: 1 });
  const { sopInstanceUID } = other.source;
  expect(report.quarantine).toMatchObject([
    { sopInstanceUID, dataSetLength: other.dataSet.length, packID: 1 },
  ]);
  await archive.close();
});
