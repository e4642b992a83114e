import { DataSet, Tag } from '@leadglass/dicom';
import { describe, expect, test } from 'vitest';
import { openIndex } from '../archive-index.ts';
import { parseQuery } from './query.ts';
import { dataSetOf, entryOf, queryOf, type Values } from '../test-support.ts';

/** Whether a study (or an entity of another level) with these attributes is found by a query with these keys. */
function finds(held: Values, keys: Values, level = 'STUDY', options = {}): boolean {
  const index = openIndex({ location: ':memory:' });
  index.add([entryOf(held)]);
  const query = queryOf(
    { QueryRetrieveLevel: level, ...keys },
    { root: 'STUDY', relational: true, ...options },
  );
  const found = [...index.query(query)].length === 1;
  expect(index.countMatches(query, 10)).toBe(found ? 1 : 0);
  index.close();
  return found;
}

type Case = readonly [held: Values, keys: Values, found: boolean];

describe('single value matching (PS3.4 C.2.2.2.1)', () => {
  test.each<Case>([
    [{ PatientID: 'A1' }, { PatientID: 'A1' }, true],
    [{ PatientID: 'A1' }, { PatientID: ' A1 ' }, true],
    [{ PatientID: 'A1' }, { PatientID: 'a1' }, false],
    [{ PatientID: 'A1' }, { PatientID: 'A' }, false],
    [{ PatientID: '_1234' }, { PatientID: '1234' }, false],
    [{ PatientID: 'x1234' }, { PatientID: '_1234' }, false],
    [{ PatientID: '100%' }, { PatientID: '100%' }, true],
    [{ PatientID: '1000' }, { PatientID: '100%' }, false],
    [{ AccessionNumber: 'ACC' }, { AccessionNumber: 'ACC' }, true],
    [{ AccessionNumber: '' }, { AccessionNumber: 'ACC' }, false],
    [{ StudyID: '7' }, { StudyID: '7' }, true],
    [{ PatientSex: 'F' }, { PatientSex: 'M' }, false],
    [{ StudyDate: '20240229' }, { StudyDate: '20240229' }, true],
    [{ StudyDate: '2024.02.29' }, { StudyDate: '20240229' }, true],
    [{ StudyDate: 'UNKNOWN' }, { StudyDate: '20240229' }, false],
    [{ StudyTime: '101500' }, { StudyTime: '1015' }, true],
    [{ StudyTime: '101530' }, { StudyTime: '1015' }, false],
    [{ StudyTime: '10:15:30' }, { StudyTime: '101530.000' }, true],
    [{ PatientWeight: '70.0' }, { PatientWeight: '70' }, true],
    [{ StudyDescription: 'CHEST' }, { StudyDescription: 'CHEST' }, true],
    [{ IssuerOfPatientID: 'HOSPITAL' }, { IssuerOfPatientID: 'CLINIC' }, false],
  ])('%o asked for by %o: %s', (held, keys, found) => expect(finds(held, keys)).toBe(found));
});

