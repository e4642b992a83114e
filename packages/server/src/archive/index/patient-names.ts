import { nameOf } from './batch-rows.ts';
import { ComponentRows } from './component-rows.ts';
import type { Connection, Statement } from './dialect.ts';
import { NAME_COMPONENTS_MAX, NAMES_READ_AT_ONCE } from './limits.ts';
import { grown, NameComponents } from './name-components.ts';
import { namedGroups } from './row-writer.ts';

type NamedPatient = readonly [id: number, packed: string, studyCount: number];

/** Patients whose names lie together. */
const BLOCK_ROWS = 16_384;
/** Components that a block has room for at first: it is doubled. */
const FIRST_PLACES = 4096;
/** After so many removals more than there are names, all are read again: what they left takes memory. */
const REMOVED_MORE_MAX = 65_536;

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
}

/**
 * The names of all patients in memory, some 40 bytes a patient: numbers of components, in the order of patients' rows, and
 * for each component the rows that have it.
 * What no index of texts finds is looked for here: what names contain, and how they sound. It follows from the table of
 * patients, is read from it in steps, and told of what is changed: of patients up to the last one that was read.
 */
export class PatientNames {
  components = new NameComponents();
  readonly #patients: Statement<[after: number, rows: number], NamedPatient>;
  readonly #patient: Statement<[id: number], NamedPatient>;
  #blocks: (NameBlock | undefined)[] = [];
  #rowsOf = new ComponentRows();
  /** How often each component is in names. */
  #uses = new Uint32Array(FIRST_PLACES);
  #names = 0;
  #removed = 0;
  #readTo = 0;
  #isWhole = false;
  /** Patients changed since the last change of the index that is for certain. */
  #changed: number[] = [];

