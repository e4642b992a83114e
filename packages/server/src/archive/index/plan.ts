import { Tag } from '@leadglass/dicom';
import {
  columnDriver,
  dateRange,
  type Driver,
  modalityDriver,
  patientIDDriver,
  scanDriver,
  type TextRange,
  textRange,
  uidDriver,
} from './driver.ts';
import type { DriverStatements } from './driver-statements.ts';
import {
  DRIVER_COUNT_LIMITS,
  DRIVER_COUNT_MAX,
  SIEVE_PATIENTS_MAX,
  SIEVE_WORTH_FROM,
  SIEVED_ROWS_FOR_ONE_READ,
} from './limits.ts';
import type { Condition } from './matching.ts';
import { nameDriver } from './name-driver.ts';
import type { PatientNames } from './patient-names.ts';
import type { Query } from './query.ts';

export interface Sieve {
  readonly has: (patient: number) => boolean;
  /** Conditions that these patients fulfil. */
  readonly decides: readonly Condition[];
}

/** How a query is answered. */
export interface Plan {
  readonly driver: Driver;
  /** Tells the patients of whom alone the driver's studies can be. */
  readonly sieve: Sieve | undefined;
}

/**
 * The index that narrows a query best. Keys that name one thing go first; of the others, the one with the fewest
 * rows, counted up to a limit; of equals the one named first here. Where many studies of some days and many patients are
 * left, the days are gone through, with the patients known beforehand. Nothing of this depends on limit and offset.
 */
export function planOf(query: Query, statements: DriverStatements, names: PatientNames): Plan {
  const condition = (tag: number): Condition | undefined =>
    query.conditions.find(({ key }) => key.tag === tag);
  const named = namedDriver(condition, statements);
  if (named !== undefined) return { driver: named, sieve: undefined };
  const candidates = [...narrowingDrivers(condition, statements, names)];
  const [first, ...others] = candidates;
  if (first === undefined) return { driver: scanDriver(query.level, statements), sieve: undefined };
  if (others.length === 0) return { driver: first, sieve: undefined };
  const few = narrowest(candidates, DRIVER_COUNT_LIMITS);
  if (few !== undefined && few.count < SIEVE_WORTH_FROM) return { driver: few.driver, sieve: undefined };
  const sieved = sievedPlan(few?.count, candidates, dateRange(condition(Tag.StudyDate)), statements);
  if (sieved !== undefined) return sieved;
  const driver = few?.driver ?? narrowest(candidates, [DRIVER_COUNT_MAX])?.driver ?? first;
  // Memory tells who has the name: the rows of the other patients need not be read for it.
  const patients = candidates.find((each) => each !== driver && each.has !== undefined);
  const isSieved = driver.tellsPatients === true && patients !== undefined;
  return { driver, sieve: isSieved ? sieveOf(patients, 0) : undefined };
}

/** The driver with the fewest rows, when these are fewer than some limit. */
function narrowest(
  candidates: readonly Driver[],
  limits: readonly number[],
): { readonly driver: Driver; readonly count: number } | undefined {
  for (const limit of limits) {
    const counts = candidates.map((driver) => driver.count(limit));
    const count = Math.min(...counts);
    const driver = candidates[counts.indexOf(count)];
    if (driver !== undefined && count < limit) return { driver, count };
  }
  return undefined;
}

/**
 * The studies of a range of dates, of the patients that another index brings; undefined when that is no better than to
 * read so many rows.
 */
function sievedPlan(
  rowsOtherwise: number | undefined,
  candidates: readonly Driver[],
  dates: TextRange | undefined,
  statements: DriverStatements,
): Plan | undefined {
  const patients = candidates.find(({ level, all }) => level === 'PATIENT' && all !== undefined);
  if (dates === undefined || patients?.all === undefined) return undefined;
  const worth = (rowsOtherwise ?? Infinity) * SIEVED_ROWS_FOR_ONE_READ;
  const patientsMax = Math.min(SIEVE_PATIENTS_MAX, worth);
  const found = patients.count(patientsMax);
  if (found >= patientsMax) return undefined;
  const driver = columnDriver('study date', 'STUDY', statements.dates, dates);
  // With many patients the first matches come soon, however many the dates are.
  const studiesMax = worth - found;
  if (Number.isFinite(studiesMax) && driver.count(studiesMax) >= studiesMax) return undefined;
  return { driver, sieve: sieveOf(patients, patientsMax) };
}

function sieveOf(patients: Driver, patientsMax: number): Sieve {
  const { decides } = patients;
  if (patients.has !== undefined) return { has: (patient) => patients.has?.(patient) === true, decides };
  const found = new Set(patients.all?.(patientsMax));
  // There may be others among them.
  return { has: (patient) => found.has(patient), decides: [] };
}

type Find = (tag: number) => Condition | undefined;

function namedDriver(condition: Find, statements: DriverStatements): Driver | undefined {
  const uids = [
    ['IMAGE', Tag.SOPInstanceUID],
    ['SERIES', Tag.SeriesInstanceUID],
    ['STUDY', Tag.StudyInstanceUID],
  ] as const;
  for (const [level, tag] of uids) {
    const asked = condition(tag);
    if (asked !== undefined) return uidDriver(level, asked, statements);
  }
  const accession = textRange(condition(Tag.AccessionNumber));
  if (accession?.exact === true) return columnDriver('accession', 'STUDY', statements.accession, accession);
  const patientID = textRange(condition(Tag.PatientID));
  return patientID?.exact === true ? patientIDDriver(patientID, statements) : undefined;
}

function* narrowingDrivers(
  condition: Find,
  statements: DriverStatements,
  names: PatientNames,
): Iterable<Driver> {
  const accession = textRange(condition(Tag.AccessionNumber));
  if (accession !== undefined) yield columnDriver('accession', 'STUDY', statements.accession, accession);
  const patientID = textRange(condition(Tag.PatientID));
  if (patientID !== undefined) yield patientIDDriver(patientID, statements);
  const name = nameDriver(condition(Tag.PatientName), statements, names);
  if (name !== undefined) yield name;
  const birthDate = dateRange(condition(Tag.PatientBirthDate));
  if (birthDate !== undefined) yield columnDriver('birth date', 'PATIENT', statements.birthDates, birthDate);
  const date = dateRange(condition(Tag.StudyDate));
  const modalities = condition(Tag.ModalitiesInStudy);
  if (modalities?.values.length === 1 && modalities.wildcards.length === 0) {
    yield modalityDriver(modalities, date, statements);
  } else if (date !== undefined) {
    yield columnDriver('study date', 'STUDY', statements.dates, date);
  }
  const studyID = textRange(condition(Tag.StudyID));
  if (studyID !== undefined) yield columnDriver('studyID', 'STUDY', statements.studyID, studyID);
}
