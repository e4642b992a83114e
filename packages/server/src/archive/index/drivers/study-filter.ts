import { Tag } from '@leadglass/dicom';
import { dayOf, type Days, FIRST_DAY, LAST_DAY, NO_DAY } from '../matching/date-time.ts';
import type { Condition } from '../matching/matching.ts';
import { type Bits, hasBit } from '../memory/bits.ts';
import { dayIn, modalitiesIn, NOTHING_TOLD, type StudyColumns, UNTOLD } from '../memory/study-columns.ts';

/** Marks of the texts of modalities. */
const UNKNOWN = 0;
const PASSES = 1;
const FAILS = 2;

/** Tells the patients of whom alone studies can be. */
export interface PatientSieve {
  readonly has: (patient: number) => boolean;
  /** A bit for each who may be one of them; undefined: there are very many. */
  readonly bits?: (() => Bits | undefined) | undefined;
  /** Conditions that these patients fulfil. */
  readonly decides: readonly Condition[];
}

/** Conditions on studies that memory decides: what date, which modalities, whose. */
export class StudyFilter {
  /** What it decides, exactly. */
  readonly decides: readonly Condition[];
  readonly #studies: StudyColumns;
  readonly #days: Days;
  /** If not all of them. */
  readonly #wantedDays: ReadonlySet<number> | undefined;
  readonly #modalities: readonly Condition[];
  /** For each of the different texts of modalities whether it fulfils all conditions. */
  readonly #marks: Uint8Array;
  #texts: readonly string[] | undefined;
  /** A bit for each patient who may be meant; undefined: there are very many. */
  readonly patientBits: Bits | undefined;
  readonly #has: ((patient: number) => boolean) | undefined;

  constructor(conditions: readonly Condition[], studies: StudyColumns, sieve?: PatientSieve) {
    const dates = conditions.find(isOfDates);
    this.#modalities = conditions.filter(({ key }) => key.tag === Tag.ModalitiesInStudy);
    this.decides = [...(dates === undefined ? [] : [dates]), ...this.#modalities, ...(sieve?.decides ?? [])];
    this.#studies = studies;
    this.#marks = new Uint8Array(this.#modalities.length === 0 ? 0 : UNTOLD + 1);
    [this.#days, this.#wantedDays] = daysOf(dates);
    this.#has = sieve?.has;
    this.patientBits = sieve?.bits?.();
  }

  /** Every study passes. */
  get isEmpty(): boolean {
    return this.decides.length === 0 && this.#has === undefined;
  }

  /** @param told of the study, which is of that patient */
  passes(row: number, told: number, patient: number): boolean {
    const day = dayIn(told);
    if (day < this.#days.low || day > this.#days.high) return false;
    const bits = this.patientBits;
    if (bits !== undefined && !hasBit(bits, patient)) return false;
    if (this.#wantedDays !== undefined && !this.#wantedDays.has(day)) return false;
    if (this.#modalities.length > 0 && !this.#hasModalities(row, modalitiesIn(told))) return false;
    return this.#has === undefined || this.#has(patient);
  }

  /** Whether the only study of a patient passes, which is looked at if it must be. */
  passesOne(patient: number): boolean {
    const told = this.#studies.toldOfOnly(patient);
    const row = modalitiesIn(told) === UNTOLD ? this.#studies.firstOf(patient) : 0;
    return told !== NOTHING_TOLD && this.passes(row, told, patient);
  }

  /**
   * A bit for each patient who has a study that passes, and maybe others.
   * @param among those who are asked for; undefined: very many are
   */
  patients(among: Bits | undefined): { readonly bits: Bits; readonly isExact: boolean } {
    const studies = this.#studies;
    const bits = studies.patientsWith(this.#days, passingModalities(this.#modalities, studies), among);
    const isTold = this.#modalities.length === 0 || studies.countOf(UNTOLD) === 0;
    return { bits, isExact: isTold && this.#wantedDays === undefined && this.#has === undefined };
  }

  #hasModalities(row: number, number: number): boolean {
    if (number === UNTOLD) return this.#fulfils(this.#studies.readModalities(row));
    const texts = this.#studies.modalities;
    if (texts !== this.#texts) {
      this.#texts = texts;
      this.#marks.fill(UNKNOWN);
    }
    if (this.#marks[number] === UNKNOWN)
      this.#marks[number] = this.#fulfils(texts[number] ?? '') ? PASSES : FAILS;
    return this.#marks[number] === PASSES;
  }

  #fulfils(modalities: string): boolean {
    return this.#modalities.every(({ test }) => test(modalities));
  }
}

/** For each number of modalities 1 if they fulfil all conditions, or are not told, and 0 if they do not. */
export function passingModalities(conditions: readonly Condition[], studies: StudyColumns): Uint8Array {
  const passing = new Uint8Array(UNTOLD + 1).fill(1);
  for (const [number, text] of studies.modalities.entries())
    if (!conditions.every(({ test }) => test(text))) passing[number] = 0;
  return passing;
}

/** How many studies have modalities that fulfil a condition, of those that have a number. */
export function countFulfilling({ test }: Condition, studies: StudyColumns): number {
  return studies.modalities.reduce(
    (sum, text, number) => (test(text) ? sum + studies.countOf(number) : sum),
    0,
  );
}

/** What asks for studies without a date is not told by the date alone: there may be one that is none. */
const isOfDates = ({ key, range, values }: Condition): boolean =>
  key.tag === Tag.StudyDate && (range !== undefined || values.length > 0);

function daysOf(dates: Condition | undefined): readonly [Days, wanted?: ReadonlySet<number>] {
  if (dates === undefined) return [{ low: NO_DAY, high: LAST_DAY }];
  const { range, values } = dates;
  if (range !== undefined) {
    const low = range.low === undefined ? FIRST_DAY : dayOf(range.low);
    return [{ low, high: range.high === undefined ? LAST_DAY : dayOf(range.high) }];
  }
  const days = values.map(dayOf);
  return [{ low: Math.min(...days), high: Math.max(...days) }, new Set(days)];
}