  constructor(connection: Connection) {
    const columns = ['id', 'packed', 'study_count'] as const;
    this.#patients = connection.statement<[number, number], NamedPatient>((db, [after, rows]) =>
      db.selectFrom('patient').select(columns).where('id', '>', after).orderBy('id').limit(rows),
    );
    this.#patient = connection.statement<[number], NamedPatient>((db, [id]) =>
      db.selectFrom('patient').select(columns).where('id', '=', id),
    );
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
    this.#blocks = [];
    this.#rowsOf = new ComponentRows();
    this.#uses.fill(0);
    this.#names = 0;
    this.#removed = 0;
    this.#readTo = 0;
    this.#isWhole = false;
    this.#changed = [];
  }

  add(row: number, groups: readonly string[], studies: number): void {
    if (groups.length > 0 && this.#isRead(row)) this.#set(row, groups, studies);
  }

  remove(row: number): void {
    if (this.#isRead(row)) this.#clear(row);
  }

  countStudies(row: number, studies: number): void {
    const block = this.#isRead(row) ? this.#blockOf(row) : undefined;
    if (block !== undefined && block.starts[row % BLOCK_ROWS] !== 0)
      block.studies[row % BLOCK_ROWS] = studies;
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
    let at = block?.starts[row % BLOCK_ROWS] ?? 0;
    if (block === undefined || at === 0) return groups;
    for (;;) {
      const component = block.components[at++] as number;
      const text = this.components.text(component & NUMBER);
      if ((component & FIRST_OF_GROUP) !== 0) groups.push(text);
      else groups.push(`${groups.pop() ?? ''}^${text}`);
      if ((component & LAST_OF_NAME) !== 0) return groups;
    }
  }

  studiesOf(row: number): number {
    return this.#blockOf(row)?.studies[row % BLOCK_ROWS] ?? 0;
  }

  /** The marks of all components of a patient's name; 0: it has none. */
  marksOf(row: number, marks: Int32Array): number {
    const block = this.#blockOf(row);
    const place = block?.starts[row % BLOCK_ROWS] ?? 0;
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
   * Whether a component with a mark is followed, in the same group, by one with another: without a first mark, whether
   * one with the second follows any; without a second mark, whether more may follow one with the first.
   * @returns undefined: what is behind the last delimiter has to be looked at
   */
  hasNeighbours(row: number, marks: Int32Array, first: number, second: number): boolean | undefined {
    const block = this.#blockOf(row);
    let place = block?.starts[row % BLOCK_ROWS] ?? 0;
    if (block === undefined || place === 0) return false;
    let answer: false | undefined = false;
    let before = 0;
    let inGroup = 0;
    let component: number;
    do {
      component = block.components[place++] as number;
      const own = marks[component & NUMBER] as number;
      inGroup = (component & FIRST_OF_GROUP) === 0 ? inGroup + 1 : 1;
      const follows = inGroup > 1 && (first === 0 || (before & first) !== 0);
      // The last component may have delimiters in it, and its marks from behind them.
      if (inGroup === NAME_COMPONENTS_MAX) answer = undefined;
      else if (follows && (own & second) !== 0) return true;
      else if (second === 0 && (own & first) !== 0) return true;
      before = own;
    } while ((component & LAST_OF_NAME) === 0);
    return answer;
  }

  /** How often components come in names that have some of these marks. */
  usesOfSome(marks: Int32Array, some: number): number {
    let sum = 0;
    for (let number = 0; number < this.components.size; number++)
      if (((marks[number] as number) & some) !== 0) sum += this.#uses[number] as number;
    return sum;
  }

  /** The same of those that have all. */
  usesOf(marks: Int32Array, all: number): number {
    let sum = 0;
    for (let number = 0; number < this.components.size; number++)
      if (((marks[number] as number) & all) === all) sum += this.#uses[number] as number;
    return sum;
  }

  /**
   * Patients of whose names a component has one of these marks, and maybe some more.
   * @returns a bit for each row, below `end`
   */
  rowsWith(marks: Int32Array, some: number): Int32Array {
    const bits = new Int32Array(this.end >>> 5);
    for (let number = 0; number < this.components.size; number++) {
      if (((marks[number] as number) & some) !== 0) this.#rowsOf.mark(number, bits);
    }
    return bits;
  }

  #isRead(row: number): boolean {
    if (!this.#isWhole && row > this.#readTo) return false;
    this.#changed.push(row);
    return true;
  }

  #blockOf(row: number): NameBlock | undefined {
    return this.#blocks[Math.floor(row / BLOCK_ROWS)];
  }

  #set(row: number, groups: readonly string[], studies: number): void {
    this.#clear(row);
    const numbers: number[] = [];
    for (const group of groups) {
      const from = numbers.length;
      for (const component of componentsOf(group)) numbers.push(this.components.numberOf(component));
      numbers[from] = (numbers[from] as number) | FIRST_OF_GROUP;
    }
    numbers.push((numbers.pop() as number) | LAST_OF_NAME);
    while (this.#uses.length < this.components.size)
      this.#uses = grown(this.#uses, new Uint32Array(this.#uses.length * 2));
    const block = (this.#blocks[Math.floor(row / BLOCK_ROWS)] ??= new NameBlock());
    block.makeRoom(numbers.length);
    const at = row % BLOCK_ROWS;
    block.starts[at] = block.used;
    block.studies[at] = studies;
    for (const component of numbers) {
      const number = component & NUMBER;
      const place = block.used++;
      block.components[place] = component;
      this.#rowsOf.add(number, row);
      this.#uses[number] = (this.#uses[number] as number) + 1;
    }
    this.#names += 1;
  }

  /** The lists of its components keep its row, which is then without a name. */
  #clear(row: number): void {
    const block = this.#blockOf(row);
    const at = row % BLOCK_ROWS;
    let place = block?.starts[at] ?? 0;
    if (block === undefined || place === 0) return;
    block.starts[at] = 0;
    block.studies[at] = 0;
    let component: number;
    do {
      component = block.components[place++] as number;
      const number = component & NUMBER;
      this.#uses[number] = (this.#uses[number] as number) - 1;
    } while ((component & LAST_OF_NAME) === 0);
    this.#names -= 1;
    this.#removed += 1;
  }
}

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
