import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ArchiveIndex, openIndex } from '../archive-index.ts';
import type { IndexEntry } from '../entry.ts';
import { entryOf, queryOf, type Values } from '../test-support.ts';

let folder: string;
let files = 0;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'leadglass-filling-'));
});
afterEach(() => rmSync(folder, { recursive: true }));
const newFile = (): string => join(folder, `index-${++files}.sqlite`);

const tables = [
  'patient',
  'patient_name',
  'study',
  'study_modality',
  'series',
  'instance',
  'quarantined',
  'known_text',
  'index_state',
];

/** All that is in the file: every row of every table, and what there is to search by. */
function contentOf(location: string): Record<string, unknown> {
  const database = new DatabaseSync(location, { readOnly: true });
  const all = (sql: string): unknown[] => database.prepare(sql).all();
  const content: Record<string, unknown> = Object.fromEntries(
    tables.map((table) => [table, all(`select * from ${table} order by 1, 2`)]),
  );
  content['schema'] = all(`select type, name, tbl_name, sql from sqlite_schema order by name`);
  content['checks'] = [...all('pragma integrity_check'), ...all('pragma foreign_key_check')];
  content['journal'] = all('pragma journal_mode');
  database.close();
  return content;
}

const names = ['', 'Smith^John', 'Müller^Jörg', 'Yamada^Tarou=山田^太郎=やまだ^たろう', 'An^Bo', ' ^', '=='];
const oneOf = (...values: string[]): fc.Arbitrary<string> => fc.constantFrom(...values);

/** Few studies, so that one comes in many batches, from several patients, and with the same instances again. */
const entry: fc.Arbitrary<IndexEntry> = fc
  .record({
    PatientID: oneOf('', '', 'P1', 'P2', 'P3'),
    IssuerOfPatientID: oneOf('', '', 'HOSPITAL'),
    PatientName: oneOf(...names),
    PatientBirthDate: oneOf('', '19700101'),
    study: fc.nat(5),
    series: fc.nat(2),
    instance: fc.nat(40),
    StudyDate: oneOf('', '20240101', '20240102'),
    AccessionNumber: oneOf('', 'A1', 'A2'),
    StudyDescription: oneOf('', 'CHEST'),
    Modality: oneOf('', 'CT', 'MR', 'A"B', "O'C,]", 'X Y'),
    SOPClassUID: oneOf('1.2.840.10008.5.1.4.1.1.2', '1.2.3'),
    length: fc.nat(5000),
  })
  .map(({ study, series, instance, length, ...values }) =>
    entryOf(
      {
        ...values,
        StudyInstanceUID: `1.2.${study}`,
        // Series 2 has one UID in all studies.
        SeriesInstanceUID: series === 2 ? '1.9' : `1.2.${study}.${series}`,
        SOPInstanceUID: `1.5.${instance}.${study}`,
      },
      { dataSetLength: length, keySlot: study },
    ),
  );

type Step =
  | { readonly does: 'add'; readonly entries: readonly IndexEntry[] }
  | { readonly does: 'quarantine'; readonly entry: IndexEntry }
  | { readonly does: 'remove'; readonly entry: IndexEntry };

const entries = fc.array(entry, { minLength: 1, maxLength: 25 });
const adding = entries.map((each): Step => ({ does: 'add', entries: each }));
const anyStep = fc.oneof(
  { weight: 8, arbitrary: adding },
  { weight: 1, arbitrary: entry.map((each): Step => ({ does: 'quarantine', entry: each })) },
  { weight: 1, arbitrary: entry.map((each): Step => ({ does: 'remove', entry: each })) },
);

function take(index: ArchiveIndex, steps: readonly Step[]): void {
  for (const [number, step] of steps.entries()) {
    if (step.does === 'add') index.add(step.entries, { packID: 1, offset: number });
    else if (step.does === 'remove') index.remove([step.entry.attributes.sopInstanceUID]);
    else {
      const { attributes, transferSyntaxUID, location, keySlot } = step.entry;
      index.quarantine([{ ...attributes, transferSyntaxUID, location, keySlot }]);
    }
  }
}

/** The file of an index that took these steps, filled or as ever. */
function made(steps: readonly Step[], filled: boolean): string {
  const location = newFile();
  const index = openIndex({ location });
  if (filled) index.startFilling();
  take(index, steps);
  index.finishFilling();
  while (index.catchUp());
  index.close();
  return location;
}

