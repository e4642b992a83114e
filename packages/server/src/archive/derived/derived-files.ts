import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Shelf, type ShelfOptions } from './shelf.ts';

/** Files of what can be made again from what is held, kept so that it need not be. A shelf for each purpose. */
export class DerivedFiles {
  readonly #options: Pick<ShelfOptions, 'folder' | 'nameKey' | 'keyOf' | 'diskReserveBytes'>;
  readonly #shelves = new Map<string, Shelf>();

  constructor(options: Pick<ShelfOptions, 'folder' | 'nameKey' | 'keyOf' | 'diskReserveBytes'>) {
    this.#options = options;
  }

  /**
   * The shelf of a purpose; nothing is looked at on the disk before it is asked for.
   * @param purpose names a folder: lower case letters, digits and hyphens
   * @param maxBytes of all its files; 0: none are kept
   */
  shelf(purpose: string, maxBytes: number): Shelf {
    if (!/^[a-z0-9-]+$/.test(purpose)) throw new RangeError('a purpose names a folder');
    const known = this.#shelves.get(purpose);
    if (known) return known;
    const shelf = new Shelf({
      ...this.#options,
      purpose,
      folder: join(this.#options.folder, purpose),
      maxBytes,
    });
    this.#shelves.set(purpose, shelf);
    return shelf;
  }

  /** Removes what was kept for a purpose that nobody has any more. */
  async drop(purpose: string): Promise<void> {
    await this.#shelves.get(purpose)?.close();
    this.#shelves.delete(purpose);
    await rm(join(this.#options.folder, purpose), { recursive: true, force: true });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#shelves.values()].map((shelf) => shelf.close()));
  }
}
