import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  CT_IMAGE,
  instanceOf,
  instanceUID,
  studyUID,
  type TestInstance,
} from '../archive/testing/instances.ts';
import { StoreOperation } from './store.ts';
import { FIRST_MOMENT_MS, TestWorkplace, trustedDevice } from './testing/workplaces.ts';

const SMPTE_FLOW = '1.2.840.10008.1.2.7.1';

let workplace: TestWorkplace;
beforeEach(async () => {
  workplace = await TestWorkplace.open();
});
afterEach(() => workplace.close());

const store = (instance: TestInstance): Promise<void> => workplace.store(instance);

describe('storing an instance', () => {
  test('is recorded with whom and what it concerns', async () => {
    const { entries } = await workplace.trailOf(() => store(instanceOf()));
    expect(entries).toEqual([
      {
        at: FIRST_MOMENT_MS,
        verb: 'store',
        outcome: 'success',
        principal: { kind: 'device', id: 'CT1', via: 'certificate' },
        peer: trustedDevice.peer,
        subject: {
          patientID: 'P1',
          studyInstanceUID: studyUID(1),
          seriesInstanceUID: `${studyUID(1)}.1`,
          sopInstanceUID: instanceUID(1, 1, 1),
          sopClassUID: CT_IMAGE,
        },
      },
    ]);
  });

  test('again is a success that says so; another under its UID is refused', async () => {
    await store(instanceOf());
    const again = await workplace.trailOf(() => store(instanceOf()));
    expect(again.entries).toMatchObject([{ outcome: 'success', detail: { identical: 1 } }]);
    const other = await workplace.trailOf(() => store(instanceOf({ seed: 2 })));
    expect(other.entries).toMatchObject([{ outcome: 'refused', reason: 'DIFFERENT_UNDER_SAME_UID' }]);
  });

  test('that fails at any moment is recorded once, with its code', async () => {
    const { source, dataSet } = instanceOf();
    const cases: [TestInstance, string][] = [
      [{ ...instanceOf(), source: { ...source, transferSyntaxUID: '1.2.3' } }, 'UNKNOWN_TRANSFER_SYNTAX'],
      // A flow of a room, in which nothing is kept.
      [{ ...instanceOf(), source: { ...source, transferSyntaxUID: SMPTE_FLOW } }, 'UNKNOWN_TRANSFER_SYNTAX'],
      [{ ...instanceOf(), source: { ...source, sopClassUID: '1.2.3' } }, 'SOP_CLASS_MISMATCH'],
      [{ ...instanceOf(), dataSet: dataSet.subarray(0, -5) }, 'DATA_CUT_SHORT'],
      [{ ...instanceOf(), dataSet: new Uint8Array() }, 'EMPTY_DATA_SET'],
    ];
    for (const [instance, code] of cases) {
      const { error, entries } = await workplace.trailOf(() => store(instance));
      expect(error).toMatchObject({ code });
      expect(entries).toMatchObject([
        {
          verb: 'store',
          outcome: 'failed',
          reason: code,
          subject: { sopInstanceUID: source.sopInstanceUID },
        },
      ]);
    }
    await store(instanceOf());
  });

  test('given up because the association ended is recorded, and leaves the UID free', async () => {
    const { source, dataSet } = instanceOf();
    const { entries } = await workplace.trailOf(async () => {
      const operation = await StoreOperation.open(workplace, trustedDevice, source);
      await operation.write(dataSet.subarray(0, 400));
      await operation.fail(Object.assign(new Error('gone'), { code: 'ASSOCIATION_ENDED' }));
    });
    expect(entries).toMatchObject([{ outcome: 'failed', reason: 'ASSOCIATION_ENDED' }]);
    await store(instanceOf());
  });
});
