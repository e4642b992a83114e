import { createServer as createPlainServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTLSServer, type TLSSocket } from 'node:tls';
import {
  acceptAssociation,
  type AssociateDecision,
  type AssociateRequest,
  type Association,
  CommandField,
  type DataSetSink,
  type IncomingRequest,
} from '@leadglass/network';
import {
  authenticateDevice,
  authenticatePlainDevice,
  type DeviceRegistry,
  deviceTLSOptions,
  type Principal,
} from '../identity/index.ts';
import type { Imaging, Refusals, Workplace } from '../operations/index.ts';
import { handleEcho } from './c-echo.ts';
import { handleFind } from './c-find.ts';
import { handleGet, handleMove } from './c-retrieve.ts';
import { handleStore } from './c-store.ts';
import { DestinationDialler } from './destinations.ts';
import { Handshakes } from './handshakes.ts';
import { IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME } from './implementation.ts';
import { answerContexts, answerExtendedNegotiation, negotiatedQueries } from './negotiation.ts';
import type { DeviceSession } from './session.ts';
import { type StatusAnswer, statusOf } from './statuses.ts';
import { handleCommitment } from './storage-commitment.ts';
import { UnassociatedConnections } from './unassociated.ts';

export interface DimseDoorOptions {
  aeTitle: string;
  registry: DeviceRegistry;
  workplace: Workplace;
  /** Without it, an instance goes out as it is stored or not at all. */
  imaging?: Imaging;
  refusals: Refusals;
  tls: { caCertPem: string; serverKeyPem: string; serverCertPem: string };
  /** Associations at once, over all devices; a device may hold a quarter of them. */
  associationsMax: number;
  idleTimeoutMs: number;
  /** For the A-ASSOCIATE-RQ (PS3.8 9.1.5); the association's own default if it is not given. */
  artimMs?: number;
  onError: (error: unknown) => void;
}

interface Open {
  /** Operations under way. */
  running: number;
  association: Association;
  principal: Principal | undefined;
  certificateSerial: string | undefined;
}

/** Status of an error that nobody expected (PS3.7 C.5.1.1). */
const PROCESSING_FAILURE = 0x0110;
/** The share of all associations that one device may hold. */
const PER_DEVICE_SHARE = 4;
/** TLS handshakes under way: each costs some 50 KB, and an honest one is over in milliseconds. */
const HANDSHAKES_MAX = 512;
/** A running association may go on this long after the server was told to stop. */
const DRAIN_MS = 30_000;

