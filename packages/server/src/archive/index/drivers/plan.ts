import { Tag } from '@leadglass/dicom';
import type { Days } from '../matching/date-time.ts';
import {
  columnDriver,
  dateRange,
  daysOf,
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
  WALKED_FOR_ONE_BROUGHT,
} from '../limits.ts';
import type { Condition } from '../matching/matching.ts';
import { nameDriver } from './name-driver.ts';
import type { Query } from '../matching/query.ts';
import type { SearchMemory } from '../memory/search-memory.ts';
import { type StudyColumns, UNTOLD } from '../memory/study-columns.ts';
import { countFulfilling, passingModalities, type PatientSieve, StudyFilter } from './study-filter.ts';
import { datedStudies, filteredStudies, latestStudies, studiesOfPatients } from './study-walks.ts';

/** How a query is answered. */
export interface Plan {
  readonly driver: Driver;
  /** Tells the patients of whom alone the driver's studies can be. */
  readonly sieve: PatientSieve | undefined;
}

/**
 * How a query is answered: the index that narrows it best, and of studies what memory tells of them. Nothing of this
 * depends on limit and offset, nor their order on what is in memory.
 */
export function planOf(query: Query, statements: DriverStatements, memory: SearchMemory): Plan {
  const plan = narrowestPlan(query, statements, memory);
  return memory.isWhole && query.level !== 'PATIENT' ? walkedPlan(plan, query, memory) : plan;
}

/**
 * Keys that name one thing go first; of the others, the one with the fewest rows, counted up to a limit; of equals the one
 * named first here. Where many studies of some days and many patients are left, the days are gone through, with the patients
 * known beforehand.
 */
function narrowestPlan(query: Query, statements: DriverStatements, memory: SearchMemory): Plan {
  const condition = (tag: number): Condition | undefined =>
    query.conditions.find(({ key }) => key.tag === tag);
  const named = namedDriver(condition, statements);
  if (named !== undefined) return { driver: named, sieve: undefined };
  const candidates = [...narrowingDrivers(condition, statements, memory)];
  const [first, ...others] = candidates;
  if (first === undefined) return { driver: scanDriver(query.level, statements), sieve: undefined };
  if (others.length === 0) return { driver: first, sieve: undefined };
  const few = narrowest(candidates, DRIVER_COUNT_LIMITS);
  if (few !== undefined && few.count < SIEVE_WORTH_FROM) return { driver: few.driver, sieve: undefined };
  const dates = dateRange(condition(Tag.StudyDate));
  const datesOnly = dates && datesDriver(dates, statements, memory);
  const sieved = sievedPlan(few?.count, candidates, datesOnly);
  if (sieved !== undefined) return sieved;
  const driver = few?.driver ?? narrowest(candidates, [DRIVER_COUNT_MAX])?.driver ?? first;
  // Memory tells who has the name: the rows of the other patients need not be read for it.
  const patients = candidates.find((each) => each !== driver && each.has !== undefined);
  const tellsPatients = driver.tellsPatients === true || (memory.isWhole && driver.level === 'STUDY');
  return { driver, sieve: tellsPatients && patients !== undefined ? sieveOf(patients, 0) : undefined };
}

/** The same studies in the same order, with all that memory knows of them decided there. */
function walkedPlan({ driver, sieve }: Plan, { conditions }: Query, { studies }: SearchMemory): Plan {
  const plan = (walked: Driver): Plan => ({ driver: walked, sieve: undefined });
  const { days } = driver;
  if (days !== undefined && isWorthWalking(driver, days, studies)) {
    const ofDays = driver.decides.filter(({ key }) => key.tag === Tag.StudyDate);
    const filter = new StudyFilter(without(conditions, ofDays), studies, sieve);
    return plan(datedStudies(driver, days, filter, studies));
  }
  if (driver.level === 'SERIES' || driver.level === 'IMAGE') return { driver, sieve };
  const filter = new StudyFilter(without(conditions, driver.decides), studies, sieve);
  const ofPatients = studiesOfPatients(driver, filter, studies);
  if (ofPatients !== undefined) return plan(ofPatients);
  if (filter.isEmpty) return { driver, sieve };
  return plan(
    driver.isScan === true
      ? latestStudies(driver, filter, studies)
      : filteredStudies(driver, filter, studies),
  );
}

