import { FillingEnds } from '../errors.ts';

/** Slots to begin with: 4,096 rows. */
const FIRST_SLOTS = 8192;
/**
 * Slots looked at for one text. A table that is half full at most has runs of some dozens of slots, even with millions
 * of rows; a run as long as this comes of texts that were chosen for it, and ends the filling.
 */
const PROBES_MAX = 1024;

/**
 * Numbers of rows by a hash of the text they are looked for by: 16 to 32 bytes a row, where a Map would keep every
 * text. Whoever asks reads the rows it gets and compares their texts: rows of other texts with the same hash, and
 * rows that are gone since, are among them.
 */
export class RowTable {
  /** Hash and row, side by side; row 0 is no row. */
  #slots = new Uint32Array(FIRST_SLOTS * 2);
  #mask = FIRST_SLOTS - 1;
  #rows = 0;

  /** @throws FillingEnds */
  add(hash: number, row: number): void {
    if (this.#rows * 2 > this.#mask) this.#grow();
    place(this.#slots, this.#mask, hash, row);
    this.#rows += 1;
  }

  /** Rows that were added with this hash. @throws FillingEnds */
  rowsOf(hash: number): readonly number[] {
    const slots = this.#slots;
    let found: number[] | undefined;
    let at = hash & this.#mask;
    for (let probes = 0; probes < PROBES_MAX; probes++) {
      const row = slots[at * 2 + 1] as number;
      if (row === 0) return found ?? none;
      if (slots[at * 2] === hash) (found ??= []).push(row);
      at = (at + 1) & this.#mask;
    }
    throw new FillingEnds();
  }

  #grow(): void {
    const before = this.#slots;
    const mask = before.length - 1;
    const slots = new Uint32Array(before.length * 2);
    for (let at = 0; at < before.length; at += 2) {
      const row = before[at + 1] as number;
      if (row !== 0) place(slots, mask, before[at] as number, row);
    }
    this.#slots = slots;
    this.#mask = mask;
  }
}

const none: readonly number[] = [];

function place(slots: Uint32Array, mask: number, hash: number, row: number): void {
  let at = hash & mask;
  for (let probes = 0; slots[at * 2 + 1] !== 0; probes++) {
    if (probes >= PROBES_MAX) throw new FillingEnds();
    at = (at + 1) & mask;
  }
  slots[at * 2] = hash;
  slots[at * 2 + 1] = row;
}
