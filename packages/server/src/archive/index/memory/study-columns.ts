import { dayOf, type Days, LAST_DAY } from '../matching/date-time.ts';
import type { Connection, Statement } from '../dialect.ts';
import { type Bits, hasBit } from './bits.ts';
import { endOfRows, MODALITIES_TOLD_MAX, REMOVED_MORE_MAX, STUDIES_READ_AT_ONCE } from '../limits.ts';
import { OrderedNumbers } from './ordered-numbers.ts';

type ReadStudy = readonly [id: number, patientRow: number, studyDate: string, modalities: string];

/** Studies, or patients, whose numbers lie together. */
const BLOCK_BITS = 14;
const BLOCK_ROWS = 2 ** BLOCK_BITS;
const WITHIN_BLOCK = BLOCK_ROWS - 1;
/** Numbers that have a bit for each of them. */
const BLOCK_WORDS = BLOCK_ROWS >>> 5;

/** Of what is told of a study the lower bits are which of the different texts its modalities are, the upper ones its day. */
const MODALITY_BITS = 10;
const MODALITIES = 2 ** MODALITY_BITS - 1;
/** Stands for modalities that have no number: there are too many different ones. */
export const UNTOLD = MODALITIES;

/** What is told of a study: its day, 0 when it has no date. */
export const dayIn = (told: number): number => told >>> MODALITY_BITS;
/** And the number of its modalities, or UNTOLD. */
export const modalitiesIn = (told: number): number => told & MODALITIES;

/** Of less than this part of all studies each is looked at, instead of all patients. */
const FEW = 1 / 4;
/** What is told of no study: its day is behind that of every study. */
export const NOTHING_TOLD = LAST_DAY << MODALITY_BITS;

/** Studies of neighbouring rows. */
class StudyBlock {
  /** 0: there is no such study. */
  readonly patients = new Int32Array(BLOCK_ROWS);
  /** Day and modalities. */
  readonly told = new Int32Array(BLOCK_ROWS);
  /** The patient's studies before and after it; 0: there is none. */
  readonly before = new Int32Array(BLOCK_ROWS);
  readonly after = new Int32Array(BLOCK_ROWS);
}

/** The first and the last study of patients of neighbouring rows; 0: it has none. */
class PatientBlock {
  readonly first = new Int32Array(BLOCK_ROWS);
  readonly last = new Int32Array(BLOCK_ROWS);
  /** What is told of the only study of each. */
  readonly only = new Int32Array(BLOCK_ROWS).fill(NOTHING_TOLD);
  /** A bit for each that has several. */
  readonly several = new Int32Array(BLOCK_WORDS);

  /** @param told of the first study */
  notice(at: number, told: number): void {
    const isOne = this.first[at] === this.last[at];
    const hasAny = this.first[at] !== 0;
    const bit = 1 << (at & 31);
    const others = (this.several[at >>> 5] as number) & ~bit;
    this.several[at >>> 5] = isOne ? others : others | bit;
    this.only[at] = isOne && hasAny ? told : NOTHING_TOLD;
  }

  /**
   * Of 32 patients those who have one study, of some days and modalities. Without a branch for it: what modality comes next is
   * what a processor guesses wrong.
   * @param at the place of the first of them
   * @param asked a bit for each who is asked for
   */
  passingOf32(at: number, asked: number, { low, high: last }: Days, passes: Uint8Array): number {
    const { only } = this;
    const high = Math.min(last, LAST_DAY - 1);
    let bits = 0;
    for (let left = asked; left !== 0; left &= left - 1) {
      const each = 31 - Math.clz32(left & -left);
      const told = only[at + each] as number;
      const day = dayIn(told);
      const isOutside = ((day - low) | (high - day)) >>> 31;
      bits |= ((passes[modalitiesIn(told)] as number) & (isOutside ^ 1)) << each;
    }
    return bits;
  }
}

/**
 * Of every study its patient, date and modalities in memory, some 44 bytes a study and its patient: a combination of these
 * with a name is answered by walking along them, and rows are read of what is told alone. Studies are linked for each patient
 * in the order of their rows, and ordered by date and row. It follows from the table of studies, is read from it in steps, and
 * told of what is changed: of studies up to the last one that was read.
 */
