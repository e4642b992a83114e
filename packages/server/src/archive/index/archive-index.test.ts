import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Tag } from '@leadglass/dicom';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ArchiveIndex, openIndex } from './archive-index.ts';
import type { IndexEntry } from './entry.ts';
import { PAGE_ROWS_MAX } from './limits.ts';
import { matchToDataSet } from './response.ts';
import { entryOf, queryOf, type Values } from './test-support.ts';

let index: ArchiveIndex;
beforeEach(() => {
  index = openIndex({ location: ':memory:' });
});
afterEach(() => index.close());

/** An instance of a series of a study of a patient, by numbers. */
function entry(patient: number, study: number, series = 1, instance = 1, values: Values = {}): IndexEntry {
  return entryOf({
    PatientID: patient === 0 ? '' : `P${patient}`,
    PatientName: `Name${patient}^X`,
    StudyInstanceUID: `1.${patient}.${study}`,
    SeriesInstanceUID: `1.${patient}.${study}.${series}`,
    SOPInstanceUID: `1.${patient}.${study}.${series}.${instance}`,
    ...values,
  });
}

const studies = (keys: Values = {}): string[] =>
  [...index.query(queryOf(keys))].map(({ studyInstanceUID }) => studyInstanceUID ?? '');

function study(uid: string, ...keywords: string[]): Record<string, string | undefined> {
  const query = queryOf({
    StudyInstanceUID: uid,
    ...Object.fromEntries(keywords.map((keyword) => [keyword, ''])),
  });
  const [match] = [...index.query(query)];
  if (match === undefined) return {};
  const response = matchToDataSet(match, query);
  const tags = Tag as unknown as Readonly<Record<string, number>>;
  return Object.fromEntries(
    keywords.map((keyword) => [keyword, response.strings(tags[keyword] ?? 0).join('\\')]),
  );
}

/** UIDs that break off. */
function* failingAfter(...uids: string[]): Generator<string> {
  yield* uids;
  throw new Error('no further');
}

describe('identity', () => {
  test('a patient is its Patient ID and the issuer of that', () => {
    index.add([entry(1, 1), entry(1, 2, 1, 1, { IssuerOfPatientID: 'B' }), entry(1, 3)]);
    expect(index.statistics()).toMatchObject({ patients: 2, studies: 3 });
    expect(studies({ PatientID: 'P1', IssuerOfPatientID: 'B' })).toEqual(['1.1.2']);
  });

  test('without a Patient ID every study has a patient of its own', () => {
    index.add([entry(0, 1), entry(0, 2), entry(0, 2, 2)]);
    expect(index.statistics()).toMatchObject({ patients: 2, studies: 2, series: 3 });
  });

  test('a Patient ID that comes later joins the study to its patient', () => {
    index.add([entry(3, 9), entry(0, 1), entry(0, 2)]);
    index.add([entry(0, 1, 1, 2, { PatientID: 'P3' }), entry(0, 2, 1, 2, { PatientID: 'P8' })]);
    expect(index.statistics()).toMatchObject({ patients: 2, studies: 3, instances: 5 });
    expect(studies({ PatientID: 'P3' }).sort()).toEqual(['1.0.1', '1.3.9']);
    expect(studies({ PatientID: 'P8' })).toEqual(['1.0.2']);
    expect(
      study('1.0.1', 'NumberOfPatientRelatedStudies', 'NumberOfPatientRelatedInstances', 'PatientName'),
    ).toEqual({
      NumberOfPatientRelatedStudies: '2',
      NumberOfPatientRelatedInstances: '3',
      PatientName: 'Name3^X',
    });
    expect(studies({ PatientName: 'NAME0*' })).toEqual(['1.0.2']);
  });

  test('a study keeps its patient, whatever later instances say', () => {
    index.add([entry(1, 1), entry(1, 1, 1, 2, { PatientID: 'P2', PatientName: 'Other', PatientSex: 'M' })]);
    expect(index.statistics()).toMatchObject({ patients: 1, studies: 1, instances: 2 });
    expect(study('1.1.1', 'PatientName', 'PatientSex')).toEqual({ PatientName: 'Name1^X', PatientSex: '' });
  });

  test('a series UID in two studies is two series', () => {
    const twice = { SeriesInstanceUID: '1.5' };
    index.add([entry(1, 1, 1, 1, twice), entry(1, 2, 1, 1, twice)]);
    expect(index.statistics()).toMatchObject({ series: 2 });
    expect([...index.instances({ seriesInstanceUIDs: ['1.5'], studyInstanceUIDs: ['1.1.2'] })]).toHaveLength(
      1,
    );
  });

  test('an instance added again replaces the one there is, wherever it says it belongs', () => {
    index.add([entry(1, 1), entry(1, 1, 1, 2)]);
    index.add([{ ...entry(2, 7, 1, 1, { SOPInstanceUID: '1.1.1.1.1' }), dataSetLength: 5 }]);
    expect(index.instance('1.1.1.1.1')).toMatchObject({
      studyInstanceUID: '1.2.7',
      dataSetLength: 5,
      patientID: 'P2',
    });
    expect(index.statistics()).toEqual({ patients: 2, studies: 2, series: 2, instances: 2, bytes: 1005 });
  });
});

