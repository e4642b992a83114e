import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Caller } from '../operations/index.ts';
import { Answer, ClientGone, type Headers, type RawResponse } from './answer.ts';
import { authenticate } from './authenticate.ts';
import { corsHeaders, isPreflight, preflightHeaders } from './cross-origin.ts';
import type { DoorContext, Handler } from './door-context.ts';
import { SendMemory } from './send-memory.ts';
import { answerOf } from './web-error.ts';
import { WebRequest } from './web-request.ts';

/** How much of the body of a refused request is read and dropped, so that the client gets to see the answer. */
const DRAIN_MAX_BYTES = 16 * 1024 * 1024;
const DRAIN_MAX_MS = 5_000;

/** Every answer has these: nothing of ours is framed, sniffed, kept by others or sent on. */
const SECURITY_HEADERS: Headers = {
  'Strict-Transport-Security': 'max-age=31536000',
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'private, no-cache',
};

/** What HTTP/1.1 and HTTP/2 requests of Node.js have in common, as far as we use it. */
export interface IncomingRequest extends Readable {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly socket: unknown;
  /** All of it was received. */
  readonly complete: boolean;
}

export interface Route {
  /** By method; undefined: there is no such path. */
  readonly handlers: Readonly<Record<string, Handler>> | undefined;
  readonly parameters: Readonly<Record<string, string | undefined>>;
}

/** The one place where requests come in: who asks, may they, and what they are told when something goes wrong. */
export class Reception {
  readonly #context: () => DoorContext;
  readonly #memory = new SendMemory();

  constructor(context: () => DoorContext) {
    this.#context = context;
  }

  async receive(raw: IncomingRequest, reply: unknown, route: Route): Promise<void> {
    const context = this.#context();
    const origin = raw.headers.origin;
    const answer = new Answer(reply as RawResponse, {
      isHead: raw.method === 'HEAD',
      common: { ...SECURITY_HEADERS, ...corsHeaders(origin, context.allowedOrigins) },
      idleTimeoutMs: context.idleTimeoutMs,
      turns: context.turns,
      memory: this.#memory,
    });
    const { stream } = reply as RawResponse;
    if (stream === undefined)
      endWhenUnread(raw.socket as TLSSocket, reply as RawResponse, context.idleTimeoutMs);
    // A peer that resets its stream is no error of ours.
    raw.on('error', () => undefined);
    (reply as RawResponse).on('error', () => undefined);
    try {
      await this.#serve(context, raw, answer, route);
    } catch (error) {
      this.#fail(context, error, answer);
    }
    drain(raw, answer);
  }

  async #serve(context: DoorContext, raw: IncomingRequest, answer: Answer, route: Route): Promise<void> {
    const { method = '', url = '' } = raw;
    if (url === '/healthz' && (method === 'GET' || method === 'HEAD')) {
      answer.send(200, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' }, 'ok\n');
      return;
    }
    // The browser asks before it may send a token: the answer says nothing but that this page may.
    if (route.handlers && isPreflight(method, raw.headers, context.allowedOrigins)) {
      answer.send(204, preflightHeaders(Object.keys(route.handlers)));
      return;
    }
    const caller = await this.#callerOf(context, raw, answer);
    if (!caller) return;
    if (!route.handlers) {
      answer.json(404, { error: 'NO_SUCH_PATH' });
      return;
    }
    const handler = route.handlers[method === 'HEAD' ? 'GET' : method];
    if (!handler) {
      const allow = [...Object.keys(route.handlers), ...(route.handlers['GET'] ? ['HEAD'] : [])];
      answer.json(405, { error: 'METHOD_NOT_ALLOWED' }, { Allow: allow.join(', ') });
      return;
    }
    const request = new WebRequest({
      method,
      url,
      caller,
      headers: raw.headers,
      parameters: route.parameters,
      body: raw,
    });
    await handler(context, request, answer);
  }

  async #callerOf(context: DoorContext, raw: IncomingRequest, answer: Answer): Promise<Caller | undefined> {
    const socket = raw.socket as TLSSocket;
    const peer = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
    const found = authenticate(raw.headers.authorization, socket, context);
    if (found.principal) return { principal: found.principal, peer };
    const claimed =
      found.certificateSerial === undefined ? {} : { certificateSerial: found.certificateSerial };
    await context.refusals.record({ peer, reason: found.refusal, claimed });
    const problem = found.hadToken ? ', error="invalid_token"' : '';
    answer.json(
      401,
      { error: 'NOT_SIGNED_IN' },
      {
        'WWW-Authenticate': `Bearer realm="leadglass"${problem}`,
        'Cache-Control': 'no-store',
      },
    );
    return undefined;
  }

  #fail(context: DoorContext, error: unknown, answer: Answer): void {
    if (error instanceof ClientGone) return;
    const { status, code, advice, headers } = answerOf(error);
    if (status >= 500) context.onError?.(error);
    if (answer.hasBegun) {
      answer.breakOff();
      return;
    }
    const body = advice === undefined ? { error: code } : { error: code, advice };
    answer.json(status, body, { 'Cache-Control': 'no-store', ...headers });
  }
}

/**
 * Over HTTP/1.1 a client that takes nothing of what is written for it holds memory: it is cut off. One that only waits, for
 * work of ours, may wait. HTTP/2 has a time of its own for each connection.
 */
function endWhenUnread(socket: TLSSocket, reply: RawResponse, idleTimeoutMs: number): void {
  // Until the answer is sent; Node.js sets its own for the pause between two requests.
  socket.setTimeout(idleTimeoutMs);
  reply.on('timeout', () => {
    if (socket.writableLength > 0) socket.destroy();
  });
}

/** What is left of a body nobody wanted: some is read and dropped, more ends the connection. */
function drain(raw: IncomingRequest, answer: Answer): void {
  // Nothing is to come of most requests: they were all there when their head was.
  if (raw.readableEnded || raw.destroyed || raw.complete) return;
  let dropped = 0;
  const timer = setTimeout(() => answer.breakOff(), DRAIN_MAX_MS);
  timer.unref();
  raw.once('close', () => clearTimeout(timer));
  raw.once('end', () => clearTimeout(timer));
  raw.on('data', (piece: Buffer) => {
    dropped += piece.length;
    if (dropped > DRAIN_MAX_BYTES) answer.breakOff();
  });
  raw.resume();
}
