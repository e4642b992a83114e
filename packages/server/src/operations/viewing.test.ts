import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { instanceOf, studyUID } from '../archive/testing/instances.ts';
import { type Caller, NotFound, Viewings } from './index.ts';
import { caller, TestWorkplace, trustedDevice } from './testing/workplaces.ts';

let workplace: TestWorkplace;
let viewings: Viewings;
beforeEach(async () => {
  workplace = await TestWorkplace.open();
  viewings = new Viewings(workplace);
  await workplace.store(instanceOf());
  await workplace.store(instanceOf({ study: 2 }));
});
afterEach(async () => {
  await viewings.close();
  await workplace.close();
});

const look = (study = 1, who = trustedDevice): Promise<unknown> =>
  viewings.view(
    who,
    () => ({ studyInstanceUID: studyUID(study) }),
    (view) => Promise.resolve(view.first.studyInstanceUID),
  );

test('a thousand looks at a study are one beginning and one end with their number', async () => {
  const { entries } = await workplace.trailOf(async () => {
    for (let number = 0; number < 1000; number++) await look();
    await viewings.close();
  });
  expect(entries.map(({ outcome, subject }) => [outcome, subject?.studyInstanceUID, subject?.count])).toEqual(
    [
      ['pending', studyUID(1), undefined],
      ['success', studyUID(1), 1000],
    ],
  );
});

test('another study, another caller, another address is another viewing', async () => {
  const other = caller({ kind: 'token', via: 'bearer-token', verbs: ['get'] }, 'T2');
  const elsewhere = { ...trustedDevice, peer: { address: '192.0.2.99', port: 1 } };
  const { entries } = await workplace.trailOf(async () => {
    await look(1);
    await look(2);
    await look(1, other);
    await look(1, elsewhere);
  });
  expect(entries.map(({ outcome }) => outcome)).toEqual(['pending', 'pending', 'pending', 'pending']);
});

test('who comes back after a while, or goes on for long, begins anew', async () => {
  const { entries } = await workplace.trailOf(async () => {
    await look();
    workplace.now += 61_000;
    await look();
    for (let minute = 0; minute < 11; minute++) {
      workplace.now += 59_000;
      await look();
    }
  });
  expect(entries.filter(({ outcome }) => outcome === 'pending')).toHaveLength(3);
});

test('only whoever is alone for a moment is served at once: nobody else asks, beside it or on another connection', async () => {
  const read = vi.spyOn(workplace.archive, 'read');
  const from = (port: number): Caller => ({ ...trustedDevice, peer: { address: '192.0.2.1', port } });
  let others: Promise<unknown> = Promise.resolve();
  const isServedAtOnce = async (port: number, beside?: number): Promise<boolean> => {
    await viewings.view(
      from(port),
      () => ({ studyInstanceUID: studyUID(1) }),
      async (view) => {
        if (beside !== undefined) others = look(1, from(beside));
        for await (const _chunk of view.read(view.first) ?? []) continue;
      },
    );
    await others;
    return read.mock.lastCall?.[1]?.isAlone === true;
  };
  expect(await isServedAtOnce(1)).toBe(false);
  workplace.now += 1_000;
  expect(await isServedAtOnce(1)).toBe(true);
  expect(await isServedAtOnce(2)).toBe(false);
  expect(await isServedAtOnce(2)).toBe(false);
  workplace.now += 1_000;
  expect(await isServedAtOnce(2, 2)).toBe(false);
  expect(await isServedAtOnce(2)).toBe(false);
  workplace.now += 1_000;
  expect(await isServedAtOnce(2)).toBe(true);
});

test('the beginning is durable before anything is given', async () => {
  let atGiving = 0;
  await viewings.view(
    trustedDevice,
    () => ({ studyInstanceUID: studyUID(1) }),
    () => {
      atGiving = workplace.trail.filter(
        ({ verb, outcome }) => verb === 'get' && outcome === 'pending',
      ).length;
      return Promise.resolve();
    },
  );
  expect(atGiving).toBe(1);
});

test('what is not held, and what fails, is recorded each time', async () => {
  const { error, entries } = await workplace.trailOf(() => look(99));
  expect(error).toBeInstanceOf(NotFound);
  expect(entries).toEqual([expect.objectContaining({ verb: 'get', outcome: 'failed', reason: 'NOT_FOUND' })]);
  const failing = await workplace.trailOf(() =>
    viewings.view(
      trustedDevice,
      () => ({ studyInstanceUID: studyUID(1) }),
      () => Promise.reject(Object.assign(new Error('Doe^Jane'), { code: 'READ_FAILED' })),
    ),
  );
  expect(failing.entries.map(({ outcome, reason }) => [outcome, reason])).toEqual([
    ['pending', undefined],
    ['failed', 'READ_FAILED'],
  ]);
});
