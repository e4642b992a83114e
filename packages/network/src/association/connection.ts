import type { Socket } from 'node:net';
import {
  AbortReason,
  AbortSource,
  DICOM_APPLICATION_CONTEXT_NAME,
  PEER_MAXIMUM_LENGTH_MIN,
  PduError,
  describeRejection,
  encodePdu,
  rejectionPdu,
} from '../pdu/index.ts';
import type {
  AssociateAccept,
  AssociateReject,
  AssociateRequest,
  ControlPdu,
  Pdu,
  PduReader,
  PduType,
} from '../pdu/index.ts';
import { DimseError } from '../dimse/index.ts';
import { UpperLayerMachine } from '../state-machine/index.ts';
import type { Event, EventInput, Indication, UpperLayerEffects } from '../state-machine/index.ts';
import { AssociationTimers } from './association-timers.ts';
import type { TimersUser } from './association-timers.ts';
import type { Clock } from './clock.ts';
import type { AssociationEnd, EndCause } from './end.ts';
import { AssociationEnded, AssociationRejected, ConnectionFailed, TimedOut, systemCodeOf } from './errors.ts';
import { BYTES_AFTER_END_MAX, JOINED_WRITE_MAX_BYTES } from './settings.ts';
import type { AssociationTimeouts } from './settings.ts';
import { SocketReader } from './socket-reader.ts';
import type { SocketReaderUser } from './socket-reader.ts';
import { connectSocket } from './transport.ts';
import type { Connect } from './transport.ts';

/** The event that each received PDU is (PS3.8 Table 9-10). */
const eventOfPdu: Record<Exclude<PduType, 'P-DATA-TF'>, Event> = {
  'A-ASSOCIATE-AC': 'Evt3',
  'A-ASSOCIATE-RJ': 'Evt4',
  'A-ASSOCIATE-RQ': 'Evt6',
  'A-RELEASE-RQ': 'Evt12',
  'A-RELEASE-RP': 'Evt13',
  'A-ABORT': 'Evt16',
};

/** Who uses a connection: the association. */
export interface ConnectionUser {
  associateIndication(request: AssociateRequest): void;
  associateConfirmation(accept: AssociateAccept): void;
  /** A piece of a PDV; a promise stops reading until it resolves. May throw DimseError. */
  pdvPiece(contextID: number, isCommand: boolean, isLast: boolean, piece: Buffer): void | Promise<void>;
  /** This side owes the peer something, so the peer's silence is no idleness. */
  isBusy(): boolean;
  /** The association is over; the transport connection may still be open. */
  ended(end: AssociationEnd): void;
  /** The transport connection is closed. Always the last call. */
  transportClosed(end: AssociationEnd): void;
}

export interface ConnectionOptions {
  readonly isRequestor: boolean;
  readonly timeouts: AssociationTimeouts;
  readonly maximumLengthReceived: number;
  readonly clock: Clock;
}

/**
 * One transport connection under the protocol machine: PDUs and timers become events, the machine's effects become
 * bytes, and what ended the association is noted once.
 */
export class UpperLayerConnection implements UpperLayerEffects, SocketReaderUser, TimersUser {
  readonly isRequestor: boolean;
  readonly #user: ConnectionUser;
  readonly #options: ConnectionOptions;
  readonly #machine = new UpperLayerMachine(this);
  readonly #reader: SocketReader;
  readonly #timers: AssociationTimers;
  #socket: Socket | undefined;
  #connect: Connect | undefined;
  #event: Event = 'Evt1';

  #opened: Promise<Socket> | undefined;
  #socketError: string | undefined;
  #deliversData = false;
  #bytesAfterEnd = 0;
  #bytesReceived = 0;
  #bytesSent = 0;
  #drain: PromiseWithResolvers<void> | undefined;
  /** Small messages on their way to one write. */
  #joined: Uint8Array[] = [];
  #joinedBytes = 0;
  #isClosed = false;
  #end: AssociationEnd | undefined;

  constructor(user: ConnectionUser, options: ConnectionOptions) {
    this.#user = user;
    this.isRequestor = options.isRequestor;
    this.#options = options;
    this.#reader = new SocketReader(this, options.maximumLengthReceived);
    this.#timers = new AssociationTimers(this, options.timeouts, options.clock);
  }

  get end(): AssociationEnd | undefined {
    return this.#end;
  }

  /** Acceptor: takes over a connected socket (Evt5). */
  accept(socket: Socket): void {
    this.#attach(socket);
    this.#handle('Evt5');
    this.#timers.watch();
  }

