import { grown } from './name-components.ts';

/** Numbers of a segment: memory is taken in such pieces, none of which is ever copied. */
const SEGMENT_NUMBERS = 2 ** 18;
const SEGMENT_BITS = 18;
const WITHIN_SEGMENT = SEGMENT_NUMBERS - 1;
/** Rows in the first part of a list and in the longest: each part has twice as many as the one before. */
const FIRST_ROWS = 2;
const MOST_ROWS = 1024;
/** Before its rows a part has the place of the part before it and how many rows it has room for. */
const HEAD_NUMBERS = 2;
/** Room to begin with, which is doubled. */
const FIRST_COMPONENTS = 1024;

/** For each component of names the rows of the patients who have it: lists in parts, which only grow. */
export class ComponentRows {
  readonly #segments: Uint32Array[] = [];
  /** Where the next part begins; 0 is no place. */
  #end = 1;
  /** Of each component: its last part, and how many rows are in that. */
  #parts = new Uint32Array(FIRST_COMPONENTS);
  #used = new Uint32Array(FIRST_COMPONENTS);

  add(component: number, row: number): void {
    while (component >= this.#parts.length) {
      this.#parts = grown(this.#parts, new Uint32Array(this.#parts.length * 2));
      this.#used = grown(this.#used, new Uint32Array(this.#used.length * 2));
    }
    let part = this.#parts[component] as number;
    let used = this.#used[component] as number;
    const room = part === 0 ? 0 : this.#number(part + 1);
    if (used === room) {
      part = this.#newPart(part, room === 0 ? FIRST_ROWS : Math.min(room * 2, MOST_ROWS));
      used = 0;
      this.#parts[component] = part;
    }
    const segment = this.#segments[part >>> SEGMENT_BITS] as Uint32Array;
    segment[(part & WITHIN_SEGMENT) + HEAD_NUMBERS + used] = row;
    this.#used[component] = used + 1;
  }

  /** Sets the bits of a component's rows. */
  mark(component: number, bits: Int32Array): void {
    let part = this.#parts[component] ?? 0;
    let used = this.#used[component] ?? 0;
    while (part !== 0) {
      const segment = this.#segments[part >>> SEGMENT_BITS] as Uint32Array;
      const head = part & WITHIN_SEGMENT;
      for (let at = head + HEAD_NUMBERS; at < head + HEAD_NUMBERS + used; at++) {
        const row = segment[at] as number;
        bits[row >>> 5] = (bits[row >>> 5] as number) | (1 << (row & 31));
      }
      part = segment[head] as number;
      if (part !== 0) used = this.#number(part + 1);
    }
  }

  #number(place: number): number {
    return (this.#segments[place >>> SEGMENT_BITS] as Uint32Array)[place & WITHIN_SEGMENT] as number;
  }

  #newPart(before: number, rows: number): number {
    const numbers = HEAD_NUMBERS + rows;
    // A part is never in two segments.
    if ((this.#end & WITHIN_SEGMENT) + numbers > SEGMENT_NUMBERS)
      this.#end = ((this.#end >>> SEGMENT_BITS) + 1) * SEGMENT_NUMBERS;
    const place = this.#end;
    const segment = (this.#segments[place >>> SEGMENT_BITS] ??= new Uint32Array(SEGMENT_NUMBERS));
    segment[place & WITHIN_SEGMENT] = before;
    segment[(place & WITHIN_SEGMENT) + 1] = rows;
    this.#end += numbers;
    return place;
  }
}
