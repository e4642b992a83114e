import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { connect as connectHTTP2, type ClientHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { type HttpHead, HttpReader } from './http-reader.ts';
import type { WebTarget } from './jobs.ts';
import { dial, transportOf } from './raw-association.ts';

const OPEN_TIMEOUT_MS = 30_000;

export interface WebAsk {
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A POST; pieces are written one after the other, as fast as the peer takes them. */
  readonly body?: { readonly length: number; readonly pieces: Iterable<Buffer> };
  /** Otherwise the body is only counted. */
  readonly keepsBody?: boolean;
}

export interface WebAnswer extends HttpHead {
  /** Of the body, without what frames it. */
  readonly bytes: number;
  /** Empty unless it was to be kept. */
  readonly body: Buffer;
  /** From the request to the first byte of the body. */
  readonly firstByteMs: number;
}

/** One client of a DICOMweb server: one request at a time. */
export interface WebConnection {
  /** As negotiated: protocol and cipher, or 'clear', and the version of HTTP. */
  readonly transport: string;
  readonly maximumLength: number;
  /** Rejects when the connection is gone. */
  ask(request: WebAsk): Promise<WebAnswer>;
  release(): Promise<void>;
}

/** An answer that is coming in. */
class Incoming {
  readonly #startedAt = performance.now();
  readonly #keepsBody: boolean;
  readonly #pieces: Buffer[] = [];
  #bytes = 0;
  #firstByteMs = NaN;
  #head: HttpHead = { status: 0, headers: new Map() };

  constructor(keepsBody: boolean) {
    this.#keepsBody = keepsBody;
  }

  head(head: HttpHead): void {
    this.#head = head;
  }

  /** @param piece only valid during the call */
  body(piece: Buffer): void {
    if (this.#bytes === 0) this.#firstByteMs = performance.now() - this.#startedAt;
    this.#bytes += piece.length;
    if (this.#keepsBody) this.#pieces.push(Buffer.from(piece));
  }

  answer(): WebAnswer {
    const body = Buffer.concat(this.#pieces);
    return { ...this.#head, bytes: this.#bytes, body, firstByteMs: this.#firstByteMs };
  }
}

function headersOf({ token }: WebTarget, { headers = {} }: WebAsk): Record<string, string> {
  return { ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }), ...headers };
}

/**
 * HTTP/1.1 on a connection of its own that stays open, as thin as it can be: what comes in is framed and counted. When
 * the server closes it behind an answer, as it may, the next request is sent on a new one.
 */
export class RawHttp implements WebConnection {
  readonly maximumLength = 0;
  readonly #web: WebTarget;
  readonly #tls: { readonly ca: Buffer } | undefined;
  #socket: Socket | undefined;
  #transport = '';
  #incoming: Incoming | undefined;
  #resolve: (answer: WebAnswer) => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;

  private constructor(web: WebTarget) {
    this.#web = web;
    this.#tls = web.caFile === undefined ? undefined : { ca: readFileSync(web.caFile) };
  }

  /** Rejects when the peer cannot be reached. */
  static async open(web: WebTarget): Promise<RawHttp> {
    const connection = new RawHttp(web);
    await connection.#connect();
    return connection;
  }

  get transport(): string {
    return `${this.#transport}, HTTP/1.1`;
  }

  async #connect(): Promise<Socket> {
    const reader = new HttpReader({
      head: (head) => this.#incoming?.head(head),
      body: (piece) => this.#incoming?.body(piece),
      end: () => this.#settle(),
    });
    const socket = dial(this.#web, this.#tls, (piece) => {
      try {
        reader.push(piece);
      } catch (error) {
        socket.destroy(error instanceof Error ? error : undefined);
      }
    });
    const timer = setTimeout(() => socket.destroy(new Error('no connection in time')), OPEN_TIMEOUT_MS);
    try {
      await once(socket, this.#tls === undefined ? 'connect' : 'secureConnect');
    } finally {
      clearTimeout(timer);
    }
    socket.setNoDelay(true);
    const broke = (error: Error): void => {
      // One that was left behind ends when it will.
      if (this.#socket !== socket) return;
      this.#socket = undefined;
      if (!reader.close()) this.#broke(error);
    };
    socket.on('error', broke);
    socket.on('end', () => broke(new Error('the connection was closed')));
    socket.on('close', () => broke(new Error('the connection was closed')));
    this.#transport = transportOf(socket);
    return (this.#socket = socket);
  }

  async ask(request: WebAsk): Promise<WebAnswer> {
    const { path, body } = request;
    const { host, port } = this.#web;
    const headers = {
      Host: `${host}:${port}`,
      ...headersOf(this.#web, request),
      ...(body === undefined ? {} : { 'Content-Length': String(body.length) }),
    };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const method = body === undefined ? 'GET' : 'POST';
    // What a new connection costs is part of what the answer costs.
    this.#incoming = new Incoming(request.keepsBody === true);
    const answered = new Promise<WebAnswer>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const socket = this.#socket ?? (await this.#connect());
    socket.write(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1');
    if (body) void send(socket, body.pieces);
    return await answered;
  }

  release(): Promise<void> {
    this.#socket?.destroy();
    return Promise.resolve();
  }

  #settle(): void {
    const incoming = this.#incoming;
    this.#incoming = undefined;
    if (!incoming) return;
    const answer = incoming.answer();
    if (answer.headers.get('connection')?.toLowerCase() === 'close') this.#socket = undefined;
    this.#resolve(answer);
  }

  #broke(error: Error): void {
    if (!this.#incoming) return;
    this.#incoming = undefined;
    this.#reject(error);
  }
}

async function send(socket: Writable, pieces: Iterable<Buffer>): Promise<void> {
  for (const piece of pieces) {
    if (socket.destroyed) return;
    // A connection that breaks is told to whoever waits for the answer.
    if (!socket.write(piece)) await once(socket, 'drain').catch(() => undefined);
  }
}

/** HTTP/2 as a browser speaks it: all clients are streams of one connection. */
export class Http2Client implements WebConnection {
  readonly maximumLength = 0;
  readonly #web: WebTarget;
  readonly #session: ClientHttp2Session;

  private constructor(web: WebTarget, session: ClientHttp2Session) {
    this.#web = web;
    this.#session = session;
    session.on('error', () => undefined);
  }

  /** As browsers do: with the default of 64 KB each frame would wait for several round trips. */
  static readonly #WINDOW_BYTES = 6 * 1024 * 1024;

  /** @param web over TLS. Rejects when the peer cannot be reached */
  static async open(web: WebTarget): Promise<Http2Client> {
    const ca = readFileSync(web.caFile ?? '');
    const session = connectHTTP2(`https://${web.host}:${web.port}`, {
      ca,
      settings: { initialWindowSize: Http2Client.#WINDOW_BYTES },
    });
    await once(session, 'connect');
    session.setLocalWindowSize(4 * Http2Client.#WINDOW_BYTES);
    return new Http2Client(web, session);
  }

  get transport(): string {
    return `${transportOf(this.#session.socket)}, HTTP/2`;
  }

  ask(request: WebAsk): Promise<WebAnswer> {
    return new Promise((resolve, reject) => {
      const incoming = new Incoming(request.keepsBody === true);
      const { path, body } = request;
      const method = body === undefined ? 'GET' : 'POST';
      const fields = { ':method': method, ':path': path, ...headersOf(this.#web, request) };
      const stream = this.#session.request(fields, { endStream: body === undefined });
      if (body) void send(stream, body.pieces).then(() => stream.end());
      stream.on('response', (headers) => {
        const { ':status': status = 0, ...others } = headers;
        incoming.head({ status, headers: new Map(Object.entries(others).map(([k, v]) => [k, String(v)])) });
      });
      stream.on('data', (piece: Buffer) => incoming.body(piece));
      stream.on('error', reject);
      stream.on('end', () => resolve(incoming.answer()));
    });
  }

  release(): Promise<void> {
    this.#session.destroy();
    return Promise.resolve();
  }
}

/** Opens what each client speaks on: with HTTP/1.1 a connection of its own, with HTTP/2 the one of all. */
export function openerOf(web: WebTarget): () => Promise<WebConnection> {
  let shared: Promise<WebConnection> | undefined;
  return () => (web.protocol === 'HTTP/2' ? (shared ??= Http2Client.open(web)) : RawHttp.open(web));
}
