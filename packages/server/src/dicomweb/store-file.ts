import { Refused, StoreOperation } from '../operations/index.ts';
import type { DoorContext } from './door-context.ts';
import { DataSetStart, type StartedInstance } from './data-set-start.ts';
import type { StoreEndings } from './store-endings.ts';
import type { PartSink } from './store-parts.ts';
import type { StoreResult } from './store-report.ts';
import type { WebRequest } from './web-request.ts';

/** What the files of one request have in common. */
export interface FileHost {
  readonly context: DoorContext;
  readonly request: WebRequest;
  readonly endings: StoreEndings;
  /** The one that all must belong to, when the path names one. */
  readonly studyInstanceUID: string | undefined;
}

/**
 * One instance of a request on its way in. What is wrong with it stands in the report, and the rest of its bytes is
 * dropped; only a refusal (Refused) is thrown, or rejected with: it ends the request.
 */
export class StoreFile implements PartSink {
  readonly #host: FileHost;
  readonly #result: StoreResult;
  readonly #start: DataSetStart;
  #store: StoreOperation | undefined;

  /** @param result filled in as it is known */
  constructor(host: FileHost, result: StoreResult) {
    this.#host = host;
    this.#result = result;
    this.#start = new DataSetStart(host.studyInstanceUID);
  }

  write(bytes: Uint8Array): void | Promise<void> {
    if (this.#result.error !== undefined) return undefined;
    const store = this.#store;
    return this.#guarded(() => (store ? store.write(bytes) : this.#begin(this.#start.push(bytes))));
  }

  /** Does not wait until it is durable: `endings` does. */
  end(): void | Promise<void> {
    if (this.#store || this.#result.error !== undefined) return this.#finish();
    return this.storeWhole(() => this.#start.end());
  }

  /** All of it at once. */
  storeWhole(started: () => StartedInstance | undefined): void | Promise<void> {
    const begun = this.#guarded(() => this.#begin(started()));
    return begun ? begun.then(() => this.#finish()) : this.#finish();
  }

  async breakOff(error: unknown): Promise<void> {
    if (this.#result.error !== undefined) return;
    this.#result.error = error;
    await this.#giveUp(error);
  }

  #begin(started: StartedInstance | undefined): void | Promise<void> {
    if (!started) return undefined;
    const { source, dataSetBytes, preambleIsZero, warning } = started;
    Object.assign(this.#result, source, { warning });
    const { context, request } = this.#host;
    const detail = { way: 'dicomweb', ...(preambleIsZero ? {} : { preamble: 'not zero' }) };
    const store = StoreOperation.open(context.workplace, request.caller, source, 'store', detail);
    if (!(store instanceof StoreOperation)) return store;
    this.#store = store;
    return store.write(dataSetBytes);
  }

  #finish(): void | Promise<void> {
    if (!this.#store || this.#result.error !== undefined) return undefined;
    return this.#host.endings.add(this.#store, this.#result);
  }

  /** Does what may fail at once or later; no promise where nothing has to be waited for. */
  #guarded(act: () => void | Promise<void>): void | Promise<void> {
    try {
      return act()?.catch((error: unknown) => this.#fail(error));
    } catch (error) {
      return this.#fail(error);
    }
  }

  #fail(error: unknown): Promise<void> {
    this.#result.error = error;
    if (error instanceof Refused) throw error;
    return this.#giveUp(error);
  }

  async #giveUp(error: unknown): Promise<void> {
    try {
      await this.#store?.fail(error);
    } catch {
      // That it failed is told to the client whether the trail could take it or not.
    }
  }
}
