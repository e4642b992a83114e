import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { TlsOptions } from 'node:tls';
import { listen } from './simulated-pacs.ts';
import type { SimulatedPage } from './simulated-pacs.ts';

export interface WebRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface WebServer extends AsyncDisposable {
  readonly port: number;
  /** 'GET /path' of every request, in order. */
  readonly requests: readonly string[];
}

/** A web server that answers what the test says; 404 where it says nothing. */
export async function startWeb(
  answer: (request: WebRequest) => SimulatedPage | undefined,
  options: { tls?: TlsOptions } = {},
): Promise<WebServer> {
  const requests: string[] = [];
  const serve: Parameters<typeof createServer>[1] = (incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const url = new URL(incoming.url ?? '/', 'http://simulated.test');
      const method = incoming.method ?? '';
      requests.push(`${method} ${url.pathname}`);
      const body = Buffer.concat(chunks).toString('latin1');
      const { headers } = incoming;
      const page = answer({ method, path: url.pathname, query: url.searchParams, headers, body }) ?? {
        status: 404,
      };
      response.writeHead(page.status ?? 200, page.headers ?? {});
      response.end(page.body ?? '');
    });
  };
  const server = options.tls === undefined ? createServer(serve) : createTlsServer(options.tls, serve);
  server.on('clientError', (_error, socket) => socket.destroy());
  const port = await listen(server, '127.0.0.1', 0);
  return {
    port,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** How the web door of a simulated archive treats strangers. */
export type WebForm =
  /** Answers everybody. */
  | 'open'
  /** 401 for DICOMweb; the front page is there for everybody. */
  | 'login'
  /** 401 for everything. */
  | 'login-everywhere';

const ROOT = '/dicom-web';
const UNAUTHORIZED: SimulatedPage = { status: 401, headers: { 'WWW-Authenticate': 'Bearer' } };

/** DICOMweb at /dicom-web as an honest archive does it: nothing is found for a UID that names nothing. */
export function dicomWebArchive(
  form: WebForm,
  title = 'Example PACS',
): (request: WebRequest) => SimulatedPage | undefined {
  return ({ method, path, query }) => {
    if (form === 'login-everywhere') return UNAUTHORIZED;
    if (method === 'GET' && path === '/') {
      return { headers: { 'Content-Type': 'text/html' }, body: `<html><title>${title}</title></html>` };
    }
    if (!path.startsWith(`${ROOT}/`)) return undefined;
    if (form === 'login') return UNAUTHORIZED;
    if (path !== `${ROOT}/studies`) return undefined;
    if (method === 'POST') return { status: 400 };
    const found = query.has('StudyInstanceUID') ? '[]' : '[{"00100010":{"vr":"PN"}}]';
    return { headers: { 'Content-Type': 'application/dicom+json' }, body: found };
  };
}

/** A server that answers every path with the same page, as single-page applications do. */
export function answersEverything(page: SimulatedPage): () => SimulatedPage {
  return () => page;
}

/** The login of HTTP a request brings: 'name:password'. */
export function basicLoginOf({ headers }: WebRequest): string | undefined {
  const encoded = /^Basic (.+)$/.exec(headers.authorization ?? '')?.[1];
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('latin1');
}

export const basicChallenge = (realm: string): SimulatedPage => ({
  status: 401,
  headers: { 'WWW-Authenticate': `Basic realm="${realm}"` },
});

export const htmlPage = (body: string, headers: Readonly<Record<string, string>> = {}): SimulatedPage => ({
  headers: { 'Content-Type': 'text/html; charset=utf-8', ...headers },
  body,
});