const without = (all: readonly Condition[], decided: readonly Condition[]): readonly Condition[] =>
  all.filter((condition) => !decided.includes(condition));

/** Of a rare modality the index has the studies side by side, where memory would look at all of the days. */
function isWorthWalking(driver: Driver, days: Days, studies: StudyColumns): boolean {
  const walked = studies.countDays(days);
  const worth = Math.ceil(walked / WALKED_FOR_ONE_BROUGHT);
  return walked <= DRIVER_COUNT_MAX || driver.count(worth) >= worth;
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
  driver: Driver | undefined,
): Plan | undefined {
  const patients = candidates.find(({ level, all }) => level === 'PATIENT' && all !== undefined);
  if (driver === undefined || patients?.all === undefined) return undefined;
  const worth = (rowsOtherwise ?? Infinity) * SIEVED_ROWS_FOR_ONE_READ;
  const patientsMax = Math.min(SIEVE_PATIENTS_MAX, worth);
  const found = patients.count(patientsMax);
  if (found >= patientsMax) return undefined;
  // With many patients the first matches come soon, however many the dates are.
  const studiesMax = worth - found;
  if (Number.isFinite(studiesMax) && driver.count(studiesMax) >= studiesMax) return undefined;
  return { driver, sieve: sieveOf(patients, patientsMax) };
}

function sieveOf(patients: Driver, patientsMax: number): PatientSieve {
  const { decides } = patients;
  if (patients.has !== undefined)
    return { has: (patient) => patients.has?.(patient) === true, bits: () => patients.bits?.(), decides };
  const found = new Set(patients.all?.(patientsMax));
  // There may be others among them.
  return { has: (patient) => found.has(patient), decides: [] };
}

/** Studies of a modality, counted in memory where that is quicker and knows. */
function modalitiesDriver(
  modalities: Condition,
  date: TextRange | undefined,
  statements: DriverStatements,
  { studies }: SearchMemory,
): Driver {
  const driver = modalityDriver(modalities, date, statements);
  if (!studies.isWhole || studies.countOf(UNTOLD) > 0) return driver;
  const held = countFulfilling(modalities, studies);
  if (date === undefined) return { ...driver, count: (limit) => Math.min(held, limit) };
  const days = daysOf(date);
  if (studies.countDays(days) > held * WALKED_FOR_ONE_BROUGHT) return driver;
  const passing = passingModalities([modalities], studies);
  return { ...driver, count: (limit) => studies.countWith(days, passing, limit) };
}

/** Counted in memory, when that knows. */
function datesDriver(dates: TextRange, statements: DriverStatements, { studies }: SearchMemory): Driver {
  const driver = columnDriver('study date', 'STUDY', statements.dates, dates);
  if (!studies.isWhole) return driver;
  const days = daysOf(dates);
  const held = studies.countDays(days);
  return { ...driver, days, count: (limit) => Math.min(held, limit) };
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
  memory: SearchMemory,
): Iterable<Driver> {
  const accession = textRange(condition(Tag.AccessionNumber));
  if (accession !== undefined) yield columnDriver('accession', 'STUDY', statements.accession, accession);
  const patientID = textRange(condition(Tag.PatientID));
  if (patientID !== undefined) yield patientIDDriver(patientID, statements);
  const name = nameDriver(condition(Tag.PatientName), statements, memory.names);
  if (name !== undefined) yield name;
  const birthDate = dateRange(condition(Tag.PatientBirthDate));
  if (birthDate !== undefined) yield columnDriver('birth date', 'PATIENT', statements.birthDates, birthDate);
  const date = dateRange(condition(Tag.StudyDate));
  const modalities = condition(Tag.ModalitiesInStudy);
  if (modalities?.values.length === 1 && modalities.wildcards.length === 0) {
    yield modalitiesDriver(modalities, date, statements, memory);
  } else if (date !== undefined) {
    yield datesDriver(date, statements, memory);
  }
  const studyID = textRange(condition(Tag.StudyID));
  if (studyID !== undefined) yield columnDriver('studyID', 'STUDY', statements.studyID, studyID);
}
