import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type ArchiveIndex, openIndex } from '../archive-index.ts';
import { openDatabase } from '../database.ts';
import type { IndexEntry } from '../entry.ts';
import { matchesName, parseNamePattern } from '../matching/name-matching.ts';
import { PatientNames } from './patient-names.ts';
import { entryOf, queryOf } from '../test-support.ts';

/** So few that names of a test need several steps, and more components than are remembered. */
vi.mock('../limits.ts', async (original) => ({
  ...(await original<Record<string, unknown>>()),
  PATIENTS_AT_ONCE: 7,
  NAMES_READ_AT_ONCE: 7,
  NAME_SCAN_ROWS: 5,
  COMPONENTS_REMEMBERED_MAX: 9,
  WORDS_MARKED_MAX: 2,
  PAGE_ROWS_MAX: 12,
}));

const oneOf = (...values: string[]): fc.Arbitrary<string> => fc.constantFrom(...values);
const component = oneOf(
  'Berg',
  'Bergman',
  'Lindberg',
  'BÉRG',
  'Berg-Lund',
  'van der Berg',
  'Müller',
  'Mueller',
  'Strauß',
  "O'Brien",
  'An',
  'Anna',
  'X',
  '山田',
  '山',
  'やまだ',
  'ﾔﾏﾀﾞ',
  'Ελένη',
  '100%',
  'A_B',
  '',
  ' Li ',
);
const group = fc.array(component, { minLength: 1, maxLength: 7 }).map((components) => components.join('^'));
const name = fc.array(group, { minLength: 1, maxLength: 4 }).map((groups) => groups.join('='));

const literal = oneOf(
  'b',
  'berg',
  'er',
  'rg^',
  '^a',
  'g^an',
  'an',
  'ann',
  'mull',
  'é',
  'ß',
  'ss',
  '山',
  '田^',
  'ま',
  'i',
  "o'b",
  '-l',
  ' ',
  '0%',
  '_',
  'zz',
);
const piece = fc.oneof(literal, oneOf('*', '*', '?', '??', '*?'));
const pattern = fc.oneof(
  fc.array(piece, { minLength: 1, maxLength: 5 }).map((pieces) => pieces.join('')),
  literal.map((text) => `*${text}*`),
  literal.map((text) => `=*${text}*`),
  fc.tuple(literal, literal).map(([a, b]) => `${a}*=*${b}*`),
);
const words = fc.array(
  oneOf(
    'berg',
    'perk',
    'bergman',
    'muller',
    'moeller',
    'an',
    'anna',
    'hana',
    'x',
    'li',
    'lee',
    '山',
    '山田',
    'obrian',
    'qq',
  ),
  {
    minLength: 1,
    maxLength: 4,
  },
);

/** Patients by number: what their names are, and how many studies they have. */
type Held = Map<number, { name: string; studies: Set<number> }>;

type Step =
  | { readonly does: 'add'; readonly patient: number; readonly study: number; readonly name: string }
  | { readonly does: 'remove'; readonly patient: number; readonly study: number }
  | { readonly does: 'fail'; readonly patient: number; readonly name: string };
const patient = fc.nat(40);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record({
      does: fc.constant('add' as const),
      patient,
      study: fc.nat(2),
      name: fc.oneof(name, fc.constant('')),
    }),
  },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('remove' as const), patient, study: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('fail' as const), patient, name }) },
);

const entry = (patientNumber: number, study: number, patientName: string): IndexEntry =>
  entryOf({
    PatientID: `P${patientNumber}`,
    PatientName: patientName,
    StudyDate: `202401${String(10 + study).padStart(2, '0')}`,
    StudyInstanceUID: `1.${patientNumber}.${study}`,
    SeriesInstanceUID: `1.${patientNumber}.${study}.1`,
    SOPInstanceUID: `1.${patientNumber}.${study}.1.1`,
  });

function take(index: ArchiveIndex, held: Held, each: Step): void {
  const known = held.get(each.patient);
  if (each.does === 'remove') {
    index.remove([`1.${each.patient}.${each.study}.1.1`]);
    known?.studies.delete(each.study);
    if (known?.studies.size === 0) held.delete(each.patient);
    return;
  }
  if (each.does === 'fail') {
    // What went before it in the same transaction is taken back with it.
    const broken = { ...entry(99, 0, 'Berg'), dataSetLength: null as unknown as number };
    expect(() => index.add([entry(each.patient, 9, each.name), broken])).toThrow();
    return;
  }
  // One that is held is stored anew, which takes its patient with it if it is the last one.
  if (known?.studies.has(each.study) === true) return;
  index.add([entry(each.patient, each.study, each.name)]);
  if (known === undefined) held.set(each.patient, { name: each.name, studies: new Set([each.study]) });
  else {
    known.studies.add(each.study);
    if (known.name === '') known.name = each.name;
  }
}

/** Studies of patients whose names match, by looking at each. */
function naive(held: Held, text: string, fuzzy: boolean): string[] {
  // Spaces at the end are padding (PS3.5 6.2): an identifier is read without them.
  const wanted = parseNamePattern(text.trimEnd(), fuzzy);
  const uids: string[] = [];
  for (const [number, { name: heldName, studies }] of held)
    if (wanted === 'universal' || (wanted !== undefined && matchesName(wanted, heldName)))
      for (const study of studies) uids.push(`1.${number}.${study}`);
  return uids.sort();
}

