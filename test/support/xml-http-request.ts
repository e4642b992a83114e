import type { WebAnswer, WebClient } from './web-client.ts';

const DONE = 4;

/** As much of a browser's XMLHttpRequest as a library needs that was written for browsers; it speaks through a client. */
export class ClientRequest {
  readyState = 0;
  status = 0;
  responseType = '';
  response: unknown = null;
  withCredentials = false;
  onloadstart: (() => void) | null = null;
  onloadend: (() => void) | null = null;
  onprogress: ((event: { loaded: number }) => void) | null = null;
  onreadystatechange: (() => void) | null = null;
  readonly #client: WebClient;
  readonly #headers: Record<string, string> = {};
  #method = 'GET';
  #url = '';
  #answer: WebAnswer | undefined;

  constructor(client: WebClient) {
    this.#client = client;
  }

  open(method: string, url: string): void {
    this.#method = method.toUpperCase();
    this.#url = url;
  }

  setRequestHeader(name: string, value: string): void {
    this.#headers[name] = value;
  }

  send(body?: ArrayBuffer | Uint8Array | string): void {
    const bytes = body instanceof ArrayBuffer ? new Uint8Array(body) : body;
    const ask = {
      method: this.#method,
      headers: this.#headers,
      ...(bytes === undefined ? {} : { body: bytes }),
    };
    this.onloadstart?.();
    this.#client.ask(this.#url, ask).then(
      (answer) => this.#finish(answer),
      () => this.#finish(undefined),
    );
  }

  getResponseHeader(name: string): string | null {
    return this.#answer?.headers[name.toLowerCase()]?.toString() ?? null;
  }

  getAllResponseHeaders(): string {
    const headers = Object.entries(this.#answer?.headers ?? {});
    return headers.map(([name, value]) => `${name}: ${String(value)}\r\n`).join('');
  }

  /** No answer is status 0, as in a browser. */
  #finish(answer: WebAnswer | undefined): void {
    this.#answer = answer;
    this.status = answer?.status ?? 0;
    this.response = answer === undefined ? null : this.#value(answer.body);
    this.onprogress?.({ loaded: answer?.body.length ?? 0 });
    this.readyState = DONE;
    this.onreadystatechange?.();
    this.onloadend?.();
  }

  #value(body: Buffer): unknown {
    if (this.responseType === 'arraybuffer') return new Uint8Array(body).buffer;
    const text = body.toString('utf8');
    if (this.responseType !== 'json') return text;
    return text === '' ? null : (JSON.parse(text) as unknown);
  }
}
