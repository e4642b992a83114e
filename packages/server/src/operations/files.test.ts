import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Tag, TransferSyntaxUID, writePart10Header } from '@leadglass/dicom';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { instanceOf, instanceUID, noise, studyUID, type TestInstance } from '../archive/testing/instances.ts';
import { operatorPrincipal } from '../identity/index.ts';
import type { Caller } from './caller.ts';
import { CommitmentFailure } from './commitment.ts';
import { commit, importFile, retrieve, type Selection } from './index.ts';
import { TestWorkplace, trustedDevice } from './testing/workplaces.ts';

const operator: Caller = { principal: operatorPrincipal('root') };
const base = mkdtempSync(join(tmpdir(), 'leadglass-files-'));
let workplace: TestWorkplace;
beforeEach(async () => {
  workplace = await TestWorkplace.open();
});
afterEach(() => workplace.close());
afterAll(() => rmSync(base, { recursive: true }));

function put(name: string, content: Uint8Array): string {
  writeFileSync(join(base, name), content);
  return join(base, name);
}

function part10({ source, dataSet }: TestInstance): Buffer {
  return Buffer.concat([writePart10Header({ ...source, implementationClassUID: '1.2.3' }), dataSet]);
}

describe('importing a file', () => {
  test('stores its data set as it stands in the file, whatever its meta information says of it', async () => {
    const instance = instanceOf({ pixelBytes: 3_000_000 });
    const lying = { ...instance, source: { ...instance.source, sopInstanceUID: '1.2.3.4' } };
    const { result, entries } = await workplace.trailOf(() =>
      importFile(workplace, operator, put('a.dcm', part10(lying))),
    );
    expect(result).toMatchObject({ outcome: 'stored' });
    expect(entries).toMatchObject([
      { verb: 'import', outcome: 'success', subject: { sopInstanceUID: instanceUID(1, 1, 1) } },
    ]);
    const record = workplace.archive.index.instance(instanceUID(1, 1, 1));
    const parts: Uint8Array[] = [];
    for await (const chunk of (record && workplace.archive.read(record)) ?? []) parts.push(chunk);
    expect(Buffer.concat(parts).equals(instance.dataSet)).toBe(true);
  });

  test('that has no preamble or no meta information stores it too', async () => {
    const bare = instanceOf({ number: 2, transferSyntaxUID: TransferSyntaxUID.ImplicitVRLittleEndian });
    expect(await importFile(workplace, operator, put('bare', bare.dataSet))).toMatchObject({
      outcome: 'stored',
    });
    const noPreamble = part10(instanceOf({ number: 3 })).subarray(128);
    expect(await importFile(workplace, operator, put('no-preamble', noPreamble))).toMatchObject({
      outcome: 'stored',
    });
  });

  test('that is wrong is a result, never an exception; the trail has every one that was begun', async () => {
    const without = (tag: number): Buffer => part10(instanceOf({ change: (dataSet) => dataSet.delete(tag) }));
    const whole = part10(instanceOf());
    const cases: [string, Uint8Array, string, string, number][] = [
      ['empty', new Uint8Array(), 'skipped', 'NOT_DICOM', 0],
      ['text', Buffer.from('Dear colleague, '.repeat(100)), 'skipped', 'NOT_DICOM', 0],
      ['noise', noise(5000), 'skipped', 'NOT_DICOM', 0],
      ['cut', whole.subarray(0, -20), 'refused', 'DATA_CUT_SHORT', 1],
      ['no class', without(Tag.SOPClassUID), 'refused', 'NO_SOP_INSTANCE', 0],
      ['no instance', without(Tag.SOPInstanceUID), 'refused', 'NO_SOP_INSTANCE', 0],
      ['no study', without(Tag.StudyInstanceUID), 'refused', 'MISSING_UID', 1],
      [
        'syntax',
        part10({ ...instanceOf(), source: { ...instanceOf().source, transferSyntaxUID: '1.2.3' } }),
        'refused',
        'TRANSFER_SYNTAX_UNKNOWN',
        0,
      ],
    ];
    for (const [name, content, outcome, reason, recorded] of cases) {
      const { result, error, entries } = await workplace.trailOf(() =>
        importFile(workplace, operator, put(name, content)),
      );
      expect(error).toBeUndefined();
      expect(result, name).toMatchObject({ outcome, reason });
      expect(entries.length, name).toBe(recorded);
    }
    expect(await importFile(workplace, operator, join(base, 'absent'))).toMatchObject({
      outcome: 'refused',
      reason: 'ENOENT',
    });
    expect(await importFile(workplace, operator, base)).toMatchObject({
      outcome: 'refused',
      reason: 'EISDIR',
    });
    expect(workplace.archive.index.statistics().instances).toBe(0);
    // Nothing holds the UID of those that failed.
    expect(await importFile(workplace, operator, put('whole', whole))).toMatchObject({ outcome: 'stored' });
  });
});