let index: ArchiveIndex;
beforeEach(() => {
  index = openIndex({ location: ':memory:' });
});
afterEach(() => index.close());

const uidsOf = (
  text: string,
  fuzzy: boolean,
  more: { offset?: number; limit?: number; date?: string } = {},
): string[] => {
  const keys = { PatientName: text, ...(more.date === undefined ? {} : { StudyDate: more.date }) };
  const query = queryOf(keys, { root: 'STUDY', relational: true, fuzzy, ...more });
  return [...index.query(query)].map((match) => match.studyInstanceUID ?? '');
};

function expectAnswers(held: Held, text: string, fuzzy: boolean): void {
  const all = uidsOf(text, fuzzy);
  expect([...all].sort(), text).toEqual(naive(held, text, fuzzy));
  for (const offset of [1, 4, 30])
    expect(uidsOf(text, fuzzy, { offset, limit: 3 }), text).toEqual(all.slice(offset, offset + 3));
  const query = queryOf({ PatientName: text }, { root: 'STUDY', relational: true, fuzzy });
  expect(index.countMatches(query, 1000), text).toBe(all.length);
  const ofADay = uidsOf(text, fuzzy, { date: '20240111-20240112' });
  expect([...ofADay].sort(), text).toEqual(naive(held, text, fuzzy).filter((uid) => !uid.endsWith('.0')));
}

describe('names in memory find what looking at each name finds', () => {
  const questions = fc.array(
    fc.oneof(
      pattern.map((text) => ({ text, fuzzy: false })),
      words.map((each) => ({ text: each.join(' '), fuzzy: true })),
    ),
    {
      minLength: 1,
      maxLength: 6,
    },
  );

  test.each([
    ['added to, asked all the time', false],
    ['filled before', true],
  ])('in an index that is %s: additions, changes, removals, failures', (_title, isFilled) => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), questions, (steps, asked) => {
        index.close();
        index = openIndex({ location: ':memory:' });
        const held: Held = new Map();
        for (const [number, each] of steps.entries()) {
          if (isFilled && number === 0) index.startFilling();
          take(index, held, each);
          const { text, fuzzy } = asked[number % asked.length] ?? { text: '*', fuzzy: false };
          if (!isFilled && number % 5 === 0)
            expect([...uidsOf(text, fuzzy)].sort(), text).toEqual(naive(held, text, fuzzy));
        }
        for (const { text, fuzzy } of asked) expectAnswers(held, text, fuzzy);
      }),
      { numRuns: 150 },
    );
  });

  test('while they are read step by step, and changed meanwhile', () => {
    fc.assert(
      fc.property(
        fc.array(name, { minLength: 20, maxLength: 40 }),
        fc.array(step, { maxLength: 12 }),
        pattern,
        (names, steps, text) => {
          index.close();
          index = openIndex({ location: ':memory:' });
          const held: Held = new Map();
          for (const [number, each] of names.entries())
            take(index, held, { does: 'add', patient: number, study: 0, name: each });
          for (const each of steps) {
            index.catchUp();
            take(index, held, each);
          }
          expectAnswers(held, text, false);
        },
      ),
      { numRuns: 60 },
    );
  });
});

test('what lies behind further delimiters is no neighbour of the component before them', () => {
  const names = ['Berg^A^B^Berg^^An', 'Berg^A^B^Berg^An', 'Berg^A^B^Berg^An^X', 'Berg^A^B^C^Berg^An'];
  index.add(names.map((each, number) => entry(number, 0, each)));
  expect(uidsOf('*g^an*', false)).toEqual(['1.3.0', '1.2.0', '1.1.0']);
});

test('an infix brings the latest patients first, whatever its length', () => {
  const names = ['Berg^A', 'Alm', 'Lindberg', 'Strand^Bergman', 'Berger'];
  index.add(names.map((each, number) => entry(number, 0, each)));
  for (const text of ['*b*', '*er*', '*erg*', '*berg*', '*b?rg*'])
    expect(uidsOf(text, false)).toEqual(['1.4.0', '1.3.0', '1.2.0', '1.0.0']);
});

test('patients beyond one block of rows, and blocks that are empty again', () => {
  const names = new PatientNames(openDatabase(':memory:'));
  while (names.step());
  const rows = [1, 2, 16_383, 16_384, 40_000, 70_000];
  for (const row of rows) names.add(row, [`berg^row ${row}`], row);
  const marks = new Int32Array(names.components.size).fill(1);
  const found = (): number[] => {
    const all: number[] = [];
    names.scan(Number.MAX_SAFE_INTEGER, marks, 1, (row) => all.push(row) > 0);
    return all;
  };
  expect(found()).toEqual([...rows].reverse());
  expect(rows.map((row) => names.studiesOf(row))).toEqual(rows);
  expect(names.groupsOf(40_000)).toEqual(['berg^row 40000']);
  names.remove(40_000);
  names.remove(40_000);
  names.remove(12_345);
  expect(found()).toEqual([70_000, 16_384, 16_383, 2, 1]);
  expect(names.groupsOf(40_000)).toEqual([]);
});
