import { DataSet, type SettableValue, Tag } from '@leadglass/dicom';
import { describe, expect, test } from 'vitest';
import { parseRetrieve } from './parse-retrieve.ts';

type Keys = Partial<Record<'level' | 'patient' | 'study' | 'series' | 'image', SettableValue>>;
const tags = {
  level: Tag.QueryRetrieveLevel,
  patient: Tag.PatientID,
  study: Tag.StudyInstanceUID,
  series: Tag.SeriesInstanceUID,
  image: Tag.SOPInstanceUID,
};

function identifier(keys: Keys): DataSet {
  const dataSet = new DataSet();
  for (const [name, value] of Object.entries(keys)) dataSet.set(tags[name as keyof Keys], value);
  return dataSet;
}

describe('what an identifier selects (PS3.4 C.4.2.2.1)', () => {
  const study = { root: 'STUDY', relational: false } as const;
  const patient = { root: 'PATIENT', relational: false } as const;
  const relational = { root: 'STUDY', relational: true } as const;
  const ok: [Keys, Parameters<typeof parseRetrieve>[1], unknown][] = [
    [{ level: 'STUDY', study: '1.2' }, study, { studyInstanceUIDs: ['1.2'] }],
    [{ level: 'STUDY', study: ['1.2', '1.3'] }, study, { studyInstanceUIDs: ['1.2', '1.3'] }],
    [
      { level: 'SERIES', study: '1.2', series: ['1.3', '1.4'] },
      study,
      { studyInstanceUIDs: ['1.2'], seriesInstanceUIDs: ['1.3', '1.4'] },
    ],
    [
      { level: 'IMAGE', study: '1.2', series: '1.3', image: '1.4' },
      study,
      { studyInstanceUIDs: ['1.2'], seriesInstanceUIDs: ['1.3'], sopInstanceUIDs: ['1.4'] },
    ],
    [{ level: 'PATIENT', patient: 'P1' }, patient, { patientID: 'P1' }],
    // There are no wildcards in retrieval: this is the patient whose ID is a star.
    [{ level: 'PATIENT', patient: '*' }, patient, { patientID: '*' }],
    [
      { level: 'STUDY', patient: 'P1', study: '1.2' },
      patient,
      { patientID: 'P1', studyInstanceUIDs: ['1.2'] },
    ],
    [{ level: 'IMAGE', image: '1.4' }, relational, { sopInstanceUIDs: ['1.4'] }],
    [
      { level: 'IMAGE', image: '1.4', study: '1.2' },
      relational,
      { sopInstanceUIDs: ['1.4'], studyInstanceUIDs: ['1.2'] },
    ],
    // Keys below the level do not narrow (PS3.4 C.4.2.2.1: they are not part of the identifier).
    [{ level: 'STUDY', study: '1.2', series: '1.3' }, study, { studyInstanceUIDs: ['1.2'] }],
  ];
  test.each(ok)('%j as %j', (keys, options, selection) => {
    expect(parseRetrieve(identifier(keys), options)).toEqual(selection);
  });

  const refused: [Keys, Parameters<typeof parseRetrieve>[1], string, number][] = [
    [{}, study, 'LEVEL_MISSING', Tag.QueryRetrieveLevel],
    [{ study: '1.2' }, study, 'LEVEL_MISSING', Tag.QueryRetrieveLevel],
    [{ level: 'FRAME', study: '1.2' }, study, 'LEVEL_UNKNOWN', Tag.QueryRetrieveLevel],
    [{ level: 'PATIENT', patient: 'P1' }, study, 'LEVEL_UNKNOWN', Tag.QueryRetrieveLevel],
    [{ level: 'STUDY' }, study, 'UNIQUE_KEY_MISSING', Tag.StudyInstanceUID],
    [{ level: 'STUDY', study: '' }, study, 'UNIQUE_KEY_MISSING', Tag.StudyInstanceUID],
    [{ level: 'STUDY', study: '1.2' }, patient, 'UNIQUE_KEY_MISSING', Tag.PatientID],
    [{ level: 'PATIENT', patient: '' }, patient, 'UNIQUE_KEY_MISSING', Tag.PatientID],
    [{ level: 'PATIENT', patient: ['P1', 'P2'] }, patient, 'INVALID_VALUE', Tag.PatientID],
    [{ level: 'SERIES', series: '1.3' }, study, 'UNIQUE_KEY_MISSING', Tag.StudyInstanceUID],
    [
      { level: 'SERIES', study: ['1.2', '1.3'], series: '1.3' },
      study,
      'UNIQUE_KEY_MISSING',
      Tag.StudyInstanceUID,
    ],
    [{ level: 'IMAGE', image: '' }, relational, 'UNIQUE_KEY_MISSING', Tag.SOPInstanceUID],
    [{ level: 'STUDY', study: '1.*' }, study, 'INVALID_VALUE', Tag.StudyInstanceUID],
    [{ level: 'STUDY', study: '../../etc' }, study, 'INVALID_VALUE', Tag.StudyInstanceUID],
    [
      { level: 'STUDY', study: Array.from({ length: 10_001 }, (_, i) => `1.${i}`) },
      study,
      'TOO_MANY_VALUES',
      Tag.StudyInstanceUID,
    ],
  ];
  test.each(
    refused.map(
      ([keys, options, code, tag]) =>
        [JSON.stringify(keys).slice(0, 80), options.root, code, keys, options, tag] as const,
    ),
  )('%s of root %s is refused: %s', (_keys, _root, code, keys, options, tag) => {
    expect(() => parseRetrieve(identifier(keys), options)).toThrow(expect.objectContaining({ code, tag }));
  });

  test('UIDs with leading zeros, which devices write and the archive keeps, can be asked for', () => {
    expect(parseRetrieve(identifier({ level: 'STUDY', study: '1.2.0001' }), study)).toEqual({
      studyInstanceUIDs: ['1.2.0001'],
    });
  });
});
