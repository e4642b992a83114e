import { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { connect as connectTls, createSecureContext } from 'node:tls';
import type { ConnectionOptions, SecureContext, TLSSocket } from 'node:tls';
import { Connection } from './connection.ts';
import type { ConnectionLimits } from './connection.ts';
import { exchangeDatagram } from './datagram.ts';
import type { DatagramAnswer } from './datagram.ts';
import type { HostLedger } from './host-ledger.ts';
import { CONNECT_TIMEOUT_MS, DATAGRAM_TIMEOUT_MS, READ_TIMEOUT_MS } from './limits.ts';
import { ProbeError, probeErrorOf } from './probe-error.ts';
import type { ProbeErrorCode } from './probe-error.ts';
import type { ConnectionEntry } from './run-record.ts';
import { SOCKET_WAITS_MS } from './socket-shortage.ts';

/** Why somebody wants a connection. */
export interface Purpose {
  readonly check: string;
  readonly purpose: string;
  /** It will carry an A-ASSOCIATE-RQ and counts against the host's associations. */
  readonly isAssociation?: boolean;
  /** It does not wait for a place at the host: idle sockets, which the scope asked for. */
  readonly isBeyondHostLimit?: boolean;
}

export interface Door {
  readonly address: string;
  readonly port: number;
}

/** What the scope says to a connection: a reason against it, or undefined. */
export type ScopeGuard = (address: string, port: number, now: Date) => string | undefined;

export interface DiallerOptions {
  readonly guard: ScopeGuard;
  readonly ledger: HostLedger;
  readonly record: (entry: ConnectionEntry) => void;
  readonly signal: AbortSignal;
  readonly clock?: () => Date;
}

/**
 * Opens every connection of a run, and is the only one who may. It asks the scope each time, keeps the limits of the
 * host, records the purpose, and drops everything at once when the run is stopped.
 */
export class Dialler {
  readonly #options: DiallerOptions;
  readonly #open = new Set<Connection>();
  readonly #clock: () => Date;
  readonly #contexts = new Map<string, SecureContext>();

  constructor(options: DiallerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? (() => new Date());
    options.signal.addEventListener('abort', () => {
      for (const connection of this.#open) connection.stop(new ProbeError('STOPPED'));
    });
  }

  get signal(): AbortSignal {
    return this.#options.signal;
  }

  /** Why this address and port may not be contacted now. The sweep asks it too. */
  refusal(address: string, port: number): string | undefined {
    return this.#options.guard(address, port, this.#clock());
  }

  record(entry: Omit<ConnectionEntry, 'at'>): void {
    this.#options.record({ at: this.#clock().toISOString(), ...entry });
  }

  /** A TCP connection; when this machine has no socket for it, it is tried again for a while. Throws ProbeError. */
  async connect(door: Door, purpose: Purpose, limits: ConnectionLimits = {}): Promise<Connection> {
    for (const waitMs of SOCKET_WAITS_MS) {
      try {
        return await this.#connectOnce(door, purpose, limits);
      } catch (error) {
        if (!(error instanceof ProbeError) || error.code !== 'NO_SOCKET') throw error;
        // A stop ends the wait, and the next try throws STOPPED.
        await wait(waitMs, undefined, { signal: this.signal }).catch(() => undefined);
      }
    }
    return this.#connectOnce(door, purpose, limits);
  }

  async #connectOnce(door: Door, purpose: Purpose, limits: ConnectionLimits): Promise<Connection> {
    const { address, port } = door;
    const refusal = this.refusal(address, port);
    if (refusal !== undefined) throw new ProbeError('OUT_OF_SCOPE', refusal);
    if (this.signal.aborted) throw new ProbeError('STOPPED');
    const leave = await this.#options.ledger.enter(address, purpose);
    // The run may have been stopped while this waited for its place.
    if (this.signal.aborted) {
      leave();
      throw new ProbeError('STOPPED');
    }
    const entry = { check: purpose.check, purpose: purpose.purpose, address, port };
    const socket = new Socket();
    const connection = new Connection(socket, limits, (end) => {
      this.#open.delete(connection);
      leave(end.outcome === ('NO_SOCKET' satisfies ProbeErrorCode) ? 'never-made' : 'over');
      this.record({ ...entry, ...end });
    });
    this.#open.add(connection);
    try {
      await connected(socket, door);
      return connection;
    } catch (error) {
      const failure = this.signal.aborted ? new ProbeError('STOPPED') : probeErrorOf(error);
      connection.outcome = failure.code;
      connection.close();
      throw failure;
    }
  }

  /** One datagram and its answer, under the same rules as a connection. Throws ProbeError. */
  async askDatagram(
    door: Door,
    purpose: Purpose,
    bytes: Uint8Array,
    timeoutMs = DATAGRAM_TIMEOUT_MS,
  ): Promise<DatagramAnswer> {
    const { address, port } = door;
    const refusal = this.refusal(address, port);
    if (refusal !== undefined) throw new ProbeError('OUT_OF_SCOPE', refusal);
    if (this.signal.aborted) throw new ProbeError('STOPPED');
    const leave = await this.#options.ledger.enter(address, purpose);
    const entry = { check: purpose.check, purpose: `${purpose.purpose} (UDP)`, address, port };
    const sent = { ...entry, bytesSent: bytes.length };
    try {
      if (this.signal.aborted) throw new ProbeError('STOPPED');
      const answer = await exchangeDatagram(door, bytes, timeoutMs, this.signal);
      const bytesReceived = answer.kind === 'answer' ? answer.bytes.length : 0;
      this.record({ ...sent, bytesReceived, outcome: answer.kind });
      return answer;
    } catch (error) {
      const failure = probeErrorOf(error);
      this.record({ ...sent, bytesReceived: 0, outcome: failure.code });
      throw failure;
    } finally {
      leave();
    }
  }

  /** A TLS connection; the certificate is looked at, not trusted. Throws ProbeError (TLS_FAILED with a code). */
  async connectTls(
    door: Door,
    purpose: Purpose,
    options: ConnectionOptions = {},
    limits: ConnectionLimits = {},
  ): Promise<{ connection: Connection; tls: TLSSocket }> {
    const plain = await this.connect(door, purpose, limits);
    const secureContext = this.#contextFor(options);
    const tls = connectTls({ ...options, secureContext, socket: plain.socket, rejectUnauthorized: false });
    const connection = new Connection(tls, limits, (end) => {
      plain.outcome = end.outcome;
      plain.close();
    });
    try {
      await secured(tls);
      return { connection, tls };
    } catch (error) {
      const cause = probeErrorOf(error);
      const failure = this.signal.aborted
        ? new ProbeError('STOPPED')
        : cause.code === 'PROTOCOL'
          ? new ProbeError('TLS_FAILED', cause.detail)
          : cause;
      connection.outcome = failure.code;
      connection.close();
      plain.close();
      throw failure;
    }
  }

  /** Making a context costs more than a handshake; those without a certificate of ours differ by version alone. */
  #contextFor(options: ConnectionOptions): SecureContext {
    const { minVersion, maxVersion, cert } = options;
    if (cert !== undefined) return createSecureContext(options);
    const key = `${minVersion ?? ''} ${maxVersion ?? ''}`;
    const context = this.#contexts.get(key) ?? createSecureContext(options);
    this.#contexts.set(key, context);
    return context;
  }
}