/** Takes DIMSE associations over mutual TLS, and over clear text from devices named one by one. */
export class DimseDoor {
  readonly #options: DimseDoorOptions;
  readonly #dial: DestinationDialler;
  readonly #servers: Server[] = [];
  readonly #open = new Set<Open>();
  readonly #handshakes = new Handshakes(HANDSHAKES_MAX);
  readonly #unassociated = new UnassociatedConnections();
  #closing = false;
  /** Made once: one made for each association would keep its A-ASSOCIATE-RQ alive. */
  readonly #statusOf = (error: unknown): StatusAnswer => {
    const answer = statusOf(error);
    if (answer.status === PROCESSING_FAILURE) this.#options.onError(error);
    return answer;
  };

  constructor(options: DimseDoorOptions) {
    this.#options = options;
    const { caCertPem, serverKeyPem, serverCertPem } = options.tls;
    this.#dial = new DestinationDialler({
      imaging: options.imaging,
      registry: options.registry,
      aeTitle: options.aeTitle,
      tls: { caCertPem, keyPem: serverKeyPem, certPem: serverCertPem },
    });
  }

  /** The port that answers. */
  async listenTLS(host: string, port: number): Promise<number> {
    const server = createTLSServer({ ...deviceTLSOptions(this.#options.tls), noDelay: true });
    server.on('connection', (socket: Socket) => {
      const pushedOut = this.#handshakes.begin(socket);
      if (pushedOut) this.#refuse(pushedOut, 'TOO_MANY_CONNECTIONS');
      pushedOut?.destroy();
    });
    server.on('secureConnection', (socket: TLSSocket) => {
      this.#handshakes.end(socket);
      this.#onSecure(socket);
    });
    server.on('tlsClientError', (_error, socket) => {
      this.#handshakes.end(socket);
      this.#refuse(socket, 'TLS_HANDSHAKE_FAILED');
      socket.destroy();
    });
    return this.#listen(server, host, port);
  }

  /** Only for registered old devices; the caller has made sure that the address is private (law: nothing
   *  answers a stranger). */
  async listenPlain(host: string, port: number): Promise<number> {
    const server = createPlainServer({ noDelay: true }, (socket) => {
      const { registry } = this.#options;
      const known = registry.plainDevices().some((device) => device.plain?.address === plainAddress(socket));
      if (!known) {
        this.#refuse(socket, 'UNKNOWN_PLAIN_ADDRESS');
        socket.destroy();
        return;
      }
      this.#accept(
        socket,
        (request) => authenticatePlainDevice(peerOf(socket, request), registry),
        undefined,
      );
    });
    return this.#listen(server, host, port);
  }

  /** Ends what a device has open: its certificate, or the device itself, was revoked. */
  endAssociations(aeTitles: readonly string[], certificateSerials: readonly string[]): void {
    for (const open of this.#open) {
      const byTitle = open.principal && aeTitles.includes(open.principal.id);
      const bySerial = open.certificateSerial && certificateSerials.includes(open.certificateSerial);
      if (byTitle || bySerial) open.association.abort();
    }
  }

  get associations(): number {
    return this.#open.size;
  }

  /** Takes no new associations, lets running ones finish for a while, then aborts them. */
  async close(drainMs = DRAIN_MS): Promise<void> {
    this.#closing = true;
    const closed = this.#servers.map((server) => new Promise((resolve) => server.close(resolve)));
    this.#handshakes.abort();
    const deadline = performance.now() + drainMs;
    while (this.#open.size > 0 && performance.now() < deadline) {
      // Between two operations a device has been told what became of the last, and can come again.
      for (const open of this.#open) if (open.running === 0) open.association.abort();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    for (const open of this.#open) open.association.abort();
    await Promise.all(closed);
  }

  async #listen(server: Server, host: string, port: number): Promise<number> {
    server.on('error', (error) => this.#options.onError(error));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port, backlog: 512 }, () => {
        server.off('error', reject);
        resolve();
      });
    });
    this.#servers.push(server);
    return (server.address() as AddressInfo).port;
  }

  /** Nothing of a stranger is read: who has no valid certificate is gone before the first PDU. */
  #onSecure(socket: TLSSocket): void {
    socket.on('error', () => undefined);
    const known = authenticateDevice(socket, this.#options.registry);
    if (known.refusal !== undefined) {
      this.#refuse(socket, known.refusal, { certificateSerial: known.serial });
      socket.destroy();
      return;
    }
    const { principal } = known;
    this.#accept(socket, () => ({ principal }), principal);
  }

  #accept(
    socket: Socket,
    authenticate: (request: AssociateRequest) => { principal: Principal } | { refusal: string },
    principal: Principal | undefined,
  ): void {
    const source = principal?.certificateSerial ?? plainAddress(socket);
    const drop = (): void => {
      this.#refuse(socket, 'NO_ASSOCIATION_REQUEST');
      socket.destroy();
    };
    // Who has shown a certificate of ours is no stranger, however long it takes to say more.
    const waiting = this.#closing
      ? undefined
      : this.#unassociated.begin(source, principal ? undefined : drop);
    if (!waiting) {
      this.#refuse(socket, this.#closing ? 'SHUTTING_DOWN' : 'TOO_MANY_CONNECTIONS');
      socket.destroy();
      return;
    }
    const { idleTimeoutMs, artimMs } = this.#options;
    let session: DeviceSession | undefined;
    const open: Partial<Open> & { running: number } = {
      running: 0,
      certificateSerial: principal?.certificateSerial,
    };
    open.association = acceptAssociation(socket, {
      decide: (request) => {
        const decided = this.#decide(request, socket, authenticate(request));
        session = decided.session;
        open.principal = session?.caller.principal;
        // Who is rejected keeps its place until it has closed: else it could be rejected any number of times, and stay.
        if (session) waiting.end();
        return decided.answer;
      },
      onRequest: (request) => (session ? counted(open, this.#dispatch(request, session)) : undefined),
      onEnd: ({ code }) => {
        waiting.end();
        this.#open.delete(open as Open);
        if (code === 'ARTIM') this.#refuse(socket, 'NO_ASSOCIATION_REQUEST');
      },
      onHandlerError: (error) => this.#options.onError(error),
      implementationClassUID: IMPLEMENTATION_CLASS_UID,
      implementationVersionName: IMPLEMENTATION_VERSION_NAME,
      timeouts: { idleMs: idleTimeoutMs, ...(artimMs === undefined ? {} : { artimMs }) },
    });
    this.#open.add(open as Open);
  }

  #decide(
    request: AssociateRequest,
    socket: Socket,
    known: { principal: Principal } | { refusal: string },
  ): { answer: AssociateDecision; session?: DeviceSession } {
    const refuse = (reason: string, answer: AssociateDecision): { answer: AssociateDecision } => {
      const { callingAETitle, calledAETitle } = request;
      this.#refuse(socket, reason, { aeTitle: callingAETitle, calledAETitle });
      return { answer };
    };
    if ('refusal' in known) return refuse(known.refusal, rejected('no-reason-given'));
    const { principal } = known;
    // Only who has shown a certificate of ours is told which title is wrong: anybody else could guess one after the other.
    const isProved = principal.via === 'certificate';
    if (request.callingAETitle !== principal.id) {
      const reason = isProved ? 'calling-AE-title-not-recognized' : 'no-reason-given';
      return refuse('CALLING_AE_TITLE_NOT_BOUND', rejected(reason));
    }
    if (request.calledAETitle !== this.#options.aeTitle) {
      const reason = isProved ? 'called-AE-title-not-recognized' : 'no-reason-given';
      return refuse('CALLED_AE_TITLE_UNKNOWN', rejected(reason));
    }
    if (this.#closing || this.#isOverCap(principal)) {
      return refuse(this.#closing ? 'SHUTTING_DOWN' : 'TOO_MANY_ASSOCIATIONS', {
        accept: false,
        result: 'rejected-transient',
        source: 'service-provider-presentation',
        reason: 'local-limit-exceeded',
      });
    }
    const presentationContexts = answerContexts(request, principal);
    if (presentationContexts.some(({ result }) => result === 'user-rejection')) {
      this.#refuse(socket, 'VERB_NOT_GRANTED', { aeTitle: principal.id });
    }
    const { address, port } = peerAddress(socket);
    return {
      answer: { accept: true, presentationContexts, extendedNegotiation: answerExtendedNegotiation(request) },
      session: {
        caller: { principal, peer: { address, port } },
        negotiated: negotiatedQueries(request),
        aeTitle: this.#options.aeTitle,
        workplace: this.#options.workplace,
        dial: this.#dial,
        imaging: this.#options.imaging,
        statusOf: this.#statusOf,
      },
    };
  }

  #isOverCap(principal: Principal): boolean {
    const { associationsMax } = this.#options;
    // Connections that have not become an association have a cap of their own.
    const associated = [...this.#open].filter((open) => open.principal);
    const own = associated.filter((open) => open.principal?.id === principal.id).length;
    return associated.length >= associationsMax || own >= Math.max(1, associationsMax / PER_DEVICE_SHARE);
  }

  #dispatch(request: IncomingRequest, session: DeviceSession): DataSetSink | undefined | Promise<undefined> {
    switch (request.command.commandField) {
      case CommandField['C-ECHO-RQ']:
        return handleEcho(request, session).then(() => undefined);
      case CommandField['C-STORE-RQ']:
        return handleStore(request, session);
      case CommandField['C-FIND-RQ']:
        return handleFind(request, session);
      case CommandField['C-GET-RQ']:
        return handleGet(request, session);
      case CommandField['C-MOVE-RQ']:
        return handleMove(request, session);
      case CommandField['N-ACTION-RQ']:
        return handleCommitment(request, session);
      default:
        this.#options.refusals
          .record({
            peer: session.caller.peer ?? { address: '', port: 0 },
            reason: 'UNRECOGNIZED_OPERATION',
            claimed: { aeTitle: session.caller.principal.id },
          })
          .catch((error: unknown) => this.#options.onError(error));
        return request
          .respond({ status: 0x0211, errorComment: 'this service is not offered' })
          .then(() => undefined);
    }
  }

  #refuse(
    socket: Socket,
    reason: string,
    claimed: { aeTitle?: string; calledAETitle?: string; certificateSerial?: string | undefined } = {},
  ): void {
    const { certificateSerial, ...titles } = claimed;
    this.#options.refusals
      .record({
        peer: peerAddress(socket),
        reason,
        claimed: { ...titles, ...(certificateSerial === undefined ? {} : { certificateSerial }) },
      })
      .catch((error: unknown) => this.#options.onError(error));
  }
}

