import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ArchiveIndex, openIndex } from './archive-index.ts';
import type { IndexEntry } from './entry.ts';
import { matchToDataSet } from './response.ts';
import { entryOf, queryOf, type Values } from './test-support.ts';
import { Tag } from '@leadglass/dicom';

/*
 * The index against a matcher that is as simple as can be: arrays, loops and regular expressions, written without
 * a look at the index. Values are few, so that random keys meet random data.
 */

interface NaivePatient {
  patientID: string;
  name: string;
  birthDate: string;
}
interface NaiveStudy {
  uid: string;
  patient: NaivePatient;
  date: string;
  accession: string;
  description: string;
}
interface NaiveSeries {
  uid: string;
  study: NaiveStudy;
  modality: string;
}
interface NaiveInstance {
  uid: string;
  series: NaiveSeries;
  number: string;
}

/** What is held, as lists. Attributes: the first instance tells, later ones fill in what was empty. */
class NaiveIndex {
  instances: NaiveInstance[] = [];

  add(values: Record<string, string>): void {
    this.remove(values['SOPInstanceUID'] ?? '');
    const text = (keyword: string): string => values[keyword] ?? '';
    const studies = this.instances.map(({ series }) => series.study);
    let study = studies.find(({ uid }) => uid === text('StudyInstanceUID'));
    const known = studies.find(
      ({ patient }) => patient.patientID !== '' && patient.patientID === text('PatientID'),
    );
    const patient = study?.patient ??
      known?.patient ?? { patientID: text('PatientID'), name: '', birthDate: '' };
    patient.name ||= text('PatientName');
    patient.birthDate ||= text('PatientBirthDate');
    study ??= { uid: text('StudyInstanceUID'), patient, date: '', accession: '', description: '' };
    study.date ||= text('StudyDate');
    study.accession ||= text('AccessionNumber');
    study.description ||= text('StudyDescription');
    const { uid: studyUID } = study;
    const held = this.instances
      .map(({ series }) => series)
      .find((each) => each.uid === text('SeriesInstanceUID') && each.study.uid === studyUID);
    const series = held ?? { uid: text('SeriesInstanceUID'), study, modality: '' };
    series.modality ||= text('Modality');
    this.instances.push({ uid: text('SOPInstanceUID'), series, number: text('InstanceNumber') });
  }

  remove(uid: string): void {
    this.instances = this.instances.filter((instance) => instance.uid !== uid);
  }

  modalitiesOf(study: NaiveStudy): string[] {
    const own = this.instances.filter(({ series }) => series.study === study);
    return [...new Set(own.map(({ series }) => series.modality))].filter((modality) => modality !== '');
  }

  /** UIDs (or Patient IDs) that a query of a level finds. */
  find(level: string, keys: Record<string, string>): string[] {
    const found = this.instances.filter((instance) => this.matches(instance, level, keys));
    const names = found.map(({ uid, series }) =>
      level === 'IMAGE'
        ? uid
        : level === 'SERIES'
          ? `${series.study.uid}/${series.uid}`
          : level === 'STUDY'
            ? series.study.uid
            : this.nameOf(series.study),
    );
    return [...new Set(names)].sort();
  }

  nameOf({ patient, uid }: NaiveStudy): string {
    return patient.patientID === '' ? `of ${uid}` : patient.patientID;
  }

  matches({ uid, series, number }: NaiveInstance, level: string, keys: Record<string, string>): boolean {
    const { study } = series;
    const values: Record<string, string[]> = {
      PatientID: [study.patient.patientID],
      PatientName: study.patient.name.split('='),
      PatientBirthDate: [study.patient.birthDate],
      ...(level === 'PATIENT'
        ? {}
        : {
            StudyInstanceUID: [study.uid],
            StudyDate: [study.date],
            AccessionNumber: [study.accession],
            StudyDescription: [study.description],
            ModalitiesInStudy: this.modalitiesOf(study),
          }),
      ...(level === 'SERIES' || level === 'IMAGE'
        ? { SeriesInstanceUID: [series.uid], Modality: [series.modality] }
        : {}),
      ...(level === 'IMAGE' ? { SOPInstanceUID: [uid], InstanceNumber: [number] } : {}),
    };
    return Object.entries(keys).every(([keyword, key]) => {
      const held = values[keyword];
      return key === '' || held === undefined || held.some((value) => naiveMatch(keyword, key, value));
    });
  }
}

