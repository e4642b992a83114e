import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';

/** A request that has not sent its headers by then is not going to. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const MAX_HEADER_BYTES = 16 * 1024;

/** The HTTPS door. Until people and tokens are known here, it says that it lives, and nothing else. */
export class HttpsDoor {
  readonly #server: Server;

  constructor(tls: { keyPem: string; certPem: string }) {
    this.#server = createServer(
      {
        key: tls.keyPem,
        cert: tls.certPem,
        minVersion: 'TLSv1.2',
        headersTimeout: HEADERS_TIMEOUT_MS,
        requestTimeout: REQUEST_TIMEOUT_MS,
        maxHeaderSize: MAX_HEADER_BYTES,
      },
      (request, response) => {
        response.setHeader('Strict-Transport-Security', 'max-age=31536000');
        response.setHeader('Content-Type', 'text/plain; charset=utf-8');
        response.setHeader('X-Content-Type-Options', 'nosniff');
        const alive = request.method === 'GET' && request.url === '/healthz';
        response.statusCode = alive ? 200 : 401;
        response.end(alive ? 'ok\n' : 'not signed in\n');
      },
    );
    this.#server.on('tlsClientError', () => undefined);
  }

  async listen(host: string, port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    if (!this.#server.listening) return;
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