describe('person names (PS3.4 C.2.2.2.1, PS3.5 6.2.1)', () => {
  const yamada = { PatientName: 'Yamada^Tarou=山田^太郎=やまだ^たろう' };
  test.each<Case>([
    [{ PatientName: 'MÜLLER^Jürgen' }, { PatientName: 'muller^JURGEN' }, true],
    [{ PatientName: 'Smith^John^^^' }, { PatientName: 'Smith^John' }, true],
    [{ PatientName: 'Smith^John' }, { PatientName: 'Smith' }, false],
    [{ PatientName: 'Smith' }, { PatientName: 'Smith^*' }, true],
    [{ PatientName: 'Smith^John' }, { PatientName: 'SMI*' }, true],
    [{ PatientName: 'Smith^John' }, { PatientName: '*JOHN' }, true],
    [{ PatientName: 'Smith^John' }, { PatientName: '*mit*oh*' }, true],
    [{ PatientName: 'Smith^John' }, { PatientName: 'S*^J?HN' }, true],
    [{ PatientName: 'Smith^John' }, { PatientName: '*xy*' }, false],
    [{ PatientName: 'O%Brien' }, { PatientName: 'O%*' }, true],
    [{ PatientName: 'OxBrien' }, { PatientName: 'O_*' }, false],
    [yamada, { PatientName: 'yamada*' }, true],
    [yamada, { PatientName: '山田*' }, true],
    [yamada, { PatientName: '*太*' }, true],
    [yamada, { PatientName: '*まだ*' }, true],
    [yamada, { PatientName: '=山田^太郎' }, true],
    [yamada, { PatientName: 'Yamada^Tarou=山田^太郎=やまだ^たろう' }, true],
    [yamada, { PatientName: '山田^太郎=Yamada^Tarou' }, false],
    [yamada, { PatientName: '==やまだ*' }, true],
    [{ PatientName: 'Hong^Gildong=洪^吉洞=홍^길동' }, { PatientName: '*길동*' }, true],
    [{ PatientName: 'ﾔﾏﾀﾞ^ﾀﾛｳ' }, { PatientName: 'ヤマダ^タロウ' }, true],
    [{ ReferringPhysicianName: 'Curie^Marie' }, { ReferringPhysicianName: 'CURIE*' }, true],
    [{ PatientName: '' }, { PatientName: 'A*' }, false],
    [{ PatientName: '' }, { PatientName: '*' }, true],
  ])('%o asked for by %o: %s', (held, keys, found) => expect(finds(held, keys)).toBe(found));

  test.each<Case>([
    [{ PatientName: 'Smith^John^Paul' }, { PatientName: 'john smi' }, true],
    [{ PatientName: 'Smith^John' }, { PatientName: 'Jo^Sm' }, true],
    [{ PatientName: 'Smith^John' }, { PatientName: 'mith' }, false],
    [yamada, { PatientName: '山田 Tarou' }, true],
    [{ PatientName: 'Müller^Jürgen' }, { PatientName: 'Mueller' }, true],
    [{ PatientName: 'Mueller^Juergen' }, { PatientName: 'jürgen moeller' }, true],
    [{ PatientName: 'Schmidt^Catherine' }, { PatientName: 'Katrin Schmitt' }, true],
    [{ PatientName: 'Schmidt^Anna' }, { PatientName: 'Katrin Schmitt' }, false],
    [{ PatientName: 'Smith^John' }, { PatientName: 'smyth' }, true],
    [{ PatientName: 'Smith^John' }, { PatientName: 'jon' }, true],
    [{ PatientName: 'Smith^John' }, { PatientName: 'jan' }, false],
    [{ PatientName: 'Li^Wei' }, { PatientName: 'lu' }, false],
    [yamada, { PatientName: 'yamata 山' }, true],
    [yamada, { PatientName: 'yamata 川' }, false],
    [{ ReferringPhysicianName: 'Kowalski^Jan' }, { ReferringPhysicianName: 'Kovalsky' }, true],
  ])('fuzzy (PS3.18 8.3.4.2): %o asked for by %o: %s', (held, keys, found) =>
    expect(finds(held, keys, 'STUDY', { fuzzy: true })).toBe(found),
  );
});

test('control characters in a key count no more than in what is held', () => {
  expect(finds({ PatientName: 'Smith^John' }, { PatientName: '*SM\0ITH*' })).toBe(true);
  expect(finds({ PatientID: 'P\u00071' }, { PatientID: 'P1' })).toBe(true);
  expect(finds({}, { PatientName: '\0\0' })).toBe(true);
});

describe('multiple value matching (PS3.4 C.2.2.2.8, PS3.18 8.3.4.6)', () => {
  const held = { Modality: 'CT', OtherPatientNames: ['Doe^Jane', 'Roe^Jane'] };
  test.each<Case>([
    [held, { ModalitiesInStudy: ['CT'] }, true],
    [held, { ModalitiesInStudy: ['CT', 'PT'] }, false],
    [held, { OtherPatientNames: ['Doe^Jane', 'ROE^jane'] }, true],
    [held, { OtherPatientNames: ['Doe^Jane', 'Poe^Jane'] }, false],
    // What has one value alone is looked for among those that are given.
    [held, { PatientSex: ['F', 'M'], PatientID: ['P1', 'P2'] }, false],
    [held, { PatientID: ['P1', 'P2'] }, true],
    [held, { StudyInstanceUID: ['1.1', '9.9'] }, true],
  ])('%o asked for by all of %o: %s', (values, keys, found) =>
    expect(finds(values, keys, 'STUDY', { multipleValues: true })).toBe(found),
  );

  test('without it any value is enough; with it there are no wildcards', () => {
    expect(finds(held, { ModalitiesInStudy: ['CT', 'PT'] })).toBe(true);
    const wild = () => finds(held, { ModalitiesInStudy: ['C*', 'PT'] }, 'STUDY', { multipleValues: true });
    expect(wild).toThrow(expect.objectContaining({ code: 'WILDCARD_NOT_ALLOWED' }));
  });
});

