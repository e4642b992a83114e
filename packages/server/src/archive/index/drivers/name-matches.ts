import {
  endOfRows,
  LISTED_FOR_ONE_TESTED,
  LISTED_ROWS_MAX,
  NAME_SCAN_ROWS,
  QUICK_SCAN_ROWS,
  SETTLED_PART,
  SETTLED_ROWS_AT_ONCE,
} from '../limits.ts';
import { type Bits, countBits, descendBits, drop, hasBit, keepBoth } from '../memory/bits.ts';
import { type ComponentTest, grown, type NameComponents } from '../memory/name-components.ts';
import type { NameMatcher } from '../memory/name-matcher.ts';
import { fulfils, type PatientNames } from '../memory/patient-names.ts';

/** What a name must have. */
export interface NameConditions {
  readonly tests: readonly ComponentTest[];
  /** Of each of these a name has one bit at least, of the bits of its components together. */
  readonly clauses: readonly [number, ...number[]];
  /** Only components that are the first of a group count. */
  readonly onlyFirst?: boolean;
  /** Whoever has this mark is wanted, whatever the test would say. */
  readonly sure?: number;
  /** Decides, where bits do not. */
  readonly test?: (row: number) => boolean;
  /** Says what the test says, in no more time than it takes to look at bits. */
  readonly matcher?: NameMatcher | undefined;
}

const NOBODY: Bits = new Int32Array(0);

/** Patients whose names fulfil conditions, the latest first. */
export class NameMatches {
  /** In descending order, as far as they were looked for. */
  readonly rows: number[] = [];
  readonly #names: PatientNames;
  readonly #conditions: NameConditions;
  readonly #ofComponents: ComponentMarks;
  readonly #wider: NameMatches | undefined;
  /** Rows that alone can be among them: a bit for each. Undefined: very many can. */
  #bits: Bits | undefined;
  /** Patients from here on were looked at. */
  #before: number | undefined;
  /** From this row on bits are those of the patients who are among them, and of no others, at that version of the names. */
  #settledFrom = 0;
  #version = 0;
  /** How many of those with bits may still be looked at one by one. */
  #lookedLeft = Infinity;

  /** @param wider of the same conditions without a test: who is not among those is not among these */
  constructor(names: PatientNames, conditions: NameConditions, wider?: NameMatches) {
    this.#wider = wider;
    this.#names = names;
    this.#conditions = conditions;
    this.#ofComponents = new ComponentMarks(conditions.tests);
  }