describe('attributes: the first instance tells, later ones fill in what was empty', () => {
  test('of patient, study and series', () => {
    index.add([
      entry(1, 1, 1, 1, { PatientName: '', StudyDate: '', StudyDescription: 'FIRST', Modality: '' }),
      entry(1, 1, 1, 2, {
        PatientName: 'Later^Name',
        StudyDate: '20240101',
        StudyDescription: 'SECOND',
        AccessionNumber: 'A',
        Modality: 'MR',
      }),
    ]);
    expect(
      study('1.1.1', 'PatientName', 'StudyDate', 'StudyDescription', 'AccessionNumber', 'ModalitiesInStudy'),
    ).toEqual({
      PatientName: 'Later^Name',
      StudyDate: '20240101',
      StudyDescription: 'FIRST',
      AccessionNumber: 'A',
      ModalitiesInStudy: 'MR',
    });
    expect(studies({ PatientName: '*ATER*' })).toEqual(['1.1.1']);
    expect(studies({ ModalitiesInStudy: 'MR', StudyDate: '20240101' })).toEqual(['1.1.1']);
    expect(studies({ AccessionNumber: 'A' })).toEqual(['1.1.1']);
  });

  test('the date filled in moves the modalities that were there', () => {
    index.add([entry(1, 1, 1, 1, { StudyDate: '', Modality: 'CT' })]);
    index.add([entry(1, 1, 2, 1, { StudyDate: '20240101', Modality: 'MR' })]);
    expect(studies({ ModalitiesInStudy: 'CT', StudyDate: '20240101' })).toEqual(['1.1.1']);
    expect(studies({ ModalitiesInStudy: 'CT' })).toEqual(['1.1.1']);
  });
});

describe('counts and summaries follow (PS3.4 C.6.1.1)', () => {
  const summary = [
    'ModalitiesInStudy',
    'SOPClassesInStudy',
    'NumberOfStudyRelatedSeries',
    'NumberOfStudyRelatedInstances',
  ] as const;

  test('additions in one batch and in many', () => {
    index.add([entry(1, 1), entry(1, 1, 1, 2), entry(1, 1, 2, 1, { Modality: 'SR', SOPClassUID: '1.2.3' })]);
    index.add([entry(1, 1, 3, 1, { Modality: 'CT' })]);
    expect(study('1.1.1', ...summary)).toEqual({
      ModalitiesInStudy: 'CT\\SR',
      SOPClassesInStudy: '1.2.840.10008.5.1.4.1.1.2\\1.2.3',
      NumberOfStudyRelatedSeries: '3',
      NumberOfStudyRelatedInstances: '4',
    });
  });

  test('removals, and rows without children go', () => {
    index.add([
      entry(1, 1),
      entry(1, 1, 1, 2),
      entry(1, 1, 2, 1, { Modality: 'SR', SOPClassUID: '1.2.3' }),
      entry(2, 1),
    ]);
    index.remove(['1.1.1.2.1', '9.9.9']);
    expect(study('1.1.1', ...summary)).toEqual({
      ModalitiesInStudy: 'CT',
      SOPClassesInStudy: '1.2.840.10008.5.1.4.1.1.2',
      NumberOfStudyRelatedSeries: '1',
      NumberOfStudyRelatedInstances: '2',
    });
    expect(studies({ ModalitiesInStudy: 'SR' })).toEqual([]);
    index.remove(['1.1.1.1.1', '1.1.1.1.2']);
    expect(index.statistics()).toEqual({ patients: 1, studies: 1, series: 1, instances: 1, bytes: 1000 });
    expect(studies({ PatientName: '*AME1*' })).toEqual([]);
    expect(studies({ PatientName: 'NAME1^X' })).toEqual([]);
    expect(index.study('1.1.1')).toBeUndefined();
  });

  test('a failed addition leaves no trace', () => {
    index.add([entry(1, 1)], { packID: 1, offset: 10 });
    const broken = {
      ...entry(2, 2),
      location: 'no bytes' as unknown as Uint8Array,
      dataSetLength: null as unknown as number,
    };
    expect(() => index.add([entry(3, 3), broken], { packID: 1, offset: 20 })).toThrow();
    expect(index.statistics()).toMatchObject({ patients: 1, studies: 1, instances: 1 });
    expect(index.position()).toEqual({ packID: 1, offset: 10 });
    index.add([entry(3, 3)]);
    expect(studies().sort()).toEqual(['1.1.1', '1.3.3']);
  });
});

