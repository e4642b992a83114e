import type * as FS from 'node:fs';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { forgetIndex } from './archive.ts';
import { packFileName, RecordKind } from './packs/format.ts';
import { PAGE_BYTES } from './packs/read-past.ts';
import { Folders } from './testing/folders.ts';
import { instanceOf } from './testing/instances.ts';
import { MemoryNotes } from './testing/memory-notes.ts';
import { scanAll } from './testing/pack-bench.ts';
import { openArchive, readBack, store } from './testing/test-archive.ts';

/** Pages of the pack that the disk cannot give, by number. */
const disk = vi.hoisted(() => ({ lost: new Set<number>() }));

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof FS>();
  const readSync = (
    fd: number,
    target: Uint8Array,
    from: number,
    length: number,
    position: number,
  ): number => {
    const isPack = fs.readlinkSync(`/proc/self/fd/${fd}`).endsWith('.pack');
    const last = Math.floor((position + length - 1) / PAGE_BYTES);
    for (let page = Math.floor(position / PAGE_BYTES); isPack && page <= last; page++) {
      if (disk.lost.has(page)) throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' });
    }
    return fs.readSync(fd, target, from, length, position);
  };
  return { ...fs, readSync };
});

const folders = new Folders();
afterAll(() => folders.remove());
afterEach(() => disk.lost.clear());

const COUNT = 6;
const notes = (): MemoryNotes<string> => new MemoryNotes(Array.from({ length: COUNT }, () => ''));
const instances = Array.from({ length: COUNT }, (_, number) => instanceOf({ number, pixelBytes: 30_000 }));

/** A closed archive, where its records are, and how long its pack is. */
async function filled(): Promise<{
  folder: string;
  places: { kind: number; page: number }[];
  bytes: Buffer;
}> {
  const folder = folders.make();
  const { archive } = await openArchive(folder);
  for (const instance of instances) await store(archive, instance);
  await archive.close();
  const { records } = scanAll(join(folder, 'packs'));
  const places = records.map(({ header, offset }) => ({
    kind: header.kind,
    page: Math.floor((offset + 64) / PAGE_BYTES),
  }));
  forgetIndex(folder, undefined);
  return { folder, places, bytes: readFileSync(join(folder, 'packs', packFileName(1))) };
}

describe.runIf(process.platform === 'linux')(
  'a sector that the disk cannot give (Linux: files are told by /proc)',
  () => {
    test('costs the instance it belongs to: the index is made from all others', async () => {
      const { folder, places } = await filled();
      const chunks = places.filter(({ kind }) => kind === RecordKind.chunk);
      disk.lost.add((chunks[2]?.page ?? 0) + 2);
      const { archive } = await openArchive(folder, { notes: notes() });
      const held = await Promise.all(instances.map(({ source }) => readBack(archive, source.sopInstanceUID)));
      expect(held.map((content, i) => content?.equals(instances[i]?.dataSet ?? Buffer.alloc(0)))).toEqual(
        instances.map((_, i) => (i === 2 ? undefined : true)),
      );
      expect(archive.replayed.incomplete).toHaveLength(1);
      await archive.close();
    });

    test('with the beginning of a record: what stands behind it is found', async () => {
      const { folder, places } = await filled();
      disk.lost.add(places.filter(({ kind }) => kind === RecordKind.instance)[1]?.page ?? 0);
      const { archive } = await openArchive(folder, { notes: notes() });
      expect(archive.index.statistics().instances).toBeGreaterThanOrEqual(COUNT - 2);
      const { unreadable, damaged } = await archive.verify();
      expect(unreadable.length + damaged.length).toBeGreaterThan(0);
      await archive.close();
    });

    test('at the end of the last pack is never taken for a write that did not end', async () => {
      const { folder, bytes } = await filled();
      disk.lost.add(Math.floor((bytes.length - 1) / PAGE_BYTES));
      // Without its checkpoint nothing says up to where the pack was durable.
      rmSync(join(folder, 'checkpoint.json'));
      const { archive } = await openArchive(folder, { notes: notes() });
      expect(archive.replayed.unfinished).toBe(undefined);
      await archive.close();
      disk.lost.clear();
      expect(readFileSync(join(folder, 'packs', packFileName(1))).equals(bytes)).toBe(true);
    });
  },
);
