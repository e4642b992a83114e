import { DataSet, type SettableValue, Tag } from '@leadglass/dicom';
import { extractAttributes } from './attributes.ts';
import type { IndexEntry } from './entry.ts';
import { parseQuery, type Query, type QueryOptions } from './matching/query.ts';

/** For tests: values by keyword, as the data set takes them. */
export type Values = Readonly<Record<string, SettableValue>>;

const tags = Tag as unknown as Readonly<Record<string, number>>;

export function dataSetOf(values: Values): DataSet {
  const dataSet = new DataSet();
  dataSet.set(Tag.SpecificCharacterSet, 'ISO_IR 192');
  for (const [keyword, value] of Object.entries(values)) {
    const tag = tags[keyword];
    if (tag === undefined) throw new Error(`no such keyword: ${keyword}`);
    dataSet.set(tag, value);
  }
  return dataSet;
}

/** An entry of the index for a data set with these values; UIDs default to those of instance 1 of series 1 of study 1. */
export function entryOf(values: Values, facts: Partial<IndexEntry> = {}): IndexEntry {
  const attributes = extractAttributes(
    dataSetOf({
      SOPClassUID: '1.2.840.10008.5.1.4.1.1.2',
      SOPInstanceUID: '1.1.1.1',
      StudyInstanceUID: '1.1',
      SeriesInstanceUID: '1.1.1',
      Modality: 'CT',
      PatientID: 'P1',
      PatientName: 'Doe^Jane',
      ...values,
    }),
  );
  return {
    attributes,
    transferSyntaxUID: '1.2.840.10008.1.2.1',
    dataSetLength: 1000,
    receivedAt: 1_700_000_000_000,
    sourceAETitle: 'CT1',
    location: new Uint8Array([1, 2, 3, 4]),
    keySlot: 7,
    ...facts,
  };
}

export function queryOf(values: Values, options: QueryOptions = { root: 'STUDY' }): Query {
  return parseQuery(dataSetOf({ QueryRetrieveLevel: 'STUDY', ...values }), options);
}
