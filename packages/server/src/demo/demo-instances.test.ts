import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataSet, isUID, readDataSet, SOPClassUID, Tag, transferSyntax } from '@leadglass/dicom';
import type { TransferSyntax } from '@leadglass/dicom';
import { describe, expect, test } from 'vitest';
import { demoInstances } from './demo-instances.ts';
import type { DemoInstance } from './demo-instances.ts';
import { person } from './people.ts';

const read = ({ dataSet, transferSyntaxUID }: DemoInstance): DataSet =>
  readDataSet(dataSet, transferSyntax(transferSyntaxUID) as TransferSyntax);

/** Every data set but without pixels, which take 80 MB. */
const all = [...demoInstances()].map((instance) => {
  const dataSet = read(instance);
  const pixelBytes = dataSet.bytes(Tag.PixelData)?.length;
  dataSet.delete(Tag.PixelData);
  return { ...instance, dataSet: dataSet, pixelBytes, length: instance.dataSet.length };
});
const ofClass = (uid: string): typeof all => all.filter(({ sopClassUID }) => sopClassUID === uid);

describe('demo instances', () => {
  test('are what an archive of eight patients would hold', () => {
    const count = (uid: string): number => ofClass(uid).length;
    expect(count(SOPClassUID.CTImageStorage)).toBe(60);
    expect(count(SOPClassUID.MRImageStorage)).toBe(2 * 48);
    expect(count(SOPClassUID.DigitalXRayImageStorageForPresentation)).toBe(3);
    expect(count(SOPClassUID.UltrasoundMultiFrameImageStorage)).toBe(2);
    expect(count(SOPClassUID.BasicTextSRStorage)).toBe(1);
    expect(count(SOPClassUID.EnhancedSRStorage)).toBe(1);
    expect(count(SOPClassUID.SegmentationStorage)).toBe(1);
    expect(count(SOPClassUID.EncapsulatedPDFStorage)).toBe(1);
    expect(count(SOPClassUID.SecondaryCaptureImageStorage)).toBe(1);
    expect(new Set(all.map(({ dataSet }) => dataSet.string(Tag.PatientID))).size).toBe(8);
  });

  test('come lazily, the same bytes for the same seed and other UIDs for another', () => {
    const first = (seed?: number): DemoInstance => {
      for (const instance of demoInstances(seed === undefined ? {} : { seed })) return instance;
      throw new Error('there is none');
    };
    expect(first().dataSet).toEqual(first(0).dataSet);
    expect(first(1).sopInstanceUID).not.toBe(first(0).sopInstanceUID);
    expect(first(1).studyInstanceUID).not.toBe(first(0).studyInstanceUID);
  });

  test('have UIDs of their own under 2.25 (PS3.5 B.2)', () => {
    expect(new Set(all.map(({ sopInstanceUID }) => sopInstanceUID)).size).toBe(all.length);
    for (const { dataSet, sopInstanceUID, studyInstanceUID } of all) {
      const series = dataSet.string(Tag.SeriesInstanceUID) ?? '';
      for (const uid of [sopInstanceUID, studyInstanceUID, series]) {
        expect(isUID(uid) && uid.startsWith('2.25.')).toBe(true);
      }
    }
  });

  test('are clearly synthetic, and names survive their character sets (PS3.5 6.1)', () => {
    for (let index = 0; index < 10; index++) {
      const { patientID, name, characterSet } = person(index);
      const instance = all.find(({ dataSet }) => dataSet.string(Tag.PatientID) === patientID);
      expect(patientID).toMatch(/^DEMO-\d{4}$/);
      if (index >= 8) expect(name).toMatch(/\^2$|\^2[=^]/);
      else expect(instance?.dataSet.string(Tag.PatientName)).toBe(name);
      const dataSet = new DataSet();
      dataSet.set(Tag.SpecificCharacterSet, [...characterSet]);
      dataSet.set(Tag.PatientName, name);
      expect(dataSet.string(Tag.PatientName)).toBe(name);
    }
  });

  test('have as many pixel bytes as their attributes say (PS3.3 C.7.6.3)', () => {
    for (const { dataSet, pixelBytes } of all.filter((instance) => instance.pixelBytes !== undefined)) {
      const value = (tag: number): number => dataSet.number(tag) ?? 1;
      const bytes =
        (value(Tag.Rows) * value(Tag.Columns) * value(Tag.SamplesPerPixel) * value(Tag.BitsAllocated)) / 8;
      expect(pixelBytes).toBe(bytes * value(Tag.NumberOfFrames));
    }
  });

  test('lie in space: sections of a series are parallel, evenly apart, in one frame of reference (PS3.3 C.7.6.2)', () => {
    const series = Map.groupBy(
      [...ofClass(SOPClassUID.CTImageStorage), ...ofClass(SOPClassUID.MRImageStorage)],
      ({ dataSet }) => dataSet.string(Tag.SeriesInstanceUID),
    );
    for (const sections of series.values()) {
      const [first, second] = sections.map(
        ({ dataSet }) => dataSet.numbers(Tag.ImagePositionPatient)[2] ?? NaN,
      );
      const step = (second ?? NaN) - (first ?? NaN);
      expect(step).toBe(sections[0]?.dataSet.number(Tag.SpacingBetweenSlices));
      for (const [index, { dataSet }] of sections.entries()) {
        expect(dataSet.numbers(Tag.ImagePositionPatient)[2]).toBeCloseTo((first ?? NaN) + index * step);
      }
      expect(new Set(sections.map(({ dataSet }) => dataSet.string(Tag.FrameOfReferenceUID))).size).toBe(1);
    }
    expect(series.size).toBe(5);
  });

  test('refer to each other: the report names a section of the CT', () => {
    const report = ofClass(SOPClassUID.BasicTextSRStorage)[0]?.dataSet;
    const study = report?.items(Tag.CurrentRequestedProcedureEvidenceSequence)[0];
    const series = study?.items(Tag.ReferencedSeriesSequence)[0];
    const uid = series?.items(Tag.ReferencedSOPSequence)[0]?.string(Tag.ReferencedSOPInstanceUID);
    const ct = all.find(({ sopInstanceUID }) => sopInstanceUID === uid);
    expect(ct?.sopClassUID).toBe(SOPClassUID.CTImageStorage);
    expect(ct?.studyInstanceUID).toBe(study?.string(Tag.StudyInstanceUID));
    expect(ct?.dataSet.string(Tag.SeriesInstanceUID)).toBe(series?.string(Tag.SeriesInstanceUID));
  });

  test('outline the lesion: each frame lies on the section it was made of (PS3.3 C.8.20, C.7.6.17)', () => {
    const segmentation = ofClass(SOPClassUID.SegmentationStorage)[0]?.dataSet;
    const indices: (readonly number[])[] = [];
    for (const frame of segmentation?.items(Tag.PerFrameFunctionalGroupsSequence) ?? []) {
      const source = frame.items(Tag.DerivationImageSequence)[0]?.items(Tag.SourceImageSequence)[0];
      const uid = source?.string(Tag.ReferencedSOPInstanceUID);
      const section = all.find(({ sopInstanceUID }) => sopInstanceUID === uid)?.dataSet;
      const position = frame.items(Tag.PlanePositionSequence)[0]?.numbers(Tag.ImagePositionPatient);
      expect(position).toEqual(section?.numbers(Tag.ImagePositionPatient));
      expect(section?.string(Tag.FrameOfReferenceUID)).toBe(segmentation?.string(Tag.FrameOfReferenceUID));
      indices.push(frame.items(Tag.FrameContentSequence)[0]?.numbers(Tag.DimensionIndexValues) ?? []);
    }
    expect(indices).toHaveLength(segmentation?.number(Tag.NumberOfFrames) ?? -1);
    const sorted = indices.toSorted(([a = 0, b = 0], [c = 0, d = 0]) => a - c || b - d);
    expect(indices).toEqual(sorted);
    expect(new Set(indices.map(String)).size).toBe(indices.length);
  });

  test('measure the lesion where it is: the line is as long as it is said to be (PS3.3 C.10.5)', () => {
    const report = ofClass(SOPClassUID.EnhancedSRStorage)[0]?.dataSet;
    const measurements = report?.items(Tag.ContentSequence).at(-1);
    const number = measurements?.items(Tag.ContentSequence)[0]?.items(Tag.ContentSequence).at(-1);
    const lengthMm = number?.items(Tag.MeasuredValueSequence)[0]?.number(Tag.NumericValue);
    const coordinates = number?.items(Tag.ContentSequence)[0];
    const [x1 = NaN, y1 = NaN, x2 = NaN, y2 = NaN] = coordinates?.numbers(Tag.GraphicData) ?? [];
    const image = coordinates?.items(Tag.ContentSequence)[0]?.items(Tag.ReferencedSOPSequence)[0];
    const uid = image?.string(Tag.ReferencedSOPInstanceUID);
    const section = all.find(({ sopInstanceUID }) => sopInstanceUID === uid)?.dataSet;
    const [spacing = NaN] = section?.numbers(Tag.PixelSpacing) ?? [];
    expect(Math.hypot(x2 - x1, y2 - y1) * spacing).toBeCloseTo(lengthMm ?? NaN, 2);
    // As the report of the study says: 30 mm from front to back.
    expect(lengthMm).toBeGreaterThan(29);
    expect(lengthMm).toBeLessThan(32);
  });

  test('hold a PDF whose cross-reference table tells where its objects are (ISO 32000-1 7.5.4)', () => {
    const bytes = ofClass(SOPClassUID.EncapsulatedPDFStorage)[0]?.dataSet.bytes(Tag.EncapsulatedDocument);
    const text = new TextDecoder('latin1').decode(bytes);
    const startOfTable = Number(/startxref\n(\d+)\n%%EOF/.exec(text)?.[1]);
    expect(text.slice(startOfTable, startOfTable + 4)).toBe('xref');
    const offsets = [...text.slice(startOfTable).matchAll(/^(\d{10}) 00000 n $/gm)].map(([, offset]) =>
      Number(offset),
    );
    expect(offsets.map((offset) => text.slice(offset).split(' ', 1)[0])).toEqual([
      '1',
      '2',
      '3',
      '4',
      '5',
      '6',
    ]);
    const stream = /\/Length (\d+) >>\nstream\n([^]*?)\nendstream/.exec(text);
    expect(stream?.[2]?.length).toBe(Number(stream?.[1]));
  });
});