export class StudyColumns {
  readonly #studies: Statement<[after: number, rows: number], ReadStudy>;
  readonly #study: Statement<[id: number], ReadStudy>;
  #blocks: (StudyBlock | undefined)[] = [];
  #patients: (PatientBlock | undefined)[] = [];
  #byDay = new OrderedNumbers(2);
  /** The different texts of modalities, and how many studies have each. */
  #texts: string[] = [];
  #numbers = new Map<string, number>();
  #counts: number[] = [];
  #held = 0;
  #removed = 0;
  #readTo = 0;
  #isWhole = false;
  /** Studies changed since the last change of the index that is for certain. */
  #changed: number[] = [];

  constructor(connection: Connection) {
    const columns = ['id', 'patient_row', 'study_date', 'modalities'] as const;
    this.#studies = connection.statement<[number, number], ReadStudy>((db, [after, rows]) =>
      db.selectFrom('study').select(columns).where('id', '>', after).orderBy('id').limit(rows),
    );
    this.#study = connection.statement<[number], ReadStudy>((db, [id]) =>
      db.selectFrom('study').select(columns).where('id', '=', id),
    );
  }

  /** All studies are read. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** How many there are. */
  get size(): number {
    return this.#held;
  }

  /** Reads some more studies, in some milliseconds; false when all are read. */
  step(): boolean {
    if (this.#isWhole) return false;
    const rows = this.#studies.all(this.#readTo, STUDIES_READ_AT_ONCE);
    for (const [id, patient, date, modalities] of rows) this.#set(id, patient, date, modalities);
    this.#readTo = rows.at(-1)?.[0] ?? this.#readTo;
    this.#isWhole = rows.length < STUDIES_READ_AT_ONCE;
    return !this.#isWhole;
  }

  /** Forgets everything: it is read again when it is wanted. */
  forget(): void {
    this.#blocks = [];
    this.#patients = [];
    this.#byDay = new OrderedNumbers(2);
    this.#texts = [];
    this.#numbers = new Map();
    this.#counts = [];
    this.#held = 0;
    this.#removed = 0;
    this.#readTo = 0;
    this.#isWhole = false;
    this.#changed = [];
  }

  /** A study is new, or has changed. @param studyDate YYYYMMDD or '' */
  set(row: number, patient: number, studyDate: string, modalities: string): void {
    if (this.#isRead(row)) this.#set(row, patient, studyDate, modalities);
  }

  remove(row: number): void {
    if (this.#isRead(row)) this.#clear(row);
  }

  /** What was changed is for certain. */
  keep(): void {
    this.#changed = [];
    if (this.#removed > this.#held + REMOVED_MORE_MAX) this.forget();
  }

  /** What was changed was taken back in the table: it tells how it is. */
  takeBack(): void {
    for (const row of this.#changed) {
      const held = this.#study.get(row);
      if (held === undefined) this.#clear(row);
      else this.#set(...held);
    }
    this.#changed = [];
  }

  /** 0: there is no such study. */
  patientOf(row: number): number {
    return this.#blocks[row >>> BLOCK_BITS]?.patients[row & WITHIN_BLOCK] ?? 0;
  }

  /** Day and modalities of a study, in one number. */
  toldOf(row: number): number {
    return this.#blocks[row >>> BLOCK_BITS]?.told[row & WITHIN_BLOCK] ?? 0;
  }

  /** The same of the only study of a patient: NOTHING_TOLD when it has several or none. */
  toldOfOnly(patient: number): number {
    return this.#patients[patient >>> BLOCK_BITS]?.only[patient & WITHIN_BLOCK] ?? NOTHING_TOLD;
  }

  /** The first study of a patient; 0: it has none. */
  firstOf(patient: number): number {
    return this.#patients[patient >>> BLOCK_BITS]?.first[patient & WITHIN_BLOCK] ?? 0;
  }

  /** Whether a patient has more than one study. */
  hasSeveral(patient: number): boolean {
    const several = this.#patients[patient >>> BLOCK_BITS]?.several;
    return several !== undefined && hasBit(several, patient & WITHIN_BLOCK);
  }

  /** The next study of the same patient; 0: there is none. */
  nextOf(row: number): number {
    return this.#blocks[row >>> BLOCK_BITS]?.after[row & WITHIN_BLOCK] ?? 0;
  }

  /** The text of a study's modalities as the table has it. */
  readModalities(row: number): string {
    return this.#study.get(row)?.[3] ?? '';
  }

  /** The different texts of modalities, by number. */
  get modalities(): readonly string[] {
    return this.#texts;
  }

  /** How many studies have the modalities of that number. */
  countOf(modalities: number): number {
    return this.#counts[modalities] ?? 0;
  }

  /** How many studies have a date within some days. */
  countDays(days: Days): number {
    const [from, end] = this.#placesOf(days);
    return this.#byDay.countBefore(end) - this.#byDay.countBefore(from);
  }

  /** How many of them have some modalities too, counted no further than a limit. @param passes as below */
  countWith(days: Days, passes: Uint8Array, limit: number): number {
    return this.#byDay.countMarked(...this.#placesOf(days), passes, limit);
  }

  /**
   * Goes through the studies of some days before a day and a row, downwards.
   * @param visit gets what is told of each, and its patient; false: no further
   * @param patients a bit for each whose studies are visited; undefined: all are
   */
  descendDays(
    { low, high }: Days,
    row: number,
    visit: (row: number, told: number, patient: number) => boolean,
    patients?: Bits,
  ): void {
    this.#byDay.descend(this.#placeOf(high, row), this.#placeOf(low - 1, endOfRows), visit, patients);
  }

  /**
   * A bit for each patient with a study of some days and some modalities. Patients are looked at in the order in which they lie in
   * memory, unless the studies of these days are few: a million take a millisecond or two.
   * @param passes 1 for each number of modalities that is wanted, 0 for others
   * @param among the patients who are asked for, and maybe others get a bit; undefined: all are
   */
  patientsWith(days: Days, passes: Uint8Array, among?: Bits): Bits {
    const bits = new Int32Array(this.#patients.length * BLOCK_WORDS);
    if (this.countDays(days) < this.#held * FEW) this.#byDay.setMarked(...this.#placesOf(days), passes, bits);
    else
      for (const [number, block] of this.#patients.entries())
        if (block !== undefined) this.#markPatients(block, number * BLOCK_WORDS, days, passes, bits, among);
    return bits;
  }

  #markPatients(
    block: PatientBlock,
    firstWord: number,
    days: Days,
    passes: Uint8Array,
    bits: Bits,
    among: Bits | undefined,
  ): void {
    for (let word = 0; word < BLOCK_WORDS; word++) {
      const asked = among === undefined ? -1 : (among[firstWord + word] ?? 0);
      if (asked === 0) continue;
      let found = block.passingOf32(word << 5, asked, days, passes);
      for (let left = (block.several[word] as number) & asked; left !== 0; left &= left - 1) {
        const lowest = left & -left;
        const first = block.first[(word << 5) + 31 - Math.clz32(lowest)] as number;
        if (this.#anyPasses(first, days, passes)) found |= lowest;
      }
      bits[firstWord + word] = found;
    }
  }

  /** Whether a study, or one of those behind it of the same patient, is of some days and modalities. */
  #anyPasses(first: number, { low, high }: Days, passes: Uint8Array): boolean {
    for (let row = first; row !== 0;) {
      const block = this.#blockOf(row);
      const told = block.told[row & WITHIN_BLOCK] as number;
      const day = dayIn(told);
      if (day >= low && day <= high && passes[modalitiesIn(told)] === 1) return true;
      row = block.after[row & WITHIN_BLOCK] as number;
    }
    return false;
  }

  /** Goes through the studies before a row, the latest first. @param visit as above */
  descendRows(before: number, visit: (row: number, told: number, patient: number) => boolean): void {
    for (let row = Math.min(before, this.#blocks.length * BLOCK_ROWS) - 1; row > 0; row--) {
      const block = this.#blocks[row >>> BLOCK_BITS];
      const at = row & WITHIN_BLOCK;
      if (block === undefined) row -= at;
      else if (
        block.patients[at] !== 0 &&
        !visit(row, block.told[at] as number, block.patients[at] as number)
      )
        return;
    }
  }

  /** Where the studies of some days begin in their order, and where they end. */
  #placesOf({ low, high }: Days): [from: number, end: number] {
    return [this.#placeOf(low - 1, endOfRows), this.#placeOf(high, endOfRows)];
  }

  #placeOf(day: number, row: number): number {
    return this.#byDay.placeOf(this.#before(day, row));
  }

  #before(day: number, row: number): (each: number) => boolean {
    return (each) => {
      const own = dayIn(this.toldOf(each));
      return own < day || (own === day && each < row);
    };
  }

  #isRead(row: number): boolean {
    if (!this.#isWhole && row > this.#readTo) return false;
    this.#changed.push(row);
    return true;
  }

  #set(row: number, patient: number, studyDate: string, modalities: string): void {
    this.#clear(row);
    const block = (this.#blocks[row >>> BLOCK_BITS] ??= new StudyBlock());
    const at = row & WITHIN_BLOCK;
    const day = dayOf(studyDate);
    const number = this.#numberOf(modalities);
    block.patients[at] = patient;
    block.told[at] = (day << MODALITY_BITS) | number;
    this.#counts[number] = (this.#counts[number] ?? 0) + 1;
    this.#byDay.insert(row, this.#before(day, row), block.told[at], patient);
    this.#link(row, patient);
    this.#held += 1;
  }

  #clear(row: number): void {
    const block = this.#blocks[row >>> BLOCK_BITS];
    const at = row & WITHIN_BLOCK;
    if (block === undefined || block.patients[at] === 0) return;
    const told = block.told[at] as number;
    this.#byDay.remove(row, this.#before(dayIn(told), row));
    this.#unlink(row, block.patients[at] as number);
    const number = modalitiesIn(told);
    this.#counts[number] = (this.#counts[number] ?? 0) - 1;
    block.patients[at] = 0;
    block.told[at] = 0;
    this.#held -= 1;
    this.#removed += 1;
  }

  #numberOf(modalities: string): number {
    const known = this.#numbers.get(modalities);
    if (known !== undefined) return known;
    if (this.#texts.length >= MODALITIES_TOLD_MAX) return UNTOLD;
    const number = this.#texts.push(modalities) - 1;
    this.#numbers.set(modalities, number);
    return number;
  }

  /** Most often it is the patient's last one. */
  #link(row: number, patient: number): void {
    const ends = (this.#patients[patient >>> BLOCK_BITS] ??= new PatientBlock());
    const of = patient & WITHIN_BLOCK;
    let before = ends.last[of] as number;
    let after = 0;
    while (before > row) {
      after = before;
      before = this.#blockOf(before).before[before & WITHIN_BLOCK] as number;
    }
    const block = this.#blockOf(row);
    block.before[row & WITHIN_BLOCK] = before;
    block.after[row & WITHIN_BLOCK] = after;
    if (before === 0) ends.first[of] = row;
    else this.#blockOf(before).after[before & WITHIN_BLOCK] = row;
    if (after === 0) ends.last[of] = row;
    else this.#blockOf(after).before[after & WITHIN_BLOCK] = row;
    ends.notice(of, this.toldOf(ends.first[of] as number));
  }

  #unlink(row: number, patient: number): void {
    const ends = this.#patients[patient >>> BLOCK_BITS] as PatientBlock;
    const of = patient & WITHIN_BLOCK;
    const block = this.#blockOf(row);
    const before = block.before[row & WITHIN_BLOCK] as number;
    const after = block.after[row & WITHIN_BLOCK] as number;
    if (before === 0) ends.first[of] = after;
    else this.#blockOf(before).after[before & WITHIN_BLOCK] = after;
    if (after === 0) ends.last[of] = before;
    else this.#blockOf(after).before[after & WITHIN_BLOCK] = before;
    ends.notice(of, this.toldOf(ends.first[of] as number));
  }

  #blockOf(row: number): StudyBlock {
    return this.#blocks[row >>> BLOCK_BITS] as StudyBlock;
  }
}
