import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { QuietWork, type QuietWorkOptions, type SeriesName } from './quiet-work.ts';

const QUIET_MS = 60;
const LULL_MS = 20;

const opened: QuietWork[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((work) => work.close()));
});

function open(options: QuietWorkOptions = {}): QuietWork {
  const work = new QuietWork({ quietMs: QUIET_MS, lullMs: LULL_MS, ...options });
  opened.push(work);
  return work;
}

const series = (number: number): SeriesName => ({
  studyInstanceUID: '1.2.3',
  seriesInstanceUID: `1.2.3.${number}`,
});

/** Notes when each series was begun. */
function begun(work: QuietWork): { number: number; at: number }[] {
  const done: { number: number; at: number }[] = [];
  work.add(({ seriesInstanceUID }) => {
    done.push({ number: Number(seriesInstanceUID.split('.').at(-1)), at: performance.now() });
    return Promise.resolve();
  });
  return done;
}

test('a series is worked on once, when nothing was stored to it for a while', async () => {
  const work = open();
  const done = begun(work);
  let storedAt = 0;
  for (let image = 0; image < 5; image++) {
    work.stored(series(1));
    storedAt = performance.now();
    await wait(QUIET_MS / 4);
  }
  expect(done).toEqual([]);
  await vi.waitFor(() => expect(done).toHaveLength(1));
  expect((done[0]?.at ?? 0) - storedAt).toBeGreaterThanOrEqual(QUIET_MS - 1);
  await wait(QUIET_MS * 2);
  expect(done).toHaveLength(1);
});

test('nothing is begun while something is stored elsewhere, and everything is done in the end', async () => {
  const work = open({ quietMs: 1, lullMs: 200 });
  const done = begun(work);
  work.stored(series(1));
  work.stored(series(2));
  for (let image = 0; image < 5; image++) {
    await wait(20);
    work.stored(series(3));
    expect(done).toEqual([]);
  }
  await vi.waitFor(() => expect(done.map(({ number }) => number)).toEqual([1, 2, 3]));
});

test('work under way pauses while something is stored', async () => {
  const work = open({ quietMs: 1, lullMs: 100 });
  const breaths: number[] = [];
  work.add(async (_series, breathe) => {
    for (let step = 0; step < 3; step++) {
      await breathe();
      breaths.push(performance.now());
      if (step === 0) work.stored(series(2));
    }
  });
  work.ask(series(1));
  await vi.waitFor(() => expect(breaths.length).toBeGreaterThanOrEqual(3));
  expect((breaths[1] ?? 0) - (breaths[0] ?? 0)).toBeGreaterThanOrEqual(99);
});

test('of more series than may wait the one that waits longest is dropped', async () => {
  const work = open({ lullMs: 0 });
  const done = begun(work);
  for (let number = 0; number < 2_002; number++) work.stored(series(number));
  await vi.waitFor(() => expect(done).toHaveLength(2_000));
  expect(done[0]?.number).toBe(2);
});

test('what fails is told, and the next goes on', async () => {
  const errors: unknown[] = [];
  const work = open({ onError: (error) => errors.push(error) });
  work.add(({ seriesInstanceUID }) =>
    seriesInstanceUID.endsWith('1') ? Promise.reject(new Error('unreadable')) : Promise.resolve(),
  );
  const done = begun(work);
  work.stored(series(1));
  work.stored(series(2));
  await vi.waitFor(() => expect(done.map(({ number }) => number)).toEqual([1, 2]));
  expect(errors).toEqual([new Error('unreadable')]);
});

test('closing ends what is under way with its next breath, and begins nothing', async () => {
  const errors: unknown[] = [];
  const work = open({ quietMs: 0, onError: (error) => errors.push(error) });
  let breaths = 0;
  work.add(async (_series, breathe) => {
    for (;;) {
      await breathe();
      breaths++;
    }
  });
  work.ask(series(1));
  work.ask(series(2));
  await vi.waitFor(() => expect(breaths).toBeGreaterThan(2));
  await work.close();
  const before = breaths;
  work.stored(series(3));
  await wait(QUIET_MS);
  expect(breaths).toBe(before);
  expect(errors).toEqual([]);
});

test('without anything to do nothing is noted', async () => {
  const work = open({ quietMs: 0 });
  work.stored(series(1));
  const done = begun(work);
  await wait(QUIET_MS);
  expect(done).toEqual([]);
});