  /** Whether a patient is among them. */
  has(row: number): boolean {
    const marksOf = this.#begin();
    const bits = this.#bits;
    if (bits !== undefined) {
      if (!hasBit(bits, row)) return false;
      if (row >= this.#settledFrom) return true;
      if (--this.#lookedLeft < 0) this.settle();
    }
    const { clauses, test, matcher } = this.#conditions;
    if (matcher === undefined && !fulfils(this.#names.marksOf(row, marksOf), clauses)) return false;
    return test === undefined || test(row);
  }

  /** A bit for each patient who may be among them; undefined: very many can. */
  bits(): Bits | undefined {
    this.#begin();
    return this.#bits;
  }

  /** Patients without a bit are of no use from here on: they are left out. */
  narrow(bits: Bits): void {
    this.#begin();
    if (this.#bits === undefined) {
      this.#bits = bits;
      this.#settledFrom = bits.length * 32;
    } else keepBoth(this.#bits, bits);
    this.#before = Math.min(this.#before ?? endOfRows, bits.length * 32);
    this.#lookedLeft = countBits(this.#bits) * SETTLED_PART;
  }

  /** The bits are those of the patients who are among them, and of no others. */
  get isSettled(): boolean {
    return this.#bits !== undefined && this.#settledFrom === 0 && this.#version === this.#names.version;
  }

  /** All who have bits are looked at together, in the order in which they lie in memory: much quicker than one by one. */
  settle(): void {
    this.#begin();
    if (this.#bits !== undefined && this.#canSettle) this.#settleDownTo(0, this.#bits);
  }

  /** All are found. */
  get isWhole(): boolean {
    return this.#before === 0;
  }

  /** The marks of a name. */
  marksOf(row: number): number {
    return this.#names.marksOf(row, this.marksOfComponents());
  }

  marksOfComponents(): Int32Array {
    while (this.#names.step());
    return this.#ofComponents.of(this.#names.components);
  }

  /** How many there are where no test is needed, counted no further than a limit. */
  count(limit: number): number {
    this.#begin();
    const bits = this.#bits;
    if (bits === undefined) this.extendTo(limit);
    if (bits === undefined) return Math.min(this.rows.length, limit);
    let count = countBits(bits, this.#settledFrom);
    while (this.#settledFrom > 0 && count < limit) {
      const end = this.#settledFrom;
      this.#settleDownTo(end - SETTLED_ROWS_AT_ONCE, bits);
      count += countBits(bits, this.#settledFrom, end);
    }
    return Math.min(count, limit);
  }

  /** Looks for more until there are so many, or all, or as many names were tested as one step may. */
  extendTo(wanted: number): void {
    if (this.isWhole || this.rows.length >= wanted) return;
    const marksOf = this.#begin();
    if (this.#bits !== undefined && this.#canSettle) this.#extendSettled(wanted, this.#bits);
    else this.#extendTested(wanted, marksOf);
  }

  #extendSettled(wanted: number, bits: Bits): void {
    let before = this.#before ?? endOfRows;
    let tested = 0;
    while (before > 0 && this.rows.length < wanted && tested < QUICK_SCAN_ROWS) {
      if (before <= this.#settledFrom) {
        const end = this.#settledFrom;
        const from = Math.max(0, end - SETTLED_ROWS_AT_ONCE);
        tested += countBits(bits, from, end);
        this.#settleDownTo(from, bits);
      }
      const list = (row: number): boolean => this.rows.push(row) < wanted;
      before = Math.min(before, descendBits(bits, before, list, this.#settledFrom));
    }
    this.#before = before;
  }

  #extendTested(wanted: number, marksOf: Int32Array): void {
    const { clauses, test, matcher } = this.#conditions;
    const testedMax = matcher === undefined ? NAME_SCAN_ROWS : QUICK_SCAN_ROWS;
    const before = this.#before ?? endOfRows;
    let tested = 0;
    const visit = (row: number, marks: number): boolean => {
      if (!fulfils(marks, clauses)) return true;
      if (test !== undefined) {
        tested += 1;
        if (!test(row)) return tested < testedMax;
      }
      this.rows.push(row);
      return this.rows.length < wanted && tested < testedMax;
    };
    this.#before =
      this.#bits === undefined
        ? this.#names.scan(before, marksOf, clauses[0], visit)
        : descendBits(this.#bits, before, (row) => visit(row, this.#names.marksOf(row, marksOf)));
  }

  get #canSettle(): boolean {
    const { test, matcher } = this.#conditions;
    return test === undefined || matcher !== undefined;
  }

  #settleDownTo(row: number, bits: Bits): void {
    const end = this.#settledFrom;
    this.#settledFrom = Math.max(0, row);
    this.#keep(bits, this.#settledFrom, end);
  }

  /**
   * Before anything is found out: who alone can be among them, and whether names have changed since that was found out.
   * @returns the marks of all components
   */
  #begin(): Int32Array {
    const marksOf = this.marksOfComponents();
    const { version } = this.#names;
    if (this.#before !== undefined && this.#version === version) return marksOf;
    this.#version = version;
    let areThey = false;
    if (this.#before === undefined) {
      areThey = this.#list(marksOf);
      this.#before = this.#bits === undefined ? endOfRows : this.#bits.length * 32;
    }
    this.#settledFrom = areThey || this.#bits === undefined ? 0 : this.#bits.length * 32;
    return marksOf;
  }

  /**
   * The lists of components are followed where they are not very long: they leave out most rows. To look at a name takes far longer
   * than to follow a list by one row.
   * @returns whether this says already who is among them
   */
  #list(marksOf: Int32Array): boolean {
    const { clauses, onlyFirst, test, sure } = this.#conditions;
    const held = this.#wider?.bits();
    if (held !== undefined) {
      this.#bits = held.slice();
      this.#lookedLeft = countBits(held) * SETTLED_PART;
      return false;
    }
    const uses = clauses
      .map((clause) => ({ clause, uses: this.#names.usesOfSome(marksOf, clause, onlyFirst) }))
      .sort((a, b) => a.uses - b.uses);
    let left = uses[0]?.uses ?? 0;
    if (left === 0) this.#bits = NOBODY;
    if (left === 0 || left > LISTED_ROWS_MAX) return left === 0;
    let isEachListed = true;
    for (const { clause, uses: rows } of uses) {
      isEachListed &&= rows <= Math.min(LISTED_ROWS_MAX, left * LISTED_FOR_ONE_TESTED);
      if (!isEachListed) break;
      const listed = this.#names.rowsWith(marksOf, clause, onlyFirst);
      this.#bits = this.#bits === undefined ? listed : keepBoth(this.#bits, listed);
      left = countBits(this.#bits);
    }
    this.#lookedLeft = left * SETTLED_PART;
    const isTold = sure !== undefined || (isEachListed && test === undefined);
    if (isTold && this.#bits !== undefined) this.#lookAtUnsure(this.#bits, marksOf);
    return isTold;
  }

  /** Looks at those alone of whom lists do not tell all: of changed names they have what these were too. */
  #lookAtUnsure(bits: Bits, marksOf: Int32Array): void {
    const { sure, onlyFirst } = this.#conditions;
    const unsure = bits.slice();
    if (sure === undefined) unsure.fill(0);
    else drop(unsure, this.#names.rowsWith(marksOf, sure, onlyFirst));
    this.#names.addChanged(unsure);
    const kept = keepBoth(unsure, bits).slice();
    this.#keep(kept, 0, kept.length * 32);
    drop(unsure, kept);
    drop(bits, unsure);
  }

  #keep(bits: Bits, from: number, end: number): void {
    const { clauses, test, matcher } = this.#conditions;
    if (test === undefined) this.#names.keepMarked(bits, from, end, this.marksOfComponents(), clauses);
    else if (matcher !== undefined) {
      matcher.begin(this.#names.components);
      this.#names.keepTaken(bits, from, end, matcher, test);
    }
  }
}

/** The marks of all components, kept up to those that come. */
class ComponentMarks {
  readonly #tests: readonly ComponentTest[];
  #components: NameComponents | undefined;
  #marks = new Int32Array(0);
  #marked = 0;

  constructor(tests: readonly ComponentTest[]) {
    this.#tests = tests;
  }

  of(components: NameComponents): Int32Array {
    const { size } = components;
    if (components !== this.#components) {
      this.#components = components;
      this.#marks = new Int32Array(size);
      this.#marked = 0;
    }
    if (this.#marks.length < size) this.#marks = grown(this.#marks, new Int32Array(size * 2));
    if (this.#marked < size) components.mark(this.#marks, this.#tests, this.#marked);
    this.#marked = size;
    return this.#marks;
  }
}
