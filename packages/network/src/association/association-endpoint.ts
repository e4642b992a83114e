import type { Socket } from 'node:net';
import {
  CommandField,
  DimseError,
  MessageReader,
  Status,
  collectDataSet,
  commandTag,
  fragmentMaxBytes,
  isPending,
  requestRules,
} from '../dimse/index.ts';
import type {
  Command,
  CommandFields,
  DataSetSink,
  MessageHandler,
  OutgoingDataSet,
  RequestRules,
} from '../dimse/index.ts';
import type { AssociateAccept, AssociateRequest, UserInformation } from '../pdu/index.ts';
import { socketFacts } from './association.ts';
import type { Association, PeerInformation, RequestFields, RequestHandler } from './association.ts';
import type { Clock } from './clock.ts';
import { UpperLayerConnection } from './connection.ts';
import type { ConnectionUser } from './connection.ts';
import type { AssociationEnd } from './end.ts';
import { AssociationEnded, NetworkError, errorOfEnd } from './errors.ts';
import { IncomingOperation } from './incoming-request.ts';
import type { RequestOwner } from './incoming-request.ts';
import { MessageSender } from './message-sender.ts';
import type { Agreement, PresentationContext } from './negotiation.ts';
import { OutgoingOperation } from './outgoing-request.ts';
import type { OutgoingRequest } from './outgoing-request.ts';
import { REQUESTS_WAITING_MAX } from './settings.ts';
import type { AssociationLimits, AssociationTimeouts } from './settings.ts';
import type { Connect } from './transport.ts';

/** What both kinds of association are made of. */
export interface EndpointOptions {
  readonly isRequestor: boolean;
  readonly timeouts: AssociationTimeouts;
  readonly limits: AssociationLimits;
  readonly clock: Clock;
  readonly onRequest: RequestHandler | undefined;
  readonly onEnd: ((end: AssociationEnd) => void) | undefined;
  readonly onHandlerError: ((error: unknown) => void) | undefined;
  /** Acceptor: an A-ASSOCIATE-RQ came. */
  readonly onAssociateRequest?: (request: AssociateRequest) => void;
  /** Requestor: an A-ASSOCIATE-AC came. */
  readonly onAssociateAccept?: (accept: AssociateAccept) => void;
}

const NO_USER_INFORMATION: UserInformation = {
  roleSelections: [],
  extendedNegotiation: [],
  commonExtendedNegotiation: [],
};

const NO_CONTEXTS: Agreement = { contexts: new Map(), ownWindow: 1, peerWindow: 1 };

/** An association on its connection: operations of both sides, their messages, and the end of all of it. */
export class AssociationEndpoint implements Association, ConnectionUser, MessageHandler, RequestOwner {
  readonly isRequestor: boolean;
  readonly connection: UpperLayerConnection;
  readonly #options: EndpointOptions;
  readonly #reader = new MessageReader(this);
  readonly #sender: MessageSender;
  readonly #closed = Promise.withResolvers<AssociationEnd>();
  #socket: Socket | undefined;
  #agreement = NO_CONTEXTS;
  #userInformation = NO_USER_INFORMATION;
  #isDeciding = false;
  #onRequest: RequestHandler | undefined;
  callingAETitle = '';
  calledAETitle = '';
  presentationContexts: readonly PresentationContext[] = [];

  // Operations of the peer.
  readonly #incoming = new Map<number, IncomingOperation>();
  #current: IncomingOperation | undefined;

  // Operations of this side.
  readonly #outgoing = new Map<number, OutgoingOperation>();
  readonly #turns: (() => void)[] = [];
  #running = 0;
  #lastMessageID = 0;
  #responseSink: DataSetSink | undefined;

  constructor(options: EndpointOptions) {
    this.#options = options;
    this.isRequestor = options.isRequestor;
    this.#onRequest = options.onRequest;
    this.connection = new UpperLayerConnection(this, {
      isRequestor: options.isRequestor,
      timeouts: options.timeouts,
      maximumLengthReceived: options.limits.maximumLengthReceived,
      clock: options.clock,
    });
    this.#sender = new MessageSender(this.connection);
  }

  get association(): this {
    return this;
  }