interface RequiredAttributes {
  readonly sopClasses: readonly {
    readonly uid: string;
    readonly type1: string[];
    readonly type2: string[];
  }[];
}

const standard =
  process.env['LEADGLASS_STANDARD'] ?? join(import.meta.dirname, '../../../../../shared/standard');
const tables = join(standard, 'ps3.3-type1-2-attributes.json');
const missing = existsSync(tables)
  ? ''
  : ' (skipped: tables of the Standard not found; set LEADGLASS_STANDARD)';

describe(`demo instances have the attributes their IODs require (PS3.3 Annex A)${missing}`, () => {
  const classes = [...new Set(all.map(({ sopClassUID }) => sopClassUID))];
  test.skipIf(missing !== '').each(classes)('%s', (uid) => {
    const { sopClasses } = JSON.parse(readFileSync(tables, 'utf8')) as RequiredAttributes;
    const required = sopClasses.find((sopClass) => sopClass.uid === uid);
    expect(required).toBeDefined();
    for (const { dataSet } of ofClass(uid)) {
      const has = (tag: string): boolean => dataSet.has(Number.parseInt(tag, 16));
      // Type 1 needs a value, a sequence an item; type 2 may be empty.
      const hasValue = (tag: string): boolean => {
        const element = dataSet.get(Number.parseInt(tag, 16));
        return element !== undefined && (element.items?.length ?? element.length) > 0;
      };
      expect(required?.type1.filter((tag) => !hasValue(tag))).toEqual([]);
      expect(required?.type2.filter((tag) => !has(tag))).toEqual([]);
    }
  });
});
