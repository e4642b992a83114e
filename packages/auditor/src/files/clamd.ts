import { createConnection } from 'node:net';
import type { Socket } from 'node:net';
import { existsSync } from 'node:fs';
import { clamdAnswerMaxBytes, clamdTimeoutMs } from './limits.ts';

/** Where clamd listens: a socket file, or a port of this machine. */
export type ClamdAddress = { readonly path: string } | { readonly host: string; readonly port: number };

/** clamd's verdict about one stream. */
export type ClamdVerdict =
  | { readonly outcome: 'clean' }
  | { readonly outcome: 'found'; readonly signature: string }
  | { readonly outcome: 'failed'; readonly code: string };

/** Where Debian, Red Hat and BSD put the socket. */
const customarySockets = [
  '/run/clamav/clamd.ctl',
  '/var/run/clamav/clamd.ctl',
  '/run/clamd.scan/clamd.sock',
  '/var/run/clamav/clamd.sock',
];

/** clamd's socket on this machine, if it has one. */
export function findClamd(exists: (path: string) => boolean = existsSync): ClamdAddress | undefined {
  const path = customarySockets.find(exists);
  return path === undefined ? undefined : { path };
}

/**
 * '/path/of/socket' or '127.0.0.1:3310'. Only this machine: what is sent are patients' images, in the clear.
 * @throws RangeError for any other host
 */
export function clamdAddress(text: string): ClamdAddress {
  if (text.startsWith('/')) return { path: text };
  const [, host, port] = /^(127\.0\.0\.1|localhost|\[::1\]):(\d{1,5})$/.exec(text) ?? [];
  const number = Number(port);
  if (host === undefined || number < 1 || number > 65_535) {
    throw new RangeError('clamd: give the path of its socket, or 127.0.0.1:PORT; it must be on this machine');
  }
  return { host: host === '[::1]' ? '::1' : '127.0.0.1', port: number };
}

/**
 * Sends a stream to clamd (INSTREAM: pieces with their length before them, a zero at the end) and reads the one line it
 * answers. Never throws: without a verdict the outcome is 'failed'.
 */
export async function askClamd(
  address: ClamdAddress,
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  timeoutMs: number = clamdTimeoutMs,
): Promise<ClamdVerdict> {
  const socket = createConnection(address);
  socket.setTimeout(timeoutMs, () => socket.destroy(new Error('TIMEOUT')));
  const answer = readAnswer(socket);
  try {
    await write(socket, Buffer.from('zINSTREAM\0'));
    for await (const piece of pieces) {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(piece.length);
      await write(socket, Buffer.concat([length, piece]));
    }
    await write(socket, Buffer.alloc(4));
  } catch {
    // clamd may have answered and closed before the end: the answer says why.
  }
  const text = await answer;
  socket.destroy();
  return verdictOf(text);
}

function verdictOf(text: string | undefined): ClamdVerdict {
  if (text === undefined) return { outcome: 'failed', code: 'CLAMD_NO_ANSWER' };
  if (/^stream: OK\0?\s*$/.test(text)) return { outcome: 'clean' };
  const [, signature] = /^stream: ([\w./:()-]{1,100}) FOUND\0?\s*$/.exec(text) ?? [];
  if (signature !== undefined) return { outcome: 'found', signature };
  return { outcome: 'failed', code: /size limit/i.test(text) ? 'CLAMD_SIZE_LIMIT' : 'CLAMD_ERROR' };
}

function write(socket: Socket, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.write(bytes, (error) => {
      if (error === null || error === undefined) resolve();
      else reject(error);
    });
  });
}

function readAnswer(socket: Socket): Promise<string | undefined> {
  return new Promise((resolve) => {
    let text = '';
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1');
      if (text.includes('\0') || text.includes('\n') || text.length > clamdAnswerMaxBytes) resolve(text);
    });
    socket.on('close', () => {
      resolve(text === '' ? undefined : text);
    });
    socket.on('error', () => {
      resolve(undefined);
    });
  });
}