describe('a retrieval', () => {
  const done = { completed: 1, failed: 0, warning: 0, cancelled: false };

  test('stands in the trail before the first byte leaves, with what all of it has in common', async () => {
    for (const [study, series, number] of [
      [1, 1, 1],
      [1, 1, 2],
      [1, 2, 1],
      [2, 1, 1],
    ] as const) {
      await workplace.store(instanceOf({ study, series, number, patientID: 'P' }));
    }
    const subjects: [Selection, object][] = [
      [
        { sopInstanceUIDs: [instanceUID(1, 1, 1)] },
        { count: 1, sopInstanceUID: instanceUID(1, 1, 1), patientID: 'P' },
      ],
      [
        { seriesInstanceUIDs: [`${studyUID(1)}.1`] },
        { count: 2, patientID: 'P', studyInstanceUID: studyUID(1), seriesInstanceUID: `${studyUID(1)}.1` },
      ],
      [{ studyInstanceUIDs: [studyUID(1)] }, { count: 3, patientID: 'P', studyInstanceUID: studyUID(1) }],
      [{ patientID: 'P' }, { count: 4, patientID: 'P' }],
    ];
    for (const [selection, subject] of subjects) {
      const before = workplace.trail.length;
      const { entries } = await workplace.trailOf(() =>
        retrieve(workplace, 'get', trustedDevice, selection, {}, ({ total }) => {
          expect(workplace.trail.length).toBe(before + 1);
          return Promise.resolve({ ...done, completed: total });
        }),
      );
      expect(entries[0]).toMatchObject({ verb: 'get', outcome: 'pending', subject });
      expect(Object.keys(entries[0]?.subject ?? {}).sort()).toEqual(
        Object.keys({
          ...subject,
          ...(selection.sopInstanceUIDs ? { studyInstanceUID: 1, seriesInstanceUID: 1 } : {}),
        }).sort(),
      );
    }
  });

  test('ends in the trail with what became of it', async () => {
    await workplace.store(instanceOf());
    const selection = { studyInstanceUIDs: [studyUID(1)] };
    const cases = [
      [done, 'success', { failed: 0, cancelled: 0 }],
      [{ ...done, failed: 2 }, 'failed', { failed: 2, cancelled: 0 }],
      [{ ...done, cancelled: true }, 'failed', { failed: 0, cancelled: 1 }],
    ] as const;
    for (const [counts, outcome, detail] of cases) {
      const { entries } = await workplace.trailOf(() =>
        retrieve(workplace, 'move', trustedDevice, selection, { destination: 'WS1' }, () =>
          Promise.resolve(counts),
        ),
      );
      expect(entries.length).toBe(2);
      expect(entries[1]).toMatchObject({
        verb: 'move',
        outcome,
        subject: { count: 1 },
        detail: { destination: 'WS1', ...detail },
      });
    }
    const { error, entries } = await workplace.trailOf(() =>
      retrieve(workplace, 'move', trustedDevice, selection, {}, () => Promise.reject(new Error('gone'))),
    );
    expect(error).toBeDefined();
    expect(entries.map(({ outcome }) => outcome)).toEqual(['pending', 'failed']);
  });

  test('of nothing in particular is refused: a selection that names nothing would be the whole house', async () => {
    await workplace.store(instanceOf());
    let given = 0;
    const { error, entries } = await workplace.trailOf(() =>
      retrieve(workplace, 'get', trustedDevice, {}, {}, () =>
        Promise.resolve({ ...done, completed: ++given }),
      ),
    );
    expect(error).toMatchObject({ code: 'EMPTY_SELECTION' });
    expect(entries).toMatchObject([{ outcome: 'failed', reason: 'EMPTY_SELECTION' }]);
    expect(given).toBe(0);
  });
});

test('storage commitment vouches for what is held under that class, and for nothing else (PS3.4 J.3)', async () => {
  const { source } = instanceOf();
  await workplace.store(instanceOf());
  const held = { sopClassUID: source.sopClassUID, sopInstanceUID: source.sopInstanceUID };
  const absent = { ...held, sopInstanceUID: '1.2.3' };
  const otherClass = { ...held, sopClassUID: '1.2.840.10008.5.1.4.1.1.4' };
  const { result, entries } = await workplace.trailOf(() =>
    commit(workplace, trustedDevice, [held, absent, otherClass]),
  );
  expect(result).toEqual({
    committed: [held],
    failed: [
      { ...absent, failureReason: CommitmentFailure.noSuchInstance },
      { ...otherClass, failureReason: CommitmentFailure.classConflict },
    ],
  });
  expect(entries).toMatchObject([
    { verb: 'commit', outcome: 'success', subject: { count: 1 }, detail: { failed: 2 } },
  ]);
});
