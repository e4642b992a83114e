import type { Bits } from './bits.ts';
import { ComponentRows } from './component-rows.ts';
import type { Connection, Statement } from '../dialect.ts';
import { NAME_COMPONENTS_MAX, NAMES_READ_AT_ONCE, REMOVED_MORE_MAX } from '../limits.ts';
import { grown, NameComponents } from './name-components.ts';
import { FIRST_STATE, NO_STATE, type NameMatcher } from './name-matcher.ts';
import { NameOrder, ONLY_GROUP } from './name-order.ts';
import { nameOf, namedGroups } from '../patient-name.ts';

type NamedPatient = readonly [id: number, packed: string, studyCount: number];

/** Patients whose names lie together. */
const BLOCK_BITS = 14;
const BLOCK_ROWS = 2 ** BLOCK_BITS;
const WITHIN_BLOCK = BLOCK_ROWS - 1;
/** Components that a block has room for at first: it is doubled. */
const FIRST_PLACES = 4096;

/** A component in a name: its number, and whether it is the first of its group, and the last of the name. */
const FIRST_OF_GROUP = 1 << 30;
const LAST_OF_NAME = 1 << 29;
const NUMBER = LAST_OF_NAME - 1;

/** Names of the patients of neighbouring rows. */
class NameBlock {
  /** Where the components of each patient begin; 0: no name. */
  readonly starts = new Int32Array(BLOCK_ROWS);
  readonly studies = new Uint32Array(BLOCK_ROWS);
  components = new Int32Array(FIRST_PLACES);
  used = 1;

  makeRoom(places: number): void {
    while (this.used + places > this.components.length)
      this.components = grown(this.components, new Int32Array(this.components.length * 2));
  }

  /** Those of 32 patients whose names have marks of all clauses. @param at of the first of them */
  marked(at: number, patients: number, marks: Int32Array, clauses: readonly number[]): number {
    let kept = 0;
    for (let left = patients; left !== 0; left &= left - 1) {
      const lowest = left & -left;
      const place = this.starts[at + 31 - Math.clz32(lowest)] as number;
      if (place !== 0 && fulfils(together(this.components, place, marks), clauses)) kept |= lowest;
    }
    return kept;
  }

  /** Those of 32 patients of whose names a matcher takes a group. @param isTaken where it is at its end */
  taken(row: number, patients: number, matcher: NameMatcher, isTaken: (row: number) => boolean): number {
    const at = row & WITHIN_BLOCK;
    let kept = 0;
    for (let left = patients; left !== 0; left &= left - 1) {
      const place = 31 - Math.clz32(left & -left);
      const group = this.groupTaken(at + place, matcher);
      if (group === undefined ? isTaken(row + place) : group >= 0) kept |= 1 << place;
    }
    return kept;
  }

  /** As below, of the patient at a place. */
  groupTaken(at: number, matcher: NameMatcher): number | undefined {
    let place = this.starts[at] as number;
    if (place === 0) return -1;
    const { components } = this;
    let group = -1;
    let inGroup = 0;
    let state = FIRST_STATE;
    let component: number;
    do {
      component = components[place++] as number;
      if ((component & FIRST_OF_GROUP) !== 0) {
        if (inGroup > 0 && matcher.accepts(state, inGroup)) return group;
        group += 1;
        inGroup = 0;
        state = FIRST_STATE;
      } else state = matcher.delimit(state);
      inGroup += 1;
      if (state !== NO_STATE) state = matcher.next(state, component & NUMBER);
      if (state === NO_STATE) return undefined;
    } while ((component & LAST_OF_NAME) === 0);
    return matcher.accepts(state, inGroup) ? group : -1;
  }
}

/**
 * The names of all patients in memory, some 40 bytes a patient: numbers of components, in the order of patients' rows, and
 * for each component the rows that have it.
 * What no index of texts finds is looked for here: what names contain, and how they sound. It follows from the table of
 * patients, is read from it in steps, and told of what is changed: of patients up to the last one that was read.
 */