/** Keeps count of an association's operations, from the command to the end of the answer. */
function counted(
  open: { running: number },
  handling: DataSetSink | undefined | Promise<undefined>,
): DataSetSink | undefined | Promise<undefined> {
  open.running++;
  let isDone = false;
  const done = (): void => {
    if (!isDone) open.running--;
    isDone = true;
  };
  if (handling === undefined) {
    done();
    return undefined;
  }
  if (handling instanceof Promise) return handling.finally(done);
  const sink = handling;
  return {
    ...(sink.keepsFragments === undefined ? {} : { keepsFragments: sink.keepsFragments }),
    write: (fragment) => sink.write(fragment),
    end: async () => {
      try {
        await sink.end();
      } finally {
        done();
      }
    },
    abort: (reason) => {
      done();
      sink.abort(reason);
    },
  };
}

const rejected = (
  reason: 'calling-AE-title-not-recognized' | 'called-AE-title-not-recognized' | 'no-reason-given',
): AssociateDecision => ({ accept: false, result: 'rejected-permanent', source: 'service-user', reason });

const peerAddress = (socket: Socket): { address: string; port: number } => ({
  address: socket.remoteAddress ?? '',
  port: socket.remotePort ?? 0,
});

const peerOf = (socket: Socket, request: AssociateRequest) => ({
  address: socket.remoteAddress ?? '',
  callingAETitle: request.callingAETitle,
  calledAETitle: request.calledAETitle,
});

/** An IPv4 peer of a dual-stack listener shows as ::ffff:a.b.c.d. */
const plainAddress = (socket: Socket): string => (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