  /** Requestor: opens the transport connection and proposes the association (Evt1, then Evt2). */
  request(connect: Connect, request: AssociateRequest): void {
    this.#connect = connect;
    this.#handle('Evt1', { request });
    this.#opened
      ?.then((socket) => {
        this.#attach(socket);
        if (this.#end !== undefined) {
          // Aborted while it was connecting.
          socket.destroy();
          return;
        }
        this.#handle('Evt2', { request });
        this.#timers.startAssociateResponse();
        this.#timers.watch();
      })
      .catch((error: unknown) => {
        const timedOut = error instanceof TimedOut;
        this.#noteEnd({
          how: timedOut ? 'timeout' : 'connection-lost',
          byPeer: false,
          code: timedOut ? error.what : systemCodeOf(error),
          error: error instanceof Error ? error : new ConnectionFailed(error),
        });
        this.#handle('Evt17');
        this.#closed();
      });
  }

  /** Acceptor: answers the request (Evt7). */
  sendAccept(accept: AssociateAccept): void {
    this.#handle('Evt7', { accept });
  }

  /** Acceptor: refuses the request (Evt8). */
  sendReject(reject: AssociateReject): void {
    this.#noteEnd({ how: 'rejected', byPeer: false, source: reject.source, reason: reject.reason });
    this.#handle('Evt8', { reject });
  }

  /** Asks for release (Evt11). */
  sendReleaseRequest(): void {
    // Before the association is established there is nothing to release.
    if (this.#handle('Evt11') === undefined) this.abort({ how: 'aborted', byPeer: false });
  }

  /** Aborts as service user (Evt15), or as service provider for what `cause` says. */
  abort(cause: EndCause): void {
    if (this.#end !== undefined) return;
    this.#noteEnd(cause);
    const source = cause.source === AbortSource.serviceProvider ? cause.source : AbortSource.serviceUser;
    const reason = (cause.reason ?? AbortReason.reasonNotSpecified) as AbortReason;
    // Before the association there is nobody to abort with (Sta2): the connection just goes.
    if (this.#handle('Evt15', { source, reason }) === undefined) this.#socket?.destroy();
  }

  /** A wait of this side ran out. */
  timedOut(what: string): void {
    this.abort({ how: 'timeout', byPeer: false, code: what });
    // A peer that does not take what was written will not take the A-ABORT either.
    if (what === 'write') this.#socket?.destroy();
  }

  /** The peer wrote what is no PDU or no message: A-ABORT with source and reason of PS3.8 Table 9-26. */
  #protocolError(error: PduError | DimseError): void {
    if (error instanceof PduError) {
      this.#reader.stop();
      const reason = error.abortReason;
      this.#noteEnd({ how: 'protocol-error', byPeer: true, reason, code: error.code, error });
      this.#handle('Evt19', { reason });
    } else if (error.code === 'PRESENTATION_CONTEXT_UNKNOWN') {
      // The upper layer's own field is wrong, not the message inside.
      const reason = AbortReason.invalidPDUParameterValue;
      this.#noteEnd({ how: 'protocol-error', byPeer: true, reason, code: error.code, error });
      this.#handle('Evt19', { reason });
    } else {
      this.abort({ how: 'protocol-error', byPeer: true, code: error.code, error });
    }
  }

  // -- sending -------------------------------------------------------------------------------------------------

  /**
   * Sends whole P-DATA-TF PDUs (Evt9). Returns a promise when the socket has enough for now: wait for it before
   * sending more. Throws AssociationEnded when the association is over.
   *
   * @param written called when nothing of the parts is needed any more
   */
  sendDataRequest(parts: readonly Uint8Array[], written?: () => void): void | Promise<void> {
    if (this.#handle('Evt9', { data: parts, written }) === undefined) throw new AssociationEnded(this.#end);
    return this.whenDrained();
  }

  /** Undefined when the socket takes more now. */
  whenDrained(): void | Promise<void> {
    if (this.#socket?.writableNeedDrain !== true) return undefined;
    if (this.#drain === undefined) {
      this.#drain = Promise.withResolvers<void>();
      // Whoever waits sees the rejection; nobody has to.
      this.#drain.promise.catch(() => {});
      this.#timers.startStall();
    }
    return this.#drain.promise;
  }

  #onDrain = (): void => {
    this.#timers.stopStall();
    this.#timers.active();
    const drain = this.#drain;
    this.#drain = undefined;
    drain?.resolve();
  };

  // -- effects of the machine ------------------------------------------------------------------------------------

  openTransportConnection(): void {
    if (this.#connect !== undefined) {
      this.#opened = connectSocket(this.#connect, this.#options.timeouts.connectMs, this.#options.clock);
    }
  }

  closeTransportConnection(): void {
    const socket = this.#socket;
    if (socket === undefined || socket.destroyed) return;
    this.#reader.stop();
    this.#flushJoined();
    socket.destroySoon();
    // A peer that does not read keeps what was written from leaving.
    this.startArtim();
  }

  startArtim(): void {
    this.#timers.startArtim();
  }

  stopArtim(): void {
    this.#timers.stopArtim();
  }

  artimExpired(): void {
    this.#noteEnd({ how: 'timeout', byPeer: true, code: 'ARTIM' });
    this.#handle('Evt18');
    this.#socket?.destroy();
  }

  send(pdu: Exclude<Pdu, { type: 'P-DATA-TF' }>): void {
    const socket = this.#socket;
    if (socket === undefined || !socket.writable) return;
    this.#flushJoined();
    const bytes = encodePdu(pdu);
    this.#bytesSent += bytes.length;
    // After an A-ABORT nothing more is said: the end of the stream tells the peer so at once.
    if (pdu.type === 'A-ABORT') socket.end(bytes);
    else socket.write(bytes);
  }

  sendData(parts: readonly Uint8Array[], written?: () => void): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    let length = 0;
    for (const part of parts) length += part.length;
    this.#bytesSent += length;
    this.#timers.active();
    if (length <= JOINED_WRITE_MAX_BYTES) {
      this.#joinWrite(written === undefined ? parts : [Buffer.concat(parts, length)], length);
      written?.();
      return;
    }
    this.#flushJoined();
    // One writev: header and body never leave in separate packets.
    socket.cork();
    for (const [at, part] of parts.entries())
      socket.write(part, at === parts.length - 1 ? written : undefined);
    socket.uncork();
  }

  /** Small messages that are sent in one go, as the answers of a query are, leave in one write: a system call and the
   *  waking of the peer cost more than everything else about them. */
  #joinWrite(parts: readonly Uint8Array[], length: number): void {
    if (this.#joined.length === 0) process.nextTick(this.#flushJoined);
    this.#joined.push(...parts);
    this.#joinedBytes += length;
    if (this.#joinedBytes >= JOINED_WRITE_MAX_BYTES) this.#flushJoined();
  }

  #flushJoined = (): void => {
    const joined = this.#joined;
    if (joined.length === 0) return;
    const [first] = joined;
    const bytes =
      joined.length === 1 && first !== undefined ? first : Buffer.concat(joined, this.#joinedBytes);
    this.#joined = [];
    this.#joinedBytes = 0;
    if (this.#socket?.writable === true) this.#socket.write(bytes);
  };

  /** AE-6: what the provider cannot speak with. */
  refuse(request: AssociateRequest): AssociateReject | undefined {
    const peerMaximum = request.userInformation.maximumLength ?? 0;
    let refusal: AssociateReject | undefined;
    if ((request.protocolVersion & 1) === 0) {
      refusal = rejectionPdu({
        result: 'rejected-permanent',
        source: 'service-provider-acse',
        reason: 'protocol-version-not-supported',
      });
    } else if (request.applicationContextName !== DICOM_APPLICATION_CONTEXT_NAME) {
      refusal = rejectionPdu({
        result: 'rejected-permanent',
        source: 'service-user',
        reason: 'application-context-name-not-supported',
      });
    } else if (peerMaximum !== 0 && peerMaximum < PEER_MAXIMUM_LENGTH_MIN) {
      refusal = rejectionPdu({
        result: 'rejected-permanent',
        source: 'service-provider-presentation',
        reason: 'local-limit-exceeded',
      });
    }
    if (refusal !== undefined) {
      this.#noteEnd({ how: 'rejected', byPeer: false, source: refusal.source, reason: refusal.reason });
    }
    return refusal;
  }

  indicate(indication: Indication, { pdu }: EventInput): void {
    switch (indication) {
      case 'A-ASSOCIATE indication':
        if (pdu?.type === 'A-ASSOCIATE-RQ') this.#user.associateIndication(pdu);
        break;
      case 'A-ASSOCIATE confirmation, accepted':
        this.stopArtim();
        if (pdu?.type === 'A-ASSOCIATE-AC') this.#user.associateConfirmation(pdu);
        break;
      case 'A-ASSOCIATE confirmation, rejected':
        if (pdu?.type === 'A-ASSOCIATE-RJ') {
          this.#noteEnd({
            how: 'rejected',
            byPeer: true,
            source: pdu.source,
            reason: pdu.reason,
            error: new AssociationRejected(describeRejection(pdu)),
          });
        }
        break;
      case 'P-DATA indication':
        break;
      case 'A-RELEASE indication':
        // Nothing here can hold a release back: the peer has said that it wants no more.
        this.#noteEnd({ how: 'released', byPeer: true });
        this.#handle('Evt14');
        break;
      case 'A-RELEASE confirmation':
        this.#noteEnd({ how: 'released', byPeer: false });
        // In a collision (Sta12) the peer still waits for our answer.
        this.#handle('Evt14');
        break;
      case 'A-ABORT indication':
      case 'A-P-ABORT indication':
        this.#noteAbort(pdu);
        break;
    }
  }

  #noteAbort(pdu: ControlPdu | undefined): void {
    if (pdu?.type === 'A-ABORT') {
      this.#noteEnd({ how: 'aborted', byPeer: true, source: pdu.source, reason: pdu.reason });
    } else if (this.#event === 'Evt17') {
      this.#noteEnd({ how: 'connection-lost', byPeer: true, code: this.#socketError });
    } else {
      this.#noteEnd({ how: 'protocol-error', byPeer: true, code: 'UNEXPECTED_PDU' });
    }
  }

  // -- the socket ------------------------------------------------------------------------------------------------

  #attach(socket: Socket): void {
    this.#socket = socket;
    this.#reader.attach(socket);
    socket.setNoDelay(true);
    socket.on('data', this.#onData);
    socket.on('drain', this.#onDrain);
    socket.on('end', this.#onEnd);
    socket.on('error', this.#onError);
    socket.on('close', this.#onClose);
    if (socket.destroyed) queueMicrotask(this.#onClose);
  }

  #onError = (error: Error): void => {
    this.#socketError ??= systemCodeOf(error) ?? error.name;
  };

  #onEnd = (): void => {
    // Half-open connections have no use in DICOM: when the peer is done, so are we.
    if (this.#socket?.allowHalfOpen === true) this.#socket.destroySoon();
  };

  #onClose = (): void => {
    this.#handle('Evt17');
    this.#noteEnd({ how: 'connection-lost', byPeer: true, code: this.#socketError });
    this.#closed();
  };

  #closed(): void {
    if (this.#isClosed || this.#end === undefined) return;
    this.#isClosed = true;
    this.#timers.stopAll();
    this.#reader.stop();
    this.#drain?.reject(new AssociationEnded(this.#end));
    this.#drain = undefined;
    this.#user.transportClosed(this.#end);
  }

  #onData = (chunk: Buffer): void => {
    this.#bytesReceived += chunk.length;
    if (this.#end !== undefined && this.#tooMuchAfterEnd(chunk.length)) return;
    this.#reader.push(chunk);
  };

  #tooMuchAfterEnd(length: number): boolean {
    this.#bytesAfterEnd += length;
    if (this.#bytesAfterEnd <= BYTES_AFTER_END_MAX) return false;
    this.#socket?.destroy();
    return true;
  }

  /** A mistake of ours ends its association, never the process that serves all the others. */
  readFailed(error: unknown): void {
    if (error instanceof PduError || error instanceof DimseError) {
      this.#protocolError(error);
      return;
    }
    const cause = error instanceof Error ? error : undefined;
    this.abort({ how: 'aborted', byPeer: false, code: 'INTERNAL_ERROR', error: cause });
  }

  /** The user keeps a view of the piece it was given last. */
  keepRead(): void {
    this.#reader.keepRead();
  }

  pDataBegins(): void {
    const action = this.#handle('Evt10');
    this.#deliversData = action === 'DT-2' || action === 'AR-6';
  }

  pdvPiece(reader: PduReader): void | Promise<void> {
    if (reader.pduEnds) this.#timers.active();
    // The association may have ended since the PDU began.
    if (!this.#deliversData || this.#end !== undefined) return undefined;
    return this.#user.pdvPiece(
      reader.presentationContextID,
      reader.isCommand,
      reader.isLast && reader.pdvEnds,
      reader.piece,
    );
  }

  controlPdu(pdu: ControlPdu): void {
    this.#timers.active();
    if (pdu.type === 'A-ABORT' && this.#machine.state === 'Sta2') this.#noteAbort(pdu);
    this.#handle(eventOfPdu[pdu.type], { pdu });
  }

  resumed(): void {
    this.#timers.active();
  }

  #handle(event: Event, input?: EventInput): string | undefined {
    this.#event = event;
    const action = this.#machine.handle(event, input);
    // AA-1 tells nobody in Sta2, where there is no user yet.
    if (action === 'AA-1' && this.#end === undefined) {
      this.#noteEnd({ how: 'protocol-error', byPeer: true, code: 'UNEXPECTED_PDU' });
    }
    return action;
  }

  /** ARTIM watches the time before the association; while this side works the peer has to wait. */
  isSilenceAllowed(): boolean {
    return this.#reader.isWaiting || this.#machine.state === 'Sta2' || this.#user.isBusy();
  }

  #noteEnd(cause: EndCause): void {
    if (this.#end !== undefined) return;
    this.#end = {
      ...cause,
      durationMs: this.#timers.elapsedMs,
      bytesReceived: this.#bytesReceived,
      bytesSent: this.#bytesSent,
    };
    this.#timers.stopWatching();
    this.#user.ended(this.#end);
  }
}