  get peer(): PeerInformation {
    return { ...this.#userInformation, ...socketFacts(this.#socket) };
  }

  get operationsWindow(): { invoked: number; performed: number } {
    return { invoked: this.#agreement.ownWindow, performed: this.#agreement.peerWindow };
  }

  get end(): AssociationEnd | undefined {
    return this.connection.end;
  }

  get closed(): Promise<AssociationEnd> {
    return this.#closed.promise;
  }

  /** Acceptor: takes over a connected socket. */
  accept(socket: Socket): void {
    this.#socket = socket;
    this.connection.accept(socket);
  }

  /** Requestor: connects and proposes. */
  open(connect: Connect, request: AssociateRequest): void {
    this.connection.request(async () => (this.#socket = await connect()), request);
  }

  /** The negotiation is complete, as the A-ASSOCIATE-AC says. */
  establish(request: AssociateRequest, peer: UserInformation, agreement: Agreement): void {
    this.callingAETitle = request.callingAETitle;
    this.calledAETitle = request.calledAETitle;
    this.#userInformation = peer;
    this.#agreement = agreement;
    this.presentationContexts = [...agreement.contexts.values()];
    this.#isDeciding = false;
    this.#sender.begin(fragmentMaxBytes(peer.maximumLength ?? 0));
  }

  release(): Promise<void> {
    if (this.connection.end === undefined) this.connection.sendReleaseRequest();
    return this.#closed.promise.then((end) => {
      if (end.how !== 'released') throw errorOfEnd(end);
    });
  }

  abort(source?: number, reason?: number): void {
    this.connection.abort({ how: 'aborted', byPeer: false, source: source ?? 0, reason: reason ?? 0 });
  }

  setRequestHandler(handler: RequestHandler | undefined): RequestHandler | undefined {
    const before = this.#onRequest;
    this.#onRequest = handler;
    return before;
  }

  // -- what the connection tells -----------------------------------------------------------------------------------

  associateIndication(request: AssociateRequest): void {
    this.#isDeciding = true;
    this.#options.onAssociateRequest?.(request);
  }

  associateConfirmation(accept: AssociateAccept): void {
    this.#options.onAssociateAccept?.(accept);
  }

  pdvPiece(contextID: number, isCommand: boolean, isLast: boolean, piece: Buffer): void | Promise<void> {
    return this.#reader.piece(contextID, isCommand, isLast, piece);
  }

  isBusy(): boolean {
    if (this.#isDeciding) return true;
    // While we wait for a response it is the peer's turn, and so it is while its data set is still coming.
    if (this.#outgoing.size > 0) return false;
    return this.#incoming.size > (this.#current === undefined ? 0 : 1);
  }

  ended(end: AssociationEnd): void {
    const error = errorOfEnd(end);
    this.#isDeciding = false;
    this.#current = undefined;
    this.#responseSink = undefined;
    for (const operation of this.#incoming.values()) operation.end(error);
    this.#incoming.clear();
    for (const operation of this.#outgoing.values()) operation.fail(error);
    this.#outgoing.clear();
    for (const turn of this.#turns.splice(0)) turn();
  }

  transportClosed(end: AssociationEnd): void {
    this.#closed.resolve(end);
    this.#options.onEnd?.(end);
  }

  // -- messages of the peer ----------------------------------------------------------------------------------------

  isAccepted(contextID: number): boolean {
    return this.#agreement.contexts.has(contextID);
  }

  command(command: Command, contextID: number): void | Promise<void> {
    if (!command.isRequest) return this.#response(command);
    const rules = requestRules.get(command.commandField);
    if (rules === undefined) {
      throw new DimseError('COMMAND_FIELD_UNKNOWN', { commandField: command.commandField });
    }
    checkDataSet(command, rules);
    if (command.commandField === CommandField['C-CANCEL-RQ']) {
      // For an operation that is answered already the cancel simply came too late.
      this.#incoming.get(command.messageIDBeingRespondedTo ?? -1)?.cancel();
      return undefined;
    }
    const context = this.#agreement.contexts.get(contextID);
    if (context === undefined) throw new DimseError('PRESENTATION_CONTEXT_UNKNOWN');
    return this.#begin(new IncomingOperation(this, command, context), rules);
  }

  #begin(operation: IncomingOperation, rules: RequestRules): void | Promise<void> {
    const { command } = operation;
    const { commandField, messageID } = command;
    if (messageID === undefined) throw new DimseError('COMMAND_ELEMENT_MISSING', { element: 0x0110 });
    if (this.#incoming.has(messageID)) throw new DimseError('MESSAGE_ID_REPEATED', { messageID });
    const limit = this.#agreement.peerWindow;
    if (this.#incoming.size >= limit) {
      throw new DimseError('OPERATIONS_WINDOW_EXCEEDED', { commandField, messageID, limit });
    }
    this.#incoming.set(messageID, operation);
    if (command.hasDataSet) this.#current = operation;
    const missing = rules.required.find((key) => command[key] === undefined);
    if (missing !== undefined) {
      const status = commandField < 0x0100 ? Status.cannotUnderstand : Status.missingAttribute;
      void operation.respond({ status, offendingElement: [commandTag(missing)] });
      return undefined;
    }
    if (!roleAllows(operation.presentationContext, commandField) || this.#onRequest === undefined) {
      void operation.respond({ status: Status.sopClassNotSupported });
      return undefined;
    }
    return this.#dispatch(operation, this.#onRequest);
  }

  #dispatch(operation: IncomingOperation, handler: RequestHandler): void | Promise<void> {
    try {
      const sink = handler(operation);
      if (!(sink instanceof Promise)) {
        operation.sink = sink ?? undefined;
        return undefined;
      }
      const ready = sink.then(
        (later) => {
          operation.sink = later ?? undefined;
          // The association ended while the handler thought.
          if (this.end !== undefined) operation.end(errorOfEnd(this.end));
        },
        (error: unknown) => this.#failed(operation, error),
      );
      // Without a data set there is nothing to hold back, and a C-CANCEL-RQ must be able to come.
      return operation.command.hasDataSet ? ready : undefined;
    } catch (error) {
      this.#failed(operation, error);
      return undefined;
    }
  }

  #failed(operation: IncomingOperation, error: unknown): void {
    operation.fail();
    this.#options.onHandlerError?.(error);
  }

  dataSetPiece(piece: Buffer): void | Promise<void> {
    const operation = this.#current;
    if (operation === undefined) {
      this.connection.keepRead();
      return this.#responseSink?.write(piece);
    }
    operation.dataSetBytes += piece.length;
    const { sink } = operation;
    const { limits } = this.#options;
    const limit = sink === undefined ? limits.discardedDataSetMaxBytes : limits.dataSetMaxBytes;
    if (operation.dataSetBytes > limit) {
      throw new DimseError('DATA_SET_TOO_LONG', { messageID: operation.messageID, limit });
    }
    if (sink === undefined) return undefined;
    if (sink.keepsFragments !== false) this.connection.keepRead();
    try {
      const wait = sink.write(piece);
      return wait?.catch((error: unknown) => this.#failed(operation, error));
    } catch (error) {
      this.#failed(operation, error);
      return undefined;
    }
  }

  dataSetEnd(): void | Promise<void> {
    const operation = this.#current;
    if (operation === undefined) {
      const sink = this.#responseSink;
      this.#responseSink = undefined;
      return sink?.end();
    }
    this.#current = undefined;
    const { sink } = operation;
    operation.sink = undefined;
    operation.receivedAll();
    // The message is complete, so a promise of `end` holds nothing back: the operations window does.
    try {
      sink?.end()?.catch((error: unknown) => this.#failed(operation, error));
    } catch (error) {
      this.#failed(operation, error);
    }
    return undefined;
  }

  sendResponse(contextID: number, fields: CommandFields, dataSet?: Uint8Array): void | Promise<void> {
    return this.#sender.send(contextID, fields, dataSet);
  }

  answered(operation: IncomingOperation): void {
    this.#incoming.delete(operation.messageID);
  }

  // -- requests of this side ---------------------------------------------------------------------------------------

  request(fields: RequestFields, dataSet: OutgoingDataSet | undefined, contextID: number): OutgoingRequest {
    const context = this.#agreement.contexts.get(contextID);
    if (context === undefined) throw new NetworkError('NO_PRESENTATION_CONTEXT');
    const { commandField } = fields;
    const mayInvoke = commandField === CommandField['N-EVENT-REPORT-RQ'] ? context.isSCP : context.isSCU;
    if (!mayInvoke) throw new NetworkError('ROLE_NOT_NEGOTIATED');
    if (this.connection.end !== undefined) throw new AssociationEnded(this.connection.end);
    const operation = new OutgoingOperation(this.#nextMessageID(), contextID);
    this.#outgoing.set(operation.messageID, operation);
    if (this.#running < this.#agreement.ownWindow) {
      this.#start(operation, fields, dataSet);
    } else {
      if (this.#turns.length >= REQUESTS_WAITING_MAX) throw new NetworkError('TOO_MANY_MESSAGES_WAITING');
      this.#turns.push(() => this.#start(operation, fields, dataSet));
    }
    return operation;
  }

  #nextMessageID(): number {
    do this.#lastMessageID = (this.#lastMessageID % 0xffff) + 1;
    while (this.#outgoing.has(this.#lastMessageID));
    return this.#lastMessageID;
  }

  #start(operation: OutgoingOperation, fields: RequestFields, dataSet: OutgoingDataSet | undefined): void {
    if (this.connection.end !== undefined) return;
    this.#running++;
    const fail = (error: unknown): void => {
      operation.fail(error instanceof Error ? error : new NetworkError('ASSOCIATION_ENDED'));
      this.#finish(operation);
    };
    try {
      const sending = this.#sender.send(
        operation.contextID,
        { ...fields, messageID: operation.messageID },
        dataSet,
      );
      sending?.catch(fail);
    } catch (error) {
      fail(error);
    }
  }

  cancel(messageID: number): void {
    const operation = this.#outgoing.get(messageID);
    if (operation === undefined || this.connection.end !== undefined) return;
    const sending = this.#sender.send(operation.contextID, {
      commandField: CommandField['C-CANCEL-RQ'],
      messageIDBeingRespondedTo: messageID,
    });
    // If the association is over, the operation itself says so.
    sending?.catch(() => {});
  }

  #response(command: Command): void | Promise<void> {
    const { commandField, messageIDBeingRespondedTo: messageID, status } = command;
    const operation = this.#outgoing.get(messageID ?? -1);
    if (operation === undefined) throw new DimseError('RESPONSE_WITHOUT_REQUEST', { commandField });
    if (status === undefined) throw new DimseError('COMMAND_ELEMENT_MISSING', { element: 0x0900 });
    if (!command.hasDataSet) return this.#deliver(operation, command, status, undefined);
    this.#responseSink = responseSink(this.#options.limits.responseDataSetMaxBytes, (bytes) =>
      this.#deliver(operation, command, status, bytes),
    );
    return undefined;
  }

  #deliver(
    operation: OutgoingOperation,
    command: Command,
    status: number,
    dataSet: Uint8Array | undefined,
  ): void | Promise<void> {
    if (!isPending(status)) this.#finish(operation);
    return operation.push({ status, command, dataSet });
  }

  /** Its place in the operations window goes to the next in line. */
  #finish(operation: OutgoingOperation): void {
    if (!this.#outgoing.delete(operation.messageID)) return;
    this.#running--;
    this.#turns.shift()?.();
  }
}

/** A response's data set in memory; too long a one is the peer's fault. */
function responseSink(maxBytes: number, done: (bytes: Uint8Array) => void | Promise<void>): DataSetSink {
  const sink = collectDataSet(maxBytes, done);
  return {
    write(fragment) {
      try {
        return sink.write(fragment);
      } catch {
        throw new DimseError('DATA_SET_TOO_LONG', { limit: maxBytes });
      }
    },
    end: () => sink.end(),
    abort: (reason) => sink.abort(reason),
  };
}

/** The announcement of a data set must fit the message (PS3.7 9.3, 10.3). */
function checkDataSet(command: Command, rules: RequestRules): void {
  const { commandField, hasDataSet } = command;
  if (hasDataSet && rules.dataSet === 'none') throw new DimseError('DATA_SET_NOT_ALLOWED', { commandField });
  if (!hasDataSet && rules.dataSet === 'present') throw new DimseError('DATA_SET_MISSING', { commandField });
}

/** An SCP gets every request but N-EVENT-REPORT, which goes from SCP to SCU (PS3.7 10.1.1). */
function roleAllows(context: PresentationContext, commandField: number): boolean {
  return commandField === CommandField['N-EVENT-REPORT-RQ'] ? context.isSCU : context.isSCP;
}
