import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { parseServiceAddress, parseToken } from './address.ts';
import { readBody, readJSON, refusalOf } from './answers.ts';
import { connectionError, DicomwebError } from './client-error.ts';
import { HttpConnection } from './http-connection.ts';
import { FakeService } from './testing/fake-service.ts';

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function service(handler: FakeService['handler']): Promise<FakeService> {
  const started = await FakeService.start(handler);
  closers.push(() => started.close());
  return started;
}

/** Answers each connection with bytes that need not be HTTP. */
async function rawService(answer: (socket: Socket) => void): Promise<HttpConnection> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => answer(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = parseServiceAddress(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const connection = new HttpConnection({
    address,
    userAgent: 'TEST',
    idleTimeoutMs: 300,
    answerTimeoutMs: 600,
  });
  closers.push(() => {
    connection.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return connection;
}

const get = { method: 'GET', path: '/studies', accept: 'application/dicom+json' } as const;

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'no error';
  } catch (error) {
    return error instanceof DicomwebError ? error.code : String(error);
  }
}

describe('addresses and tokens', () => {
  test.each([
    ['https://archive.example.org/dicom-web/', 'https://archive.example.org/dicom-web'],
    ['https://10.0.0.1:8443', 'https://10.0.0.1:8443/'],
    ['http://localhost:8042/dicom-web', 'http://localhost:8042/dicom-web'],
    ['http://127.0.0.9/x', 'http://127.0.0.9/x'],
    ['http://[::1]:80/x', 'http://[::1]/x'],
  ])('%s is taken', (text, href) => expect(parseServiceAddress(text).href).toBe(href));

  test.each([
    'http://archive.example.org/dicom-web',
    'http://127.0.0.1.example.org/',
    'http://localhost.example.org/',
    'ftp://localhost/',
    'https://user:secret@archive.example.org/',
    'https://archive.example.org/?a=b',
    'https://archive.example.org/#a',
    'archive.example.org',
    '',
    `https://a/${'x'.repeat(3000)}`,
  ])('%s is refused', (text) => expect(() => parseServiceAddress(text)).toThrow('BAD_ADDRESS'));

  test('a token is one line of printable characters, and never in an error', () => {
    expect(parseToken(' lg_abc\n')).toBe('lg_abc');
    for (const bad of ['', 'two words', 'a\r\nX: y', 'é', 'x'.repeat(9000)]) {
      expect(() => parseToken(bad)).toThrow('BAD_TOKEN');
    }
  });
});

describe('hostile answers', () => {
  test('a redirect is not followed, and the token goes nowhere else', async () => {
    const elsewhere = await service((_request, response) => response.end('{}'));
    const first = await service((_request, response) =>
      response.writeHead(302, { Location: `${elsewhere.url}/studies` }).end(),
    );
    const answer = await first.connect({ token: 'lg_secret' }).ask(get);
    const refusal = await refusalOf(answer);
    expect(refusal).toMatchObject({ code: 'REDIRECTED', status: 302 });
    expect(elsewhere.asked).toEqual([]);
  });

  test.each([
    ['header lines beyond 32 KB', `HTTP/1.1 200 OK\r\nX: ${'y'.repeat(40_000)}\r\n\r\n`, 'ANSWER_TOO_LONG'],
    ['no HTTP at all', '\u0000\u0001\u0002 hello\r\n\r\n', 'ANSWER_INVALID'],
    ['a length that is none', 'HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n', 'ANSWER_INVALID'],
    [
      'a body shorter than its length',
      'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n[',
      'CUT_SHORT',
    ],
    [
      'chunks that do not end',
      'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n[\r\n',
      'CUT_SHORT',
    ],
    [
      'a compressed body',
      'HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]',
      'ANSWER_INVALID',
    ],
    [
      'JSON that is none',
      'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[{',
      'ANSWER_INVALID',
    ],
    [
      'a page for people',
      'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi',
      'ANSWER_INVALID',
    ],
  ])('%s', async (_name, bytes, code) => {
    const connection = await rawService((socket) => socket.end(Buffer.from(bytes, 'latin1')));
    expect(await codeOf(connection.ask(get).then(readJSON))).toBe(code);
  });

  test('silence, headers that trickle and bodies that trickle end in time', async () => {
    const silent = await rawService(() => undefined);
    expect(await codeOf(silent.ask(get))).toBe('TIMED_OUT');
    const trickle = await rawService((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nX: ');
      const timer = setInterval(() => socket.write('y'), 100);
      socket.once('close', () => clearInterval(timer));
    });
    expect(await codeOf(trickle.ask(get))).toBe('TIMED_OUT');
    let now = 0;
    const slow = await service((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json' });
      const timer = setInterval(() => response.write('1'), 5);
      response.once('close', () => clearInterval(timer));
    });
    const connection = slow.connect({ now: () => (now += 5_000) });
    expect(await codeOf(connection.ask(get).then(readJSON))).toBe('TIMED_OUT');
  });

  test('a body longer than was agreed on is not gathered', async () => {
    const endless = await service((_request, response) => {
      const more = (): void => void (response.destroyed || response.write(Buffer.alloc(65_536), more));
      response.writeHead(200);
      more();
    });
    const answer = await endless.connect().ask(get);
    expect(await codeOf(readBody(answer, 1_000_000))).toBe('ANSWER_TOO_LONG');
  });

  test('a refusal while the body is still on its way is heard', async () => {
    const refusing = await rawService((socket) => {
      socket.write('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
    });
    const body = {
      type: 'application/dicom',
      length: 50_000_000,
      pieces: async function* () {
        for (let sent = 0; sent < 50; sent++) {
          yield Buffer.alloc(1_000_000);
          await sleep(1);
        }
      },
    };
    const answer = await refusing.ask({ ...get, method: 'POST', body });
    expect((await refusalOf(answer)).code).toBe('NOT_SIGNED_IN');
  });

  test('nobody there is said so, and the text of a refusal is never repeated', async () => {
    const gone = await service(() => undefined);
    const connection = gone.connect();
    await gone.close();
    closers.length = 0;
    expect(await codeOf(connection.ask(get))).toBe('UNREACHABLE');
    const talkative = await service((_request, response) =>
      response.writeHead(400).end('{"error":"BAD_PARAMETER","advice":"Doe^John was not found"}'),
    );
    const refusal = await refusalOf(await talkative.connect().ask(get));
    expect(refusal.message).toContain('BAD_PARAMETER');
    expect(refusal.message).not.toContain('Doe');
  });

  test('keys that are none are named as such, and a server that wants a certificate is understood', async () => {
    const address = parseServiceAddress('https://127.0.0.1:1');
    const connection = new HttpConnection({
      address,
      userAgent: 'TEST',
      key: 'no key',
      cert: 'no certificate',
    });
    expect(await codeOf(connection.ask(get))).toBe('BAD_PEM');
    const codes = ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA'];
    for (const code of codes) {
      expect(connectionError(Object.assign(new Error('x'), { code }))).toMatchObject({
        code: 'NOT_SIGNED_IN',
      });
    }
    expect(
      connectionError(Object.assign(new Error('x'), { code: 'SELF_SIGNED_CERT_IN_CHAIN' })),
    ).toMatchObject({
      code: 'CERTIFICATE_REFUSED',
    });
  });

  test('any bytes give an answer or a DicomwebError', async () => {
    let bytes = Buffer.alloc(0);
    const connection = await rawService((socket) => socket.end(bytes));
    const words = fc.constantFrom(
      'HTTP/1.1 200 OK\r\n',
      'Content-Length: 3\r\n',
      'Transfer-Encoding: chunked\r\n',
      'Content-Type: application/json\r\n',
      '\r\n',
      '[]',
      '3\r\n',
      '0\r\n',
      ' ',
      ':',
    );
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
      fc.array(words, { maxLength: 12 }).map((list) => Buffer.from(list.join(''), 'latin1')),
    );
    await fc.assert(
      fc.asyncProperty(anything, async (given) => {
        bytes = given;
        try {
          await readJSON(await connection.ask(get));
        } catch (error) {
          expect(error).toBeInstanceOf(DicomwebError);
        }
      }),
      { numRuns: 60 },
    );
  });
});
