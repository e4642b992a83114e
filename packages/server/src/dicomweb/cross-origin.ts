import type { IncomingHttpHeaders } from 'node:http';
import type { Headers } from './answer.ts';

/** Browsers ask again after this. */
const PREFLIGHT_MAX_AGE_SECONDS = 600;
const ALLOWED_HEADERS = 'Authorization, Accept, Content-Type, Range, If-None-Match, If-Range';
const EXPOSED_HEADERS = 'Accept-Ranges, Content-Length, Content-Location, Content-Range, ETag, Warning';

/** Nothing for a page that was not named in the configuration: the browser then keeps the answer from it. */
export function corsHeaders(origin: string | undefined, allowed: readonly string[]): Headers {
  if (allowed.length === 0) return {};
  if (origin === undefined || !allowed.includes(origin)) return { Vary: 'Origin' };
  return {
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Expose-Headers': EXPOSED_HEADERS,
    'Cross-Origin-Resource-Policy': 'cross-origin',
    Vary: 'Origin',
  };
}

/** Asked by the browser, without credentials, on behalf of a page that was named. */
export function isPreflight(
  method: string,
  headers: IncomingHttpHeaders,
  allowed: readonly string[],
): boolean {
  const { origin } = headers;
  const isAsking = method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
  return isAsking && origin !== undefined && allowed.includes(origin);
}

export function preflightHeaders(methods: readonly string[]): Headers {
  return {
    'Access-Control-Allow-Methods': methods.join(', '),
    'Access-Control-Allow-Headers': ALLOWED_HEADERS,
    'Access-Control-Max-Age': PREFLIGHT_MAX_AGE_SECONDS,
  };
}
