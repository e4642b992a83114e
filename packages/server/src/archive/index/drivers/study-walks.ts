import type { Days } from '../matching/date-time.ts';
import type { Cursor } from '../rows.ts';
import type { Driver } from './driver.ts';
import { endOfRows, NARROWED_FROM, WALKED_AT_ONCE, WALKED_FOR_ONE_SORTED } from '../limits.ts';
import type { StudyFilter } from './study-filter.ts';
import { type Bits, countBits, descendBits, hasBit } from '../memory/bits.ts';
import { dayIn, type StudyColumns } from '../memory/study-columns.ts';

/*
 * Drivers that walk along what is in memory: they bring the studies that another driver would, in its order, without those
 * that a filter leaves out, and none of them is read.
 */

/**
 * Studies one by one, from a cursor on.
 * @param take false: not this one, and no further
 * @returns where that one comes first; undefined: there are no more
 */
type Walk = (
  after: Cursor | undefined,
  take: (study: number, told: number, patient: number) => boolean,
) => Cursor | undefined;

/** @param driver whose studies these are */
function walkedDriver(driver: Driver, filter: StudyFilter, walk: Walk): Driver {
  const visit = (
    after: Cursor | undefined,
    rows: number,
    found: (study: number, patient: number) => void,
  ): { passed: number; next: Cursor | undefined } => {
    let visited = 0;
    let passed = 0;
    const take = (study: number, told: number, patient: number): boolean => {
      if (passed === rows || visited === WALKED_AT_ONCE) return false;
      visited += 1;
      if (!filter.passes(study, told, patient)) return true;
      passed += 1;
      found(study, patient);
      return true;
    };
    const next = walk(after, take);
    return { passed, next };
  };
  return {
    ...broughtBy(driver, filter),
    page: (after, rows) => {
      const ids: number[] = [];
      const patients: number[] = [];
      const { next } = visit(after, rows, (study, patient) => {
        ids.push(study);
        patients.push(patient);
      });
      return { ids, patients, next };
    },
    pass: (after, rows) => visit(after, rows, () => undefined),
  };
}

const broughtBy = (driver: Driver, filter: StudyFilter): Omit<Driver, 'page'> => ({
  name: driver.name,
  level: 'STUDY',
  decides: [...driver.decides, ...filter.decides],
  count: (limit) => driver.count(limit),
});

/** All studies, the latest first. */
export function latestStudies(driver: Driver, filter: StudyFilter, studies: StudyColumns): Driver {
  return walkedDriver(driver, filter, ([before] = [endOfRows], take) => {
    let last = Number(before);
    let isOver = true;
    studies.descendRows(last, (study, told, patient) => {
      isOver = take(study, told, patient);
      if (isOver) last = study;
      return isOver;
    });
    return isOver ? undefined : [last];
  });
}

/** Studies of some days, the latest first. */
export function datedStudies(driver: Driver, days: Days, filter: StudyFilter, studies: StudyColumns): Driver {
  let sorted: SortedStudies | undefined;
  const walked = walkedDriver(driver, filter, (after, take) => {
    let day = Number(after?.[0] ?? days.high);
    let row = Number(after?.[1] ?? endOfRows);
    let isOver = true;
    const visit = (study: number, told: number, patient: number): boolean => {
      isOver = take(study, told, patient);
      if (!isOver) return false;
      day = dayIn(told);
      row = study;
      return true;
    };
    if (sorted !== undefined) sorted.descend(day, row, visit);
    else studies.descendDays({ low: days.low, high: day }, row, visit, filter.patientBits);
    return isOver ? undefined : [day, row];
  });
  return {
    ...walked,
    pass: (after, rows, counted) => {
      const { patientBits } = filter;
      if (patientBits !== undefined && isWorthSorting(patientBits, rows, days, studies))
        sorted ??= new SortedStudies(patientBits, days, filter, studies);
      return sorted === undefined
        ? walked.pass?.(after, rows, counted)
        : sorted.pass(Number(after?.[0] ?? days.high), Number(after?.[1] ?? endOfRows), rows);
    },
  };
}

/** Whether the studies of some patients are sooner put in order than so many of them are found along all days. */
function isWorthSorting(patients: Bits, wanted: number, days: Days, studies: StudyColumns): boolean {
  const held = countBits(patients);
  const walked = Math.min(studies.countDays(days), (wanted * studies.size) / held);
  return walked > held * WALKED_FOR_ONE_SORTED;
}

/** Rows of memory's arrays are below it, and days below what is left of a number that is exact. */
const ROWS_END = 2 ** 31;
const keyOf = (day: number, row: number): number => day * ROWS_END + Math.min(row, ROWS_END);

/** The studies of some days and patients that pass a filter, by day and row, as far as they are what they were. */
class SortedStudies {
  readonly #studies: StudyColumns;
  readonly #keys: Float64Array;

  constructor(patients: Bits, { low, high }: Days, filter: StudyFilter, studies: StudyColumns) {
    this.#studies = studies;
    const keys: number[] = [];
    descendBits(patients, patients.length * 32, (patient) => {
      for (let study = studies.firstOf(patient); study !== 0; study = studies.nextOf(study)) {
        const told = studies.toldOf(study);
        const day = dayIn(told);
        if (day >= low && day <= high && filter.passes(study, told, patient)) keys.push(keyOf(day, study));
      }
      return true;
    });
    this.#keys = Float64Array.from(keys).sort();
  }

