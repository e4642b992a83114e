import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { type ArchiveIndex, openIndex } from '../archive-index.ts';
import { openDatabase, removeIndexFiles } from '../database.ts';
import type { Connection } from '../dialect.ts';
import type { IndexEntry } from '../entry.ts';
import { KnownTexts } from '../known-texts.ts';
import type { Query } from '../matching/query.ts';
import { Search } from '../search.ts';
import { SearchMemory } from './search-memory.ts';
import { entryOf, queryOf } from '../test-support.ts';

/** So small that every way to answer is taken with some dozens of studies, in several steps. */
vi.mock('../limits.ts', async (original) => ({
  ...(await original<Record<string, unknown>>()),
  PAGE_ROWS_MIN: 3,
  PAGE_ROWS_MAX: 12,
  PASSED_ROWS_MIN: 2,
  PASSED_ROWS_MAX: 20,
  SKIMMED_ROWS_MAX: 15,
  LISTED_ROWS_MAX: 12,
  NAME_SCAN_ROWS: 4,
  QUICK_SCAN_ROWS: 6,
  DRIVER_COUNT_LIMITS: [4, 9],
  DRIVER_COUNT_MAX: 18,
  SIEVE_PATIENTS_MAX: 18,
  SIEVE_WORTH_FROM: 4,
  SIEVED_ROWS_FOR_ONE_READ: 4,
  NAMES_READ_AT_ONCE: 7,
  NAMES_ORDERED_AT_ONCE: 6,
  STUDIES_READ_AT_ONCE: 5,
  REMOVED_MORE_MAX: 12,
  MODALITIES_TOLD_MAX: 3,
  WALKED_AT_ONCE: 6,
  NARROWED_FROM: 8,
  WALKED_FOR_ONE_BROUGHT: 4,
  WALKED_FOR_ONE_SORTED: 1 / 2,
  LISTED_FOR_ONE_TESTED: 2,
  SETTLED_ROWS_AT_ONCE: 32,
}));

const folder = mkdtempSync(join(tmpdir(), 'leadglass-memory-'));
afterAll(() => rmSync(folder, { recursive: true }));

const oneOf = (...values: string[]): fc.Arbitrary<string> => fc.constantFrom(...values);
const component = oneOf(
  'Berg',
  'Bergman',
  'Lindberg',
  'Smith',
  'Smits',
  'An',
  'Anna',
  'Jo',
  'Øre',
  '山田',
  '',
);
const group = fc.array(component, { minLength: 1, maxLength: 6 }).map((components) => components.join('^'));
const name = fc.oneof(
  { weight: 4, arbitrary: group },
  { weight: 1, arbitrary: fc.array(group, { minLength: 2, maxLength: 3 }).map((groups) => groups.join('=')) },
  { weight: 1, arbitrary: oneOf('', 'Smith=Smits', 'Anna=Anna=Berg') },
);
const date = oneOf('', 'unknown', '20240101', '20240101', '20240102', '20240131', '20250101', '2024.02.29');
const modality = oneOf('CT', 'CT', 'MR', 'US', '', 'A"B', 'X Y');

const instance = fc.record({
  patient: fc.nat(24),
  study: fc.nat(5),
  series: fc.nat(2),
  PatientName: name,
  PatientBirthDate: oneOf('', '19700101', '19800202'),
  StudyDate: date,
  StudyDescription: oneOf('', 'CHEST', 'HEAD'),
  Modality: modality,
  hasID: fc.boolean(),
});
type Instance = typeof instance extends fc.Arbitrary<infer Value> ? Value : never;

function entry({ patient, study, series, hasID, ...values }: Instance): IndexEntry {
  const uid = `1.${patient}.${study}`;
  return entryOf({
    ...values,
    // The first patients are told by their ID now and then: their studies move to it.
    PatientID: patient > 6 || hasID ? `P${patient}` : '',
    StudyInstanceUID: uid,
    SeriesInstanceUID: `${uid}.${series}`,
    SOPInstanceUID: `${uid}.${series}.1`,
  });
}

type Step =
  | { readonly does: 'add' | 'fail'; readonly batch: readonly Instance[] }
  | { readonly does: 'remove'; readonly batch: readonly Instance[] }
  | { readonly does: 'read' };
const batch = (maxLength: number): fc.Arbitrary<Instance[]> =>
  fc.array(instance, { minLength: 1, maxLength });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ does: fc.constant('add' as const), batch: batch(15) }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('remove' as const), batch: batch(12) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('fail' as const), batch: batch(5) }) },
  { weight: 4, arbitrary: fc.constant({ does: 'read' as const }) },
);

function take(index: ArchiveIndex, each: Step): void {
  if (each.does === 'read') index.catchUp();
  else if (each.does === 'add') index.add(each.batch.map(entry));
  else if (each.does === 'remove')
    index.remove(each.batch.map((one) => entry(one).attributes.sopInstanceUID));
  else {
    // What went before it in the same transaction is taken back with it.
    const broken = { ...entryOf({ SOPInstanceUID: '9.9' }), dataSetLength: null as unknown as number };
    expect(() => index.add([...each.batch.map(entry), broken])).toThrow();
  }
}

