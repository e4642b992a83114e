import { DataSet, Tag } from '@leadglass/dicom';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { instanceOf } from '../archive/testing/instances.ts';
import { find, parseQuery, type Query } from './index.ts';
import { TestWorkplace, trustedDevice } from './testing/workplaces.ts';

let workplace: TestWorkplace;
beforeEach(async () => {
  workplace = await TestWorkplace.open({ burstMatches: 1000, unconstrainedMaxMatches: 50 });
});
afterEach(() => workplace.close());

function query(keys: { patientID?: string } = {}): Query {
  const identifier = new DataSet();
  identifier.set(Tag.QueryRetrieveLevel, 'STUDY');
  identifier.set(Tag.PatientID, keys.patientID ?? '');
  identifier.set(Tag.StudyInstanceUID, '');
  return parseQuery(identifier, { root: 'STUDY' });
}

/** Studies of one patient: what a query by PatientID finds. */
async function storeStudies(count: number): Promise<void> {
  const studies = Array.from({ length: count }, (_, i) =>
    instanceOf({ study: i + 1, patientID: 'LONG', pixelBytes: 2 }),
  );
  await Promise.all(studies.map((instance) => workplace.store(instance)));
}

const long = query({ patientID: 'LONG' });

describe('a search', () => {
  test('with a short list stands in the trail once, before its first match leaves', async () => {
    await storeStudies(20);
    const before = workplace.trail.length;
    let seen = 0;
    const { entries, result } = await workplace.trailOf(() =>
      find(workplace, trustedDevice, long, () => {
        if (++seen === 1) expect(workplace.trail.length).toBe(before + 1);
        return true;
      }),
    );
    expect(result).toEqual({ matches: 20, stopped: false });
    expect(entries).toMatchObject([
      { verb: 'find', outcome: 'success', subject: { count: 20 }, detail: { level: 'STUDY' } },
    ]);
  });

  test('with a long list stands there twice: before its first match leaves, and with its count', async () => {
    await storeStudies(450);
    let seen = 0;
    const { entries, result } = await workplace.trailOf(() =>
      find(workplace, trustedDevice, long, async () => {
        if (seen++ % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
        return true;
      }),
    );
    expect(result).toEqual({ matches: 450, stopped: false });
    expect(entries.map(({ outcome, subject }) => [outcome, subject?.count])).toEqual([
      ['pending', 200],
      ['success', 450],
    ]);
  });

  test('stopped says how much was given, wherever it was stopped', async () => {
    await storeStudies(300);
    for (const [stopAt, counts] of [
      [
        5,
        [
          ['pending', 200],
          ['success', 5],
        ],
      ],
      [
        250,
        [
          ['pending', 200],
          ['success', 250],
        ],
      ],
    ] as const) {
      let seen = 0;
      const { entries, result } = await workplace.trailOf(() =>
        find(workplace, trustedDevice, long, () => ++seen < stopAt),
      );
      expect(result).toEqual({ matches: stopAt, stopped: true });
      expect(entries.map(({ outcome, subject }) => [outcome, subject?.count])).toEqual(counts);
    }
  });

  test('whose receiver fails is recorded with how much it had', async () => {
    await storeStudies(300);
    let seen = 0;
    const { error, entries } = await workplace.trailOf(() =>
      find(workplace, trustedDevice, long, () => {
        if (++seen === 210) throw Object.assign(new Error('gone'), { code: 'ASSOCIATION_ENDED' });
        return true;
      }),
    );
    expect(error).toMatchObject({ code: 'ASSOCIATION_ENDED' });
    expect(entries.map(({ outcome, subject, reason }) => [outcome, subject?.count, reason])).toEqual([
      ['pending', 200, undefined],
      ['failed', 210, 'ASSOCIATION_ENDED'],
    ]);
  });

  test('that finds nothing is recorded too', async () => {
    const { entries } = await workplace.trailOf(() =>
      find(workplace, trustedDevice, query({ patientID: 'NONE' }), () => true),
    );
    expect(entries).toMatchObject([{ outcome: 'success', subject: { count: 0 } }]);
  });

  test('whose identifier cannot be read is recorded as failed', async () => {
    const { error, entries } = await workplace.trailOf(() =>
      find(
        workplace,
        trustedDevice,
        () => parseQuery(new DataSet(), { root: 'STUDY' }),
        () => true,
      ),
    );
    expect(error).toMatchObject({ code: 'LEVEL_MISSING' });
    expect(entries).toMatchObject([{ verb: 'find', outcome: 'failed', reason: 'LEVEL_MISSING' }]);
  });

  test('for everything is refused in a house that has more than a few, and allowed in one that has not', async () => {
    await storeStudies(50);
    let seen = 0;
    expect(await find(workplace, trustedDevice, query(), () => ++seen > 0)).toMatchObject({ matches: 50 });
    await workplace.store(instanceOf({ study: 999 }));
    const { error, entries } = await workplace.trailOf(() =>
      find(workplace, trustedDevice, query(), () => ++seen > 0),
    );
    expect(error).toMatchObject({ reason: 'QUERY_TOO_BROAD' });
    expect(seen).toBe(50);
    expect(entries).toMatchObject([{ outcome: 'refused', reason: 'QUERY_TOO_BROAD' }]);
  });

  test('that draws more than the budget ends there; the next is refused until time has passed', async () => {
    await storeStudies(300);
    let seen = 0;
    const all = (): boolean => ++seen > 0;
    for (let i = 0; i < 3; i++) await find(workplace, trustedDevice, long, all);
    const over = await workplace.trailOf(() => find(workplace, trustedDevice, long, all));
    expect(over.error).toMatchObject({ reason: 'QUERY_BUDGET_USED_UP' });
    expect(seen).toBe(1000);
    expect(over.entries.map(({ outcome, subject }) => [outcome, subject?.count])).toEqual([
      ['pending', 200],
      ['refused', 100],
    ]);
    const next = await workplace.trailOf(() => find(workplace, trustedDevice, long, all));
    expect(next.entries).toMatchObject([{ outcome: 'refused', reason: 'QUERY_BUDGET_USED_UP' }]);
    expect(seen).toBe(1000);
    workplace.now += 60_000;
    await find(workplace, trustedDevice, long, all);
    expect(seen).toBe(1300);
  });
});