  /** Passes over so many of those before a day and a row. */
  pass(day: number, row: number, rows: number): { passed: number; next: Cursor | undefined } {
    const place = this.#placeOf(keyOf(day, row));
    const passed = Math.min(place, rows);
    const last = this.#keys[place - passed];
    if (last === undefined || passed === 0) return { passed, next: undefined };
    const study = last % ROWS_END;
    return { passed, next: [(last - study) / ROWS_END, study] };
  }

  /** Goes through those before a day and a row, downwards. @param visit false: no further */
  descend(day: number, row: number, visit: (study: number, told: number, patient: number) => boolean): void {
    const keys = this.#keys;
    for (let at = this.#placeOf(keyOf(day, row)) - 1; at >= 0; at--) {
      const study = (keys[at] as number) % ROWS_END;
      const told = this.#studies.toldOf(study);
      const isSame = keyOf(dayIn(told), study) === keys[at];
      if (isSame && !visit(study, told, this.#studies.patientOf(study))) return;
    }
  }

  /** Behind all that are less. */
  #placeOf(key: number): number {
    let [from, end] = [0, this.#keys.length];
    while (from < end) {
      const middle = (from + end) >>> 1;
      if ((this.#keys[middle] as number) < key) from = middle + 1;
      else end = middle;
    }
    return from;
  }
}

/** Studies of patients in their order, each one's in the order of their rows; undefined: it cannot be walked along. */
export function studiesOfPatients(
  driver: Driver,
  filter: StudyFilter,
  studies: StudyColumns,
): Driver | undefined {
  const { walk } = driver;
  if (walk === undefined) return undefined;
  const passing = new PassingStudies(driver, filter, studies);
  return {
    ...broughtBy(driver, filter),
    page: (after, rows) => {
      const patientsMax = passing.patientsAtOnce();
      const ids: number[] = [];
      const patients: number[] = [];
      let visited = 0;
      const next = walk(after, (patient) => {
        if (ids.length >= rows || visited === patientsMax) return false;
        visited += 1;
        for (const study of passing.of(patient)) {
          ids.push(study);
          patients.push(patient);
        }
        return true;
      });
      passing.visited += visited;
      return { ids, patients, next };
    },
    pass: (after, rows) => {
      const patientsMax = passing.patientsAtOnce();
      let passed = 0;
      let visited = 0;
      let isTooMany = false;
      const next = walk(after, (patient) => {
        if (visited === patientsMax) return false;
        const own = passing.countOf(patient);
        isTooMany = passed + own > rows;
        if (isTooMany) return false;
        passed += own;
        visited += 1;
        return true;
      });
      passing.visited += visited;
      // The first patient has more studies than are to be passed over.
      return isTooMany && visited === 0 ? undefined : { passed, next };
    },
  };
}

/** Those studies of patients that pass. */
class PassingStudies {
  /** Patients looked at so far. */
  visited = 0;
  readonly #driver: Driver;
  readonly #filter: StudyFilter;
  readonly #studies: StudyColumns;
  readonly #allPass: boolean;
  #isNarrowed: boolean;
  /** A bit for each patient who has a study that passes. */
  #bits: Bits | undefined;

  constructor(driver: Driver, filter: StudyFilter, studies: StudyColumns) {
    this.#driver = driver;
    this.#filter = filter;
    this.#studies = studies;
    this.#allPass = filter.isEmpty;
    this.#isNarrowed = filter.isEmpty;
  }

  /** Before a step: how many patients it may look at. After many of them it is found out who has a study that passes. */
  patientsAtOnce(): number {
    if (!this.#isNarrowed && this.visited >= NARROWED_FROM) {
      this.#isNarrowed = true;
      const found = this.#filter.patients(this.#driver.bits?.());
      this.#driver.narrow?.(found.bits);
      if (found.isExact) this.#bits = found.bits;
    }
    return this.#isNarrowed ? WALKED_AT_ONCE : NARROWED_FROM;
  }

  of(patient: number): readonly number[] {
    const studies = this.#studies;
    const passing: number[] = [];
    for (let study = studies.firstOf(patient); study !== 0; study = studies.nextOf(study))
      if (this.#filter.passes(study, studies.toldOf(study), patient)) passing.push(study);
    return passing;
  }

  /** Of a patient with one study it need not be looked at, when it is known who has one that passes. */
  countOf(patient: number): number {
    if (this.#studies.hasSeveral(patient)) return this.of(patient).length;
    if (!this.#allPass && this.#bits === undefined) return this.#filter.passesOne(patient) ? 1 : 0;
    return this.#bits === undefined || hasBit(this.#bits, patient) ? 1 : 0;
  }
}

/** The studies of another driver, whatever it goes by, without those that a filter leaves out. */
export function filteredStudies(driver: Driver, filter: StudyFilter, studies: StudyColumns): Driver {
  const passing = new PassingStudies(driver, filter, studies);
  return {
    ...broughtBy(driver, filter),
    page: (after, rows) => {
      const { ids, next } = driver.page(after, rows);
      const found =
        driver.level === 'PATIENT'
          ? ids.flatMap((patient) => passing.of(patient))
          : ids.filter((study) => filter.passes(study, studies.toldOf(study), studies.patientOf(study)));
      return { ids: found, patients: found.map((study) => studies.patientOf(study)), next };
    },
  };
}
