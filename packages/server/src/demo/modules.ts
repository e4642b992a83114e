import { DataSet, Tag } from '@leadglass/dicom';
import type { SettableValue } from '@leadglass/dicom';
import type { Person } from './people.ts';
import { seededUID } from './random.ts';

export type Attributes = Readonly<Partial<Record<keyof typeof Tag, SettableValue>>>;

export function setAll(dataSet: DataSet, attributes: Attributes): DataSet {
  for (const [keyword, value] of Object.entries(attributes))
    dataSet.set(Tag[keyword as keyof typeof Tag], value);
  return dataSet;
}

export const item = (attributes: Attributes): DataSet => setAll(new DataSet(), attributes);

/** An item of a code sequence (PS3.3 8.8). */
export const code = (value: string, scheme: string, meaning: string): DataSet =>
  item({ CodeValue: value, CodingSchemeDesignator: scheme, CodeMeaning: meaning });

export interface Study {
  readonly seed: number;
  readonly person: Person;
  /** From 1, for this patient. */
  readonly number: number;
  readonly description: string;
  /** DA and TM. */
  readonly date: string;
  readonly time: string;
  readonly uid: string;
}

export function study(seed: number, person: Person, number: number, description: string, day: number): Study {
  const date = new Date(Date.UTC(2026, 0, 5 + day));
  return {
    seed,
    person,
    number,
    description,
    date: date.toISOString().slice(0, 10).replaceAll('-', ''),
    time: `${String(8 + ((day * 5) % 10)).padStart(2, '0')}${String((day * 17) % 60).padStart(2, '0')}00`,
    uid: seededUID(seed, `study ${person.patientID} ${number}`),
  };
}

export interface Series {
  readonly study: Study;
  /** From 1, in this study. */
  readonly number: number;
  readonly modality: string;
  readonly description: string;
  readonly bodyPart: string;
  readonly uid: string;
}

export function series(
  of: Study,
  number: number,
  modality: string,
  description: string,
  bodyPart: string,
): Series {
  const uid = seededUID(of.seed, `series ${of.uid} ${number}`);
  return { study: of, number, modality, description, bodyPart, uid };
}

/** UID of an instance: what refers to it can name it before it is made. */
export const instanceUID = (of: Series, number: number): string =>
  seededUID(of.study.seed, `instance ${of.uid} ${number}`);

/** Patient, General Study, General Series, General Equipment and SOP Common (PS3.3 C.7.1.1 to C.7.5.1, C.12.1). */
export function startInstance(of: Series, sopClassUID: string, instanceNumber: number): DataSet {
  const { study: exam, modality } = of;
  const { person } = exam;
  const dataSet = new DataSet();
  // Text after it is encoded in it.
  dataSet.set(Tag.SpecificCharacterSet, [...person.characterSet]);
  return setAll(dataSet, {
    SOPClassUID: sopClassUID,
    SOPInstanceUID: instanceUID(of, instanceNumber),
    InstanceCreationDate: exam.date,
    InstanceCreationTime: exam.time,
    PatientName: person.name,
    PatientID: person.patientID,
    IssuerOfPatientID: 'LEADGLASS-DEMO',
    PatientBirthDate: person.birthDate,
    PatientSex: person.sex,
    PatientAge: `${String(person.age).padStart(3, '0')}Y`,
    PatientWeight: person.weight,
    PatientComments: 'Synthetic: this person does not exist',
    StudyInstanceUID: exam.uid,
    StudyID: `S${exam.number}`,
    StudyDate: exam.date,
    StudyTime: exam.time,
    StudyDescription: exam.description,
    AccessionNumber: `${person.patientID.replace('DEMO-', 'DA')}${exam.number}`,
    ReferringPhysicianName: 'Demo-Physician^Ada',
    SeriesInstanceUID: of.uid,
    SeriesNumber: of.number,
    SeriesDate: exam.date,
    SeriesTime: exam.time,
    SeriesDescription: of.description,
    BodyPartExamined: of.bodyPart,
    Modality: modality,
    ContentDate: exam.date,
    ContentTime: exam.time,
    InstanceNumber: instanceNumber,
    Manufacturer: 'Leadglass',
    ManufacturerModelName: 'Demo phantom',
    InstitutionName: 'Leadglass Demo Clinic',
    StationName: `DEMO${modality}`,
    SoftwareVersions: '1',
    DeviceSerialNumber: 'DEMO-1',
    BurnedInAnnotation: 'NO',
  });
}

export interface Pixels {
  readonly rows: number;
  readonly columns: number;
  readonly bitsStored: number;
  readonly photometricInterpretation: 'MONOCHROME2' | 'RGB';
  readonly bytes: Uint8Array;
}

/** Image Pixel (PS3.3 C.7.6.3), unsigned. */
export function setPixels(dataSet: DataSet, pixels: Pixels): void {
  const isColour = pixels.photometricInterpretation === 'RGB';
  setAll(dataSet, {
    SamplesPerPixel: isColour ? 3 : 1,
    PhotometricInterpretation: pixels.photometricInterpretation,
    Rows: pixels.rows,
    Columns: pixels.columns,
    BitsAllocated: pixels.bitsStored > 8 ? 16 : 8,
    BitsStored: pixels.bitsStored,
    HighBit: pixels.bitsStored - 1,
    PixelRepresentation: 0,
    ...(isColour ? { PlanarConfiguration: 0 } : {}),
  });
  // OW where samples take 16 bits, OB where they take 8 (PS3.5 8.1.1, A.2).
  dataSet.set(Tag.PixelData, pixels.bytes, pixels.bitsStored > 8 ? 'OW' : 'OB');
}

/** Pixel bytes as Explicit VR Little Endian wants them, whatever this machine's order. */
export function littleEndianBytes(pixels: Uint16Array): Uint8Array {
  const bytes = new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength);
  const isLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
  if (isLittleEndian) return bytes;
  const view = new DataView(new ArrayBuffer(bytes.length));
  for (const [index, pixel] of pixels.entries()) view.setUint16(index * 2, pixel, true);
  return new Uint8Array(view.buffer);
}
