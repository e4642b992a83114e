import { rmSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { asideOf } from './database.ts';
import type { Connection } from './dialect.ts';
import { ASIDE_WAITING_MAX_CHARS, ASIDE_SILENCE_MAX_MS } from './limits.ts';
import type { NamedPatients } from './name-tables.ts';

/** What both threads see: how many messages were taken, and what became of the work. */
export const TAKEN = 0;
export const OUTCOME = 1;
export const WORKING = 0;
export const DONE = 1;
export const FAILED = 2;

export interface AsideStart {
  /** Path of the file that is made. */
  readonly location: string;
  readonly shared: Int32Array;
}

/** Some patients; undefined: there are no more. */
export type AsideMessage = NamedPatients | undefined;

/**
 * Has the table of names of an index that was filled made by another thread in a file of its own, while this thread
 * makes the other search structures; then it is copied as it is. This thread does not wait for events meanwhile:
 * to those who use an index finishing is one step. When that thread fails or is silent, the table is made here.
 */
export class NamesAside {
  readonly #worker: Worker;
  readonly #location: string;
  readonly #shared = new Int32Array(new SharedArrayBuffer(8));
  /** Characters of names in all messages up to each. */
  readonly #posted: number[] = [0];
  #isAttached = false;
  /** It did nothing for too long. */
  #isGivenUp = false;

  /** @param index path of the index's file */
  constructor(index: string) {
    this.#location = asideOf(index);
    rmSync(this.#location, { force: true });
    const workerData: AsideStart = { location: this.#location, shared: this.#shared };
    this.#worker = new Worker(new URL('./names-aside-thread.ts', import.meta.url), { workerData });
    // Its end is told when events are waited for again, which is too late: here it is known by its silence.
    this.#worker.on('error', () => undefined);
  }

  /** Gives it all patients, no faster than it takes them. It needs no more of them once it has failed. */
  addAll(pages: Iterable<NamedPatients>): void {
    for (const patients of pages) {
      this.#worker.postMessage(patients);
      this.#posted.push((this.#posted.at(-1) as number) + charactersOf(patients));
      if (!this.#hasRoom()) return;
    }
    this.#worker.postMessage(undefined);
  }

  /**
   * Waits for the table and copies it into the index, whose own is empty, in a transaction of the caller. The file
   * stays attached until that has ended.
   * @returns false when there is nothing to copy
   */
  copyTo(connection: Connection): boolean {
    while (this.#outcome() === WORKING && !this.#isGivenUp) this.#wait(OUTCOME, WORKING);
    if (this.#outcome() !== DONE) return false;
    connection.database.prepare('attach ? as aside').run(this.#location);
    this.#isAttached = true;
    copyNames(connection);
    return true;
  }

  /** After the transaction. */
  close({ database }: Connection): void {
    const ended = this.#worker.terminate();
    if (this.#isAttached) database.exec('detach aside');
    rmSync(this.#location, { force: true });
    // One that was given up may only now have made its file.
    if (this.#outcome() !== DONE) void ended.then(() => rmSync(this.#location, { force: true }));
  }

  #hasRoom(): boolean {
    for (;;) {
      const taken = Atomics.load(this.#shared, TAKEN);
      if (this.#outcome() === FAILED || this.#isGivenUp) return false;
      const waiting = (this.#posted.at(-1) as number) - (this.#posted[taken] as number);
      if (waiting <= ASIDE_WAITING_MAX_CHARS) return true;
      this.#wait(TAKEN, taken);
    }
  }

  #outcome(): number {
    return Atomics.load(this.#shared, OUTCOME);
  }

  /** While a word is this value; gives up when nothing happens for too long. */
  #wait(word: number, value: number): void {
    const taken = Atomics.load(this.#shared, TAKEN);
    const waited = Atomics.wait(this.#shared, word, value, ASIDE_SILENCE_MAX_MS);
    if (waited === 'timed-out') this.#isGivenUp = Atomics.load(this.#shared, TAKEN) === taken;
  }
}

function charactersOf({ names }: NamedPatients): number {
  let sum = 0;
  for (const name of names) sum += name.length;
  return sum;
}

/** From a table without a row of its own to one just like it SQLite copies what is stored as it is. */
function copyNames({ database }: Connection): void {
  database.exec('insert into main.patient_name select * from aside.patient_name');
}
