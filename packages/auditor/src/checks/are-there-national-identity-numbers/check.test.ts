import { describe, expect, test } from 'vitest';
import { DataSet, Tag } from '@leadglass/dicom';
import { buildFile, changed, exposedBy } from '../../files/testing/build-file.ts';

const withID = (id: string): Uint8Array =>
  buildFile({ dataSet: changed((dataSet) => dataSet.set(Tag.PatientID, id)) });

describe('P11: national identity numbers', () => {
  // All are made up or are the issuers' own published examples.
  test.each([
    ['us-ssn', '219-09-9999'],
    ['tr-tckn', '10000000146'],
    ['pl-pesel', '44051401359'],
    ['br-cpf', '111.444.777-35'],
    ['es-dni', '12345678Z'],
    ['it-codice-fiscale', 'RSSMRA85T10A562S'],
    ['fr-nir', '255081416802538'],
    ['fi-henkilotunnus', '131052-308T'],
    ['se-personnummer', '811218-9876'],
    ['be-rijksregisternummer', '85.07.30-033.28'],
    ['gb-nhs-number', '943 476 5919'],
    ['in-aadhaar', '2341 2341 2346'],
  ])('%s', async (kind, id) => {
    expect(await exposedBy('P11', withID(id))).toContain(kind);
  });

  test('in names and in text', async () => {
    const file = buildFile({
      dataSet: changed((dataSet) => {
        dataSet.set(Tag.PatientName, 'Doe^Jane 219-09-9999');
        dataSet.set(Tag.ImageComments, 'SSN 219099999', 'LT');
      }),
    });
    expect(await exposedBy('P11', file)).toEqual(['us-ssn']);
  });

  test('a number whose issuer says what it is (PS3.3 Table C.2-1)', async () => {
    const item = new DataSet();
    item.set(Tag.PatientID, '219099999');
    item.set(Tag.IssuerOfPatientID, 'SSN');
    const file = buildFile({ dataSet: changed((one) => one.set(Tag.OtherPatientIDsSequence, [item])) });
    expect(await exposedBy('P11', file)).toEqual(['us-ssn']);
  });

  test.each([
    '219099999',
    '000-12-3456',
    '666-12-3456',
    '10000000145',
    '12345678A',
    '1234567890',
    '2024-01-15',
    'PAT-000-1',
  ])('a number like many: silent: %s', async (id) => {
    expect(await exposedBy('P11', withID(id))).toEqual([]);
  });

  test('bare digits in a device number: silent', async () => {
    const file = buildFile({ dataSet: changed((one) => one.set(Tag.DeviceSerialNumber, '10000000146')) });
    expect(await exposedBy('P11', file)).toEqual([]);
  });
});
