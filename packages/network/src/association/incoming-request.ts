import {
  CommandField,
  ERROR_COMMENT_MAX_CHARACTERS,
  RESPONSE_BIT,
  Status,
  isPending,
} from '../dimse/index.ts';
import type { Command, CommandFields, DataSetSink } from '../dimse/index.ts';
import type { Association } from './association.ts';
import { Cancelled, NetworkError } from './errors.ts';
import type { PresentationContext } from './negotiation.ts';

/** The fields of a response that its handler may give; the rest is taken from the request (PS3.7 9.3, 10.3). */
export interface ResponseFields {
  readonly status: number;
  readonly errorComment?: string | undefined;
  readonly offendingElement?: readonly number[] | undefined;
  readonly errorID?: number | undefined;
  readonly affectedSOPClassUID?: string | undefined;
  readonly affectedSOPInstanceUID?: string | undefined;
  readonly eventTypeID?: number | undefined;
  readonly actionTypeID?: number | undefined;
  readonly attributeIdentifierList?: readonly number[] | undefined;
  readonly numberOfRemainingSuboperations?: number | undefined;
  readonly numberOfCompletedSuboperations?: number | undefined;
  readonly numberOfFailedSuboperations?: number | undefined;
  readonly numberOfWarningSuboperations?: number | undefined;
}

/** A DIMSE request of the peer. */
export interface IncomingRequest {
  readonly command: Command;
  readonly presentationContext: PresentationContext;
  readonly association: Association;
  /** Aborted by C-CANCEL-RQ for this message (reason: Cancelled) or the end of the association. */
  readonly signal: AbortSignal;
  /**
   * Answers: pending statuses any number of times, then one final. Resolves when the response was handed to the
   * socket and the socket wants more. An answer before the end of the request's data set waits for that end. Rejects
   * with AssociationEnded when the association is over, with ALREADY_ANSWERED after a final response.
   */
  respond(response: ResponseFields, dataSet?: Uint8Array): Promise<void>;
}

/** What an incoming request needs from its association. */
export interface RequestOwner {
  readonly association: Association;
  sendResponse(
    contextID: number,
    fields: CommandFields,
    dataSet: Uint8Array | undefined,
  ): void | Promise<void>;
  /** The request is answered: its place in the operations window is free. */
  answered(request: IncomingOperation): void;
}

const DONE = Promise.resolve();

/** An operation that the peer invoked, from its command set to its final response. */
export class IncomingOperation implements IncomingRequest {
  readonly command: Command;
  readonly presentationContext: PresentationContext;
  readonly #owner: RequestOwner;
  #isAnswered = false;
  #received: PromiseWithResolvers<void> | undefined;
  #hasReceivedAll: boolean;
  #abortController: AbortController | undefined;
  #abortReason: Error | undefined;
  /** Where its data set goes; undefined discards it. */
  sink: DataSetSink | undefined;
  dataSetBytes = 0;

  constructor(owner: RequestOwner, command: Command, presentationContext: PresentationContext) {
    this.#owner = owner;
    this.command = command;
    this.presentationContext = presentationContext;
    this.#hasReceivedAll = !command.hasDataSet;
  }

  get association(): Association {
    return this.#owner.association;
  }

  get messageID(): number {
    return this.command.messageID ?? 0;
  }

  get isAnswered(): boolean {
    return this.#isAnswered;
  }

  /** Made only when somebody asks: most requests are answered before anybody could cancel them. */
  get signal(): AbortSignal {
    if (this.#abortController === undefined) {
      this.#abortController = new AbortController();
      if (this.#abortReason !== undefined) this.#abortController.abort(this.#abortReason);
    }
    return this.#abortController.signal;
  }

  /** C-CANCEL-RQ came. */
  cancel(): void {
    this.#abort(new Cancelled());
  }

  /** The association ended. */
  end(error: Error): void {
    const { sink } = this;
    this.sink = undefined;
    if (!this.#hasReceivedAll) sink?.abort(error);
    this.#received?.reject(error);
    this.#abort(error);
  }

  #abort(reason: Error): void {
    this.#abortReason ??= reason;
    this.#abortController?.abort(reason);
  }

  /** The last fragment of the data set was read: answers that came early go out. */
  receivedAll(): void {
    this.#hasReceivedAll = true;
    this.#received?.resolve();
  }

  respond(response: ResponseFields, dataSet?: Uint8Array): Promise<void> {
    try {
      if (this.#isAnswered) throw new NetworkError('ALREADY_ANSWERED');
      this.#isAnswered = !isPending(response.status);
      if (!this.#hasReceivedAll) {
        this.#received ??= Promise.withResolvers<void>();
        return handled(this.#received.promise.then(() => this.#send(response, dataSet)));
      }
      const sending = this.#send(response, dataSet);
      return sending === undefined ? DONE : handled(sending);
    } catch (error) {
      return handled(Promise.reject(error instanceof Error ? error : new NetworkError('ASSOCIATION_ENDED')));
    }
  }

  #send(response: ResponseFields, dataSet: Uint8Array | undefined): void | Promise<void> {
    if (!isPending(response.status)) this.#owner.answered(this);
    return this.#owner.sendResponse(this.presentationContext.id, this.#fields(response), dataSet);
  }

  #fields(response: ResponseFields): CommandFields {
    const { command } = this;
    const hasInstance =
      command.commandField === CommandField['C-STORE-RQ'] || isNormalized(command.commandField);
    return {
      commandField: command.commandField | RESPONSE_BIT,
      messageIDBeingRespondedTo: command.messageID,
      affectedSOPClassUID:
        response.affectedSOPClassUID ?? command.affectedSOPClassUID ?? command.requestedSOPClassUID,
      status: response.status,
      offendingElement: response.offendingElement,
      errorComment: response.errorComment === undefined ? undefined : errorComment(response.errorComment),
      errorID: response.errorID,
      affectedSOPInstanceUID:
        response.affectedSOPInstanceUID ??
        (hasInstance ? (command.affectedSOPInstanceUID ?? command.requestedSOPInstanceUID) : undefined),
      eventTypeID: response.eventTypeID ?? command.eventTypeID,
      attributeIdentifierList: response.attributeIdentifierList,
      actionTypeID: response.actionTypeID ?? command.actionTypeID,
      numberOfRemainingSuboperations: response.numberOfRemainingSuboperations,
      numberOfCompletedSuboperations: response.numberOfCompletedSuboperations,
      numberOfFailedSuboperations: response.numberOfFailedSuboperations,
      numberOfWarningSuboperations: response.numberOfWarningSuboperations,
    };
  }

  /** The handler failed: Processing Failure, and not a word about why, which could hold a patient's value. */
  fail(): void {
    this.sink = undefined;
    if (!this.#isAnswered) void this.respond({ status: Status.processingFailure });
  }
}

/** N- services have Command Fields 0100 to 0150. */
function isNormalized(commandField: number): boolean {
  return (commandField & 0x0f00) === 0x0100;
}

/** Error Comment is LO: 64 characters without control characters and backslash (PS3.5 6.2). */
function errorComment(text: string): string {
  return text.replace(/[^\x20-\x5b\x5d-\x7e]/g, '?').slice(0, ERROR_COMMENT_MAX_CHARACTERS);
}

/** Whoever waits for the promise sees its rejection; whoever does not must not bring the process down. */
function handled(promise: Promise<void>): Promise<void> {
  promise.catch(() => {});
  return promise;
}
