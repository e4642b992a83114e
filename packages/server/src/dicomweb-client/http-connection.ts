import { Agent as HttpAgent, type ClientRequest, type IncomingMessage, request as askHTTP } from 'node:http';
import { Agent as HttpsAgent, request as askHTTPS } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { connectionError, DicomwebError } from './client-error.ts';

/** Header lines of an answer, all together: servers send some hundred bytes. */
const ANSWER_HEADERS_MAX_BYTES = 32 * 1024;
/** Header fields of an answer. */
const ANSWER_HEADERS_MAX = 100;
/** Nothing moves for this long: the other side is gone. */
const IDLE_TIMEOUT_MS = 60_000;
/** A server that stores a large batch may think about it; longer than this it does not. */
const ANSWER_TIMEOUT_MS = 300_000;
/** After a start, an answer must come at least this fast. */
const SLOWEST_BYTES_PER_SECOND = 1024;
/** How long nobody looks at the pace. */
const GRACE_MS = 30_000;
/** Connections at the same time. */
const SOCKETS_MAX = 4;

export interface ConnectionOptions {
  /** From parseServiceAddress. */
  readonly address: URL;
  readonly token?: string;
  /** PEM. Authorities that are trusted instead of the usual ones. */
  readonly ca?: string;
  /** PEM, both or none. */
  readonly cert?: string;
  readonly key?: string;
  readonly userAgent: string;
  /** Milliseconds that only grow. */
  readonly now?: () => number;
  readonly idleTimeoutMs?: number;
  readonly answerTimeoutMs?: number;
}

export interface RequestBody {
  readonly type: string;
  readonly length: number;
  /** Exactly as long; asked for once. */
  readonly pieces: () => AsyncIterable<Uint8Array>;
}

export interface Ask {
  readonly method: 'GET' | 'POST';
  /** Under the base, encoded, with its query. */
  readonly path: string;
  readonly accept: string;
  readonly body?: RequestBody;
}

/** An answer whose body comes as it is read. It must be read to its end or closed. */
export interface HttpAnswer {
  readonly status: number;
  /** Joined as RFC 9110 5.3 has it; undefined when there is none. */
  header(name: string): string | undefined;
  /** @throws DicomwebError */
  readonly pieces: AsyncIterable<Buffer>;
  /** Leaves the rest unread. */
  close(): void;
}

/** HTTP/1.1 with one service, within limits. Redirects are answers like others: nothing is followed. */
export class HttpConnection {
  readonly #options: ConnectionOptions;
  readonly #agent: HttpAgent | HttpsAgent;
  readonly #now: () => number;
  #hasAnswered = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    const { address, ca, cert, key } = options;
    const common = { keepAlive: true, maxSockets: SOCKETS_MAX };
    this.#agent =
      address.protocol === 'https:'
        ? new HttpsAgent({
            ...common,
            minVersion: 'TLSv1.2',
            ...(ca === undefined ? {} : { ca }),
            ...(cert === undefined ? {} : { cert }),
            ...(key === undefined ? {} : { key }),
          })
        : new HttpAgent(common);
    this.#now = options.now ?? (() => performance.now());
  }

  close(): void {
    this.#agent.destroy();
  }

  /** @throws DicomwebError */
  ask(ask: Ask): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      let request: ClientRequest;
      try {
        request = this.#begin(ask);
      } catch (error) {
        reject(connectionError(error));
        return;
      }
      // The socket's own timeout sees whether anything moves, not whether an answer ever comes.
      const answerTimeoutMs = this.#options.answerTimeoutMs ?? ANSWER_TIMEOUT_MS;
      const late = (): void => void request.destroy(new DicomwebError('TIMED_OUT'));
      let timer: NodeJS.Timeout | undefined;
      let isOver = false;
      const over = (): void => {
        isOver = true;
        clearTimeout(timer);
      };
      request.once('finish', () => {
        if (!isOver) timer = setTimeout(late, answerTimeoutMs);
      });
      request.once('timeout', late);
      request.once('close', over);
      request.on('error', (error) => {
        over();
        reject(this.#asOurs(error));
      });
      request.once('response', (response) => {
        over();
        this.#hasAnswered = true;
        resolve(this.#answer(request, response));
      });
      if (ask.body === undefined) request.end();
      else {
        // What goes wrong in a body reaches `error` above; an answer that came meanwhile is still read.
        pipeline(Readable.from(ask.body.pieces(), { objectMode: true }), request).catch((error: unknown) => {
          if (!request.destroyed) request.destroy(error instanceof Error ? error : undefined);
        });
      }
    });
  }

  /** Where nobody ever answered, waiting for better times is no help. */
  #asOurs(error: unknown): Error {
    const ours = connectionError(error);
    if (this.#hasAnswered || !(ours instanceof DicomwebError) || ours.code !== 'CONNECTION_FAILED')
      return ours;
    return new DicomwebError('UNREACHABLE', ours.detail === undefined ? {} : { detail: ours.detail });
  }

  #begin({ method, path, accept, body }: Ask): ClientRequest {
    const { address, token, userAgent, idleTimeoutMs = IDLE_TIMEOUT_MS } = this.#options;
    const headers: Record<string, string> = { Accept: accept, 'User-Agent': userAgent };
    if (token !== undefined) headers['Authorization'] = `Bearer ${token}`;
    if (body !== undefined) {
      headers['Content-Type'] = body.type;
      headers['Content-Length'] = String(body.length);
    }
    const options = {
      method,
      headers,
      agent: this.#agent,
      timeout: idleTimeoutMs,
      maxHeaderSize: ANSWER_HEADERS_MAX_BYTES,
      // Never through a URL again: that would take steps such as `..`, which a UID of a server's may be, for its own.
      path: address.pathname.replace(/\/$/, '') + path,
    };
    const request = address.protocol === 'https:' ? askHTTPS(address, options) : askHTTP(address, options);
    request.maxHeadersCount = ANSWER_HEADERS_MAX;
    return request;
  }

  #answer(request: ClientRequest, response: IncomingMessage): HttpAnswer {
    const close = (): void => void request.destroy();
    return {
      status: response.statusCode ?? 0,
      header: (name) => {
        const value = response.headers[name];
        return Array.isArray(value) ? value.join(', ') : value;
      },
      pieces: pacedPieces(request, response, this.#now),
      close,
    };
  }
}

/** The body of an answer; one that trickles is cut off. */
async function* pacedPieces(
  request: ClientRequest,
  response: IncomingMessage,
  now: () => number,
): AsyncGenerator<Buffer> {
  const pieces: AsyncIterator<Buffer> = response[Symbol.asyncIterator]();
  let waitedMs = 0;
  let length = 0;
  try {
    for (;;) {
      const before = now();
      const next = await pieces.next();
      // Only the time in which we waited for the server counts against it.
      waitedMs += now() - before;
      if (next.done === true) break;
      length += next.value.length;
      const isSlow = waitedMs > GRACE_MS && length < (waitedMs / 1000) * SLOWEST_BYTES_PER_SECOND;
      if (isSlow) throw new DicomwebError('TIMED_OUT', { detail: 'ANSWER_TOO_SLOW' });
      yield next.value;
    }
    if (!response.complete) throw new DicomwebError('CUT_SHORT');
  } catch (error) {
    throw connectionError(error);
  } finally {
    // A connection with something left on it, either way, is of no use for the next request.
    if (!response.complete || !response.readableEnded || !request.writableFinished) request.destroy();
  }
}
