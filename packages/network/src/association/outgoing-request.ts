import { isPending } from '../dimse/index.ts';
import type { Command } from '../dimse/index.ts';
import { RESPONSES_WAITING_MAX, RESPONSES_WAITING_MAX_BYTES } from './settings.ts';

/** A response to a request of ours. */
export interface Response {
  readonly status: number;
  readonly command: Command;
  /** The whole data set in the context's transfer syntax, if the response has one. */
  readonly dataSet: Uint8Array | undefined;
}

/** A request of ours: its responses in order, the final one last. */
export interface OutgoingRequest extends AsyncIterable<Response> {
  readonly messageID: number;
}

/**
 * The responses to one request. They wait here for their consumer, up to a limit; beyond it reading stops. A
 * consumer that stops iterating does not stop the operation: its remaining responses are thrown away.
 */
export class OutgoingOperation implements OutgoingRequest, AsyncIterableIterator<Response> {
  readonly messageID: number;
  readonly contextID: number;
  readonly #waiting: Response[] = [];
  #waitingBytes = 0;
  #reader: PromiseWithResolvers<IteratorResult<Response>> | undefined;
  #room: PromiseWithResolvers<void> | undefined;
  #isComplete = false;
  #isAbandoned = false;
  #error: Error | undefined;

  constructor(messageID: number, contextID: number) {
    this.messageID = messageID;
    this.contextID = contextID;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Response>> {
    const response = this.#waiting.shift();
    if (response !== undefined) {
      this.#waitingBytes -= response.dataSet?.length ?? 0;
      this.#makeRoom();
      return Promise.resolve({ done: false, value: response });
    }
    if (this.#error !== undefined) return Promise.reject(this.#error);
    if (this.#isComplete || this.#isAbandoned) return Promise.resolve({ done: true, value: undefined });
    this.#reader ??= Promise.withResolvers();
    return this.#reader.promise;
  }

  return(): Promise<IteratorResult<Response>> {
    this.#isAbandoned = true;
    this.#waiting.length = 0;
    this.#waitingBytes = 0;
    this.#makeRoom();
    return Promise.resolve({ done: true, value: undefined });
  }

  #makeRoom(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }

  /** Takes a response; a promise means that enough wait. */
  push(response: Response): void | Promise<void> {
    if (!isPending(response.status)) this.#isComplete = true;
    if (this.#isAbandoned) return undefined;
    const reader = this.#reader;
    if (reader !== undefined) {
      this.#reader = undefined;
      reader.resolve({ done: false, value: response });
      return undefined;
    }
    this.#waiting.push(response);
    this.#waitingBytes += response.dataSet?.length ?? 0;
    if (this.#waiting.length < RESPONSES_WAITING_MAX && this.#waitingBytes < RESPONSES_WAITING_MAX_BYTES) {
      return undefined;
    }
    this.#room ??= Promise.withResolvers<void>();
    return this.#room.promise;
  }

  /** No response will come any more. */
  fail(error: Error): void {
    if (this.#isComplete || this.#error !== undefined) return;
    this.#error = error;
    this.#makeRoom();
    const reader = this.#reader;
    this.#reader = undefined;
    reader?.reject(error);
  }
}
