import { describe, expect, test } from 'vitest';
import { DataSet, Tag } from '@leadglass/dicom';
import { buildFile, changed, countedBy, exposedBy } from '../../files/testing/build-file.ts';

const fileWith = (change: (dataSet: DataSet) => void): Uint8Array => buildFile({ dataSet: changed(change) });

function named(dataSet: DataSet): void {
  dataSet.set(Tag.PatientName, 'Kowalczyk^Jadwiga');
  dataSet.set(Tag.PatientID, 'MRN-778812');
  dataSet.set(Tag.PatientBirthDate, '19540317');
}

describe('P09: identifiers by kind and place (PS3.15 Annex E)', () => {
  test('in the attributes made for them', async () => {
    expect(await exposedBy('P09', fileWith(named))).toEqual(['birth-date', 'patient-id', 'patient-name']);
    const file = fileWith((dataSet) => {
      dataSet.set(Tag.PatientAddress, 'Somewhere 1');
      dataSet.set(Tag.PatientTelephoneNumbers, '555');
      dataSet.set(Tag.OperatorsName, 'Smith');
      dataSet.set(Tag.AccessionNumber, 'A1');
    });
    expect(await exposedBy('P09', file)).toEqual(['address', 'order-number', 'staff-name', 'telephone']);
  });

  test('in items of sequences', async () => {
    const item = new DataSet();
    item.set(Tag.PatientID, '4711');
    const file = fileWith((dataSet) => dataSet.set(Tag.OtherPatientIDsSequence, [item]));
    expect(await exposedBy('P09', file)).toEqual(['patient-id']);
  });

  test.each([
    ['name-in-free-text', Tag.ImageComments, 'LT', 'seen with KOWALCZYK today'],
    ['name-in-free-text', Tag.SeriesDescription, 'LO', 'Jadwiga, knee'],
    ['id-in-free-text', Tag.StudyDescription, 'LO', 'see MRN-778812'],
    ['birth-date-in-free-text', Tag.ImageComments, 'LT', 'born 17.03.1954 in'],
    ['email-in-free-text', Tag.ImageComments, 'LT', 'write to a.b@example.org'],
    ['telephone-in-free-text', Tag.ImageComments, 'LT', 'call +48 22 555 1234'],
    ['title-and-name-in-free-text', Tag.ImageComments, 'LT', 'as Mrs. Smith said'],
  ] as const)('%s', async (kind, tag, vr, text) => {
    const file = fileWith((dataSet) => {
      named(dataSet);
      dataSet.set(tag, text, vr);
    });
    expect(await exposedBy('P09', file)).toContain(kind);
  });

  test('in private elements, as text, as bytes and as names', async () => {
    const file = (vr: 'LO' | 'UN' | 'OB' | 'PN', value: string | Uint8Array): Uint8Array =>
      fileWith((dataSet) => {
        named(dataSet);
        dataSet.set(0x00290010, 'ACME', 'LO');
        dataSet.set(0x00291001, value, vr);
      });
    const bytes = new Uint8Array(Buffer.from('\x01\x02...Kowalczyk,Jadwiga\0\0', 'latin1'));
    expect(await exposedBy('P09', file('LO', 'Kowalczyk'))).toContain('name-in-private-element');
    expect(await exposedBy('P09', file('OB', bytes))).toContain('name-in-private-element');
    expect(await exposedBy('P09', file('UN', bytes))).toContain('name-in-private-element');
    expect(await exposedBy('P09', file('PN', 'Somebody^Else'))).toContain('name-in-private-element');
    expect(await exposedBy('P09', file('LO', 'Kowalczykowa'))).not.toContain('name-in-private-element');
  });

  test('in overlays: their text; planes and curves are counted', async () => {
    const file = fileWith((dataSet) => {
      named(dataSet);
      dataSet.set(0x60001500, 'Kowalczyk', 'LO');
      dataSet.set(0x60003000, new Uint8Array(32), 'OW');
      dataSet.set(0x50003000, new Uint8Array(32), 'OW');
    });
    expect(await exposedBy('P09', file)).toContain('name-in-overlay');
    expect(await countedBy('P09', file)).toEqual(['curve', 'overlay-graphics']);
  });

  test('said to be removed, and not', async () => {
    const file = fileWith((dataSet) => {
      dataSet.set(Tag.PatientIdentityRemoved, 'YES');
      dataSet.set(Tag.PatientName, 'SUBJECT-17');
      dataSet.set(Tag.PatientBirthDate, '19540317');
    });
    expect(await exposedBy('P09', file)).toEqual(['birth-date', 'said-to-be-removed']);
    expect(await countedBy('P09', file)).toEqual(['pseudonym']);
  });

  test('a de-identified image with stand-ins, a body part for a name: silent', async () => {
    expect(await exposedBy('P09', buildFile())).toEqual([]);
    const file = fileWith((dataSet) => {
      dataSet.set(Tag.PatientIdentityRemoved, 'YES');
      dataSet.set(Tag.PatientName, 'Anonymous^Hand');
      dataSet.set(Tag.PatientBirthDate, '19000101');
      dataSet.set(Tag.ReferringPhysicianName, 'ANONYMIZED');
      dataSet.set(Tag.BodyPartExamined, 'HAND');
    });
    expect(await exposedBy('P09', file)).toEqual([]);
  });

  test('values that would be patterns are taken as they are', async () => {
    const file = fileWith((dataSet) => {
      dataSet.set(Tag.PatientID, '(((12345[[[');
      dataSet.set(Tag.ImageComments, 'nothing', 'LT');
    });
    expect(await exposedBy('P09', file)).toEqual(['patient-id']);
  });
});