describe('empty value matching (PS3.4 C.2.2.2.7, PS3.18 8.3.4.5)', () => {
  const request = (id: string) => ({
    RequestAttributesSequence: [dataSetOf({ RequestedProcedureID: id, ScheduledProcedureStepID: 'S' })],
  });
  const requestFor = (keys: Values) => ({ RequestAttributesSequence: [dataSetOf(keys)] });
  test.each<readonly [held: Values, keys: Values, found: boolean, level: string]>([
    [{}, { AccessionNumber: '""' }, true, 'STUDY'],
    [{ AccessionNumber: 'A' }, { AccessionNumber: '""' }, false, 'STUDY'],
    [{}, { StudyDate: '""' }, true, 'STUDY'],
    [{ StudyDate: '20260101' }, { StudyDate: '""' }, false, 'STUDY'],
    [{ PatientName: '' }, { PatientName: '""' }, true, 'STUDY'],
    [{ PatientName: 'Doe^Jane' }, { PatientName: '""' }, false, 'STUDY'],
    [request(''), request('""'), true, 'SERIES'],
    [request('R'), request('""'), false, 'SERIES'],
    [{}, requestFor({ RequestedProcedureID: '""' }), true, 'SERIES'],
    [{ RequestAttributesSequence: [] }, requestFor({ RequestedProcedureID: '""' }), true, 'SERIES'],
    [request('R'), requestFor({ RequestedProcedureID: '""' }), false, 'SERIES'],
    [{}, requestFor({ RequestedProcedureID: '""', ScheduledProcedureStepID: 'S' }), false, 'SERIES'],
    [{}, requestFor({ RequestedProcedureID: '""', ScheduledProcedureStepID: '*' }), true, 'SERIES'],
    [{}, requestFor({ RequestedProcedureID: '*?' }), false, 'SERIES'],
  ])('%o asked for by %o: %s', (values, keys, found, level) =>
    expect(finds(values, keys, level, { emptyValues: true })).toBe(found),
  );

  test('without it two quotation marks mean themselves', () => {
    expect(finds({}, { AccessionNumber: '""' })).toBe(false);
    expect(finds({ AccessionNumber: '""' }, { AccessionNumber: '""' })).toBe(true);
    expect(finds({}, requestFor({ RequestedProcedureID: '""' }), 'SERIES')).toBe(false);
  });
});

describe('list of UID matching (PS3.4 C.2.2.2.2)', () => {
  test.each<Case>([
    [{}, { StudyInstanceUID: '1.1' }, true],
    [{}, { StudyInstanceUID: ['9.9', '1.1'] }, true],
    [{}, { StudyInstanceUID: ['9.9', '9.8'] }, false],
    [{}, { SOPClassesInStudy: ['1.2.3', '1.2.840.10008.5.1.4.1.1.2'] }, true],
  ])('%o asked for by %o: %s', (held, keys, found) => expect(finds(held, keys)).toBe(found));
});

describe('universal matching (PS3.4 C.2.2.2.3)', () => {
  test('a zero-length key, and a lone asterisk, match what is absent too', () => {
    expect(finds({}, { AccessionNumber: '', StudyDate: '', StudyDescription: '*' })).toBe(true);
  });

  test('timezone, availability and retrieve AE title are no keys', () => {
    expect(
      finds({}, { TimezoneOffsetFromUTC: '+0200', InstanceAvailability: 'OFFLINE', RetrieveAETitle: 'X' }),
    ).toBe(true);
  });
});

