import type { IncomingInstance, StoreFacts } from '../archive/incoming-instance.ts';
import type { InstanceSource } from '../archive/instance-writer.ts';
import type { TrailEntry } from '../audit-trail/index.ts';
import type { Caller } from './caller.ts';
import { type Detail, Operation, reasonOf, recorded, type Subject, type Workplace } from './operation.ts';

/**
 * Stores one instance: authorised before its first byte is taken, its trail entry durable in the same
 * commit as its bytes. Write the data set, then `finish` or `abort` once. After `write` threw or rejected,
 * `fail` records why.
 */
export class StoreOperation {
  readonly #operation: Operation;
  readonly #incoming: IncomingInstance<TrailEntry>;

  private constructor(operation: Operation, incoming: IncomingInstance<TrailEntry>) {
    this.#operation = operation;
    this.#incoming = incoming;
  }

  /** Rejects with Refused, StoreError or WriteRefused, the refusal recorded. */
  static open(
    workplace: Workplace,
    caller: Caller,
    source: InstanceSource,
    verb: 'store' | 'import' = 'store',
    detail: Detail = {},
  ): StoreOperation | Promise<never> {
    let operation: Operation | undefined;
    try {
      const subject = { sopInstanceUID: source.sopInstanceUID, sopClassUID: source.sopClassUID };
      operation = Operation.begin(workplace, verb, caller, subject);
      operation.detail = detail;
      return new StoreOperation(operation, workplace.archive.receive(source));
    } catch (error) {
      const failed = operation;
      return (async () => {
        if (failed) await failed.recordFailure(error);
        throw await recorded(error);
      })();
    }
  }

  write(fragment: Uint8Array): void | Promise<void> {
    return this.#incoming.write(fragment);
  }

  /**
   * Resolves when the instance is durable and can be found. Rejects with ParseError, StoreError, WriteRefused (recorded).
   *
   * @param acknowledge called at the moment a new instance is durable: whoever waits may be told Success
   */
  async finish(acknowledge?: () => void): Promise<StoreFacts> {
    try {
      return await this.#incoming.finish((facts) => this.#entryOf(facts), acknowledge);
    } catch (error) {
      await this.#operation.record('failed', { reason: reasonOf(error) });
      throw error;
    }
  }

  /** Gives up, and records why. */
  async fail(error: unknown): Promise<void> {
    await this.#incoming.abort();
    await this.#operation.record('failed', { reason: reasonOf(error) });
  }

  #entryOf(facts: StoreFacts): TrailEntry {
    const subject: Subject = {
      studyInstanceUID: facts.studyInstanceUID,
      seriesInstanceUID: facts.seriesInstanceUID,
      sopInstanceUID: facts.sopInstanceUID,
      sopClassUID: facts.sopClassUID,
      ...(facts.patientID === undefined ? {} : { patientID: facts.patientID }),
    };
    const conflict = facts.outcome === 'conflict';
    return this.#operation.entry(conflict ? 'refused' : 'success', {
      subject,
      ...(conflict ? { reason: 'DIFFERENT_UNDER_SAME_UID' } : {}),
      ...(facts.outcome === 'identical' ? { detail: { identical: 1 } } : {}),
    });
  }
}
