import type { Connection, Derivation } from '../dialect.ts';

import { endOfText, NAMES_ORDERED_AT_ONCE } from '../limits.ts';
import type { Cursor } from '../rows.ts';
import type { Bits } from './bits.ts';
import { OrderedNumbers } from './ordered-numbers.ts';

export type NamePage = readonly [folded: string, id: number, several: number, studyCount: number];

/** Component groups of names behind one, in their order. */
export function nameStatement(connection: Connection) {
  return connection.statement<[high: string, after: string, afterID: number, rows: number], NamePage>(
    (db, [high, after, afterID, rows]) =>
      db
        .selectFrom('patient_name')
        .select(['folded', 'patient_row as id', 'several', 'study_count'])
        .where('folded', '<=', high)
        .where((e) => e(e.refTuple('folded', 'patient_row'), '>', e.tuple(after, afterID)))
        .orderBy('folded')
        .orderBy('patient_row')
        .limit(rows),
  );
}

/** A number is a patient's row and which of its groups it is, or that it has no other. */
const GROUP_BITS = 2;
export const ONLY_GROUP = 3;

/** A row; of a name with several groups the text too, which tells them apart. */
type ReadName = number | readonly [row: number, folded: string];
const namesOfPage: Derivation = (sql) =>
  `select json_group_array(case several when 0 then id else json_array(id, folded) end) from (${sql})`;

/** Whoever has the folded component groups of patients' names. */
export interface GroupTexts {
  groupsOf(row: number): readonly string[];
  groupOf(row: number, group: number): string;
}

/**
 * The component groups of all names in the order of the table of names, by text and row, in memory: some six bytes each. It is
 * read from that table in steps, once the names are, and told of what is changed, up to the last name that was read.
 */
export class NameOrder {
  readonly #texts: GroupTexts;
  readonly #names: ReturnType<typeof nameStatement>;
  #order = new OrderedNumbers(0);
  #readTo: readonly [text: string, row: number] = ['', 0];
  #isWhole = false;

  constructor(connection: Connection, texts: GroupTexts) {
    this.#texts = texts;
    this.#names = nameStatement(connection);
  }

  /** All of the table is read. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** Reads some more of the table, in some milliseconds; false when all is read. */
  step(): boolean {
    if (this.#isWhole) return false;
    const page = [endOfText, ...this.#readTo, NAMES_ORDERED_AT_ONCE] as const;
    const [json] = this.#names.over<readonly [string]>(namesOfPage, ...page);
    // What comes next is behind all that was read.
    for (const read of JSON.parse(json) as ReadName[]) {
      const [row, group] = typeof read === 'number' ? [read, ONLY_GROUP] : [read[0], this.#groupOf(...read)];
      if (group >= 0) this.#order.insert((row << GROUP_BITS) | group, () => true);
    }
    const last = this.#names.last(...page);
    if (last === undefined) this.#isWhole = true;
    else this.#readTo = [last[0], last[1]];
    return !this.#isWhole;
  }

  /** Forgets everything: it is read again when it is wanted. */
  forget(): void {
    this.#order = new OrderedNumbers(0);
    this.#readTo = ['', 0];
    this.#isWhole = false;
  }

  /** A patient has a name now. @param group which of its groups it is, or ONLY_GROUP */
  add(row: number, group: number, text: string): void {
    if (this.#isRead(text, row)) this.#order.insert((row << GROUP_BITS) | group, this.#before(text, row));
  }

  /** A patient's name goes: it must still be there. */
  remove(row: number, group: number, text: string): void {
    if (this.#isRead(text, row)) this.#order.remove((row << GROUP_BITS) | group, this.#before(text, row));
  }

  /** How many groups there are from one text up to another, both included. */
  count(low: string, high: string): number {
    return this.#order.countBefore(this.#endOf(high)) - this.#order.countBefore(this.#placeOf(low, 0));
  }

  /**
   * Goes through patients behind a text and a row, up to a text.
   * @param take false: not this one, and no further
   * @param bits patients without one are passed over; undefined: none are
   * @returns behind what to go on; undefined: there are no more
   */
  walk(
    after: readonly [text: string, row: number],
    high: string,
    take: (row: number, group: number) => boolean,
    bits?: Bits,
  ): Cursor | undefined {
    let last = -1;
    let isOver = true;
    const visit = (number: number): boolean => {
      isOver = take(number >>> GROUP_BITS, number & ONLY_GROUP);
      if (isOver) last = number;
      return isOver;
    };
    this.#order.ascend(this.#placeOf(...after), this.#endOf(high), visit, bits, GROUP_BITS);
    if (isOver) return undefined;
    return last < 0 ? after : [this.#textOf(last), last >>> GROUP_BITS];
  }

  #isRead(text: string, row: number): boolean {
    const [readText, readRow] = this.#readTo;
    const difference = this.#isWhole ? -1 : compareTexts(text, readText);
    return difference < 0 || (difference === 0 && row <= readRow);
  }

  #textOf(number: number): string {
    const group = number & ONLY_GROUP;
    return this.#texts.groupOf(number >>> GROUP_BITS, group === ONLY_GROUP ? 0 : group);
  }

  #groupOf(row: number, text: string): number {
    return this.#texts.groupsOf(row).indexOf(text);
  }

  #before(text: string, row: number): (number: number) => boolean {
    return (number) => {
      const difference = compareTexts(this.#textOf(number), text);
      return difference < 0 || (difference === 0 && number >>> GROUP_BITS < row);
    };
  }

  /** Behind a text and a row. */
  #placeOf(text: string, row: number): number {
    return this.#order.placeOf(this.#before(text, row + 1));
  }

  /** Behind all of a text. */
  #endOf(text: string): number {
    return this.#order.placeOf(this.#before(text, Infinity));
  }
}

const firstSurrogate = 0xd800;
const behindSurrogates = 0xe000;
const unitsEnd = 0x10000;

/** As SQLite orders texts, by code points: surrogates stand for those above all that one unit is enough for. */
export function compareTexts(text: string, other: string): number {
  const length = Math.min(text.length, other.length);
  for (let index = 0; index < length; index++) {
    const own = text.charCodeAt(index);
    const others = other.charCodeAt(index);
    if (own !== others) return placeOfUnit(own) - placeOfUnit(others);
  }
  return text.length - other.length;
}

function placeOfUnit(unit: number): number {
  if (unit < firstSurrogate) return unit;
  return unit < behindSurrogates
    ? unit + (unitsEnd - behindSurrogates)
    : unit - (behindSurrogates - firstSurrogate);
}
