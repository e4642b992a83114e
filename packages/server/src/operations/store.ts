import type { StoreFacts } from '../archive/incoming-instance.ts';
import { type InstanceSource, StoreError } from '../archive/instance-writer.ts';
import type { TrailEntry } from '../audit-trail/index.ts';
import type { Caller } from './caller.ts';
import { type Detail, Operation, reasonOf, recorded, type Subject, type Workplace } from './operation.ts';
import { type Incoming, LimitedReception, QuarantineFull } from './quarantine-limits.ts';
import { isStorageSyntax } from './storage-syntaxes.ts';

/**
 * Stores one instance: authorised before its first byte is taken, its trail entry durable in the same
 * commit as its bytes. Write the data set, then `finish` or `abort` once. After `write` threw or rejected,
 * `fail` records why.
 */
export class StoreOperation {
  readonly #operation: Operation;
  readonly #reception: LimitedReception;
  readonly #incoming: Incoming;
  #length = 0;

  private constructor(operation: Operation, reception: LimitedReception) {
    this.#operation = operation;
    this.#reception = reception;
    this.#incoming = reception.incoming;
  }

  /** Rejects with Refused, StoreError, QuarantineFull or WriteRefused, the refusal recorded. */
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
      if (!isStorageSyntax(source.transferSyntaxUID)) throw new StoreError('UNKNOWN_TRANSFER_SYNTAX');
      const { kind, id } = caller.principal;
      return new StoreOperation(operation, new LimitedReception(workplace, `${kind}:${id}`, source));
    } catch (error) {
      const failed = operation;
      return (async () => {
        if (failed && error instanceof QuarantineFull)
          await failed.record('refused', { reason: reasonOf(error) });
        if (failed) await failed.recordFailure(error);
        throw await recorded(error);
      })();
    }
  }

  write(fragment: Uint8Array): void | Promise<void> {
    this.#length += fragment.length;
    return this.#incoming.write(fragment);
  }

  /**
   * Resolves when the instance is durable and can be found. Rejects with ParseError, StoreError, WriteRefused (recorded).
   *
   * @param acknowledge called at the moment a new instance is durable: whoever waits may be told Success
   */
  async finish(acknowledge?: () => void): Promise<StoreFacts> {
    try {
      const facts = await this.#incoming.finish((each) => this.#entryOf(each), acknowledge);
      if (facts.outcome === 'conflict') this.#reception.conflicted(this.#length);
      else this.#operation.workplace.onStored?.(facts);
      return facts;
    } catch (error) {
      await this.#recordFailed(error);
      throw error;
    }
  }

  /** Gives up, and records why. */
  async fail(error: unknown): Promise<void> {
    await this.#incoming.abort();
    await this.#recordFailed(error);
  }

  /** Whatever its entry said before: it was made for a commit that did not come about. */
  #recordFailed(error: unknown): Promise<void> {
    const outcome = error instanceof QuarantineFull ? 'refused' : 'failed';
    return this.#operation.record(outcome, { reason: reasonOf(error) });
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
