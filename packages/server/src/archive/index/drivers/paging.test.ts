import fc from 'fast-check';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { type ArchiveIndex, openIndex } from '../archive-index.ts';
import type { IndexEntry } from '../entry.ts';
import { matchesName, parseNamePattern } from '../matching/name-matching.ts';
import type { Query } from '../matching/query.ts';
import { entryOf, queryOf } from '../test-support.ts';

/** Steps so small that a few hundred studies take many of them, of every kind. */
vi.mock('../limits.ts', async (original) => ({
  ...(await original<Record<string, unknown>>()),
  PAGE_ROWS_MIN: 3,
  PAGE_ROWS_MAX: 12,
  PASSED_ROWS_MIN: 2,
  PASSED_ROWS_MAX: 20,
  NAME_SCAN_ROWS: 16,
}));

const familyNames = [
  'Smith',
  'Smits',
  'Smythe',
  'Müller',
  'Mueller',
  'Li',
  'Lee',
  'Lindt',
  'O’Brien',
  "O'Brian",
];
const givenNames = ['Anna', 'Hannah', 'Li', 'J', 'Jon', 'John', 'Xu', ''];
const otherGroups = ['', '', '', '=山田^太郎', '=Smith^Anna', '=smith^anna=Smits^J'];
const pick = <T>(list: readonly T[], n: number): T => list[n % list.length] as T;

/** Many studies of one day, of one name, of one patient; some patients without an ID, names in several groups. */
function study(n: number): IndexEntry {
  const patient = (n * 7919) % 180;
  const name = `${pick(familyNames, patient)}^${pick(givenNames, patient * 3 + 1)}${pick(otherGroups, patient)}`;
  return entryOf({
    PatientID: patient % 11 === 0 ? '' : `P${String(patient).padStart(3, '0')}`,
    PatientName: patient % 17 === 0 ? '' : name,
    PatientBirthDate: pick(['19700101', '19700101', '19800202', ''], patient),
    StudyDate: pick(['20240101', '20240101', '20240102', '20240131', '20250101', '', 'unknown'], n * 31),
    AccessionNumber: pick(['A1', 'A2', 'A2', ''], n),
    StudyID: pick(['7', '8', ''], n),
    StudyDescription: pick(['CHEST', 'HEAD', ''], n * 13),
    Modality: pick(['CT', 'MR', 'CT', ''], n * 17),
    StudyInstanceUID: `1.2.${n}`,
    SeriesInstanceUID: `1.2.${n}.1`,
    SOPInstanceUID: `1.2.${n}.1.1`,
  });
}

const STUDIES = 500;
const index: ArchiveIndex = openIndex({ location: ':memory:' });
const held = Array.from({ length: STUDIES }, (_, n) => study(n));
index.add(held);
// Studies of two modalities and of several series and instances.
index.add(
  Array.from({ length: STUDIES / 5 }, (_, n) => [1, 2].map((series) => further(n * 5, series))).flat(),
);
afterAll(() => index.close());

function further(n: number, series: number): IndexEntry {
  const uid = `1.2.${n}`;
  return entryOf({
    PatientID: '',
    PatientName: '',
    Modality: pick(['US', 'CT'], n + series),
    StudyInstanceUID: uid,
    SeriesInstanceUID: `${uid}.${1 + series}`,
    SOPInstanceUID: `${uid}.${1 + series}.1`,
  });
}

