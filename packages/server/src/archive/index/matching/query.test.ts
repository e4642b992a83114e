import { DataSet, Tag } from '@leadglass/dicom';
import { describe, expect, test } from 'vitest';
import { openIndex } from '../archive-index.ts';
import { parseQuery, type QueryRoot, returnableTags } from './query.ts';
import { dataSetOf, entryOf, queryOf, type Values } from '../test-support.ts';

const code = (expected: string): Error => expect.objectContaining({ code: expected }) as Error;

describe('query level and information model (PS3.4 C.6)', () => {
  test.each<readonly [Values, QueryRoot, string]>([
    [{}, 'STUDY', 'LEVEL_MISSING'],
    [{ QueryRetrieveLevel: 'FRAME' }, 'STUDY', 'LEVEL_UNKNOWN'],
    [{ QueryRetrieveLevel: 'study' }, 'STUDY', 'LEVEL_UNKNOWN'],
    [{ QueryRetrieveLevel: 'PATIENT' }, 'STUDY', 'LEVEL_UNKNOWN'],
  ])('%o under %s root is %s', (values, root, expected) => {
    expect(() => parseQuery(dataSetOf(values), { root })).toThrowError(code(expected));
  });
});

describe('hierarchical queries name the unique keys above their level (PS3.4 C.4.1.2.1)', () => {
  const all = { PatientID: 'P', StudyInstanceUID: '1', SeriesInstanceUID: '2' };
  const without = (...keywords: string[]): Values =>
    Object.fromEntries(Object.entries(all).filter(([keyword]) => !keywords.includes(keyword)));
  test.each<readonly [string, QueryRoot, Values, boolean]>([
    ['PATIENT', 'PATIENT', {}, true],
    ['STUDY', 'PATIENT', {}, false],
    ['STUDY', 'PATIENT', { PatientID: 'P' }, true],
    ['STUDY', 'PATIENT', { PatientID: 'P*' }, false],
    ['STUDY', 'STUDY', {}, true],
    ['SERIES', 'PATIENT', all, true],
    ['SERIES', 'PATIENT', without('PatientID'), false],
    ['SERIES', 'STUDY', without('PatientID'), true],
    ['SERIES', 'STUDY', without('StudyInstanceUID'), false],
    ['SERIES', 'STUDY', { StudyInstanceUID: ['1', '2'] }, false],
    ['SERIES', 'STUDY', { StudyInstanceUID: '' }, false],
    ['IMAGE', 'STUDY', without('PatientID'), true],
    ['IMAGE', 'STUDY', without('SeriesInstanceUID'), false],
    ['IMAGE', 'PATIENT', all, true],
  ])('%s level of %s root with %o: %s', (level, root, values, allowed) => {
    const parse = (relational: boolean): unknown =>
      queryOf({ QueryRetrieveLevel: level, ...values }, { root, relational });
    if (allowed) expect(() => parse(false)).not.toThrow();
    else expect(() => parse(false)).toThrowError(code('UNIQUE_KEY_MISSING'));
    expect(() => parse(true), 'relational (PS3.4 C.4.1.2.2)').not.toThrow();
  });
});

test('a Patient ID of asterisks above the level is that patient, and one asterisk is none', () => {
  const index = openIndex({ location: ':memory:' });
  index.add([
    entryOf({ PatientID: '***' }),
    entryOf({ PatientID: 'P2', StudyInstanceUID: '1.2', SOPInstanceUID: '1.9' }),
  ]);
  const find = (PatientID: string): unknown[] => [
    ...index.query(queryOf({ QueryRetrieveLevel: 'STUDY', PatientID }, { root: 'PATIENT' })),
  ];
  expect(find('***')).toHaveLength(1);
  expect(find('**')).toHaveLength(0);
  expect(() => find('*')).toThrowError(code('UNIQUE_KEY_MISSING'));
  index.close();
});

describe('keys', () => {
  test('optional keys that are not supported are told, and never narrow (PS3.4 C.2.2.1.3)', () => {
    const identifier = dataSetOf({ QueryRetrieveLevel: 'STUDY', PatientName: '', Modality: 'MR' });
    identifier.set(0x00091001, 'x', 'LO');
    const query = parseQuery(identifier, { root: 'STUDY' });
    expect(query.unsupportedKeys).toEqual([Tag.Modality, 0x00091001]);
    expect(query.isUnconstrained).toBe(true);
    const index = openIndex({ location: ':memory:' });
    index.add([entryOf({ Modality: 'CT' })]);
    expect([...index.query(query)]).toHaveLength(1);
    index.close();
  });

  test('a query is unconstrained when no key narrows', () => {
    expect(queryOf({ PatientName: '*', StudyDate: '' }).isUnconstrained).toBe(true);
    expect(queryOf({ PatientName: 'A*' }).isUnconstrained).toBe(false);
  });

  test('keys are decoded by the character set of the request (PS3.4 C.4.1.1.3.1)', () => {
    const identifier = new DataSet();
    identifier.set(Tag.SpecificCharacterSet, 'ISO_IR 100');
    identifier.set(Tag.QueryRetrieveLevel, 'STUDY');
    identifier.set(Tag.PatientName, 'MÜLLER*');
    const index = openIndex({ location: ':memory:' });
    index.add([
      entryOf({ PatientName: 'Mueller^X' }),
      entryOf({ PatientID: 'P2', PatientName: 'Müller^Y', StudyInstanceUID: '1.2', SOPInstanceUID: '1.9' }),
    ]);
    const found = [...index.query(parseQuery(identifier, { root: 'STUDY' }))];
    expect(found.map(({ patientID }) => patientID)).toEqual(['P2']);
    index.close();
  });

  test('a level can return its own attributes and those above', () => {
    expect(returnableTags('PATIENT')).toContain(Tag.PatientName);
    expect(returnableTags('PATIENT')).not.toContain(Tag.StudyDate);
    expect(returnableTags('IMAGE')).toEqual(
      expect.arrayContaining([Tag.PatientName, Tag.StudyDate, Tag.Modality, Tag.SOPInstanceUID]),
    );
  });
});
