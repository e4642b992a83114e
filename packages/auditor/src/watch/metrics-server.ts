import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { METRICS_CONNECTIONS_MAX, METRICS_TIMEOUT_MS } from './limits.ts';
import { METRICS_TYPE } from './metrics.ts';
import type { MetricsServerConfig } from './watch-config.ts';

export interface MetricsServer extends AsyncDisposable {
  readonly port: number;
}

/** Answers GET /metrics, and nothing else. @param text made anew for each scrape */
export async function startMetricsServer(
  config: MetricsServerConfig,
  text: () => string,
): Promise<MetricsServer> {
  const answer: RequestListener = (request, response) => {
    const { status, body, headers } = answerTo(request, config, text);
    response.writeHead(status, {
      'Content-Type': METRICS_TYPE,
      'Content-Length': Buffer.byteLength(body),
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      ...headers,
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  };
  const { certificate } = config;
  const server =
    certificate === undefined
      ? createServer(answer)
      : createTlsServer(
          { cert: certificate.cert, key: certificate.key.reveal(), minVersion: 'TLSv1.2' },
          answer,
        );
  server.maxConnections = METRICS_CONNECTIONS_MAX;
  server.requestTimeout = METRICS_TIMEOUT_MS;
  server.headersTimeout = METRICS_TIMEOUT_MS;
  server.keepAliveTimeout = METRICS_TIMEOUT_MS;
  const port = await listen(server, config);
  return {
    port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function answerTo(request: IncomingMessage, { token }: MetricsServerConfig, text: () => string): Answer {
  const given = request.headers.authorization ?? '';
  if (token !== undefined && !isSame(given, `Bearer ${token.reveal()}`)) {
    return { status: 401, body: '', headers: { 'WWW-Authenticate': 'Bearer' } };
  }
  // Without a token, a page in a browser on this machine must not read it under a name of its own (DNS rebinding).
  if (token === undefined && !LOOPBACK_HOST.test(request.headers.host ?? ''))
    return { status: 403, body: '' };
  if (request.url !== '/metrics') return { status: 404, body: '' };
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return { status: 405, body: '', headers: { Allow: 'GET, HEAD' } };
  }
  try {
    return { status: 200, body: text() };
  } catch {
    // The history is being written for longer than the wait: Prometheus asks again.
    return { status: 503, body: '' };
  }
}

const LOOPBACK_HOST = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i;

/** In a time that does not depend on where they differ. */
function isSame(given: string, expected: string): boolean {
  const digest = (value: string): Buffer => createHash('sha256').update(value).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

async function listen(server: Server, { host, port }: MetricsServerConfig): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? bound.port : port;
}
