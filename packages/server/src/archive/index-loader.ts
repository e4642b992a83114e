import type { ArchiveIndex, IndexEntry, PackPosition } from './index/index.ts';

/** Entries added to the index in one transaction: some 2 MB of them, and a pause of some tens of milliseconds. */
const ENTRIES_PER_BATCH = 1000;

/** Brings an index up to date with the packs, in batches. An empty one is filled, which takes two thirds of the time. */
export class IndexLoader {
  readonly #index: ArchiveIndex;
  readonly #entriesPerBatch: number;
  #entries: IndexEntry[] = [];
  readonly #uids = new Set<string>();

  constructor(index: ArchiveIndex, entriesPerBatch = ENTRIES_PER_BATCH) {
    this.#index = index;
    this.#entriesPerBatch = entriesPerBatch;
  }

  has(sopInstanceUID: string): boolean {
    return this.#uids.has(sopInstanceUID) || this.#index.holds(sopInstanceUID);
  }

  add(entry: IndexEntry): void {
    this.#entries.push(entry);
    this.#uids.add(entry.attributes.sopInstanceUID);
    if (this.#entries.length < this.#entriesPerBatch) return;
    // With less than a batch there is nothing to gain.
    this.#index.startFilling();
    this.flush(undefined);
  }

  /** @param position up to which the packs were read, when that is known */
  flush(position: PackPosition | undefined): void {
    if (this.#entries.length > 0) this.#index.add(this.#entries, position);
    else if (position) this.#index.setPosition(position);
    this.#entries = [];
    this.#uids.clear();
  }

  /** After the last flush: the index can be searched. */
  finish(): void {
    this.#index.finishFilling();
  }
}
