import { readDataSet, Tag, transferSyntax } from '@leadglass/dicom';
import type { TransferSyntax } from '@leadglass/dicom';
import { describe, expect, test } from 'vitest';
import { benchInstances } from './bench-instances.ts';
import type { BenchKind } from './bench-instances.ts';

describe('bench instances', () => {
  test.each<[BenchKind, number, number]>([
    ['CT', 524_288, 530_000],
    ['DX', 10_000_000, 11_000_000],
    ['SR', 2_000, 4_000],
  ])('of kind %s are between %i and %i bytes', (kind, least, most) => {
    for (const { dataSet } of benchInstances(kind, 2, { studies: 1 })) {
      expect(dataSet.length).toBeGreaterThan(least);
      expect(dataSet.length).toBeLessThan(most);
    }
  });

  test('have identifiers of their own, spread over the studies asked for', () => {
    const read = [...benchInstances('SR', 10, { studies: 3 })].map((instance) => ({
      instance,
      dataSet: readDataSet(instance.dataSet, transferSyntax(instance.transferSyntaxUID) as TransferSyntax),
    }));
    const different = (tag: number): number => new Set(read.map(({ dataSet }) => dataSet.string(tag))).size;
    expect(different(Tag.SOPInstanceUID)).toBe(10);
    for (const tag of [Tag.StudyInstanceUID, Tag.SeriesInstanceUID, Tag.PatientID, Tag.AccessionNumber]) {
      expect(different(tag)).toBe(3);
    }
    for (const { instance, dataSet } of read) {
      expect(dataSet.string(Tag.SOPInstanceUID)).toBe(instance.sopInstanceUID);
      expect(dataSet.string(Tag.StudyInstanceUID)).toBe(instance.studyInstanceUID);
    }
    expect(read[0]?.dataSet.number(Tag.InstanceNumber)).toBe(1);
  });

  test('come in the same bytes again when asked to', () => {
    const [first, second] = [...benchInstances('SR', 2, { studies: 1, reuseBytes: true })];
    expect(first?.dataSet).toBe(second?.dataSet);
    expect(first?.sopInstanceUID).not.toBe(second?.sopInstanceUID);
  });
});
