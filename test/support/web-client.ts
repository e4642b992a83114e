import { readFileSync } from 'node:fs';
import { Agent, request as httpsRequest } from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';
import { installationFolders } from '../../packages/server/src/config/installation.ts';
import type { TestArchive, TestDevice } from './archive.ts';
import type { Scope } from './scope.ts';

const TIMEOUT_MS = 60_000;

export interface WebAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface WebAsk {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

/** `leadglass token create`; throws when it fails. */
export async function createToken(archive: TestArchive, may: string, expires = '1h'): Promise<string> {
  const made = await archive.command(
    'token',
    'create',
    '--for',
    'test',
    '--may',
    may,
    '--expires',
    expires,
    '--json',
  );
  if (made.code !== 0) throw new Error(`token create failed: ${made.output}`);
  const line = made.stdout.split('\n').find((each) => each.startsWith('{')) ?? '{}';
  const { token } = JSON.parse(line) as { token?: string };
  if (token === undefined) throw new Error('no token in the answer');
  return token;
}

/** Speaks HTTPS with one archive, as one caller. */
export class WebClient {
  readonly #agent: Agent;
  readonly #port: number;
  readonly #token: string | undefined;

  constructor(scope: Scope, archive: TestArchive, who: { token?: string; device?: TestDevice } = {}) {
    const ca = readFileSync(installationFolders(archive.dataFolder).caCertFile, 'utf8');
    const { device } = who;
    const certificate =
      device === undefined ? {} : { key: readFileSync(device.keyFile), cert: readFileSync(device.certFile) };
    this.#agent = new Agent({ keepAlive: true, maxSockets: 4, ca, ...certificate });
    this.#port = archive.httpsPort;
    this.#token = who.token;
    scope.onClose(() => this.#agent.destroy());
  }

  /** @param path from the root, or a link of the archive's own */
  ask(path: string, { method = 'GET', headers = {}, body }: WebAsk = {}): Promise<WebAnswer> {
    const url = new URL(path, `https://localhost:${this.#port}`);
    const authorization = this.#token === undefined ? {} : { Authorization: `Bearer ${this.#token}` };
    return new Promise((resolve, reject) => {
      const request = httpsRequest(
        {
          host: '127.0.0.1',
          servername: 'localhost',
          port: this.#port,
          path: url.pathname + url.search,
          method,
          agent: this.#agent,
          timeout: TIMEOUT_MS,
          headers: { ...authorization, ...headers },
        },
        (response) => {
          const pieces: Buffer[] = [];
          response.on('data', (piece: Buffer) => pieces.push(piece));
          response.on('error', reject);
          response.on('end', () => {
            const { statusCode: status = 0, headers: received } = response;
            resolve({ status, headers: received, body: Buffer.concat(pieces) });
          });
        },
      );
      request.on('error', reject);
      request.on('timeout', () => request.destroy(new Error('no answer in time')));
      request.end(body);
    });
  }

  async json(path: string, ask: WebAsk = {}): Promise<unknown> {
    const { status, body } = await this.ask(path, ask);
    if (status !== 200) throw new Error(`${status}: ${body.toString('utf8').slice(0, 200)}`);
    return JSON.parse(body.toString('utf8')) as unknown;
  }
}

/** A multipart/related body and its Content-Type. */
export function multipart(
  parts: readonly { type: string; body: Uint8Array; headers?: Readonly<Record<string, string>> }[],
  rootType = 'application/dicom',
): { headers: { 'Content-Type': string }; body: Buffer } {
  const boundary = 'a-boundary-of-the-test';
  const pieces = parts.flatMap(({ type, body, headers = {} }) => {
    const more = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    return [Buffer.from(`\r\n--${boundary}\r\nContent-Type: ${type}\r\n${more.join('')}\r\n`), body];
  });
  return {
    headers: { 'Content-Type': `multipart/related; type="${rootType}"; boundary=${boundary}` },
    body: Buffer.concat([...pieces, Buffer.from(`\r\n--${boundary}--\r\n`)]),
  };
}

/** The parts of a multipart answer. */
export function partsOf(answer: WebAnswer): { headers: Map<string, string>; body: Buffer }[] {
  const boundary = /boundary="?([^";]+)/.exec(answer.headers['content-type'] ?? '')?.[1] ?? '';
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  const bytes = Buffer.concat([Buffer.from('\r\n'), answer.body]);
  const parts: { headers: Map<string, string>; body: Buffer }[] = [];
  let at = bytes.indexOf(delimiter);
  for (;;) {
    const start = at + delimiter.length;
    const end = bytes.indexOf(delimiter, start);
    if (at < 0 || end < 0) return parts;
    const headersEnd = bytes.indexOf('\r\n\r\n', start);
    const lines = bytes.toString('latin1', start + 2, headersEnd).split('\r\n');
    const headers = new Map(
      lines.map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
      }),
    );
    parts.push({ headers, body: bytes.subarray(headersEnd + 4, end) });
    at = end;
  }
}
