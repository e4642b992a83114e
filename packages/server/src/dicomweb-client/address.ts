import { isIPv4 } from 'node:net';
import { DicomwebError } from './client-error.ts';

/** Longest token that is sent: signed ones with many claims have 4,000 characters. */
const TOKEN_LENGTH_MAX = 8192;
const URL_LENGTH_MAX = 2048;

/**
 * The base of a DICOMweb service. https, or http to this machine alone: a token in clear text on a network is a token
 * of everybody's. Credentials, a query and a fragment have no place in it.
 * @throws DicomwebError BAD_ADDRESS
 */
export function parseServiceAddress(text: string): URL {
  const url = text.length <= URL_LENGTH_MAX ? URL.parse(text) : null;
  if (url === null) throw new DicomwebError('BAD_ADDRESS');
  if (url.username !== '' || url.password !== '')
    throw new DicomwebError('BAD_ADDRESS', { detail: 'CREDENTIALS_IN_ADDRESS' });
  if (url.search !== '' || url.hash !== '')
    throw new DicomwebError('BAD_ADDRESS', { detail: 'QUERY_IN_ADDRESS' });
  const isSafe = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));
  if (!isSafe) throw new DicomwebError('BAD_ADDRESS', { detail: 'HTTPS_NEEDED' });
  url.pathname = url.pathname.replace(/\/+$/, '');
  return url;
}

function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' || hostname === '[::1]' || (isIPv4(hostname) && hostname.startsWith('127.'))
  );
}

/** A bearer token as it came out of a file or a variable. @throws DicomwebError BAD_TOKEN */
export function parseToken(text: string): string {
  const token = text.trim();
  if (token.length > TOKEN_LENGTH_MAX || !/^[\x21-\x7e]+$/.test(token)) throw new DicomwebError('BAD_TOKEN');
  return token;
}

/** One step of a path; a UID of the server's may be anything. */
export const pathStep = (text: string): string => encodeURIComponent(text);