describe('wildcard matching (PS3.4 C.2.2.2.4)', () => {
  test.each<Case>([
    [{ AccessionNumber: 'ACC123' }, { AccessionNumber: 'ACC*' }, true],
    [{ AccessionNumber: 'ACC123' }, { AccessionNumber: 'acc*' }, false],
    [{ PatientID: 'P123' }, { PatientID: 'P1?3' }, true],
    [{ PatientID: 'P123' }, { PatientID: '*23' }, true],
    [{ StudyDescription: 'CT CHEST' }, { StudyDescription: '*CHEST*' }, true],
    [{ PatientComments: 'a\\b' }, { PatientComments: 'a*b' }, true],
  ])('%o asked for by %o: %s', (held, keys, found) => expect(finds(held, keys)).toBe(found));
});

describe('range matching (PS3.4 C.2.2.2.5)', () => {
  const held = { StudyDate: '20240215', StudyTime: '1015' };
  test.each<Case>([
    [held, { StudyDate: '20240101-20240215' }, true],
    [held, { StudyDate: '20240215-20240301' }, true],
    [held, { StudyDate: '20240216-' }, false],
    [held, { StudyDate: '20240215-' }, true],
    [held, { StudyDate: '-20240214' }, false],
    [held, { StudyDate: '-20240215' }, true],
    [held, { StudyTime: '10-11' }, true],
    [held, { StudyTime: '-10' }, true],
    [held, { StudyTime: '1016-' }, false],
    [held, { StudyTime: '-1015' }, true],
    [{}, { StudyDate: '-20991231' }, false],
    [{ PatientBirthDate: '19700101' }, { PatientBirthDate: '19691231-19700101' }, true],
    // Date and time ranges are independent of each other unless combined matching was negotiated.
    [
      { StudyDate: '20240102', StudyTime: '0500' },
      { StudyDate: '20240101-20240103', StudyTime: '0800-0900' },
      false,
    ],
  ])('%o asked for by %o: %s', (values, keys, found) => expect(finds(values, keys)).toBe(found));

  test.each<Case>([
    [
      { StudyDate: '20240102', StudyTime: '0500' },
      { StudyDate: '20240101-20240103', StudyTime: '0800-0900' },
      true,
    ],
    [
      { StudyDate: '20240101', StudyTime: '0759' },
      { StudyDate: '20240101-20240103', StudyTime: '0800-0900' },
      false,
    ],
    [
      { StudyDate: '20240103', StudyTime: '090059' },
      { StudyDate: '20240101-20240103', StudyTime: '0800-0900' },
      true,
    ],
    [
      { StudyDate: '20240103', StudyTime: '0901' },
      { StudyDate: '20240101-20240103', StudyTime: '0800-0900' },
      false,
    ],
    [{ StudyDate: '20300101' }, { StudyDate: '20240101-', StudyTime: '0800-' }, true],
  ])('combined date-time (PS3.4 C.2.2.2.5.3): %o asked for by %o: %s', (values, keys, found) =>
    expect(finds(values, keys, 'STUDY', { combinedDateTime: true })).toBe(found),
  );
});

describe('sequence matching (PS3.4 C.2.2.2.6)', () => {
  const item = (values: Values): DataSet => dataSetOf(values);
  const held = {
    ProcedureCodeSequence: [
      item({ CodeValue: 'A', CodingSchemeDesignator: 'L' }),
      item({ CodeValue: 'B', CodingSchemeDesignator: 'M' }),
    ],
  };
  test.each<readonly [Values, boolean]>([
    [{ ProcedureCodeSequence: [item({ CodeValue: 'B' })] }, true],
    [{ ProcedureCodeSequence: [item({ CodeValue: 'B', CodingSchemeDesignator: 'M' })] }, true],
    [{ ProcedureCodeSequence: [item({ CodeValue: 'B', CodingSchemeDesignator: 'L' })] }, false],
    [{ ProcedureCodeSequence: [item({ CodeValue: '' })] }, true],
    [{ ProcedureCodeSequence: [] }, true],
    [{ ProcedureCodeSequence: [item({ CodeValue: 'C*' })] }, false],
  ])('case %#', (keys, found) => expect(finds(held, keys)).toBe(found));

  test('inside a sequence inside a sequence', () => {
    const code = item({ CodeValue: '121' });
    const image = { AlternateRepresentationSequence: [item({ PurposeOfReferenceCodeSequence: [code] })] };
    expect(
      finds(
        image,
        { AlternateRepresentationSequence: [item({ PurposeOfReferenceCodeSequence: [code] })] },
        'IMAGE',
      ),
    ).toBe(true);
    const other = item({ PurposeOfReferenceCodeSequence: [item({ CodeValue: '122' })] });
    expect(finds(image, { AlternateRepresentationSequence: [other] }, 'IMAGE')).toBe(false);
  });
});

