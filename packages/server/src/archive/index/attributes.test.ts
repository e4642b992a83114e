import { DataSet, Tag } from '@leadglass/dicom';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openIndex } from './archive-index.ts';
import { extractAttributes, type InstanceAttributes } from './attributes.ts';
import { IndexError, QueryError } from './errors.ts';
import {
  ITEMS_MAX,
  LONG_TEXT_MAX_CHARS,
  SEQUENCE_TEXT_MAX_CHARS,
  SHORT_TEXT_MAX_CHARS,
  VALUES_MAX,
} from './limits.ts';
import { packedField, storedItems } from './packed.ts';
import { keyOf, type QueryLevel, queryLevels, keysOfLevel } from './query-keys.ts';
import { parseQuery } from './matching/query.ts';
import { matchToDataSet } from './response.ts';
import { dataSetOf, entryOf, type Values } from './test-support.ts';

const uids = { StudyInstanceUID: '1.1', SeriesInstanceUID: '1.2', SOPInstanceUID: '1.3', SOPClassUID: '1.4' };
const extract = (values: Values): InstanceAttributes => extractAttributes(dataSetOf({ ...uids, ...values }));

function held({ packed }: InstanceAttributes, level: QueryLevel, tag: number): string {
  return packedField(packed[level], keyOf(level, tag).code);
}

describe('what is taken from a data set', () => {
  test.each(['StudyInstanceUID', 'SeriesInstanceUID', 'SOPInstanceUID', 'SOPClassUID'])(
    '%s must be there',
    (keyword) => {
      const tag = (Tag as unknown as Record<string, number>)[keyword];
      expect(() => extract({ [keyword]: '' })).toThrowError(
        expect.objectContaining({ code: 'MISSING_UID', tag }) as Error,
      );
      for (const uid of ['1.2.x', '.1', '1..2', '1'.repeat(65)]) {
        expect(() => extract({ [keyword]: uid })).toThrowError(
          expect.objectContaining({ code: 'INVALID_UID', tag }) as Error,
        );
      }
    },
  );

  test('UIDs with leading zeros, which devices write, are taken', () => {
    expect(extract({ StudyInstanceUID: '1.2.0840.003' }).studyInstanceUID).toBe('1.2.0840.003');
  });

  test('values are cut at their limits', () => {
    const attributes = extract({
      PatientID: 'x'.repeat(5000),
      PatientComments: 'y'.repeat(5000),
      OtherPatientNames: Array.from({ length: 100 }, () => 'A'),
      ProcedureCodeSequence: Array.from({ length: 100 }, () => dataSetOf({ CodeValue: 'C' })),
    });
    expect(attributes.patientID).toHaveLength(SHORT_TEXT_MAX_CHARS);
    expect(held(attributes, 'PATIENT', Tag.PatientComments)).toHaveLength(LONG_TEXT_MAX_CHARS);
    expect(held(attributes, 'PATIENT', Tag.OtherPatientNames).split('\\')).toHaveLength(VALUES_MAX);
    expect(storedItems(held(attributes, 'STUDY', Tag.ProcedureCodeSequence))).toHaveLength(ITEMS_MAX);
    const long = extract({
      ProcedureCodeSequence: Array.from({ length: 16 }, () =>
        dataSetOf({ CodeMeaning: 'z'.repeat(1000), CodeValue: 'C' }),
      ),
      PatientName: 'n'.repeat(100_000),
    });
    expect(held(long, 'STUDY', Tag.ProcedureCodeSequence).length).toBeLessThanOrEqual(
      SEQUENCE_TEXT_MAX_CHARS,
    );
    expect(storedItems(held(long, 'STUDY', Tag.ProcedureCodeSequence)).length).toBeGreaterThan(0);
  });

  test('dates of no calendar stay as they are and are not searched by', () => {
    const attributes = extract({ StudyDate: '20241399', PatientBirthDate: '1970.02.03' });
    expect(attributes.studyDate).toBe('');
    expect(held(attributes, 'STUDY', Tag.StudyDate)).toBe('20241399');
    expect(attributes.patientBirthDate).toBe('19700203');
  });

  test('control characters, which separate fields inside, never get in', () => {
    const attributes = extract({ StudyDescription: 'A\x1e!B\x00C', PatientID: 'P\x1fQ' });
    expect(held(attributes, 'STUDY', Tag.StudyDescription)).toBe('A!BC');
    expect(attributes.patientID).toBe('PQ');
    const long = extract({ PatientComments: 'one\r\ntwo\x1e' });
    expect(held(long, 'PATIENT', Tag.PatientComments)).toBe('one\r\ntwo');
  });
});