export class PatientNames {
  components = new NameComponents();
  /** Their order, which is read once they are. */
  readonly order: NameOrder;
  readonly #patients: Statement<[after: number, rows: number], NamedPatient>;
  readonly #patient: Statement<[id: number], NamedPatient>;
  #blocks: (NameBlock | undefined)[] = [];
  /** By the same numbers. */
  #rowsOf = new ComponentRows();
  /** How often each component is in names: twice its number elsewhere, and one more than that as the first of a group. */
  #uses = new Uint32Array(FIRST_PLACES);
  #names = 0;
  #removed = 0;
  #readTo = 0;
  #isWhole = false;
  /** Patients changed since the last change of the index that is for certain. */
  #changed: number[] = [];
  #version = 0;
  /** A bit for each row whose name was another one, which lists of components still have. */
  #renamed: Bits = new Int32Array(0);

  constructor(connection: Connection) {
    this.order = new NameOrder(connection, this);
    const columns = ['id', 'packed', 'study_count'] as const;
    this.#patients = connection.statement<[number, number], NamedPatient>((db, [after, rows]) =>
      db.selectFrom('patient').select(columns).where('id', '>', after).orderBy('id').limit(rows),
    );
    this.#patient = connection.statement<[number], NamedPatient>((db, [id]) =>
      db.selectFrom('patient').select(columns).where('id', '=', id),
    );
  }

  /** All names are read. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** Another one after each change of a name: what was found out about names holds no longer then. */
  get version(): number {
    return this.#version;
  }

  /** Above the row of every patient. */
  get end(): number {
    return this.#blocks.length * BLOCK_ROWS;
  }

  /** Reads some more patients, in some milliseconds; false when all are read. */
  step(): boolean {
    if (this.#isWhole) return false;
    const rows = this.#patients.all(this.#readTo, NAMES_READ_AT_ONCE);
    for (const [id, packed, studies] of rows) this.read(id, namedGroups(nameOf(packed)), studies);
    this.#isWhole = rows.length < NAMES_READ_AT_ONCE;
    return !this.#isWhole;
  }

  /** A patient as the table has it, none between the one before and this. @param groups folded, none empty */
  read(row: number, groups: readonly string[], studies: number): void {
    this.#readTo = row;
    if (groups.length > 0) this.#set(row, groups, studies);
  }

  /** Forgets everything: it is read again when it is wanted. */
  forget(): void {
    this.components = new NameComponents();
    this.order.forget();
    this.#blocks = [];
    this.#rowsOf = new ComponentRows();
    this.#uses.fill(0);
    this.#names = 0;
    this.#removed = 0;
    this.#readTo = 0;
    this.#isWhole = false;
    this.#changed = [];
    this.#renamed = new Int32Array(0);
    this.#version += 1;
  }

  add(row: number, groups: readonly string[], studies: number): void {
    if (groups.length > 0 && this.#isRead(row)) this.#set(row, groups, studies);
  }

  remove(row: number): void {
    if (this.#isRead(row)) this.#clear(row);
  }

  countStudies(row: number, studies: number): void {
    const block = this.#isRead(row) ? this.#blockOf(row) : undefined;
    if (block !== undefined && block.starts[row & WITHIN_BLOCK] !== 0)
      block.studies[row & WITHIN_BLOCK] = studies;
  }

  /** What was changed is for certain. */
  keep(): void {
    this.#changed = [];
    if (this.#removed > this.#names + REMOVED_MORE_MAX) this.forget();
  }

  /** What was changed was taken back in the table: it tells how it is. */
  takeBack(): void {
    for (const row of this.#changed) {
      const [, packed = '', studies = 0] = this.#patient.get(row) ?? [];
      const groups = namedGroups(nameOf(packed));
      if (groups.length > 0) this.#set(row, groups, studies);
      else this.#clear(row);
    }
    this.#changed = [];
  }

  /** The folded component groups of a patient's name, in their order. */
  groupsOf(row: number): string[] {
    const groups: string[] = [];
    const block = this.#blockOf(row);
    let at = block?.starts[row & WITHIN_BLOCK] ?? 0;
    if (block === undefined || at === 0) return groups;
    for (;;) {
      const component = block.components[at++] as number;
      const text = this.components.text(component & NUMBER);
      if ((component & FIRST_OF_GROUP) !== 0) groups.push(text);
      else groups.push(`${groups.pop() ?? ''}^${text}`);
      if ((component & LAST_OF_NAME) !== 0) return groups;
    }
  }

  /** One of them, by its place among them. */
  groupOf(row: number, group: number): string {
    return this.groupsOf(row)[group] ?? '';
  }

  studiesOf(row: number): number {
    return this.#blockOf(row)?.studies[row & WITHIN_BLOCK] ?? 0;
  }

  /** The marks of all components of a patient's name; 0: it has none. */
  marksOf(row: number, marks: Int32Array): number {
    const block = this.#blockOf(row);
    const place = block?.starts[row & WITHIN_BLOCK] ?? 0;
    return block === undefined || place === 0 ? 0 : together(block.components, place, marks);
  }

  /**
   * Goes through patients with names, the latest first: to each belong the marks of all components of its name.
   * @param before the row above the first one
   * @param marks of every component
   * @param some patients without any of these marks are passed over
   * @param visit false: no further
   * @returns the row before which to go on; 0: there are no more
   */
  scan(
    before: number,
    marks: Int32Array,
    some: number,
    visit: (row: number, marks: number) => boolean,
  ): number {
    let end = Math.min(before, this.end);
    while (end > 0) {
      const blockNumber = Math.floor((end - 1) / BLOCK_ROWS);
      const block = this.#blocks[blockNumber];
      const first = blockNumber * BLOCK_ROWS;
      if (block !== undefined) {
        const { starts, components } = block;
        for (let at = end - first - 1; at >= 0; at--) {
          const place = starts[at] as number;
          if (place === 0) continue;
          const found = together(components, place, marks);
          if ((found & some) !== 0 && !visit(first + at, found)) return first + at;
        }
      }
      end = first;
    }
    return 0;
  }

  /**
   * The first component group of a patient's name that a matcher takes; -1: none.
   * @returns undefined: the matcher is at its end, and the texts have to be looked at
   */
  groupTaken(row: number, matcher: NameMatcher): number | undefined {
    const block = this.#blockOf(row);
    return block === undefined ? -1 : block.groupTaken(row & WITHIN_BLOCK, matcher);
  }

  /**
   * Takes the bits away of those, from one row up to another, whose names have not marks of all clauses.
   * @param from as `end` a multiple of 32
   */
  keepMarked(bits: Bits, from: number, end: number, marks: Int32Array, clauses: readonly number[]): void {
    for (let word = from >>> 5; word < end >>> 5; word++) {
      const patients = bits[word] as number;
      if (patients !== 0)
        bits[word] = this.#blockOfWord(word)?.marked(placeOfWord(word), patients, marks, clauses) ?? 0;
    }
  }

  /** Takes the bits away of those of whose names a matcher takes no group. @param isTaken where it is at its end */
  keepTaken(
    bits: Bits,
    from: number,
    end: number,
    matcher: NameMatcher,
    isTaken: (row: number) => boolean,
  ): void {
    for (let word = from >>> 5; word < end >>> 5; word++) {
      const patients = bits[word] as number;
      if (patients !== 0)
        bits[word] = this.#blockOfWord(word)?.taken(word << 5, patients, matcher, isTaken) ?? 0;
    }
  }

  /**
   * How often components come in names that have some of these marks.
   * @param onlyFirst those alone that are the first of a group
   */
  usesOfSome(marks: Int32Array, some: number, onlyFirst = false): number {
    return this.#sumUses((number) => ((marks[number] as number) & some) !== 0, onlyFirst);
  }

  /** The same of those that have all. */
  usesOf(marks: Int32Array, all: number): number {
    return this.#sumUses((number) => ((marks[number] as number) & all) === all, false);
  }

  #sumUses(isWanted: (component: number) => boolean, onlyFirst: boolean): number {
    let sum = 0;
    for (let number = 0; number < this.components.size; number++) {
      if (!isWanted(number)) continue;
      sum += this.#uses[number * 2 + 1] as number;
      if (!onlyFirst) sum += this.#uses[number * 2] as number;
    }
    return sum;
  }

  /**
   * Patients of whose names a component has one of these marks, and those of whose names one had before it was changed.
   * @param onlyFirst as above
   * @returns a bit for each row, below `end`
   */
  rowsWith(marks: Int32Array, some: number, onlyFirst = false): Bits {
    const bits = new Int32Array(this.end >>> 5);
    for (let number = 0; number < this.components.size; number++) {
      if (((marks[number] as number) & some) === 0) continue;
      this.#rowsOf.mark(number * 2 + 1, bits);
      if (!onlyFirst) this.#rowsOf.mark(number * 2, bits);
    }
    return bits;
  }

  /** Adds the bits of those whose names were changed. */
  addChanged(bits: Bits): void {
    const end = Math.min(bits.length, this.#renamed.length);
    for (let word = 0; word < end; word++)
      bits[word] = (bits[word] as number) | (this.#renamed[word] as number);
  }

  #isRead(row: number): boolean {
    if (!this.#isWhole && row > this.#readTo) return false;
    this.#changed.push(row);
    return true;
  }

  #blockOf(row: number): NameBlock | undefined {
    return this.#blocks[row >>> BLOCK_BITS];
  }

  #blockOfWord(word: number): NameBlock | undefined {
    return this.#blocks[word >>> (BLOCK_BITS - 5)];
  }

  #set(row: number, groups: readonly string[], studies: number): void {
    this.#version += 1;
    this.#clear(row);
    const numbers: number[] = [];
    for (const group of groups) {
      const from = numbers.length;
      for (const component of componentsOf(group)) numbers.push(this.components.numberOf(component));
      numbers[from] = (numbers[from] as number) | FIRST_OF_GROUP;
    }
    numbers.push((numbers.pop() as number) | LAST_OF_NAME);
    while (this.#uses.length < this.components.size * 2)
      this.#uses = grown(this.#uses, new Uint32Array(this.#uses.length * 2));
    const block = (this.#blocks[row >>> BLOCK_BITS] ??= new NameBlock());
    block.makeRoom(numbers.length);
    const at = row & WITHIN_BLOCK;
    block.starts[at] = block.used;
    block.studies[at] = studies;
    for (const component of numbers) {
      const list = listOf(component);
      const place = block.used++;
      block.components[place] = component;
      this.#rowsOf.add(list, row);
      this.#uses[list] = (this.#uses[list] as number) + 1;
    }
    this.#names += 1;
    for (const [group, text] of groups.entries()) this.order.add(row, groupIn(groups, group), text);
  }

  /** The lists of its components keep its row, which is noted. */
  #clear(row: number): void {
    const block = this.#blockOf(row);
    const at = row & WITHIN_BLOCK;
    let place = block?.starts[at] ?? 0;
    if (block === undefined || place === 0) return;
    this.#version += 1;
    const groups = this.groupsOf(row);
    for (const [group, text] of groups.entries()) this.order.remove(row, groupIn(groups, group), text);
    block.starts[at] = 0;
    block.studies[at] = 0;
    let component: number;
    do {
      component = block.components[place++] as number;
      const list = listOf(component);
      this.#uses[list] = (this.#uses[list] as number) - 1;
    } while ((component & LAST_OF_NAME) === 0);
    this.#names -= 1;
    this.#removed += 1;
    if (row >>> 5 >= this.#renamed.length)
      this.#renamed = grown(this.#renamed, new Int32Array(this.end >>> 5));
    this.#renamed[row >>> 5] = (this.#renamed[row >>> 5] as number) | (1 << (row & 31));
  }
}

/** The list of a component of a name. */
const listOf = (component: number): number =>
  (component & NUMBER) * 2 + ((component & FIRST_OF_GROUP) === 0 ? 0 : 1);

/** Where the first patient of such a number of bits is in its block. */
const placeOfWord = (word: number): number => (word << 5) & WITHIN_BLOCK;

/** Whether there is one mark at least of each clause. */
export function fulfils(marks: number, clauses: readonly number[]): boolean {
  for (let at = 0; at < clauses.length; at++) if ((marks & (clauses[at] as number)) === 0) return false;
  return true;
}

/** Which of a name's groups it is in their order. */
const groupIn = (groups: readonly string[], group: number): number =>
  groups.length === 1 ? ONLY_GROUP : group;

/** The marks of the components of a name, from its first one on. */
function together(components: Int32Array, first: number, marks: Int32Array): number {
  let found = 0;
  let place = first;
  let component: number;
  do {
    component = components[place++] as number;
    found |= marks[component & NUMBER] as number;
  } while ((component & LAST_OF_NAME) === 0);
  return found;
}

/** A name has five components; what comes behind further delimiters is kept with the last one. */
function componentsOf(group: string): string[] {
  const components = group.split('^');
  if (components.length <= NAME_COMPONENTS_MAX) return components;
  const last = components.splice(NAME_COMPONENTS_MAX - 1).join('^');
  return [...components, last];
}
