import { endOfRows } from './driver.ts';
import { NAME_SCAN_ROWS, LISTED_ROWS_MAX } from './limits.ts';
import { type ComponentTest, grown, type NameComponents } from './name-components.ts';
import type { PatientNames } from './patient-names.ts';

/** What a name must have. */
export interface NameConditions {
  readonly tests: readonly ComponentTest[];
  /** Of each of these a name has one bit at least, of the bits of its components together. */
  readonly clauses: readonly [number, ...number[]];
  /** Decides, where bits do not. @param marks of all components */
  readonly test?: (row: number, marks: Int32Array) => boolean;
}

/** Patients whose names fulfil conditions, the latest first. */
export class NameMatches {
  /** In descending order, as far as they were looked for; and the marks of each. */
  readonly rows: number[] = [];
  readonly marks: number[] = [];
  readonly #names: PatientNames;
  readonly #conditions: NameConditions;
  readonly #ofComponents: ComponentMarks;
  /** Rows that alone can be among them: a bit for each. Undefined: very many can. */
  #bits: Int32Array | undefined;
  /** Patients from here on were looked at. */
  #before: number | undefined;

  constructor(names: PatientNames, conditions: NameConditions) {
    this.#names = names;
    this.#conditions = conditions;
    this.#ofComponents = new ComponentMarks(conditions.tests);
  }

  /** Whether a patient is among them. */
  has(row: number): boolean {
    const marksOf = this.marksOfComponents();
    const { clauses, test } = this.#conditions;
    return fulfils(this.#names.marksOf(row, marksOf), clauses) && (test === undefined || test(row, marksOf));
  }

  /** All are found. */
  get isWhole(): boolean {
    return this.#before === 0;
  }

  marksOfComponents(): Int32Array {
    while (this.#names.step());
    return this.#ofComponents.of(this.#names.components);
  }

  /** Looks for more until there are so many, or all, or as many names were tested as one step may. */
  extendTo(wanted: number): void {
    if (this.isWhole || this.rows.length >= wanted) return;
    const marksOf = this.marksOfComponents();
    this.#before ??= this.#begin(marksOf);
    const { clauses, test } = this.#conditions;
    let tested = 0;
    const visit = (row: number, marks: number): boolean => {
      if (!fulfils(marks, clauses)) return true;
      if (test !== undefined) {
        tested += 1;
        if (!test(row, marksOf)) return tested < NAME_SCAN_ROWS;
      }
      this.rows.push(row);
      this.marks.push(marks);
      return this.rows.length < wanted && tested < NAME_SCAN_ROWS;
    };
    this.#before =
      this.#bits === undefined
        ? this.#names.scan(this.#before, marksOf, clauses[0], visit)
        : descend(this.#bits, this.#before, (row) => visit(row, this.#names.marksOf(row, marksOf)));
  }

  /** The lists of components are followed where they are not very long: they leave out most rows. */
  #begin(marksOf: Int32Array): number {
    for (const clause of this.#conditions.clauses) {
      const uses = this.#names.usesOfSome(marksOf, clause);
      if (uses === 0) return 0;
      if (uses > LISTED_ROWS_MAX) continue;
      const bits = this.#names.rowsWith(marksOf, clause);
      this.#bits = this.#bits === undefined ? bits : both(this.#bits, bits);
    }
    return this.#bits === undefined ? endOfRows : this.#bits.length * 32;
  }
}

function fulfils(marks: number, clauses: readonly number[]): boolean {
  for (let at = 0; at < clauses.length; at++) if ((marks & (clauses[at] as number)) === 0) return false;
  return true;
}

function both(some: Int32Array, others: Int32Array): Int32Array {
  for (let at = 0; at < some.length; at++) some[at] = (some[at] as number) & (others[at] ?? 0);
  return some;
}

/**
 * Goes through the bits that are set, downwards.
 * @param visit false: no further
 * @returns the bit before which to go on; 0: there are no more
 */
function descend(bits: Int32Array, before: number, visit: (bit: number) => boolean): number {
  for (let at = (before - 1) >> 5; at >= 0; at--) {
    let left = bits[at] as number;
    if (at === before >> 5) left &= (1 << (before & 31)) - 1;
    while (left !== 0) {
      const high = 31 - Math.clz32(left);
      left ^= 1 << high;
      if (!visit(at * 32 + high)) return at * 32 + high;
    }
  }
  return 0;
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
