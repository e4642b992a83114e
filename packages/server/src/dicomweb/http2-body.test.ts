import { once } from 'node:events';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  createServer,
  type Http2Server,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { bareDevice } from '../operations/testing/workplaces.ts';
import { STREAM_WINDOW_BYTES, widenWindow } from './http2-windows.ts';
import { type BodyLimits, takeBody, type TakePiece } from './read-body.ts';
import { WebError } from './web-error.ts';
import { WebRequest } from './web-request.ts';

const limits: BodyLimits = { maxBytes: 64 * 1024 * 1024, idleTimeoutMs: 10_000 };

let server: Http2Server;
let session: ClientHttp2Session;
/** Of the request that comes: how its pieces are taken, and what came of it. */
let take: TakePiece;
let taken: Promise<string>;
let serverStream: ServerHttp2Stream | undefined;

beforeEach(async () => {
  serverStream = undefined;
  let settle: (outcome: string) => void;
  taken = new Promise((resolve) => (settle = resolve));
  server = createServer({ settings: { initialWindowSize: STREAM_WINDOW_BYTES } }, (raw, response) => {
    serverStream = raw.stream;
    const about = { method: 'POST', url: '/studies', caller: bareDevice, parameters: {} };
    takeBody(new WebRequest({ ...about, headers: raw.headers, body: raw }), limits, (piece) =>
      take(piece),
    ).then(
      () => {
        response.end();
        settle('whole');
      },
      (error: unknown) => settle(error instanceof WebError ? error.code : String(error)),
    );
  });
  server.on('session', widenWindow);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  session.on('error', () => undefined);
});
afterEach(async () => {
  session.destroy();
  await new Promise((resolve) => server.close(resolve));
});

function post(headers: OutgoingHttpHeaders = {}): ClientHttp2Stream {
  const stream = session.request({ ':method': 'POST', ':path': '/studies', ...headers });
  stream.on('error', () => undefined);
  stream.resume();
  return stream;
}

test('a body over HTTP/2 is given whole and in order, however it is taken', async () => {
  const body = Buffer.alloc(3_000_000);
  for (let at = 0; at < body.length; at += 4) body.writeUInt32LE((at * 2_654_435_761) % 0xffffffff, at);
  const got: Buffer[] = [];
  take = (piece) => {
    got.push(Buffer.from(piece));
    return got.length % 5 === 0 ? wait(1).then(() => 'more' as const) : 'more';
  };
  post().end(body);
  expect(await taken).toBe('whole');
  expect(Buffer.concat(got).equals(body)).toBe(true);
});

test('while a piece is being taken the client may send what its window has room for, and no more', async () => {
  let goOn: () => void = () => undefined;
  let length = 0;
  const stopped = new Promise<void>((resolve) => (goOn = resolve));
  take = (piece) => {
    length += piece.length;
    return length === piece.length ? stopped.then(() => 'more' as const) : 'more';
  };
  const stream = post();
  const sent = once(stream, 'finish');
  stream.end(Buffer.alloc(8 * STREAM_WINDOW_BYTES));
  // What the client may still send.
  await expect.poll(() => serverStream?.state.localWindowSize).toBe(0);
  expect(stream.writableFinished).toBe(false);
  expect(length).toBeLessThanOrEqual(STREAM_WINDOW_BYTES);
  goOn();
  await sent;
  expect(await taken).toBe('whole');
  expect(length).toBe(8 * STREAM_WINDOW_BYTES);
});

// NO_ERROR, INTERNAL_ERROR and CANCEL of RFC 9113 7.
test.each([0, 2, 8])('a client that resets its stream with code %i broke the body off', async (code) => {
  take = () => 'more';
  const stream = post({ 'content-length': 60_000 });
  stream.write(Buffer.alloc(50_000));
  await expect.poll(() => serverStream?.id).toBeDefined();
  await wait(20);
  stream.close(code);
  expect(await taken).toBe('BODY_BROKEN_OFF');
});

test('a body of no byte ends at once', async () => {
  take = () => 'more';
  post().end();
  expect(await taken).toBe('whole');
});
