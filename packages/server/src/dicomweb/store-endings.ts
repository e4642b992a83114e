import type { StoreOperation } from '../operations/index.ts';
import type { StoreResult } from './store-report.ts';

/** Instances of one request whose end waits for the disk while the next ones arrive. */
const FINISHING_MAX = 16;

/** The ends of a request's instances: each becomes durable while others are still arriving. */
export class StoreEndings {
  readonly #finishing = new Set<Promise<void>>();

  /** @returns a promise when so many are not durable yet that the next must wait */
  add(store: StoreOperation, result: StoreResult): void | Promise<void> {
    const finishing: Promise<void> = store.finish().then(
      (facts) => {
        result.facts = facts;
        this.#finishing.delete(finishing);
      },
      (error: unknown) => {
        result.error = error;
        this.#finishing.delete(finishing);
      },
    );
    this.#finishing.add(finishing);
    return this.#finishing.size >= FINISHING_MAX ? Promise.race(this.#finishing) : undefined;
  }

  /** Resolves when nothing is on its way any more. */
  async finished(): Promise<void> {
    await Promise.all(this.#finishing);
  }
}
