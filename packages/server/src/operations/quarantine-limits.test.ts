import { closeSync, openSync, readdirSync, readSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { instanceOf, instanceUID, type TestInstance } from '../archive/testing/instances.ts';
import { QuarantineBudget } from './quarantine-budget.ts';
import { QUARANTINED_PER_UID_MAX } from './quarantine-limits.ts';
import { caller, TestWorkplace, trustedDevice } from './testing/workplaces.ts';

const PIXEL_BYTES = 600_000;
const UID = instanceUID(1, 1, 1);
const other: TestInstance[] = Array.from({ length: QUARANTINED_PER_UID_MAX + 2 }, (_, i) =>
  instanceOf({ pixelBytes: PIXEL_BYTES, seed: i + 2 }),
);
const original = instanceOf({ pixelBytes: PIXEL_BYTES });

let workplace: TestWorkplace;
beforeEach(async () => {
  workplace = await TestWorkplace.open();
  await workplace.store(original);
});
afterEach(() => workplace.close());

const packs = (): string[] =>
  readdirSync(join(workplace.folder, 'packs')).map((name) => join(workplace.folder, 'packs', name));
const packBytes = (): number => packs().reduce((sum, file) => sum + statSync(file).size, 0);
const store = (instance: TestInstance): Promise<void> => workplace.store(instance);

const last = other.at(-1) ?? original;

test('beside what is held eight are kept; of a ninth not a byte is, and its refusal is recorded', async () => {
  for (const instance of other.slice(0, QUARANTINED_PER_UID_MAX)) await workplace.store(instance);
  expect(workplace.archive.index.quarantined(UID)).toHaveLength(QUARANTINED_PER_UID_MAX);
  const before = packBytes();
  const { error, entries } = await workplace.trailOf(() => workplace.store(last));
  expect(error).toMatchObject({ code: 'QUARANTINE_FULL' });
  expect(entries).toMatchObject([
    { verb: 'store', outcome: 'refused', reason: 'QUARANTINE_FULL', subject: { sopInstanceUID: UID } },
  ]);
  expect(packBytes() - before).toBeLessThan(2_000);
  expect((await workplace.archive.verify()).quarantined).toBe(QUARANTINED_PER_UID_MAX);
  // What is held is still acknowledged, and other instances are stored.
  const again = await workplace.trailOf(() => workplace.store(original));
  expect(again.entries).toMatchObject([{ outcome: 'success', detail: { identical: 1 } }]);
  await workplace.store(instanceOf({ number: 2 }));
});

test('in another transfer syntax, longer or shorter than what is held: refused as well', async () => {
  for (const instance of other.slice(0, QUARANTINED_PER_UID_MAX)) await workplace.store(instance);
  for (const instance of [
    instanceOf({ transferSyntaxUID: '1.2.840.10008.1.2' }),
    instanceOf({ pixelBytes: PIXEL_BYTES + 2 }),
    instanceOf({ pixelBytes: PIXEL_BYTES - 2 }),
  ]) {
    const { error, entries } = await workplace.trailOf(() => store(instance));
    expect(error).toMatchObject({ code: 'QUARANTINE_FULL' });
    expect(entries).toMatchObject([{ outcome: 'refused', reason: 'QUARANTINE_FULL' }]);
  }
});

test('a copy that is damaged is healed by the second that is sent, however full quarantine is', async () => {
  for (const instance of other.slice(0, QUARANTINED_PER_UID_MAX)) await workplace.store(instance);
  const [pack = ''] = packs();
  const fd = openSync(pack, 'r+');
  const byte = Buffer.alloc(1);
  readSync(fd, byte, 0, 1, 100_000);
  writeSync(fd, Buffer.from([(byte[0] ?? 0) ^ 1]), 0, 1, 100_000);
  closeSync(fd);
  const failed = await workplace.trailOf(() => workplace.store(original));
  expect(failed.error).toMatchObject({ code: 'READ_FAILED' });
  const healed = await workplace.trailOf(() => workplace.store(original));
  expect(healed.entries).toMatchObject([{ outcome: 'success' }]);
  expect((await workplace.archive.verify()).replaced).toHaveLength(1);
});

test('a caller who has used up its day gets nothing more into quarantine; others do, and the next day it does', async () => {
  const wanton = caller({ kind: 'device', via: 'certificate', verbs: ['store'] }, 'WANTON');
  const [first = original, second = original] = other;
  workplace.quarantine.spend('device:WANTON', workplace.quarantine.left('device:WANTON') - 1);
  await workplace.store(first, wanton);
  expect(workplace.quarantine.left('device:WANTON')).toBe(1 - first.dataSet.length);
  await expect(workplace.store(second, wanton)).rejects.toMatchObject({ code: 'QUARANTINE_FULL' });
  await workplace.store(second, trustedDevice);
  workplace.now += 86_400_000;
  await workplace.store(other[2] ?? original, wanton);
  expect(workplace.archive.index.quarantined(UID)).toHaveLength(3);
});

test('what is in quarantine already is not counted again', async () => {
  const [first = original] = other;
  const { quarantine } = workplace;
  const before = quarantine.left('device:CT1');
  await workplace.store(first);
  const after = quarantine.left('device:CT1');
  expect(before - after).toBe(first.dataSet.length);
  await workplace.store(first);
  expect(quarantine.left('device:CT1')).toBe(after);
});

test('callers without number take no memory without number', () => {
  const budget = new QuarantineBudget(() => 0, 10);
  for (let i = 0; i < 20_000; i++) budget.spend(`device ${i}`, 1);
  expect(budget.left('device 0')).toBe(10);
  expect(budget.left('device 19999')).toBe(9);
});