/** Any elements that the index knows, with any bytes. */
const knownTags = queryLevels.flatMap((level) => [...keysOfLevel(level).values()]);
const anyDataSet: fc.Arbitrary<DataSet> = fc
  .record({
    characterSet: fc.constantFrom('', 'ISO_IR 192', 'ISO_IR 100', 'ISO 2022 IR 87', 'GB18030', 'nonsense'),
    elements: fc.array(fc.tuple(fc.constantFrom(...knownTags), fc.uint8Array({ maxLength: 80 })), {
      maxLength: 30,
    }),
    withUIDs: fc.boolean(),
  })
  .map(({ characterSet, elements, withUIDs }) => {
    const dataSet = new DataSet();
    dataSet.set(Tag.SpecificCharacterSet, characterSet);
    for (const [key, bytes] of elements) {
      if (key.items === undefined) dataSet.set(key.tag, bytes, key.vr);
      else dataSet.set(key.tag, itemsWith(key.items.values(), bytes), 'SQ');
    }
    if (withUIDs) for (const [keyword, uid] of Object.entries(uids)) dataSet.set(keyToTag(keyword), uid);
    return dataSet;
  });

function itemsWith(keys: Iterable<(typeof knownTags)[number]>, bytes: Uint8Array): DataSet[] {
  const item = new DataSet();
  for (const { tag, vr, items } of keys) if (items === undefined) item.set(tag, bytes, vr);
  return [item];
}

const keyToTag = (keyword: string): number => (Tag as unknown as Record<string, number>)[keyword] ?? 0;

describe('any bytes', () => {
  test('of a data set give attributes that can be stored and returned, or an IndexError', () => {
    const index = openIndex({ location: ':memory:' });
    const identifier = dataSetOf({ QueryRetrieveLevel: 'IMAGE', SOPInstanceUID: '1.3' });
    for (const { tag, vr } of knownTags)
      if (tag !== Tag.SOPInstanceUID) identifier.set(tag, new Uint8Array(0), vr);
    const query = parseQuery(identifier, { root: 'PATIENT', relational: true });
    fc.assert(
      fc.property(anyDataSet, (dataSet) => {
        let attributes: InstanceAttributes;
        try {
          attributes = extractAttributes(dataSet);
        } catch (error) {
          expect(error).toBeInstanceOf(IndexError);
          return;
        }
        index.add([{ ...entryOf({}), attributes }]);
        expect(index.instance(attributes.sopInstanceUID)?.studyInstanceUID).toBe(attributes.studyInstanceUID);
        for (const match of index.query(query)) matchToDataSet(match, query);
        index.remove([attributes.sopInstanceUID]);
        expect(index.statistics()).toEqual({ patients: 0, studies: 0, series: 0, instances: 0, bytes: 0 });
      }),
      { numRuns: 300 },
    );
    index.close();
  });

  test('of an identifier give a query that can be run, or a QueryError', () => {
    const index = openIndex({ location: ':memory:' });
    index.add([entryOf({ StudyDate: '20240101', PatientComments: 'x' })]);
    fc.assert(
      fc.property(anyDataSet, fc.constantFrom(...queryLevels), fc.boolean(), (dataSet, level, flag) => {
        dataSet.set(Tag.QueryRetrieveLevel, level);
        const options = { root: 'PATIENT', relational: true, fuzzy: flag, combinedDateTime: !flag } as const;
        try {
          const query = parseQuery(dataSet, options);
          for (const match of index.query(query)) matchToDataSet(match, query);
        } catch (error) {
          expect(error).toBeInstanceOf(QueryError);
        }
      }),
      { numRuns: 500 },
    );
    index.close();
  });
});
