import { createHash } from 'node:crypto';
import { DataSet, Tag } from '@leadglass/dicom';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { instanceOf, instanceUID, studyUID, type TestInstance } from '../archive/testing/instances.ts';
import { operatorPrincipal } from '../identity/index.ts';
import type { Caller } from './caller.ts';
import { compareQuarantined, dropQuarantined, listQuarantined, type QuarantinedDataSet } from './index.ts';
import type { Workplace } from './operation.ts';
import { FIRST_MOMENT_MS, TestWorkplace, trustedDevice } from './testing/workplaces.ts';

const PIXEL_BYTES = 300_000;
const UID = instanceUID(1, 1, 1);
const operator: Caller = { principal: operatorPrincipal('root') };
const original = instanceOf({ pixelBytes: PIXEL_BYTES });

let workplace: TestWorkplace;
beforeEach(async () => {
  workplace = await TestWorkplace.open();
  await workplace.store(original);
});
afterEach(() => workplace.close());

const sum = ({ dataSet }: TestInstance): string => createHash('sha256').update(dataSet).digest('hex');

async function inQuarantine(...instances: TestInstance[]): Promise<readonly QuarantinedDataSet[]> {
  for (const instance of instances) await workplace.store(instance);
  return (await listQuarantined(workplace, operator, 0)).dataSets;
}

function sequence(dataSet: DataSet, value: string): void {
  const item = new DataSet();
  item.set(Tag.ReferencedSOPInstanceUID, '1.2.3');
  item.set(Tag.PatientID, value);
  dataSet.set(Tag.ReferencedImageSequence, [item]);
}

async function compared(instance: TestInstance) {
  const one = (await inQuarantine(instance)).at(-1);
  return await compareQuarantined(workplace, operator, UID, one?.name ?? '');
}

describe('the list of what is in quarantine', () => {
  test('says who brought it, when, what, how large and beside what; and no value of the patient', async () => {
    const other = instanceOf({
      pixelBytes: PIXEL_BYTES + 4,
      patientName: 'Secret^Name',
      patientID: 'SECRET',
    });
    const { result, entries } = await workplace.trailOf(() => inQuarantine(other));
    expect(result).toEqual([
      {
        name: expect.stringMatching(/^1:\d+$/) as string,
        sopInstanceUID: UID,
        studyInstanceUID: studyUID(1),
        seriesInstanceUID: `${studyUID(1)}.1`,
        sopClassUID: other.source.sopClassUID,
        transferSyntaxUID: other.source.transferSyntaxUID,
        recorded: {
          bytes: other.dataSet.length,
          receivedAtMs: expect.any(Number) as number,
          sender: 'device:CT1',
          sourceAETitle: 'CT1',
          reason: 'DIFFERENT_UNDER_SAME_UID',
        },
        held: expect.objectContaining({
          bytes: original.dataSet.length,
          studyInstanceUID: studyUID(1),
        }) as object,
      },
    ]);
    expect(JSON.stringify(result)).not.toMatch(/secret/i);
    expect(entries.at(-1)).toMatchObject({
      verb: 'read-quarantine',
      outcome: 'success',
      subject: { count: 1 },
    });
  });

  test('is empty where nothing is', async () => {
    expect(await listQuarantined(workplace, operator, 0)).toEqual({ dataSets: [], next: undefined });
    expect((await listQuarantined(workplace, operator, 1e15)).dataSets).toEqual([]);
  });
});

describe('a data set in quarantine beside the one that is held', () => {
  test('with another name: where, how much, and which attribute, without its value', async () => {
    const other = instanceOf({ pixelBytes: PIXEL_BYTES, patientName: 'Patient^Numbed1' });
    const found = await compared(other);
    expect(found).toMatchObject({
      sha256: sum(other),
      difference: {
        heldSHA256: sum(original),
        firstByte: original.dataSet.findIndex((byte, at) => byte !== other.dataSet[at]),
        bytes: original.dataSet.filter((byte, at) => byte !== other.dataSet[at]).length,
        attributes: [{ tag: '00100010', keyword: 'PatientName', how: 'changed' }],
        moreAttributes: false,
      },
    });
    expect(JSON.stringify(found)).not.toMatch(/numbe/i);
    expect(workplace.trail.at(-1)).toMatchObject({
      verb: 'read-quarantine',
      outcome: 'success',
      subject: { sopInstanceUID: UID, studyInstanceUID: studyUID(1) },
    });
  });

  test('with other pixels, an attribute more, one less, and a sequence that differs inside', async () => {
    const base = instanceOf({
      number: 5,
      pixelBytes: PIXEL_BYTES,
      change: (dataSet) => sequence(dataSet, 'A'),
    });
    await workplace.store(base);
    const other = instanceOf({
      number: 5,
      pixelBytes: PIXEL_BYTES,
      seed: 9,
      change: (dataSet) => {
        sequence(dataSet, 'B');
        dataSet.delete(Tag.StudyDate);
        dataSet.set(Tag.InstitutionName, 'Hidden');
      },
    });
    await workplace.store(other);
    const one = (await listQuarantined(workplace, operator, 0)).dataSets.at(-1);
    const { difference } = await compareQuarantined(
      workplace,
      operator,
      instanceUID(1, 1, 5),
      one?.name ?? '',
    );
    expect(difference?.attributes).toEqual([
      { tag: '00080020', keyword: 'StudyDate', how: 'only held' },
      { tag: '00080080', keyword: 'InstitutionName', how: 'only in quarantine' },
      { tag: '00081140', keyword: 'ReferencedImageSequence', how: 'changed' },
      { tag: '7FE00010', keyword: 'PixelData', how: 'changed' },
    ]);
  });

  test('that is its beginning, or goes on behind its end: the first byte that differs is where one ends', async () => {
    const longer = instanceOf({
      pixelBytes: PIXEL_BYTES,
      change: (dataSet) => dataSet.set(Tag.DataSetTrailingPadding, new Uint8Array(8)),
    });
    const { difference } = await compared(longer);
    expect(difference).toMatchObject({
      firstByte: original.dataSet.length,
      bytes: 0,
      attributes: [{ keyword: 'DataSetTrailingPadding', how: 'only in quarantine' }],
    });
  });

  test('in another transfer syntax: fingerprints, and no attributes', async () => {
    const other = instanceOf({ pixelBytes: PIXEL_BYTES, transferSyntaxUID: '1.2.840.10008.1.2' });
    const { sha256, difference } = await compared(other);
    expect(sha256).toBe(sum(other));
    expect(difference).toMatchObject({ heldSHA256: sum(original), attributes: undefined });
  });

  test('is not found by a name that is none, and that is recorded', async () => {
    await inQuarantine(instanceOf({ pixelBytes: PIXEL_BYTES, seed: 2 }));
    for (const name of [
      '',
      '1',
      '1:',
      ':1',
      '1:2:3',
      '-1:64',
      '1:64',
      '1e3:64',
      '9'.repeat(30),
      '__proto__:1',
    ]) {
      const { error, entries } = await workplace.trailOf(() =>
        compareQuarantined(workplace, operator, UID, name),
      );
      expect(error).toMatchObject({ code: 'NOT_IN_QUARANTINE' });
      expect(entries).toMatchObject([
        { verb: 'read-quarantine', outcome: 'failed', reason: 'NOT_IN_QUARANTINE' },
      ]);
    }
  });
});