/** Without the instances that are held already: packs that are read again are not asked for them twice. */
function withoutRepeats(steps: readonly Step[]): Step[] {
  const seen = new Set<string>();
  return steps.map((step) => {
    if (step.does !== 'add') return step;
    const fresh = step.entries.filter(({ attributes: { sopInstanceUID } }) => {
      if (seen.has(sopInstanceUID)) return false;
      seen.add(sopInstanceUID);
      return true;
    });
    return { ...step, entries: fresh };
  });
}

const marked = (location: string): unknown => {
  const database = new DatabaseSync(location, { readOnly: true });
  const filling = database.prepare('select filling from index_state').get()?.['filling'];
  database.close();
  return filling;
};

describe('an index that is filled is the index to which the same was added', () => {
  test('as packs are read: no instance twice, in any batches', () => {
    fc.assert(
      fc.property(fc.array(adding, { minLength: 1, maxLength: 8 }), (all) => {
        const steps = withoutRepeats(all);
        const location = newFile();
        const index = openIndex({ location });
        index.startFilling();
        take(index, steps);
        expect(marked(location), 'filled to the end').toBe(1);
        index.finishFilling();
        while (index.catchUp());
        index.close();
        expect(contentOf(location)).toEqual(contentOf(made(steps, false)));
      }),
      { numRuns: 60 },
    );
  });

  test('whatever else comes: instances stored anew, removals, quarantine', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { minLength: 1, maxLength: 8 }), (steps) => {
        expect(contentOf(made(steps, true))).toEqual(contentOf(made(steps, false)));
      }),
      { numRuns: 60 },
    );
  });
});

const one = (number: number, values: Values = {}): IndexEntry =>
  entryOf({ StudyInstanceUID: `1.${number}`, SOPInstanceUID: `1.${number}.1.1`, ...values });

test('an index that was emptied before it is filled keeps nothing of what was in it', () => {
  const location = newFile();
  const index = openIndex({ location });
  index.add([one(1, { PatientID: 'OLD', PatientName: 'Smith^John' })]);
  expect([...index.query(queryOf({ PatientName: '*ITH^J*' }))]).toHaveLength(1);
  index.remove(['1.1.1.1']);
  index.startFilling();
  index.add([one(2, { PatientID: 'P2', PatientName: 'Smithers^Jo' })]);
  const found = [...index.query(queryOf({ PatientName: '*ITH*' }))].map((each) => each.studyInstanceUID);
  expect(found).toEqual(['1.2']);
  // Added to and removed from as ever afterwards.
  index.add([one(3, { PatientID: 'P3', PatientName: 'Goldsmith^Al' })]);
  index.remove(['1.2.1.1']);
  const left = [...index.query(queryOf({ PatientName: '*ITH*' }))].map((each) => each.studyInstanceUID);
  expect(left).toEqual(['1.3']);
  index.close();
  expect(contentOf(location)['checks']).toEqual([{ integrity_check: 'ok' }]);
});

test('rows have the same numbers when a patient went before an instance came anew', () => {
  const steps: Step[] = [
    [entryOf({ PatientID: 'P1', StudyInstanceUID: '1.1', SOPInstanceUID: '1.1.1' })],
    [entryOf({ PatientID: '', StudyInstanceUID: '1.2', SOPInstanceUID: '1.2.1' })],
    [entryOf({ PatientID: 'P1', StudyInstanceUID: '1.2', SOPInstanceUID: '1.2.2' })],
    [
      entryOf({ PatientID: 'P1', StudyInstanceUID: '1.2', SOPInstanceUID: '1.2.2' }),
      entryOf({ PatientID: 'P3', StudyInstanceUID: '1.3', SOPInstanceUID: '1.3.1' }),
    ],
  ].map((added) => ({ does: 'add', entries: added }));
  expect(contentOf(made(steps, true))).toEqual(contentOf(made(steps, false)));
});

