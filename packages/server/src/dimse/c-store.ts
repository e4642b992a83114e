import type { DataSetSink, IncomingRequest } from '@leadglass/network';
import { StoreError, StoreOperation } from '../operations/index.ts';
import type { DeviceSession } from './session.ts';

/**
 * C-STORE (PS3.4 B.2): the data set streams into the archive as its fragments arrive; the response goes out
 * when it is durable. After an error the rest is read and dropped, so that one bad instance never spoils the
 * others of its association.
 */
export function handleStore(request: IncomingRequest, session: DeviceSession): DataSetSink {
  const { command, presentationContext } = request;
  const opened = StoreOperation.open(session.workplace, session.caller, {
    sopClassUID: command.affectedSOPClassUID ?? '',
    sopInstanceUID: command.affectedSOPInstanceUID ?? '',
    transferSyntaxUID: presentationContext.transferSyntax,
    sourceAETitle: session.caller.principal.id,
  });
  if (!(opened instanceof StoreOperation)) return refusingSink(request, opened, session);
  const sink = new StoreSink(request, opened, session);
  // Through the operation like every other fault, so that it stands in the trail.
  if (command.affectedSOPClassUID !== presentationContext.abstractSyntax) {
    sink.abort(new StoreError('SOP_CLASS_MISMATCH'));
  }
  return sink;
}

class StoreSink implements DataSetSink {
  /** Fragments are copied or compared before the next is taken: the socket may have its memory back. */
  readonly keepsFragments = false;
  readonly #session: DeviceSession;
  readonly #request: IncomingRequest;
  readonly #store: StoreOperation;
  #failure: { error: unknown; recorded: Promise<void> } | undefined;

  constructor(request: IncomingRequest, store: StoreOperation, session: DeviceSession) {
    this.#session = session;
    this.#request = request;
    this.#store = store;
  }

  write(fragment: Uint8Array): void | Promise<void> {
    if (this.#failure) return undefined;
    try {
      const waiting = this.#store.write(fragment);
      return waiting?.catch((error: unknown) => this.#fail(error));
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
  }

  async end(): Promise<void> {
    let acknowledged = false;
    const acknowledge = (): void => {
      acknowledged = true;
      // Who is gone cannot be told; the instance stays.
      void this.#request.respond({ status: 0x0000 });
    };
    try {
      if (this.#failure) {
        await this.#failure.recorded;
        throw this.#failure.error;
      }
      const facts = await this.#store.finish(acknowledge);
      if (facts.outcome === 'conflict') throw new Conflict();
      if (!acknowledged) await this.#request.respond({ status: 0x0000 });
    } catch (error) {
      if (!acknowledged) await this.#request.respond(this.#session.statusOf(error));
    }
  }

  abort(reason: Error): void {
    if (!this.#failure) this.#fail(reason);
  }

  #fail(error: unknown): void {
    const recorded = this.#store.fail(error);
    // Who waits for it is told; when nobody does (the association is gone) it must not go unhandled.
    recorded.catch(() => undefined);
    this.#failure = { error, recorded };
  }
}

class Conflict extends Error {
  readonly code = 'DIFFERENT_UNDER_SAME_UID';
}

/** Drops the data set of a request that was refused before its first byte. */
function refusingSink(
  request: IncomingRequest,
  refusal: Promise<never>,
  session: DeviceSession,
): DataSetSink {
  const answer = refusal.then(
    () => ({ status: 0x0110 }),
    (error: unknown) => session.statusOf(error),
  );
  return {
    keepsFragments: false,
    write: () => undefined,
    end: async () => request.respond(await answer),
    abort: () => undefined,
  };
}
