import type { NoteKeeper } from '../archive.ts';

/** Keeps notes in memory, as the audit trail keeps its entries on the disk: numbered, each exactly once. */
export class MemoryNotes<Note> implements NoteKeeper<Note> {
  /** What is durable, in order. */
  readonly kept: Note[] = [];
  /** Notes that came back from the packs when an archive was opened. */
  replayed = 0;
  #tentative: Note[] = [];

  /** @param known what was kept before, elsewhere */
  constructor(known: readonly Note[] = []) {
    this.kept.push(...known);
  }

  seal(notes: readonly Note[]): Uint8Array[] {
    if (this.#tentative.length > 0) throw new Error('sealed again before the last was settled');
    this.#tentative = [...notes];
    return notes.map((note, i) => Buffer.from(JSON.stringify([this.kept.length + i, note])));
  }

  settle(ok: boolean): void {
    if (ok) this.kept.push(...this.#tentative);
    this.#tentative = [];
  }

  replay(sealed: Uint8Array): boolean {
    const [number, note] = JSON.parse(Buffer.from(sealed).toString()) as [number, Note];
    if (number < this.kept.length) return false;
    if (number > this.kept.length) throw new Error(`note ${number} came where ${this.kept.length} was due`);
    this.kept.push(note);
    this.replayed++;
    return true;
  }

  sync(): Promise<void> {
    return Promise.resolve();
  }
}
