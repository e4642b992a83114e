import {
  DataSet,
  readDataSet,
  Tag,
  transferSyntax,
  type TransferSyntax,
  writeDataSet,
} from '@leadglass/dicom';
import { describe, expect, test } from 'vitest';
import { openIndex } from './archive-index.ts';
import { extractAttributes } from './attributes.ts';
import { responseEncoder } from './encode-response.ts';
import { keysOfLevel, queryLevels } from './query-keys.ts';
import { parseQuery, type QueryOptions, returnableTags } from './matching/query.ts';
import { matchToDataSet } from './response.ts';
import { dataSetOf, entryOf, type Values } from './test-support.ts';

const explicitLittleEndian = transferSyntax('1.2.840.10008.1.2.1') as TransferSyntax;

/** The first response as a client reads it. */
function respond(
  held: Values,
  identifier: DataSet,
  options: QueryOptions = { root: 'STUDY', relational: true },
): DataSet {
  const index = openIndex({ location: ':memory:' });
  index.add([entryOf(held)]);
  const query = parseQuery(identifier, options);
  const [match] = [...index.query(query)];
  if (match === undefined) throw new Error('no match');
  const response = matchToDataSet(match, query, { retrieveAETitle: 'LEADGLASS' });
  index.close();
  return readDataSet(writeDataSet(response, explicitLittleEndian), explicitLittleEndian);
}

const ask = (values: Values): DataSet => dataSetOf({ QueryRetrieveLevel: 'STUDY', ...values });

describe('response identifier (PS3.4 C.4.1.1.3.2)', () => {
  test('has the level, where to retrieve from, and every supported key that was asked for', () => {
    const identifier = ask({
      PatientName: '',
      AccessionNumber: '',
      StudyDate: '',
      NumberOfStudyRelatedInstances: '',
      Modality: '',
    });
    const response = respond({ StudyDate: '20240101' }, identifier);
    expect(response.string(Tag.QueryRetrieveLevel)).toBe('STUDY');
    expect(response.string(Tag.RetrieveAETitle)).toBe('LEADGLASS');
    expect(response.string(Tag.InstanceAvailability)).toBe('ONLINE');
    expect(response.string(Tag.PatientName)).toBe('Doe^Jane');
    expect(response.string(Tag.StudyDate)).toBe('20240101');
    expect(response.string(Tag.NumberOfStudyRelatedInstances)).toBe('1');
    expect(response.bytes(Tag.AccessionNumber)).toHaveLength(0);
    expect(response.has(Tag.StudyID)).toBe(false);
    expect(response.has(Tag.Modality), 'not supported at this level (PS3.4 C.2.2.1.3)').toBe(false);
  });

  test('texts are in the character set of the request if it can hold them, else in UTF-8', () => {
    const latin = dataSetOf({ QueryRetrieveLevel: 'STUDY', PatientName: '' });
    latin.set(Tag.SpecificCharacterSet, 'ISO_IR 100');
    const unnamed = new DataSet();
    unnamed.set(Tag.QueryRetrieveLevel, 'STUDY');
    unnamed.set(Tag.PatientName, '');
    const set = (name: string, identifier: DataSet): (string | undefined)[] => {
      const response = respond({ PatientName: name }, identifier);
      expect(response.string(Tag.PatientName)).toBe(name);
      return [response.string(Tag.SpecificCharacterSet)];
    };
    expect(set('Müller^Jörg', latin)).toEqual(['ISO_IR 100']);
    expect(set('山田^太郎', latin)).toEqual(['ISO_IR 192']);
    expect(set('Müller^Jörg', unnamed)).toEqual(['ISO_IR 100']);
    expect(set('Παπάς', unnamed)).toEqual(['ISO_IR 192']);
    expect(set('Tilde~Name', unnamed)).toEqual(['ISO_IR 100']);
    expect(set('Παπάς', ask({ PatientName: '' }))).toEqual(['ISO_IR 192']);
  });

  test('a character set nobody knows is not used', () => {
    const identifier = ask({ PatientName: '' });
    identifier.set(Tag.SpecificCharacterSet, 'ISO_IR 999');
    expect(respond({}, identifier).string(Tag.SpecificCharacterSet)).toBe('ISO_IR 100');
  });

  test('sequences return the attributes asked for inside their items, or all', () => {
    const held = {
      ProcedureCodeSequence: [
        dataSetOf({ CodeValue: 'A', CodeMeaning: 'Übersicht', CodingSchemeDesignator: 'L' }),
      ],
    };
    const [all] = respond(held, ask({ ProcedureCodeSequence: [] })).items(Tag.ProcedureCodeSequence);
    expect(all?.string(Tag.CodeMeaning)).toBe('Übersicht');
    const [some] = respond(held, ask({ ProcedureCodeSequence: [dataSetOf({ CodeValue: '' })] })).items(
      Tag.ProcedureCodeSequence,
    );
    expect(some?.string(Tag.CodeValue)).toBe('A');
    expect(some?.has(Tag.CodeMeaning)).toBe(false);
    expect(respond({}, ask({ ProcedureCodeSequence: [] })).items(Tag.ProcedureCodeSequence)).toEqual([]);
  });

  test('every key of PS3.4 C.6 and PS3.18 10.6 comes back as it was stored', () => {
    const told = new Set<number>([
      Tag.ModalitiesInStudy,
      Tag.SOPClassesInStudy,
      Tag.NumberOfPatientRelatedStudies,
      Tag.NumberOfPatientRelatedSeries,
      Tag.NumberOfPatientRelatedInstances,
      Tag.NumberOfStudyRelatedSeries,
      Tag.NumberOfStudyRelatedInstances,
      Tag.NumberOfSeriesRelatedInstances,
    ]);
    const sample: Readonly<Record<string, string>> = {
      DA: '20240131',
      TM: '101530',
      UI: '1.2.3.4',
      IS: '12',
      DS: '1.5',
      US: '512',
      AS: '045Y',
      CS: 'CODE',
      PN: 'Curie^Marie',
    };
    const held = new DataSet();
    const identifier = new DataSet();
    identifier.set(Tag.QueryRetrieveLevel, 'IMAGE');
    const expected: [number, string][] = [];
    for (const level of queryLevels) {
      for (const { tag, vr, items } of keysOfLevel(level).values()) {
        if (items !== undefined) {
          const item = new DataSet();
          for (const key of items.values())
            if (key.items === undefined) item.set(key.tag, sample[key.vr] ?? `text ${key.tag}`, key.vr);
          held.set(tag, [item], 'SQ');
          identifier.set(tag, [], 'SQ');
          continue;
        }
        identifier.set(tag, '', vr === 'US' ? 'LO' : vr);
        if (told.has(tag)) continue;
        const value = sample[vr] ?? `text ${tag}`.slice(0, 16);
        held.set(tag, value, vr);
        expected.push([tag, value]);
      }
    }
    const index = openIndex({ location: ':memory:' });
    const entry = entryOf({});
    index.add([{ ...entry, attributes: extractAttributes(held) }]);
    const query = parseQuery(identifier, { root: 'PATIENT', relational: true });
    const [match] = [...index.query(query)];
    if (match === undefined) throw new Error('no match');
    const response = matchToDataSet(match, query);
    for (const [tag, value] of expected) expect(response.string(tag), tag.toString(16)).toBe(value);
    for (const tag of returnableTags('IMAGE')) expect(response.has(tag), tag.toString(16)).toBe(true);
    for (const level of queryLevels) {
      for (const { tag, items } of keysOfLevel(level).values()) {
        for (const key of items?.values() ?? []) {
          if (key.items !== undefined) continue;
          expect(response.items(tag)[0]?.string(key.tag), key.tag.toString(16)).toBe(
            sample[key.vr] ?? `text ${key.tag}`,
          );
        }
      }
    }
    index.close();
  });
});

