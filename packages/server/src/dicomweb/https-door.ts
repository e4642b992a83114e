import type { FastifyInstance } from 'fastify';
import type {
  Http2SecureServer,
  Http2ServerRequest,
  Http2ServerResponse,
  SecureServerOptions,
} from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { deviceTLSOptions } from '../identity/index.ts';
import { ReadyMetadata, Viewings } from '../operations/index.ts';
import { AcceptReader } from './accept-reader.ts';
import type { DoorContext, DoorOptions } from './door-context.ts';
import { HeaderCache } from './header-cache.ts';
import { STREAM_WINDOW_BYTES, widenWindow } from './http2-windows.ts';
import { Reception } from './reception.ts';
import { METHODS, routes } from './routes.ts';
import { instanceURL } from './targets.ts';
import { Turns } from './turns.ts';

export type { DoorOptions } from './door-context.ts';

/** A request that has not sent its headers by then is not going to. */
const HEADERS_TIMEOUT_MS = 10_000;
const MAX_HEADER_BYTES = 16 * 1024;
/** Header fields of one request. */
const MAX_HEADERS = 100;
/** HTTP/2 requests of one connection at the same time: viewers ask for 25 frames ahead. */
const CONCURRENT_STREAMS_MAX = 128;
/** A path longer than this names nothing of ours; long searches are sent by POST. */
const PARAMETER_LENGTH_MAX = 65_536;
/** Where DICOMweb begins. */
export const DICOMWEB_PATH = '/dicom-web';

/** No route has a schema. What would compile them is two thirds of the framework, and is not loaded. */
const noSchemas = (): never => {
  throw new Error('a route with a schema needs the compilers');
};

type App = FastifyInstance<Http2SecureServer, Http2ServerRequest, Http2ServerResponse>;

/** The HTTPS door: HTTP/2 and HTTP/1.1 over TLS, nobody served who did not prove who they are. */
export class HttpsDoor {
  readonly #options: DoorOptions;
  readonly #viewings: Viewings;
  readonly #sockets = new Set<Socket>();
  #app: App | undefined;

  constructor(options: DoorOptions) {
    this.#options = options;
    this.#viewings = new Viewings(options.workplace);
  }

  /** Loads the framework, which the rest of the archive need not wait for, and listens. */
  async listen(host: string, port: number): Promise<number> {
    const { fastify } = await import('fastify');
    const reception = new Reception(() => this.#context());
    const app: App = fastify({
      http2: true,
      https: this.#tlsOptions(),
      bodyLimit: Number.MAX_SAFE_INTEGER,
      exposeHeadRoutes: false,
      routerOptions: { maxParamLength: PARAMETER_LENGTH_MAX },
      http2SessionTimeout: this.#options.idleTimeoutMs,
      requestTimeout: 0,
      keepAliveTimeout: this.#options.idleTimeoutMs,
      connectionTimeout: 0,
      logger: false,
      schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
      // A path that cannot be decoded is a path that is not there, for those who may know.
      frameworkErrors: (_error, request, reply) => {
        reply.hijack();
        void reception.receive(request.raw, reply.raw, { handlers: undefined, parameters: {} });
      },
    });
    this.#app = app;
    // Bodies are read by those who know what they are.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', (_request, _body, done) => {
      done(null);
    });
    app.server.maxConnections = this.#options.connectionsMax;
    app.server.on('tlsClientError', () => undefined);
    app.server.on('session', widenWindow);
    app.server.on('connection', (socket: Socket) => {
      // Node.js does this for HTTP/2 and for servers of HTTP/1.1 alone, not for HTTP/1.1 beside HTTP/2: each answer in
      // several writes would wait 40 ms for a delayed acknowledgement.
      socket.setNoDelay(true);
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    for (const { path, handlers } of routes) {
      app.route({
        method: [...METHODS],
        url: path,
        handler: async (request, reply) => {
          reply.hijack();
          const parameters = request.params as Record<string, string>;
          await reception.receive(request.raw, reply.raw, { handlers, parameters });
        },
      });
    }
    app.setNotFoundHandler(async (request, reply) => {
      reply.hijack();
      await reception.receive(request.raw, reply.raw, { handlers: undefined, parameters: {} });
    });
    await app.listen({ host, port });
    limitHTTP1(app.server);
    const { metadata } = this.#context();
    this.#options.quietWork?.add((series, breathe) => metadata.makeAhead(series, breathe));
    return (app.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const app = this.#app;
    if (app) {
      // Whoever still waits for an answer learns at once that there will be none.
      for (const socket of this.#sockets) socket.destroy();
      await app.close();
    }
    await this.#viewings.close();
  }

  #tlsOptions(): SecureServerOptions {
    const { caCertPem, keyPem, certPem } = this.#options;
    return {
      ...deviceTLSOptions({ caCertPem, serverKeyPem: keyPem, serverCertPem: certPem }),
      allowHTTP1: true,
      settings: {
        maxConcurrentStreams: CONCURRENT_STREAMS_MAX,
        maxHeaderListSize: MAX_HEADER_BYTES,
        initialWindowSize: STREAM_WINDOW_BYTES,
      },
      maxSessionInvalidFrames: 100,
      maxHeaderListPairs: MAX_HEADERS,
    };
  }

  #known: DoorContext | undefined;
  #context(): DoorContext {
    if (this.#known) return this.#known;
    const options = this.#options;
    const { port } = this.#app?.server.address() as AddressInfo;
    const publicAddress = options.publicAddress ?? `https://${urlHost(options.host)}:${port}`;
    const baseURL = publicAddress + DICOMWEB_PATH;
    return (this.#known = {
      ...options,
      baseURL,
      viewings: this.#viewings,
      headers: new HeaderCache(),
      accepts: new AcceptReader(),
      turns: new Turns(),
      metadata: new ReadyMetadata(
        options.workplace,
        { address: baseURL, instanceURL: (record) => instanceURL(baseURL, record) },
        { maxBytes: options.readyMetadataMaxBytes },
      ),
    });
  }
}

/** HTTP/1.1 beside HTTP/2: Node.js keeps its limits on the server. */
function limitHTTP1(server: Http2SecureServer): void {
  const limits = { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: 0, maxHeadersCount: MAX_HEADERS };
  Object.assign(server, limits);
}

function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
