import { DataSet, DataSetReader, readPart10, readPart10Header, Tag, transferSyntax } from '@leadglass/dicom';
import { describe, expect, test } from 'vitest';
import { corpusMissingReason, corpusTitle, fileBytes, manifest } from '../../../../../test/corpus/corpus.ts';
import { openIndex } from './archive-index.ts';
import { extractAttributes, type InstanceAttributes, readsItemsOf } from './attributes.ts';
import { IndexError } from './errors.ts';
import { SHORT_TEXT_MAX_CHARS } from './limits.ts';
import { parseQuery } from './matching/query.ts';
import { matchToDataSet } from './response.ts';
import { entryOf } from './test-support.ts';

/** Attributes of a file, or undefined when it cannot be read or has no place in the hierarchy. */
function attributesOf(file: string): { attributes: InstanceAttributes; dataSet: DataSet } | undefined {
  let dataSet: DataSet;
  try {
    ({ dataSet } = readPart10(fileBytes(file)));
  } catch {
    return undefined;
  }
  try {
    return { attributes: extractAttributes(dataSet), dataSet };
  } catch (error) {
    expect(error).toBeInstanceOf(IndexError);
    return undefined;
  }
}

/** Attributes as the archive takes them: while the file arrives, without items it has no use for. */
function attributesOnTheWay(file: string): InstanceAttributes | undefined {
  const bytes = fileBytes(file);
  const header = readPart10Header(bytes);
  const syntax = transferSyntax(header.transferSyntaxUID);
  if (syntax === undefined) return undefined;
  const reader = new DataSetReader(syntax, { keepsItemsOf: readsItemsOf });
  reader.push(bytes.subarray(header.dataSetOffset));
  reader.end();
  return extractAttributes(reader.dataSet);
}

/** Whether a value came back as the file has it, or its beginning when it is longer than the index keeps. */
function isAsHeld(response: DataSet, dataSet: DataSet, tag: number): boolean {
  const held = (dataSet.string(tag) ?? '').replace(/\p{Cc}/gu, '');
  const returned = response.string(tag) ?? '';
  return held === returned || (returned.length >= SHORT_TEXT_MAX_CHARS && held.startsWith(returned));
}

describe.skipIf(corpusMissingReason !== undefined)(corpusTitle('real and malformed files'), () => {
  test('have the same attributes when items nobody searches by are let go', { timeout: 120_000 }, () => {
    let compared = 0;
    for (const { file } of manifest()) {
      const read = attributesOf(file);
      if (read === undefined) continue;
      expect(attributesOnTheWay(file), file).toEqual(read.attributes);
      compared += 1;
    }
    expect(compared).toBeGreaterThan(400);
  });

  test(
    'are found by the name, ID and date they hold, and come back as they are',
    { timeout: 120_000 },
    () => {
      const index = openIndex({ location: ':memory:' });
      let found = 0;
      for (const { file } of manifest()) {
        const read = attributesOf(file);
        if (read === undefined) continue;
        const { attributes, dataSet } = read;
        index.add([{ ...entryOf({}), attributes }]);
        const identifier = new DataSet();
        identifier.set(Tag.SpecificCharacterSet, 'ISO_IR 192');
        identifier.set(Tag.QueryRetrieveLevel, 'IMAGE');
        identifier.set(Tag.SOPInstanceUID, attributes.sopInstanceUID);
        const { patientName, patientID, studyDate } = attributes;
        const plain = (text: string): string => (/[*?\\]/.test(text) ? '' : text);
        identifier.set(Tag.PatientName, plain(patientName));
        identifier.set(Tag.PatientID, plain(patientID));
        identifier.set(Tag.StudyDate, studyDate);
        const query = parseQuery(identifier, { root: 'STUDY', relational: true });
        const matches = [...index.query(query)];
        expect(matches, file).toHaveLength(1);
        for (const match of matches) {
          const response = matchToDataSet(match, query);
          expect(isAsHeld(response, dataSet, Tag.PatientID), file).toBe(true);
          expect(isAsHeld(response, dataSet, Tag.PatientName), file).toBe(true);
        }
        index.remove([attributes.sopInstanceUID]);
        found += 1;
      }
      expect(found).toBeGreaterThan(400);
      expect(index.statistics()).toEqual({ patients: 0, studies: 0, series: 0, instances: 0, bytes: 0 });
      index.close();
    },
  );
});