describe('the encoder of responses', () => {
  const syntaxes = ['1.2.840.10008.1.2', '1.2.840.10008.1.2.1', '1.2.840.10008.1.2.2'].map(transferSyntax);
  test.each<readonly [string, Values]>([
    [
      'ASCII',
      { AccessionNumber: 'A1', StudyDescription: 'CHEST', PatientComments: 'odd', StudyDate: '20240101' },
    ],
    ['a tilde', { StudyDescription: 'A~B' }],
    ['other characters', { PatientName: 'Müller^Jörg', StudyDescription: 'Übersicht' }],
    ['a sequence', { ProcedureCodeSequence: [dataSetOf({ CodeValue: 'A' })] }],
    ['a binary number', { Rows: 512 }],
    [
      'long texts',
      {
        PatientComments: 'x'.repeat(1000),
        AdmittingDiagnosesDescription: Array.from({ length: 32 }, () => 'y'.repeat(250)),
      },
    ],
    [
      'texts too long for its room',
      {
        PatientComments: 'x'.repeat(1024),
        OtherPatientNames: Array.from({ length: 32 }, () => 'z'.repeat(512)),
        NameOfPhysiciansReadingStudy: Array.from({ length: 32 }, () => 'z'.repeat(512)),
      },
    ],
  ])('gives the bytes of the data set: %s', (_name, held) => {
    const index = openIndex({ location: ':memory:' });
    index.add([entryOf(held)]);
    const identifier = dataSetOf({ QueryRetrieveLevel: 'IMAGE' });
    for (const tag of returnableTags('IMAGE')) identifier.set(tag, new Uint8Array(0));
    for (const terms of [['ISO_IR 192'], ['ISO_IR 100'], []]) {
      identifier.set(Tag.SpecificCharacterSet, terms);
      const query = parseQuery(identifier, { root: 'STUDY', relational: true });
      const [match] = [...index.query(query)];
      if (match === undefined) throw new Error('no match');
      for (const ts of syntaxes as TransferSyntax[]) {
        for (const facts of [{}, { retrieveAETitle: 'LEADGLASS' }]) {
          const encoded = responseEncoder(query, ts, facts)(match);
          expect(Buffer.from(encoded).toString('latin1')).toBe(
            Buffer.from(writeDataSet(matchToDataSet(match, query, facts), ts)).toString('latin1'),
          );
        }
      }
    }
    index.close();
  });
});