describe('instances for retrieval (PS3.4 C.4.2, C.4.3)', () => {
  beforeEach(() => {
    index.add([
      entry(1, 1, 2, 1),
      entry(1, 2, 1, 1),
      entry(1, 1, 1, 1),
      entry(1, 1, 2, 2),
      entry(2, 1, 1, 1),
    ]);
  });
  const uids = (selection: Parameters<ArchiveIndex['instances']>[0]): string[] =>
    [...index.instances(selection)].map(({ sopInstanceUID }) => sopInstanceUID);

  test('are grouped by study and series, in the order they came', () => {
    expect(uids({ patientID: 'P1' })).toEqual(['1.1.1.2.1', '1.1.1.2.2', '1.1.1.1.1', '1.1.2.1.1']);
    expect(uids({ sopInstanceUIDs: ['1.1.2.1.1', '1.1.1.2.2', '1.1.1.1.1', '1.1.1.2.1', '7.7'] })).toEqual(
      uids({ patientID: 'P1' }),
    );
  });

  test('agree with everything that is given', () => {
    expect(uids({ patientID: 'P2', studyInstanceUIDs: ['1.1.1'] })).toEqual([]);
    expect(
      uids({ patientID: 'P1', studyInstanceUIDs: ['1.1.1', '1.2.1'], seriesInstanceUIDs: ['1.1.1.2'] }),
    ).toHaveLength(2);
    expect(uids({ sopInstanceUIDs: ['1.1.1.1.1'], seriesInstanceUIDs: ['1.1.1.2'] })).toEqual([]);
    expect(uids({ patientID: 'P1', issuerOfPatientID: 'X' })).toEqual([]);
  });

  test('a selection of nothing is refused, not the whole archive', () => {
    expect(() => index.instances({})).toThrowError(
      expect.objectContaining({ code: 'EMPTY_SELECTION' }) as Error,
    );
    expect(() => index.instances({ patientID: '' })).toThrowError(
      expect.objectContaining({ code: 'EMPTY_SELECTION' }) as Error,
    );
    expect(uids({ studyInstanceUIDs: [] })).toEqual([]);
  });

  test('a record that was asked for before is as the last change left it', () => {
    const uid = '1.4.1.1.1';
    const record = (): unknown => index.instance(uid);
    expect(record()).toBeUndefined();
    index.add([entry(4, 1)]);
    expect(record()).toMatchObject({ studyInstanceUID: '1.4.1', seriesInstanceUID: '1.4.1.1' });
    index.add([entry(4, 1, 1, 1, { SeriesInstanceUID: '1.4.1.9' })]);
    expect(record()).toMatchObject({ seriesInstanceUID: '1.4.1.9' });
    expect(() => index.remove(failingAfter(uid))).toThrow('no further');
    expect(record()).toMatchObject({ seriesInstanceUID: '1.4.1.9' });
    index.remove([uid]);
    expect(record()).toBeUndefined();
  });

  test('a record says all that was given', () => {
    index.add([entry(4, 1, 1, 1, { NumberOfFrames: '30' })]);
    expect(index.instance('1.4.1.1.1')).toEqual({
      patientID: 'P4',
      studyInstanceUID: '1.4.1',
      seriesInstanceUID: '1.4.1.1',
      sopInstanceUID: '1.4.1.1.1',
      sopClassUID: '1.2.840.10008.5.1.4.1.1.2',
      transferSyntaxUID: '1.2.840.10008.1.2.1',
      dataSetLength: 1000,
      receivedAt: 1_700_000_000_000,
      sourceAETitle: 'CT1',
      numberOfFrames: 30,
      location: new Uint8Array([1, 2, 3, 4]),
      keySlot: 7,
    });
    expect(index.instance('9')).toBeUndefined();
  });
});

