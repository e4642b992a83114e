import { deflateRawSync } from 'node:zlib';
import { Tag } from '@leadglass/dicom';
import { expect, test } from 'vitest';
import { TestWorkplace } from '../operations/testing/workplaces.ts';
import { INFLATED_READ_MAX_BYTES } from './instance-writer.ts';
import { instanceOf } from './testing/instances.ts';

const DEFLATED = '1.2.840.10008.1.2.1.99';
const bomb = (change: Parameters<typeof instanceOf>[0]) => {
  const { source, dataSet, ...more } = instanceOf({ ...change });
  return { ...more, source: { ...source, transferSyntaxUID: DEFLATED }, dataSet: deflateRawSync(dataSet) };
};
const zeros = new Uint8Array(INFLATED_READ_MAX_BYTES + 1_000_000);

test('deflated pixels are stored however long they are inflated, and inflated to a limit alone', async () => {
  const workplace = await TestWorkplace.open();
  const instance = bomb({ change: (dataSet) => dataSet.set(Tag.PixelData, zeros, 'OW') });
  await workplace.store(instance);
  const record = workplace.archive.index.instance(instance.source.sopInstanceUID);
  expect(record?.dataSetLength).toBe(instance.dataSet.length);
  await workplace.close();
});

test('a deflated header beyond the limit is refused', async () => {
  const workplace = await TestWorkplace.open();
  const instance = bomb({ change: (dataSet) => dataSet.set(Tag.ICCProfile, zeros) });
  await expect(workplace.store(instance)).rejects.toMatchObject({ code: 'INFLATED_TOO_LARGE' });
  await workplace.close();
});