describe('while an index is filled', () => {
  let location: string;
  let index: ArchiveIndex;
  beforeEach(() => {
    location = newFile();
    index = openIndex({ location });
    index.startFilling();
    index.add([one(1), one(2)], { packID: 3, offset: 4 });
  });
  afterEach(() => index.close());

  test('it tells what it holds and how much', () => {
    expect(index.holds('1.1.1.1')).toBe(true);
    expect(index.holds('1.3.1.1')).toBe(false);
    expect(index.statistics()).toMatchObject({ patients: 1, studies: 2, instances: 2 });
    expect(index.position()).toEqual({ packID: 3, offset: 4 });
    expect(marked(location)).toBe(1);
  });

  test.each<readonly [string, (index: ArchiveIndex) => unknown, unknown]>([
    ['a query', (it) => [...it.query(queryOf({ PatientName: '*OE^J*' }))].length, 2],
    ['a count', (it) => it.countMatches(queryOf({ ModalitiesInStudy: 'CT' }), 9), 2],
    ['an instance', (it) => it.instance('1.2.1.1')?.studyInstanceUID, '1.2'],
    ['a study', (it) => it.study('1.1')?.numberOfInstances, 1],
    ['a selection', (it) => [...it.instances({ studyInstanceUIDs: ['1.1'] })].length, 1],
    ['a removal', (it) => (it.remove(['1.1.1.1']), it.statistics().studies), 1],
    ['an instance stored anew', (it) => (it.add([one(2)]), it.statistics().instances), 2],
    ['twice the same in a batch', (it) => (it.add([one(3), one(3)]), it.statistics().instances), 3],
  ])('%s finishes it', (_what, ask, answer) => {
    expect(ask(index)).toBe(answer);
    expect(marked(location)).toBe(0);
  });

  test('a failed addition leaves no trace', () => {
    const broken = { ...one(4, { PatientID: 'P4' }), location: 'no bytes' as unknown as Uint8Array };
    const many = Array.from({ length: 20 }, (_, at) => one(10 + at, { PatientID: `P${10 + at}` }));
    expect(() => index.add([...many, { ...broken, dataSetLength: null as unknown as number }])).toThrow();
    expect(index.statistics()).toMatchObject({ patients: 1, studies: 2, instances: 2 });
    expect(index.holds('1.10.1.1')).toBe(false);
    index.add([one(5, { PatientID: 'P5' }), one(10, { PatientID: 'P11' })]);
    index.finishFilling();
    expect([...index.query(queryOf({ PatientID: 'P11' }))].map((each) => each.studyInstanceUID)).toEqual([
      '1.10',
    ]);
    expect(contentOf(location)['checks']).toEqual([{ integrity_check: 'ok' }]);
  });

  test('fuzzy names are found by their sound when it is finished, and before and after names are read anew', () => {
    const found = (from: ArchiveIndex): string[] =>
      [...from.query(queryOf({ PatientName: 'MULLER' }, { root: 'STUDY', fuzzy: true }))]
        .map((each) => each.studyInstanceUID ?? '')
        .sort();
    const names = ['MUELLER', 'MILLER', 'SMITH', 'MULLER'];
    index.add(names.map((family, at) => one(20 + at, { PatientID: `S${at}`, PatientName: `${family}^ANN` })));
    index.finishFilling();
    const before = found(index);
    expect(before).toEqual(['1.20', '1.21', '1.23']);
    index.close();
    const again = openIndex({ location });
    // One that comes before names are read.
    again.add([one(30, { PatientID: 'S9', PatientName: 'MALER^BOB' })]);
    expect(found(again)).toEqual([...before, '1.30']);
    while (again.catchUp());
    expect(found(again)).toEqual([...before, '1.30']);
    expect(again.catchUp()).toBe(false);
    again.close();
  });

  test('and closed before the end, it is empty when it is opened again', () => {
    index.close();
    const again = openIndex({ location });
    expect(again.position()).toBeUndefined();
    expect(again.statistics()).toMatchObject({ patients: 0, studies: 0, instances: 0 });
    again.add([one(1)]);
    expect([...again.query(queryOf({ PatientName: '*OE^J*' }))]).toHaveLength(1);
    again.close();
  });

  test('its journal is in memory alone, and it has the log again afterwards', () => {
    expect(existsSync(`${location}-wal`)).toBe(false);
    index.finishFilling();
    index.add([one(7)]);
    expect(existsSync(`${location}-wal`)).toBe(true);
  });
});

test('an index that holds something is not filled', () => {
  const location = newFile();
  const index = openIndex({ location });
  index.add([one(1)]);
  index.startFilling();
  expect(marked(location)).toBe(0);
  index.close();
});

test('an index that somebody else has open is added to as ever', () => {
  const location = newFile();
  const index = openIndex({ location });
  const other = new DatabaseSync(location, { readOnly: true });
  other.prepare('select count(*) from study').get();
  index.startFilling();
  expect(index.isFilling).toBe(false);
  expect(marked(location)).toBe(0);
  index.add([one(1), one(2)]);
  expect([...index.query(queryOf({ PatientName: '*OE^J*' }))]).toHaveLength(2);
  other.close();
  index.close();
  const added: Step = { does: 'add', entries: [one(1), one(2)] };
  const { index_state: state, ...content } = contentOf(location);
  const { index_state: stateAdded, ...contentAdded } = contentOf(made([added], false));
  expect(content).toEqual(contentAdded);
  expect(state).toHaveLength((stateAdded as unknown[]).length);
});
