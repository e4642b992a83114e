import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { Caller } from '../operations/index.ts';
import { UriQuery } from './uri-query.ts';
import { WebError } from './web-error.ts';

/** PS3.5 9.1: 64 characters, digits and dots; leading zeros exist in the field and must be found. */
const UID_PATTERN = /^[0-9]+(\.[0-9]+)*$/;
const UID_LENGTH_MAX = 64;

/** A request whose caller is known. */
export class WebRequest {
  readonly method: string;
  readonly path: string;
  readonly caller: Caller;
  readonly body: Readable;
  readonly #headers: IncomingHttpHeaders;
  readonly #parameters: Readonly<Record<string, string | undefined>>;
  readonly #queryText: string;
  #query: UriQuery | undefined;

  constructor(parts: {
    method: string;
    url: string;
    caller: Caller;
    headers: IncomingHttpHeaders;
    parameters: Readonly<Record<string, string | undefined>>;
    body: Readable;
  }) {
    const mark = parts.url.indexOf('?');
    this.method = parts.method;
    this.path = mark < 0 ? parts.url : parts.url.slice(0, mark);
    this.#queryText = mark < 0 ? '' : parts.url.slice(mark + 1);
    this.caller = parts.caller;
    this.body = parts.body;
    this.#headers = parts.headers;
    this.#parameters = parts.parameters;
  }

  /** @throws WebError 400 */
  get query(): UriQuery {
    return (this.#query ??= UriQuery.parse(this.#queryText));
  }

  /** A header, values of repeated ones joined as RFC 9110 5.3 has it. */
  header(name: string): string | undefined {
    const value = this.#headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  }

  /** A part of the path. */
  parameter(name: string): string | undefined {
    return this.#parameters[name];
  }

  /** A UID of the path. @throws WebError 400 */
  uid(name: string): string {
    return requireUID(this.#parameters[name] ?? '');
  }
}

/** @throws WebError 400 */
export function requireUID(text: string): string {
  if (text.length > UID_LENGTH_MAX || !UID_PATTERN.test(text)) throw new WebError(400, 'BAD_UID');
  return text;
}