describe('while matches are read', () => {
  const total = PAGE_ROWS_MAX * 2 + 100;
  beforeEach(() => {
    index.add(
      Array.from({ length: total }, (_, n) =>
        entry(1 + (n % 50), n, 1, 1, { StudyDate: `2024010${n % 9}`.replace('00', '10') }),
      ),
    );
  });

  test.each<readonly [string, Values]>([
    ['all studies', {}],
    ['a date range', { StudyDate: '20230101-20251231' }],
    ['a modality', { ModalitiesInStudy: 'CT' }],
    ['a name', { PatientName: 'NAME*' }],
    ['an infix', { PatientName: '*AME*' }],
    ['Patient IDs', { PatientID: 'P*' }],
  ])('instances may be added and removed: %s', (_name, keys) => {
    const before = new Set(studies(keys));
    expect(before.size).toBe(total);
    const removed = new Set<string>();
    const seen: string[] = [];
    let step = 0;
    for (const match of index.query(queryOf(keys))) {
      seen.push(match.studyInstanceUID ?? '');
      step += 1;
      if (step % 50 === 0)
        index.add([entry(1 + (step % 60), 100_000 + step, 1, 1, { StudyDate: '20240105' })]);
      if (step % 70 === 0) {
        const victim = [...before].find((uid) => !seen.includes(uid) && !removed.has(uid));
        if (victim !== undefined) {
          removed.add(victim);
          index.remove([`${victim}.1.1`]);
        }
      }
    }
    expect(new Set(seen).size, 'nothing twice').toBe(seen.length);
    const missing = [...before].filter((uid) => !seen.includes(uid));
    expect(
      missing.every((uid) => removed.has(uid)),
      'nothing that stayed was missed',
    ).toBe(true);
  });

  test('a search may be left early, and work is done in steps of bounded size', () => {
    const matches = index.query(queryOf({}));
    expect(matches.next().done).toBe(false);
    matches.return?.();
    const pages = [...index.queryPages(queryOf({ StudyDescription: 'NOTHING' }))];
    expect(pages.length).toBeGreaterThan(2);
    expect(pages.flat()).toEqual([]);
    expect([...index.queryPages(queryOf({ PatientName: '*q*' }))]).toEqual([[]]);
    expect(Math.max(...[...index.queryPages(queryOf({}))].map((page) => page.length))).toBeLessThanOrEqual(
      PAGE_ROWS_MAX,
    );
  });

  test('one patient with more studies than a page', () => {
    index.add(Array.from({ length: PAGE_ROWS_MAX * 2 }, (_, n) => entry(99, n)));
    index.add([entry(990, 1)]);
    expect(studies({ PatientID: 'P99' })).toHaveLength(PAGE_ROWS_MAX * 2);
    expect(studies({ PatientName: 'NAME99*' })).toHaveLength(PAGE_ROWS_MAX * 2 + 1);
  });

  test('limit and offset, and counting up to a cap (PS3.18 8.3.4.4)', () => {
    const query = queryOf({ PatientName: 'NAME*' });
    const all = [...index.query(query)].map(({ studyInstanceUID }) => studyInstanceUID);
    const page = [...index.query({ ...query, offset: 700, limit: 25 })].map(
      ({ studyInstanceUID }) => studyInstanceUID,
    );
    expect(page).toEqual(all.slice(700, 725));
    expect([...index.query({ ...query, limit: 0 })]).toEqual([]);
    expect([...index.query({ ...query, offset: total + 5 })]).toEqual([]);
    expect(index.countMatches(query, 10)).toBe(10);
    expect(index.countMatches(query, 1_000_000)).toBe(total);
  });
});

describe('the file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'leadglass-index-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('a copy is made while the index is in use, and opens as it was', async () => {
    index.add([entry(1, 1)], { packID: 2, offset: 77 });
    const copy = join(folder, 'copy.sqlite');
    const saving = index.saveTo(copy);
    index.add([entry(2, 2)], { packID: 2, offset: 99 });
    await saving;
    const opened = openIndex({ location: copy });
    expect([77, 99]).toContain(opened.position()?.offset);
    expect(opened.statistics().studies).toBe(opened.position()?.offset === 77 ? 1 : 2);
    opened.add([entry(3, 3)]);
    expect([...opened.query(queryOf({ PatientName: '*AME*' }))].length).toBeGreaterThanOrEqual(2);
    opened.close();
  });

  test('one with another layout is emptied, so that the packs fill it again', () => {
    const location = join(folder, 'index.sqlite');
    const first = openIndex({ location });
    first.add([entry(1, 1)], { packID: 1, offset: 5 });
    first.close();
    const same = openIndex({ location });
    expect(same.statistics().studies).toBe(1);
    same.close();
    const database = new DatabaseSync(location);
    database.exec(`update index_state set layout = 'older'`);
    database.close();
    const other = openIndex({ location });
    expect(other.statistics().studies).toBe(0);
    expect(other.position()).toBeUndefined();
    other.add([entry(1, 1)]);
    other.close();
  });

  test('a file that is no index is refused', () => {
    const location = join(folder, 'broken.sqlite');
    writeFileSync(location, 'this is not a database, and long enough to look like one'.repeat(100));
    expect(() => openIndex({ location })).toThrow();
  });

  test('a closed index says so', () => {
    const closed = openIndex({ location: ':memory:' });
    closed.close();
    closed.close();
    expect(() => closed.instance('1')).toThrowError(expect.objectContaining({ code: 'CLOSED' }) as Error);
  });
});