const oneOf = (...values: string[]): fc.Arbitrary<string> => fc.constantFrom(...values);
const keys: Readonly<Record<string, fc.Arbitrary<string>>> = {
  PatientID: oneOf('P0*', 'P*', 'P01?', 'P*1'),
  PatientName: oneOf(
    'SMI*',
    'smith^anna',
    'S*',
    '*mit*',
    '*ith*',
    '*mit*a*',
    '*an*',
    'mü*',
    '=smi*',
    'smith^*',
    '*^j*',
    '*山田*',
    'sm?t*',
  ),
  PatientBirthDate: oneOf('19700101', '19700101-', '-19750101'),
  StudyDate: oneOf('20240101', '20240101-20240131', '20240102-', '-20240131', '20230101-20260101'),
  AccessionNumber: oneOf('A*', 'A2', '?2'),
  StudyID: oneOf('7', '?'),
  StudyDescription: oneOf('CHEST', 'H*'),
  ModalitiesInStudy: oneOf('CT', 'US', 'M*'),
};
const query: fc.Arbitrary<Query> = fc
  .record({
    level: oneOf('PATIENT', 'STUDY', 'STUDY', 'STUDY', 'SERIES', 'IMAGE'),
    keywords: fc.subarray(Object.keys(keys), { maxLength: 3 }),
  })
  .chain(({ level, keywords }) => {
    const known = level === 'PATIENT' ? keywords.filter((each) => each.startsWith('Patient')) : keywords;
    const values = fc.record(
      Object.fromEntries(known.map((keyword) => [keyword, keys[keyword] ?? fc.constant('')])),
    );
    return values.map((identifier) =>
      queryOf({ QueryRetrieveLevel: level, ...identifier }, { root: 'PATIENT', relational: true }),
    );
  });

const found = (asked: Query): string[] =>
  [...index.query(asked)].map((match) =>
    [match.patientID, match.studyInstanceUID, match.seriesInstanceUID, match.sopInstanceUID].join(' '),
  );

describe('matches in pages are the one list (PS3.18 8.3.4.4)', () => {
  test('whatever is asked for, wherever a page begins and however long it is', () => {
    fc.assert(
      fc.property(query, fc.nat(1200), fc.integer({ min: 1, max: 60 }), (asked, offset, limit) => {
        const all = found(asked);
        expect(found({ ...asked, offset, limit })).toEqual(all.slice(offset, offset + limit));
        expect(found({ ...asked, offset })).toEqual(all.slice(offset));
        expect(found({ ...asked, limit })).toEqual(all.slice(0, limit));
        expect(index.countMatches(asked, 5000)).toBe(all.length);
        expect(index.countMatches(asked, limit)).toBe(Math.min(limit, all.length));
      }),
      { numRuns: 120 },
    );
  });

  test('one after the other', () => {
    fc.assert(
      fc.property(query, fc.integer({ min: 7, max: 90 }), (asked, limit) => {
        const all = found(asked);
        const pages: string[] = [];
        for (let offset = 0; offset <= all.length; offset += limit)
          pages.push(...found({ ...asked, offset, limit }));
        expect(pages).toEqual(all);
      }),
      { numRuns: 60 },
    );
  });

  test('what is passed over is passed over in steps, and others may run between them', () => {
    const steps = [...index.queryPages({ ...queryOf({ StudyDate: '20240101-' }), offset: 200, limit: 5 })];
    expect(steps.filter((page) => page.length === 0).length).toBeGreaterThanOrEqual(200 / 20);
    expect(steps.flat()).toHaveLength(5);
  });
});

describe('a fuzzy search finds what its rule says', () => {
  const nameOf = (asked: Query): string[] => found(asked).sort();

  test('for any words, of one letter or many, in steps and with an offset', () => {
    const word = oneOf(
      'smith',
      'smyth',
      'mueller',
      'moller',
      'li',
      'lee',
      'l',
      'j',
      'jon',
      'anna',
      'xu',
      '山田',
      'qq',
      'obrien',
      'ha',
    );
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 4 }), fc.nat(40), (words, offset) => {
        const text = words.join(' ');
        const asked = queryOf({ PatientName: text }, { root: 'STUDY', relational: true, fuzzy: true });
        const pattern = parseNamePattern(text, true);
        if (typeof pattern !== 'object') throw new Error('a name');
        const wanted = held
          .filter(({ attributes }) => matchesName(pattern, attributes.patientName))
          .map(({ attributes }) => attributes.studyInstanceUID);
        const uids = [...index.query(asked)].map((match) => match.studyInstanceUID);
        expect([...uids].sort(), text).toEqual(wanted.sort());
        expect(found({ ...asked, offset, limit: 10 })).toEqual(found(asked).slice(offset, offset + 10));
        expect(nameOf(asked)).toHaveLength(wanted.length);
      }),
      { numRuns: 100 },
    );
  });
});
