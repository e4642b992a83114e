import { randomBytes } from 'node:crypto';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { testCertificate } from '../../packages/auditor/src/testing/certificates.ts';

/** Something that is no image archive, whatever it looks like; started, it is ready to listen. */
export interface Decoy {
  readonly name: string;
  readonly server: () => Server | HttpServer;
}

type Speak = (socket: Socket) => void;

/** A TCP server that does one thing to whoever calls, and never falls over. */
function tcp(name: string, speak: Speak): Decoy {
  return { name, server: () => createServer((socket) => speak(calm(socket))) };
}

function calm(socket: Socket): Socket {
  socket.on('error', () => {});
  return socket;
}

const greeting = (text: string | Buffer): Speak => {
  return (socket) => {
    socket.write(text);
    socket.resume();
  };
};

const answering = (text: string | Buffer): Speak => {
  return (socket) => void socket.on('data', () => socket.write(text));
};

/** Writes again and again until the caller has had enough. */
const endless = (piece: () => Buffer | string, everyMs: number): Speak => {
  return (socket) => {
    socket.resume();
    const timer = setInterval(() => {
      if (socket.writableLength < 1024 * 1024) socket.write(piece());
    }, everyMs);
    socket.on('close', () => clearInterval(timer));
  };
};

interface Page {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const html = { 'Content-Type': 'text/html' };
const json = { 'Content-Type': 'application/json' };

/** Web servers of others: each answers every path and method alike, which is what makes naive scanners believe. */
const pages: readonly (readonly [name: string, page: Page])[] = [
  ['a page that exists everywhere', { status: 200, headers: html, body: '<html><title>Shop</title></html>' }],
  ['an empty JSON list everywhere', { status: 200, headers: json, body: '[]' }],
  ['an empty JSON object everywhere', { status: 200, headers: json, body: '{}' }],
  ['a JSON list of something else', { status: 200, headers: json, body: '[{"id":1,"name":"shoe"}]' }],
  ['a login for everything', { status: 401, headers: { 'WWW-Authenticate': 'Digest realm="x", nonce="y"' } }],
  ['forbidden everywhere', { status: 403, headers: html, body: 'no' }],
  ['a redirect to somebody else', { status: 302, headers: { Location: 'https://elsewhere.example/' } }],
  ['a redirect to a login', { status: 302, headers: { Location: '/login' } }],
  ['an error everywhere', { status: 500, headers: html, body: 'oops' }],
  ['unavailable everywhere', { status: 503, headers: { 'Retry-After': '60' } }],
  ['no content everywhere', { status: 204 }],
  ['bad request everywhere', { status: 400, headers: html, body: 'bad request' }],
  ['nothing found anywhere', { status: 404, headers: html, body: 'not found' }],
  ['a router', { status: 200, headers: { ...html, Server: 'lighttpd' }, body: '<title>Router</title>' }],
];

function web(name: string, { status, headers = {}, body = '' }: Page): Decoy {
  return {
    name: `web: ${name}`,
    server: () => {
      const server = createHttpServer((_request, response) => {
        response.writeHead(status, headers);
        response.end(body);
      });
      server.on('clientError', (_error, socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
      return server;
    },
  };
}

/** A TLS server set up as it should be, so that nothing about its TLS is a finding; a key of its own each time. */
function wellMade(): TlsOptions {
  const certificate = testCertificate({ commonName: 'front.example', isIssued: true });
  return {
    key: certificate.key,
    cert: certificate.cert,
    minVersion: 'TLSv1.2',
    ciphers: 'TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:ECDHE-ECDSA-AES256-GCM-SHA384',
  };
}

function tls(name: string, speak: Speak): Decoy {
  return {
    name: `TLS: ${name}`,
    server: () => {
      const server = createTlsServer(wellMade(), (socket) => speak(calm(socket)));
      server.on('tlsClientError', () => {});
      return server;
    },
  };
}

const frontHeaders = {
  ...html,
  'Strict-Transport-Security': 'max-age=31536000',
  'Content-Security-Policy': "default-src 'self'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
};

const https: Decoy = {
  name: 'TLS: a web front',
  server: () => {
    const server = createHttpsServer(wellMade(), (_request, response) => {
      response.writeHead(200, frontHeaders);
      response.end('<title>Front</title>');
    });
    server.on('tlsClientError', () => {});
    return server;
  },
};

/** A PDU of any type with any body (PS3.8 9.3). */
const pdu = (type: number, body: Buffer, length = body.length): Buffer => {
  const header = Buffer.from([type, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(length, 2);
  return Buffer.concat([header, body]);
};

export const decoys: readonly Decoy[] = [
  ...pages.map(([name, page]) => web(name, page)),
  https,
  tls('closes after the handshake', (socket) => void socket.end()),
  tls('never says a word', (socket) => void socket.resume()),
  tls('echoes', (socket) => void socket.pipe(socket)),
  tls('random bytes', answering(randomBytes(500))),
  tls('speaks SMTP', greeting('220 mail.example ESMTP\r\n')),
  tls(
    'an HTTP error for all that is no HTTP',
    answering('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'),
  ),
  tcp('echo', (socket) => void socket.pipe(socket)),
  tcp(
    'echo in upper case',
    (socket) =>
      void socket.on('data', (bytes: Buffer) =>
        socket.write(bytes.toString('latin1').toUpperCase(), 'latin1'),
      ),
  ),
  tcp(
    'echo after a second',
    (socket) => void socket.on('data', (bytes: Buffer) => setTimeout(() => socket.write(bytes), 1_000)),
  ),
  tcp('discard', (socket) => void socket.resume()),
  tcp('closes at once', (socket) => void socket.end()),
  tcp('resets at once', (socket) => void socket.resetAndDestroy()),
  tcp('resets after the first bytes', (socket) => void socket.once('data', () => socket.resetAndDestroy())),
  tcp('closes after the first bytes', (socket) => void socket.once('data', () => socket.end())),
  tcp('SSH', greeting('SSH-2.0-OpenSSH_9.6\r\n')),
  tcp('SMTP', greeting('220 mail.example ESMTP Postfix\r\n')),
  tcp('FTP', greeting('220 ready\r\n')),
  tcp('MySQL', greeting(Buffer.from('4a0000000a382e302e333200', 'hex'))),
  tcp('Redis that wants a password', answering('-NOAUTH Authentication required.\r\n')),
  tcp('SIP', answering('SIP/2.0 400 Bad Request\r\n\r\n')),
  tcp('random bytes', answering(randomBytes(4_096))),
  tcp('random bytes first', greeting(randomBytes(4_096))),
  tcp('zeros', answering(Buffer.alloc(4_096))),
  tcp('an AC with nothing in it', answering(pdu(2, Buffer.alloc(0)))),
  tcp('an AC of noise', answering(pdu(2, randomBytes(200)))),
  tcp('an AC cut off', answering(pdu(2, Buffer.alloc(40), 200))),
  tcp('an AC of two gigabytes', answering(pdu(2, Buffer.alloc(40), 0x7fffffff))),
  tcp('a PDU type that does not exist', answering(pdu(9, Buffer.alloc(20)))),
  tcp('data without an association', answering(pdu(4, Buffer.alloc(20)))),
  tcp('a request instead of an answer', answering(pdu(1, Buffer.alloc(68)))),
  tcp('a TLS alert to everybody', answering(Buffer.from('15030100020246', 'hex'))),
  tcp(
    'tarpit: a byte a second',
    endless(() => 'H', 1_000),
  ),
  tcp(
    'tarpit: an SSH banner without end',
    endless(() => `${randomBytes(8).toString('hex')}\r\n`, 500),
  ),
  tcp('tarpit: HTTP headers without end', (socket) => {
    socket.write('HTTP/1.1 200 OK\r\n');
    endless(() => `X-${randomBytes(4).toString('hex')}: ${'a'.repeat(2_000)}\r\n`, 5)(socket);
  }),
  tcp('tarpit: a body without end', (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
    endless(() => `1000\r\n${'a'.repeat(4_096)}\r\n`, 5)(socket);
  }),
  tcp(
    'tarpit: noise without end',
    endless(() => randomBytes(65_536), 2),
  ),
];