function connected(socket: Socket, { address, port }: Door): Promise<void> {
  socket.setNoDelay(true);
  socket.connect({ host: address, port });
  return settled(socket, 'connect', CONNECT_TIMEOUT_MS, {
    late: () => new ProbeError('CONNECT_TIMED_OUT'),
    closed: () => new ProbeError('CLOSED'),
  });
}

function secured(socket: TLSSocket): Promise<void> {
  return settled(socket, 'secureConnect', READ_TIMEOUT_MS, {
    late: () => new ProbeError('READ_TIMED_OUT', 'handshake'),
    closed: () => new ProbeError('TLS_FAILED', 'closed'),
  });
}

/** Resolves at the event; rejects when the socket fails or closes before, or when it takes too long. */
function settled(
  socket: Socket,
  event: 'connect' | 'secureConnect',
  timeoutMs: number,
  errors: { readonly late: () => ProbeError; readonly closed: () => ProbeError },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      socket.off(event, succeed).off('error', fail).off('close', close);
      act();
    };
    const succeed = (): void => settle(resolve);
    const fail = (error: Error): void => settle(() => reject(error));
    const close = (): void => settle(() => reject(errors.closed()));
    const timer = setTimeout(() => settle(() => reject(errors.late())), timeoutMs);
    socket.on(event, succeed).on('error', fail).on('close', close);
  });
}