function naiveMatch(keyword: string, key: string, value: string): boolean {
  if (/^\*+$/.test(key)) return true;
  if (value === '') return false;
  if (keyword.endsWith('UID')) return key.split('\\').includes(value);
  if (keyword === 'InstanceNumber') return Number(key) === Number(value);
  if (keyword.endsWith('Date')) {
    if (!key.includes('-')) return key === value;
    const [low = '', high = ''] = key.split('-');
    return (low === '' || low <= value) && (high === '' || value <= high);
  }
  const isName = keyword === 'PatientName';
  const plain = (text: string): string =>
    isName
      ? text
          .normalize('NFD')
          .replace(/[\u0300-\u036f]/g, '')
          .toLowerCase()
      : text;
  const pattern = plain(key)
    .replace(/[.^$+()[\]{}|\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${pattern}$`, 'us').test(plain(value));
}

const oneOf = (...values: string[]): fc.Arbitrary<string> => fc.constantFrom(...values);
const dates = ['', '20240101', '20240102', '20240215', '20250101'];
const names = [
  '',
  'Smith^John',
  'SMITHERS^Ann',
  'Müller^Jörg',
  'Yamada^Tarou=山田^太郎=やまだ^たろう',
  'An^Bo',
  'O_Brien^100%',
];

/** A study number decides patient and UIDs, so that studies have several series and patients several studies. */
const instance: fc.Arbitrary<Record<string, string>> = fc
  .record({
    patient: fc.nat(4),
    study: fc.nat(2),
    series: fc.nat(2),
    number: fc.nat(3),
    PatientName: oneOf(...names),
    PatientBirthDate: oneOf('', '19700101', '19800202'),
    StudyDate: oneOf(...dates),
    AccessionNumber: oneOf('', 'A1', 'A2', 'a1'),
    StudyDescription: oneOf('', 'CHEST', 'HEAD_1', 'CHEST CT'),
    Modality: oneOf('', 'CT', 'MR', 'US'),
  })
  .map(({ patient, study, series, number, ...values }) => ({
    ...values,
    PatientID: patient === 0 ? '' : `P${patient}`,
    StudyInstanceUID: `1.${patient}.${study}`,
    // Series 2 has one UID in all studies.
    SeriesInstanceUID: series === 2 ? '1.9' : `1.${patient}.${study}.${series}`,
    SOPInstanceUID: `1.${patient}.${study}.${series}.${number}`,
    InstanceNumber: String(number),
  }));

const keysOf: Readonly<Record<string, fc.Arbitrary<string>>> = {
  PatientID: oneOf('P1', 'P2', 'P*', '?1', 'p1', '*'),
  PatientName: oneOf(
    'smith^john',
    'SMI*',
    '*MIT*',
    '*mull*',
    '*山*',
    '山田*',
    '*an*',
    '?n^bo',
    '*o_b*',
    '*100%',
    '*',
    'S*N',
    'Yamada^Tarou',
    '*^j*',
  ),
  PatientBirthDate: oneOf('19700101', '-19750101', '19750101-'),
  StudyInstanceUID: oneOf('1.1.0', '1.1.0\\1.2.1', '1.0.0\\9.9'),
  StudyDate: oneOf('20240101', '20240101-20240131', '20240102-', '-20240215', '20240201-20250101'),
  AccessionNumber: oneOf('A1', 'A*', '?1', '*2'),
  StudyDescription: oneOf('CHEST', 'CHEST*', '*_*', '*T'),
  ModalitiesInStudy: oneOf('CT', 'MR', '?T', 'U*'),
  SeriesInstanceUID: oneOf('1.9', '1.1.0.0', '1.9\\1.2.1.1'),
  Modality: oneOf('CT', '*S', 'MR'),
  SOPInstanceUID: oneOf('1.1.0.0.0', '1.2.1.2.3\\1.1.1.1.1\\1.3.0.0.0'),
  InstanceNumber: oneOf('1', '01', '2'),
};

/** Keys of a level that the index knows at it. */
const keysAt: Readonly<Record<string, readonly string[]>> = {
  PATIENT: ['PatientID', 'PatientName', 'PatientBirthDate'],
  STUDY: [
    'PatientID',
    'PatientName',
    'PatientBirthDate',
    'StudyInstanceUID',
    'StudyDate',
    'AccessionNumber',
    'StudyDescription',
    'ModalitiesInStudy',
  ],
  SERIES: [
    'PatientID',
    'PatientName',
    'StudyInstanceUID',
    'StudyDate',
    'ModalitiesInStudy',
    'SeriesInstanceUID',
    'Modality',
  ],
  IMAGE: [
    'PatientName',
    'StudyDate',
    'StudyInstanceUID',
    'SeriesInstanceUID',
    'Modality',
    'SOPInstanceUID',
    'InstanceNumber',
  ],
};

const search = oneOf('PATIENT', 'STUDY', 'SERIES', 'IMAGE').chain((level) =>
  fc
    .subarray([...(keysAt[level] ?? [])], { maxLength: 3 })
    .chain((keywords) =>
      fc.record(Object.fromEntries(keywords.map((keyword) => [keyword, keysOf[keyword] ?? fc.constant('')]))),
    )
    .map((keys) => ({ level, keys: keys })),
);

const step = fc.oneof(
  { weight: 5, arbitrary: fc.array(instance, { minLength: 1, maxLength: 12 }).map((batch) => ({ batch })) },
  {
    weight: 1,
    arbitrary: fc
      .array(instance, { maxLength: 6 })
      .map((removed) => ({ removed: removed.map((each) => each['SOPInstanceUID'] ?? '') })),
  },
);

function identifier(keys: Record<string, string>): Values {
  return Object.fromEntries(
    Object.entries(keys).map(([keyword, key]) => [keyword, key.includes('\\') ? key.split('\\') : key]),
  );
}

const entry = (values: Record<string, string>): IndexEntry => entryOf(values, { keySlot: 3 });

describe.each([
  ['added to', false],
  ['filled', true],
])('the index that is %s finds what a naive matcher finds', (_way, isFilled) => {
  const emptyIndex = (): ArchiveIndex => {
    const index = openIndex({ location: ':memory:' });
    if (isFilled) index.startFilling();
    return index;
  };

  test('for random data, removals and queries at every level', () => {
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 6 }),
        fc.array(search, { minLength: 1, maxLength: 8 }),
        (steps, searches) => {
          const index = emptyIndex();
          const naive = new NaiveIndex();
          for (const each of steps) {
            if ('batch' in each) {
              index.add(each.batch.map(entry));
              for (const values of each.batch) naive.add(values);
            } else {
              index.remove(each.removed);
              for (const uid of each.removed) naive.remove(uid);
            }
          }
          for (const { level, keys } of searches) {
            const query = queryOf(
              { QueryRetrieveLevel: level, ...identifier(keys) },
              { root: 'PATIENT', relational: true },
            );
            const found = [...index.query(query)].map((match) =>
              level === 'IMAGE'
                ? (match.sopInstanceUID ?? '')
                : level === 'SERIES'
                  ? `${match.studyInstanceUID}/${match.seriesInstanceUID}`
                  : level === 'STUDY'
                    ? (match.studyInstanceUID ?? '')
                    : (match.patientID ?? ''),
            );
            const wanted = naive
              .find(level, keys)
              .map((name) => (level === 'PATIENT' && name.startsWith('of ') ? '' : name));
            expect(found.sort(), JSON.stringify({ level, keys })).toEqual(wanted.sort());
            expect(index.countMatches(query, 1000)).toBe(wanted.length);
            const paged = [0, 1, 2].flatMap((page) => [
              ...index.query({ ...query, limit: 2, offset: page * 2 }),
            ]);
            expect(paged).toHaveLength(Math.min(6, wanted.length));
          }
          expectCounts(index, naive);
          index.close();
        },
      ),
      { numRuns: 100 },
    );
  });

  test('however the instances are divided into batches', () => {
    fc.assert(
      fc.property(fc.array(instance, { minLength: 2, maxLength: 30 }), fc.nat(30), (instances, cut) => {
        const dump = (batches: Record<string, string>[][]): string => {
          const index = emptyIndex();
          for (const batch of batches) index.add(batch.map(entry));
          const query = queryOf(
            {
              QueryRetrieveLevel: 'IMAGE',
              PatientID: '',
              PatientName: '',
              StudyDate: '',
              StudyDescription: '',
              ModalitiesInStudy: '',
              Modality: '',
              NumberOfStudyRelatedInstances: '',
            },
            { root: 'PATIENT', relational: true },
          );
          const text = [...index.query(query)].map((match) =>
            [match.sopInstanceUID, ...query.requested.map(({ key }) => key && match.text(key))].join('|'),
          );
          index.close();
          return text.join('\n');
        };
        const one = dump([instances]);
        expect(dump([instances.slice(0, cut), instances.slice(cut)])).toBe(one);
        expect(dump(instances.map((each) => [each]))).toBe(one);
      }),
      { numRuns: 50 },
    );
  });
});

/** Stored counts and ModalitiesInStudy against a recount (PS3.4 C.6). */
function expectCounts(index: ReturnType<typeof openIndex>, naive: NaiveIndex): void {
  const query = queryOf({
    StudyInstanceUID: '',
    ModalitiesInStudy: '',
    NumberOfStudyRelatedSeries: '',
    NumberOfStudyRelatedInstances: '',
    NumberOfPatientRelatedInstances: '',
    NumberOfPatientRelatedStudies: '',
  });
  for (const match of index.query(query)) {
    const response = matchToDataSet(match, query);
    const own = naive.instances.filter(({ series }) => series.study.uid === match.studyInstanceUID);
    const ofPatient = naive.instances.filter(
      ({ series }) => series.study.patient === own[0]?.series.study.patient,
    );
    expect(response.number(Tag.NumberOfStudyRelatedInstances)).toBe(own.length);
    expect(response.number(Tag.NumberOfStudyRelatedSeries)).toBe(
      new Set(own.map(({ series }) => series.uid)).size,
    );
    expect(response.number(Tag.NumberOfPatientRelatedInstances)).toBe(ofPatient.length);
    expect(response.number(Tag.NumberOfPatientRelatedStudies)).toBe(
      new Set(ofPatient.map(({ series }) => series.study.uid)).size,
    );
    const [first] = own;
    expect(response.strings(Tag.ModalitiesInStudy).sort()).toEqual(
      first === undefined ? [] : naive.modalitiesOf(first.series.study).sort(),
    );
  }
  const studies = new Set(naive.instances.map(({ series }) => series.study.uid));
  expect(index.statistics()).toMatchObject({
    patients: new Set(naive.instances.map(({ series }) => naive.nameOf(series.study))).size,
    studies: studies.size,
    instances: naive.instances.length,
    bytes: naive.instances.length * 1000,
  });
  const selected = [...index.instances({ studyInstanceUIDs: [...studies] })].map(
    ({ sopInstanceUID }) => sopInstanceUID,
  );
  expect(selected.sort()).toEqual(naive.instances.map(({ uid }) => uid).sort());
}