const keys: Readonly<Record<string, fc.Arbitrary<string | readonly string[]>>> = {
  PatientName: oneOf(
    'SMI*',
    'smith',
    'smith^anna',
    'S*',
    'b*',
    'berg^*',
    'B?R*',
    'ber*^a*',
    'an?*',
    'b?r?m*',
    '*i?h*',
    '*g?a*',
    '*r?a?*',
    'a?a*',
    '*i?^a*',
    '*a?^*',
    '*?^b*',
    '*n^?e*',
    'an?^*',
    's*h*',
    'an*^*n*',
    '*berg*',
    '*b?rg*',
    '*an*',
    '*a*',
    '*n^b*',
    '*^j*',
    '?n*',
    '*???',
    '*n',
    '*^^*',
    '*????????????????????????????????*',
    '=smi*',
    '*=*berg*',
    '*山*',
    'ø*',
  ),
  StudyDate: fc.oneof(
    oneOf('20240101', '20240101-20240131', '20240102-', '-20240131', '20230101-20260101', '""'),
    fc.constant(['20240101', '20240131']),
  ),
  ModalitiesInStudy: fc.oneof(
    oneOf('CT', 'CT', 'US', 'M*', '?T', '*"*', '""'),
    fc.constant(['CT', 'MR']),
    fc.constant(['US', 'M*']),
  ),
  PatientID: oneOf('P1*', 'P*', 'P12', '*2'),
  PatientBirthDate: oneOf('19700101', '19700101-'),
  StudyDescription: oneOf('CHEST', 'H*', '""'),
};
/** What memory knows is asked for most often. */
const keywords = fc
  .tuple(
    fc.subarray(['PatientName', 'StudyDate', 'ModalitiesInStudy'], { minLength: 1 }),
    fc.subarray(['PatientID', 'PatientBirthDate', 'StudyDescription'], { maxLength: 1 }),
    fc.nat(4),
  )
  .map(([known, others, chance]) => (chance === 0 ? [...known, ...others] : known));
const query: fc.Arbitrary<Query> = fc
  .record({
    level: oneOf('STUDY', 'STUDY', 'STUDY', 'PATIENT', 'SERIES', 'IMAGE'),
    asked: keywords,
    fuzzy: fc.nat(5),
    words: oneOf('berg', 'smyth', 'an bergmann', 'anna'),
  })
  .chain(({ level, asked, fuzzy, words }) => {
    const ofLevel = level === 'PATIENT' ? ['PatientName'] : asked;
    const values = Object.fromEntries(ofLevel.map((each) => [each, keys[each] ?? fc.constant('')]));
    return fc.record(values).map((identifier) => {
      const isFuzzy = fuzzy === 0 && 'PatientName' in identifier;
      return queryOf(
        { QueryRetrieveLevel: level, ...identifier, ...(isFuzzy ? { PatientName: words } : {}) },
        { root: 'PATIENT', relational: true, emptyValues: true, fuzzy: isFuzzy },
      );
    });
  });

const idOf = (match: {
  patientID: string | undefined;
  studyInstanceUID: string | undefined;
  seriesInstanceUID: string | undefined;
  sopInstanceUID: string | undefined;
}): string =>
  [match.patientID, match.studyInstanceUID, match.seriesInstanceUID, match.sopInstanceUID].join(' ');

/** The same index as another process would search it that has read no studies into its memory. */
class ByTables {
  readonly #connection: Connection;
  readonly #memory: SearchMemory;
  readonly #search: Search;

  constructor(location: string) {
    this.#connection = openDatabase(location);
    this.#memory = new SearchMemory(this.#connection);
    this.#search = new Search(this.#connection, new KnownTexts(this.#connection), this.#memory);
  }

  find(asked: Query): string[] {
    const found = [...this.#search.pages(asked)].flat().map(idOf);
    expect(this.#memory.isWhole).toBe(false);
    return asked.limit === undefined ? found : found.slice(0, asked.limit);
  }

  close(): void {
    this.#connection.close();
  }
}

let files = 0;

describe('what is answered from memory is what tables answer, in the same order', () => {
  test.each([
    ['added to', false],
    ['filled', true],
  ])('in an index that is %s, read step by step while it changes', (_title, isFilled) => {
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 2, maxLength: 14 }),
        fc.array(query, { minLength: 4, maxLength: 10 }),
        fc.nat(40),
        fc.integer({ min: 1, max: 30 }),
        (steps, queries, offset, limit) => {
          const location = join(folder, `index-${++files}`);
          const index = openIndex({ location });
          if (isFilled) index.startFilling();
          for (const each of steps) take(index, each);
          index.finishFilling();
          while (index.catchUp());
          const tables = new ByTables(location);
          try {
            for (const asked of queries) {
              const title = JSON.stringify(asked.conditions.map(({ key, ...more }) => [key.tag, more]));
              const all = tables.find(asked);
              expect([...index.query(asked)].map(idOf), title).toEqual(all);
              const page = { ...asked, offset, limit };
              expect([...index.query(page)].map(idOf), title).toEqual(tables.find(page));
              expect(index.countMatches(asked, 5000), title).toBe(all.length);
            }
          } finally {
            tables.close();
            index.close();
            removeIndexFiles(location);
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});
