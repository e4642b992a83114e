import { createServer as createHttpsServer } from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { TLSSocket, createSecureContext, createServer as createTlsServer } from 'node:tls';
import { testCertificate } from '../../testing/certificates.ts';
import { listen } from '../../testing/simulated-pacs.ts';

/** A certificate for `localhost`, and itself the authority that vouches for it. */
export const localhost = testCertificate({ commonName: 'localhost' });

export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  /** Headers and body as they came, dots undone. */
  readonly data: string;
  /** Text of AUTH PLAIN, decoded: an empty name, the user, the password. */
  readonly login: readonly string[];
  readonly isEncrypted: boolean;
}

export interface MailSink extends AsyncDisposable {
  readonly port: number;
  readonly mails: readonly ReceivedMail[];
}

export interface MailSinkOptions {
  readonly security?: 'tls' | 'starttls' | 'none';
  /** Answer to RCPT; default 250. */
  readonly recipientStatus?: number;
}

/** A mail server that takes everything and keeps it. */
export async function startMailSink(options: MailSinkOptions = {}): Promise<MailSink> {
  const { security = 'none' } = options;
  const mails: ReceivedMail[] = [];
  const sockets = new Set<Socket>();
  const serve = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.write('220 localhost ESMTP\r\n');
    converse(socket, options, mails);
  };
  const server = security === 'tls' ? createTlsServer(localhost, serve) : createServer(serve);
  const port = await listen(server, '127.0.0.1', 0);
  return {
    port,
    mails,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** RFC 5321 as far as one client needs it. */
function converse(socket: Socket, options: MailSinkOptions, mails: ReceivedMail[]): void {
  const offersTls = options.security === 'starttls' && !(socket instanceof TLSSocket);
  let text = '';
  let body: string[] | undefined;
  let from = '';
  let to: string[] = [];
  let login: string[] = [];
  const onLine = (line: string): void => {
    if (body !== undefined) {
      if (line !== '.') {
        body.push(line.replace(/^\.\./, '.'));
        return;
      }
      mails.push({ from, to, data: body.join('\n'), login, isEncrypted: socket instanceof TLSSocket });
      body = undefined;
      to = [];
      socket.write('250 taken\r\n');
      return;
    }
    const verb = line.slice(0, 4).toUpperCase();
    if (verb === 'EHLO') {
      socket.write(`250-localhost\r\n${offersTls ? '250-STARTTLS\r\n' : ''}250 AUTH PLAIN\r\n`);
    } else if (verb === 'STAR' && !offersTls) socket.write('502 not here\r\n');
    else if (verb === 'STAR') {
      socket.write('220 go ahead\r\n');
      socket.removeAllListeners('data');
      const secured = new TLSSocket(socket, {
        isServer: true,
        secureContext: createSecureContext(localhost),
      });
      secured.on('error', () => {});
      converse(secured, options, mails);
    } else if (verb === 'AUTH') {
      login = Buffer.from(line.split(' ')[2] ?? '', 'base64')
        .toString('utf8')
        .split('\0');
      socket.write('235 welcome\r\n');
    } else if (verb === 'MAIL') {
      from = /<(.*?)>/.exec(line)?.[1] ?? '';
      socket.write('250 ok\r\n');
    } else if (verb === 'RCPT') {
      to.push(/<(.*?)>/.exec(line)?.[1] ?? '');
      socket.write(`${options.recipientStatus ?? 250} recipient\r\n`);
    } else if (verb === 'DATA') {
      body = [];
      socket.write('354 go on\r\n');
    } else if (verb === 'QUIT') socket.end('221 bye\r\n');
    else socket.write('250 ok\r\n');
  };
  socket.on('data', (bytes: Buffer) => {
    text += bytes.toString('utf8');
    const lines = text.split('\r\n');
    text = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
}

export interface ReceivedPost {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface WebhookSink extends AsyncDisposable {
  readonly port: number;
  readonly posts: readonly ReceivedPost[];
}

/** An HTTPS server that keeps what is posted. @param statuses answers to the first posts; 204 to all further ones */
export async function startWebhookSink(
  statuses: readonly number[] = [],
  headers: Readonly<Record<string, string>> = {},
): Promise<WebhookSink> {
  const posts: ReceivedPost[] = [];
  const server = createHttpsServer(localhost, (request, response) => {
    let body = '';
    request.on('data', (bytes: Buffer) => (body += bytes.toString('utf8')));
    request.on('end', () => {
      posts.push({ path: request.url ?? '', headers: request.headers, body });
      response.writeHead(statuses[posts.length - 1] ?? 204, headers);
      response.end();
    });
  });
  server.on('tlsClientError', () => {});
  const port = await listen(server, '127.0.0.1', 0);
  return {
    port,
    posts,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
