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
    erased: 0,
    damaged: [],
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
