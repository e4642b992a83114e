import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import type * as Loader from './index-loader.ts';
import { openIndex } from './index/index.ts';
import { replayPacks, type ReplayProgress } from './recovery.ts';
import { StudyKeys } from './packs/study-keys.ts';
import { Folders } from './testing/folders.ts';
import { instanceOf } from './testing/instances.ts';
import { openArchive, store, TEST_KEYS } from './testing/test-archive.ts';

/** Batches so small that a few instances fill an index. */
vi.mock('./index-loader.ts', async (original) => {
  const { IndexLoader, ...others } = await original<typeof Loader>();
  return {
    ...others,
    IndexLoader: class extends IndexLoader {
      constructor(index: ConstructorParameters<typeof IndexLoader>[0]) {
        super(index, 2);
      }
    },
  };
});

const folders = new Folders();
afterAll(() => folders.remove());

async function progressOf(instances: number): Promise<ReplayProgress[]> {
  const folder = folders.make();
  const { archive } = await openArchive(folder);
  for (let number = 0; number < instances; number++) await store(archive, instanceOf({ number: number + 1 }));
  await archive.close();
  const keys = StudyKeys.open(join(folder, 'study-keys'), TEST_KEYS.studyKeys, TEST_KEYS.studyNames);
  const index = openIndex({ location: ':memory:' });
  const told: ReplayProgress[] = [];
  await replayPacks({
    folder: join(folder, 'packs'),
    index,
    keyOf: (slot) => keys.get(slot),
    notesFrom: undefined,
    replayNote: () => false,
    replayDrop: () => undefined,
    onProgress: (done) => told.push(done),
  });
  expect(index.isFilling).toBe(false);
  expect(index.statistics().instances).toBe(instances);
  index.close();
  keys.close();
  return told;
}

test('that what an index is searched by is being made is told before it is made', async () => {
  const told = await progressOf(5);
  expect(told.at(-1)).toMatchObject({ instances: 5, finishing: true });
  expect(told.filter(({ finishing }) => finishing === true)).toHaveLength(1);
});

test('there is nothing to tell of where few instances were added', async () => {
  const told = await progressOf(1);
  expect(told.length).toBeGreaterThan(0);
  expect(told.some(({ finishing }) => finishing === true)).toBe(false);
});
