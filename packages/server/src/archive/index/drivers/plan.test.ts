import { afterAll, describe, expect, test } from 'vitest';
import { openDatabase } from '../database.ts';
import type { Statement } from '../dialect.ts';
import { driverStatements } from './driver-statements.ts';
import { planOf } from './plan.ts';
import { rowStatements } from '../rows.ts';
import { SearchMemory } from '../memory/search-memory.ts';
import { selectionStatements } from '../selection.ts';
import { queryOf, type Values } from '../test-support.ts';
import { writeStatements } from '../changing/write-statements.ts';

const connection = openDatabase(':memory:');
afterAll(() => connection.close());
const drivers = driverStatements(connection);
const memory = new SearchMemory(connection);

type AnyStatement = Statement<(string | number)[], unknown>;

/** A plan that reads a whole table, or sorts what it read, is no plan for a million studies. */
function expectIndexed(plan: readonly string[], index: string): void {
  const steps = plan.filter((step) => !step.startsWith('SCAN listed VIRTUAL TABLE'));
  expect(steps.join('\n')).toContain(index);
  expect(steps.filter((step) => step.startsWith('SCAN'))).toEqual([]);
  expect(steps.filter((step) => step.includes('TEMP B-TREE'))).toEqual([]);
}

describe('every driver goes along its index and needs no sorting', () => {
  test.each<readonly [string, string[], string]>([
    ['StudyInstanceUID', drivers.byUID.STUDY.plan('[]'), 'study_by_uid'],
    ['SeriesInstanceUID', drivers.byUID.SERIES.plan('[]'), 'series_by_uid'],
    ['SOPInstanceUID', drivers.byUID.IMAGE.plan('[]'), 'instance_by_uid'],
    [
      'AccessionNumber',
      drivers.accession.below.plan('a', 'b', 9),
      'study_by_accession (accession_number>? AND accession_number<?)',
    ],
    [
      'AccessionNumber, one',
      drivers.accession.same.plan('a', 1, 9),
      'study_by_accession (accession_number=? AND rowid<?)',
    ],
    ['StudyID', drivers.studyID.below.plan('a', 'b', 9), 'study_by_study_id (study_id>? AND study_id<?)'],
    ['StudyID, one', drivers.studyID.same.plan('a', 1, 9), 'study_by_study_id (study_id=? AND rowid<?)'],
    [
      'PatientID',
      drivers.patientIDs.plan('b', 'a', '', 9),
      'patient_by_id ((patient_id,issuer)>(?,?) AND patient_id<?)',
    ],
    [
      'PatientBirthDate',
      drivers.birthDates.below.plan('a', 'b', 9),
      'patient_by_birth_date (birth_date>? AND birth_date<?)',
    ],
    [
      'PatientBirthDate, one',
      drivers.birthDates.same.plan('a', 1, 9),
      'patient_by_birth_date (birth_date=? AND rowid<?)',
    ],
    ['StudyDate', drivers.dates.below.plan('a', 'b', 9), 'study_by_date (study_date>? AND study_date<?)'],
    ['StudyDate, one', drivers.dates.same.plan('a', 1, 9), 'study_by_date (study_date=? AND id<?)'],
    [
      'ModalitiesInStudy',
      drivers.modality.plan('CT', 'a', 'b', 1, 9),
      '(modality=? AND study_date>? AND (study_date,study_row)<(?,?))',
    ],
    [
      'PatientName, literal and prefix',
      drivers.names.plan('b', 'a', 1, 9),
      '((folded,patient_row)>(?,?) AND folded<?)',
    ],
    ['PatientName, all at once', drivers.named.plan('a', 'b', 9), '(folded>? AND folded<?)'],
    ['no key', drivers.studies.plan(9, 9), 'INTEGER PRIMARY KEY'],
    ['no key, patients', drivers.patients.plan(9, 9), 'INTEGER PRIMARY KEY'],
  ])('%s', (_key, plan, index) => expectIndexed(plan, index));
});

describe('the index that narrows a query best', () => {
  test.each<readonly [Values, string]>([
    [{ StudyInstanceUID: '1.2', PatientID: 'P' }, 'STUDY by UID'],
    [{ AccessionNumber: 'A', PatientName: 'S*' }, 'accession'],
    [{ PatientID: 'P', StudyDate: '20240101' }, 'patient ID'],
    [{ PatientName: 'SMI*' }, 'name'],
    [{ PatientName: 'Smith^John' }, 'name'],
    [{ PatientName: '*MIT*' }, 'parts of names'],
    [{ PatientName: 'S*MITH' }, 'parts of names'],
    [{ PatientName: '*田*' }, 'parts of names'],
    [{ PatientName: '=山*' }, 'name'],
    [{ PatientName: 'S*' }, 'name'],
    [{ PatientName: '*MI*' }, 'parts of names'],
    [{ StudyDate: '20240101-' }, 'study date'],
    [{ ModalitiesInStudy: 'CT', StudyDate: '20240101-' }, 'modality and study date'],
    [{ ModalitiesInStudy: ['CT', 'MR'], StudyDate: '20240101-' }, 'study date'],
    [{ PatientBirthDate: '19700101' }, 'birth date'],
    [{ StudyID: '7' }, 'studyID'],
    [{ PatientID: 'P*' }, 'patient ID'],
    [{ StudyDescription: 'CHEST' }, 'all studies'],
    [{}, 'all studies'],
  ])('%o: %s', (keys, name) => expect(planOf(queryOf(keys), drivers, memory).driver.name).toBe(name));
});

describe('reading and writing', () => {
  test('rows by number, and children of parents, are looked up', () => {
    const { byID, ofParents, ofParent, withParents } = rowStatements(connection);
    for (const statement of Object.values(byID))
      expectIndexed(statement.plan('[1]'), 'INTEGER PRIMARY KEY (rowid=?)');
    for (const statement of Object.values(withParents))
      expectIndexed(statement.plan('[1]'), 'INTEGER PRIMARY KEY (rowid=?)');
    expectIndexed(ofParents.STUDY.plan('[1]', 9), 'study_by_patient (patient_row=?)');
    expectIndexed(ofParents.SERIES.plan('[1]', 9), 'series_by_study (study_row=?)');
    expectIndexed(ofParents.IMAGE.plan('[1]', 9), 'instance_by_series (series_row=?)');
    expectIndexed(ofParent.STUDY.plan(1, 1, 9), 'study_by_patient (patient_row=? AND rowid>?)');
    expectIndexed(ofParent.SERIES.plan(1, 1, 9), 'series_by_study (study_row=? AND rowid>?)');
    expectIndexed(ofParent.IMAGE.plan(1, 1, 9), 'instance_by_series (series_row=? AND rowid>?)');
  });

  test('no statement that selects, adds or removes reads a whole table', () => {
    const all = { ...selectionStatements(connection), ...writeStatements(connection) };
    for (const [name, statement] of Object.entries(all) as [string, AnyStatement][]) {
      const plan = statement.plan(...Array.from({ length: 12 }, () => 1));
      const scans = plan.filter((step) => step.startsWith('SCAN') && !step.includes('VIRTUAL TABLE'));
      expect(scans, name).toEqual([]);
    }
  });
});