describe('dropping', () => {
  test('is one entry of the trail, with what was dropped and where it lay', async () => {
    const [one] = await inQuarantine(instanceOf({ pixelBytes: PIXEL_BYTES, seed: 2 }));
    const { entries } = await workplace.trailOf(() =>
      dropQuarantined(workplace, operator, UID, one?.name ?? ''),
    );
    expect(entries).toEqual([
      {
        at: FIRST_MOMENT_MS,
        verb: 'drop-quarantined',
        outcome: 'success',
        principal: { kind: 'operator', id: 'root', via: 'command-line' },
        subject: {
          sopInstanceUID: UID,
          studyInstanceUID: studyUID(1),
          seriesInstanceUID: `${studyUID(1)}.1`,
          sopClassUID: original.source.sopClassUID,
        },
        detail: { place: one?.name },
      },
    ]);
    expect((await listQuarantined(workplace, operator, 0)).dataSets).toEqual([]);
  });

  test('a second time, of what is held, or by a name that is none, is recorded as failed and changes nothing', async () => {
    const [one] = await inQuarantine(instanceOf({ pixelBytes: PIXEL_BYTES, seed: 2 }));
    await dropQuarantined(workplace, operator, UID, one?.name ?? '');
    const held = (await workplace.archive.verify()).instances;
    for (const name of [one?.name ?? '', '1:64', 'all', '*']) {
      const { error, entries } = await workplace.trailOf(() =>
        dropQuarantined(workplace, operator, UID, name),
      );
      expect(error).toMatchObject({ code: 'NOT_IN_QUARANTINE' });
      expect(entries).toMatchObject([
        { outcome: 'failed', reason: 'NOT_IN_QUARANTINE', detail: { place: name } },
      ]);
    }
    expect((await workplace.archive.verify()).instances).toBe(held);
  });

  test('that the disk refuses is recorded as failed, not as done', async () => {
    const [one] = await inQuarantine(instanceOf({ pixelBytes: PIXEL_BYTES, seed: 2 }));
    const archive = Object.create(workplace.archive) as typeof workplace.archive;
    const refuse: typeof archive.drop = (_uid, _place, note) => {
      note(workplace.archive.index.quarantined(UID)[0] ?? expect.fail('it is there'));
      return Promise.reject(Object.assign(new Error('full'), { code: 'WRITE_REFUSED' }));
    };
    Object.defineProperties(archive, {
      drop: { value: refuse },
      index: { value: workplace.archive.index },
      note: { value: workplace.archive.note.bind(workplace.archive) },
    });
    const full: Workplace = {
      archive,
      nowMs: workplace.nowMs,
      budget: workplace.budget,
      quarantine: workplace.quarantine,
    };
    const { error, entries } = await workplace.trailOf(() =>
      dropQuarantined(full, operator, UID, one?.name ?? ''),
    );
    expect(error).toMatchObject({ code: 'WRITE_REFUSED' });
    expect(entries).toMatchObject([{ outcome: 'failed', reason: 'WRITE_REFUSED' }]);
  });

  test('makes room for another under the same UID, and the day of whoever brought it stays used up', async () => {
    const left = workplace.quarantine.left('device:CT1');
    const [one] = await inQuarantine(instanceOf({ pixelBytes: PIXEL_BYTES, seed: 2 }));
    await dropQuarantined(workplace, operator, UID, one?.name ?? '');
    expect(workplace.quarantine.left('device:CT1')).toBe(left - original.dataSet.length);
    await workplace.store(instanceOf({ pixelBytes: PIXEL_BYTES, seed: 2 }), trustedDevice);
    expect((await listQuarantined(workplace, operator, 0)).dataSets).toHaveLength(1);
  });
});
