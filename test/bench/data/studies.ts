import { DataSet, SOPClassUID, Tag } from '@leadglass/dicom';
import { type InstancePlace, instanceUID, seriesUID, studyUID } from './uids.ts';

/**
 * A population for queries: study number n is always the same. One in a hundred patients is a SMI..., dates go
 * evenly over ten years, so that a year has a tenth of all studies.
 */
export interface StudyFacts {
  readonly patientName: string;
  readonly patientID: string;
  readonly patientBirthDate: string;
  readonly studyDate: string;
  readonly studyTime: string;
  readonly accessionNumber: string;
  readonly studyID: string;
  readonly modality: string;
}

const YEARS = 10;
const DAYS = YEARS * 365;
const FIRST_DAY_MS = Date.UTC(2015, 0, 1);
const DAY_MS = 86_400_000;
/** The name that a list of one in a hundred is asked for with. */
const SMITHS = ['SMITH', 'SMITS', 'SMIRNOVA', 'SMILEY'] as const;
const STARTS = [
  'AN',
  'BER',
  'CAR',
  'DO',
  'EL',
  'FER',
  'GAR',
  'HOL',
  'IV',
  'JAN',
  'KO',
  'LIN',
  'MAR',
  'NO',
  'OR',
  'PE',
];
const MIDDLES = [
  'AN',
  'BO',
  'DER',
  'GU',
  'KA',
  'LEN',
  'MI',
  'NA',
  'RO',
  'SO',
  'TI',
  'VA',
  'WE',
  'XI',
  'YU',
  'ZE',
];
const ENDS = [
  'BERG',
  'DEZ',
  'ELLI',
  'FORD',
  'GER',
  'HAM',
  'KOVA',
  'LUND',
  'MANN',
  'NEN',
  'OVIC',
  'QUIST',
  'RAK',
  'SEN',
  'TON',
  'WITZ',
];
const GIVEN = [
  'ANNA',
  'BORIS',
  'CLARA',
  'DAVID',
  'EMIL',
  'FRIDA',
  'GUSTAV',
  'HELEN',
  'IRENE',
  'JONAS',
  'KARIN',
  'LUIS',
  'MARTA',
  'NORA',
  'OTTO',
  'PAULA',
];
const MODALITIES = ['CT', 'CT', 'CT', 'MR', 'MR', 'US', 'US', 'CR', 'DX', 'MG'];

/** A number that looks like chance and is always the same for the same n and purpose. */
export function mixed(n: number, purpose: number): number {
  let value = Math.imul(n ^ (purpose * 0x9e3779b1), 0x85ebca6b) >>> 0;
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35) >>> 0;
  return (value ^ (value >>> 16)) >>> 0;
}

const pick = <T>(list: readonly T[], n: number, purpose: number): T =>
  list[mixed(n, purpose) % list.length] as T;

export function studyFacts(n: number): StudyFacts {
  const isSmith = n % 100 === 7;
  const family = isSmith ? pick(SMITHS, n, 1) : pick(STARTS, n, 2) + pick(MIDDLES, n, 3) + pick(ENDS, n, 4);
  const seconds = mixed(n, 5) % 86_400;
  const time = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return {
    patientName: `${family}^${pick(GIVEN, n, 6)}^${pick(GIVEN, n, 7)}`,
    patientID: `P${String(n).padStart(9, '0')}`,
    patientBirthDate: date(-(mixed(n, 8) % 25_000)),
    studyDate: date(n % DAYS),
    studyTime: time.map((part) => String(part).padStart(2, '0')).join(''),
    accessionNumber: `A${String(n).padStart(9, '0')}`,
    studyID: String(mixed(n, 9) % 100_000_000).padStart(8, '0'),
    modality: pick(MODALITIES, n, 10),
  };
}

function date(day: number): string {
  return new Date(FIRST_DAY_MS + day * DAY_MS).toISOString().slice(0, 10).replaceAll('-', '');
}

/** Longest name above; shorter ones are padded with spaces, which mean nothing at the end of a PN (PS3.5 6.2). */
const NAME_LENGTH = 30;

/** Associations over which a population is loaded, study by study in turn. */
export const LOADING_ASSOCIATIONS = 8;

/** Where study n stands when all of them are loaded in one run. */
export function placeOfStudy(run: number, n: number): InstancePlace {
  return {
    run,
    association: n % LOADING_ASSOCIATIONS,
    study: Math.floor(n / LOADING_ASSOCIATIONS),
    instance: 0,
  };
}

/** Values of the instance of a study, of fixed lengths. */
export function studyValues(place: InstancePlace): (readonly [number, string])[] {
  const facts = studyFacts(place.study * LOADING_ASSOCIATIONS + place.association);
  return [
    [Tag.SOPInstanceUID, instanceUID(place)],
    [Tag.StudyInstanceUID, studyUID(place)],
    [Tag.SeriesInstanceUID, seriesUID(place)],
    [Tag.PatientName, facts.patientName.padEnd(NAME_LENGTH)],
    [Tag.PatientID, facts.patientID],
    [Tag.PatientBirthDate, facts.patientBirthDate],
    [Tag.StudyDate, facts.studyDate],
    [Tag.StudyTime, facts.studyTime],
    [Tag.AccessionNumber, facts.accessionNumber],
    [Tag.StudyID, facts.studyID],
    [Tag.Modality, facts.modality],
  ];
}

/** The data set whose values are written over: no pixels, only what a query can ask for. */
export function blankStudy(): DataSet {
  const dataSet = new DataSet();
  dataSet.set(Tag.SpecificCharacterSet, 'ISO_IR 100');
  for (const [tag, value] of studyValues({ run: 0, association: 0, study: 0, instance: 0 }))
    dataSet.set(tag, value);
  dataSet.set(Tag.SOPClassUID, SOPClassUID.SecondaryCaptureImageStorage);
  dataSet.set(Tag.PatientSex, 'O');
  dataSet.set(Tag.StudyDescription, 'Bench of queries');
  dataSet.set(Tag.SeriesDescription, 'One of one');
  dataSet.set(Tag.ReferringPhysicianName, 'REFERRER^RITA');
  dataSet.set(Tag.InstitutionName, 'Bench');
  dataSet.set(Tag.SeriesNumber, 1);
  dataSet.set(Tag.InstanceNumber, 1);
  dataSet.set(Tag.ConversionType, 'SYN');
  return dataSet;
}
