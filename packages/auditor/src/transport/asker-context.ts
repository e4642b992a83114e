import type { OptIn } from '../findings/index.ts';
import type { Rates } from '../scope/index.ts';
import type { AskerBase, ConversationOptions, DatagramOptions, RawConversation } from './askers.ts';
import type { DatagramAnswer } from './datagram.ts';
import type { Dialler, Door, Purpose } from './dialler.ts';
import { freshAETitle, freshUID, userAgentFor } from './identity.ts';

/** What an asker is made of: the door it is bound to, and on whose behalf it asks. */
export interface AskerContext extends Door {
  readonly dialler: Dialler;
  readonly rates: Rates;
  readonly isModalitySafe: boolean;
  isOptedIn(optIn: OptIn): boolean;
  readonly hostName: string | undefined;
  readonly knownAETitles: readonly string[];
  /** Whom to call about this run; web servers are told. */
  readonly contact: string;
  /** The check that is asking; the framework sets it, the record shows it. */
  readonly asking: { check: string };
}

/** Base of all askers. */
export class BoundAsker implements AskerBase {
  protected readonly context: AskerContext;

  constructor(context: AskerContext) {
    this.context = context;
  }

  get address(): string {
    return this.context.address;
  }

  get port(): number {
    return this.context.port;
  }

  get rates(): Rates {
    return this.context.rates;
  }

  get isModalitySafe(): boolean {
    return this.context.isModalitySafe;
  }

  isOptedIn(optIn: OptIn): boolean {
    return this.context.isOptedIn(optIn);
  }

  get userAgent(): string {
    return userAgentFor(this.context.contact);
  }

  get signal(): AbortSignal {
    return this.context.dialler.signal;
  }

  protected purpose(purpose: string, isAssociation = false): Purpose {
    return { check: this.context.asking.check, purpose, isAssociation };
  }

  async converse(purpose: string, options: ConversationOptions = {}): Promise<RawConversation> {
    const door = { address: this.address, port: options.port ?? this.port };
    return this.context.dialler.connect(door, this.conversation(purpose, options), options);
  }

  mayAsk(port: number): boolean {
    return this.context.dialler.refusal(this.address, port) === undefined;
  }

  async askDatagram(
    purpose: string,
    bytes: Uint8Array,
    { port = this.port, timeoutMs }: DatagramOptions = {},
  ): Promise<DatagramAnswer> {
    const door = { address: this.address, port };
    return this.context.dialler.askDatagram(door, this.purpose(purpose), bytes, timeoutMs);
  }

  /** More than the usual two at once only where the operator asked for it by name. */
  protected conversation(purpose: string, { beyondHostLimit = false }: ConversationOptions): Purpose {
    const isBeyondHostLimit = beyondHostLimit && this.isOptedIn('idleSockets');
    return { ...this.purpose(purpose), isBeyondHostLimit };
  }

  freshAETitle(): string {
    return freshAETitle();
  }

  freshUID(): string {
    return freshUID();
  }
}

/** An answer to a question that is sent once: later askers get the same promise. */
export class Remembered<T> {
  readonly #answers = new Map<string, Promise<T>>();

  get(question: string, ask: () => Promise<T>): Promise<T> {
    let answer = this.#answers.get(question);
    if (answer === undefined) {
      answer = ask();
      // Whoever asks sees the failure.
      answer.catch(() => {});
      this.#answers.set(question, answer);
    }
    return answer;
  }

  /** The answer if it was asked for and came; asks nothing. */
  async peek(question: string): Promise<T | undefined> {
    return this.#answers.get(question)?.catch(() => undefined);
  }
}