describe('attributes told by what is held', () => {
  test.each<Case>([
    [{ Modality: 'MR' }, { ModalitiesInStudy: 'MR' }, true],
    [{ Modality: 'MR' }, { ModalitiesInStudy: ['CT', 'MR'] }, true],
    [{ Modality: 'MR' }, { ModalitiesInStudy: 'M*' }, true],
    [{ Modality: 'MR', ModalitiesInStudy: 'CT' }, { ModalitiesInStudy: 'CT' }, false],
    [{ NumberOfStudyRelatedInstances: '99' }, { NumberOfStudyRelatedInstances: '01' }, true],
  ])('%o asked for by %o: %s', (held, keys, found) => expect(finds(held, keys)).toBe(found));

  test('series and image keys at their levels', () => {
    const held = { Modality: 'CT', SeriesNumber: '3', InstanceNumber: '12', BodyPartExamined: 'CHEST' };
    expect(finds(held, { SeriesNumber: '003', BodyPartExamined: 'CHEST' }, 'SERIES')).toBe(true);
    expect(finds(held, { SeriesNumber: '4' }, 'SERIES')).toBe(false);
    expect(finds(held, { InstanceNumber: '12', Modality: 'CT' }, 'IMAGE')).toBe(true);
    expect(finds(held, { InstanceNumber: '12', Modality: 'MR' }, 'IMAGE')).toBe(false);
  });
});

describe('keys that are refused', () => {
  test.each<readonly [Values, string]>([
    [{ StudyInstanceUID: '1.2.*' }, 'WILDCARD_IN_UID'],
    [{ StudyInstanceUID: '1.2.?' }, 'WILDCARD_IN_UID'],
    [{ StudyInstanceUID: 'abc' }, 'INVALID_VALUE'],
    [{ StudyDate: '2024*' }, 'WILDCARD_NOT_ALLOWED'],
    [{ StudyTime: '*' }, 'WILDCARD_NOT_ALLOWED'],
    [{ NumberOfStudyRelatedSeries: '?' }, 'WILDCARD_NOT_ALLOWED'],
    [{ StudyDate: '20241301' }, 'INVALID_VALUE'],
    [{ StudyDate: '20240201-20240101' }, 'INVALID_VALUE'],
    [{ StudyDate: '-' }, 'INVALID_VALUE'],
    [{ StudyTime: '2500' }, 'INVALID_VALUE'],
    [{ NumberOfStudyRelatedSeries: 'many' }, 'INVALID_VALUE'],
    [{ PatientName: 'a*'.repeat(40) }, 'TOO_MANY_WILDCARDS'],
    [{ PatientID: '*?'.repeat(500_000) }, 'VALUE_TOO_LONG'],
    [{ PatientID: Array.from({ length: 100 }, (_, i) => `P${i}`) }, 'TOO_MANY_VALUES'],
    [{ ProcedureCodeSequence: [dataSetOf({}), dataSetOf({})] }, 'TOO_MANY_ITEMS'],
  ])('case %# is %s', (keys, code) => {
    expect(() => queryOf(keys)).toThrowError(expect.objectContaining({ code }) as Error);
  });

  test('ten thousand keys', () => {
    const identifier = new DataSet();
    identifier.set(Tag.QueryRetrieveLevel, 'STUDY');
    for (let element = 0; element < 10_000; element++) identifier.set(0x00091000 + element, 'x', 'LO');
    const parse = (): unknown => parseQuery(identifier, { root: 'STUDY' });
    expect(parse).toThrowError(expect.objectContaining({ code: 'TOO_MANY_KEYS' }) as Error);
  });
});
