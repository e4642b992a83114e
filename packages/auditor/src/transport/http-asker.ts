import { BoundAsker, Remembered } from './asker-context.ts';
import type { AskerContext } from './asker-context.ts';
import type { HttpAnswer, HttpAsker, HttpQuestion } from './askers.ts';
import type { Connection } from './connection.ts';
import { decodeChunked, parseResponseHead } from './http-response.ts';
import type { ResponseHead } from './http-response.ts';
import { freshUID } from './identity.ts';
import { HTTP_BODY_MAX_BYTES } from './limits.ts';
import { ProbeError } from './probe-error.ts';

/** Chunk sizes and extensions between the bytes of a chunked body. */
const FRAMING_ROOM_BYTES = 64 * 1024;

/** For one request, whatever happens: a page takes milliseconds, a slow archive's search some seconds. */
const REQUEST_TOTAL_MS = 20_000;
/** Questions in a row that ran out of time; after these the door is not asked again, or forty checks wait for it. */
const SILENCES_MAX = 2;
const SILENCES: ReadonlySet<string> = new Set(['READ_TIMED_OUT', 'TOTAL_TIME', 'CONNECT_TIMED_OUT']);

/** One request a connection, no redirects, no compression: what is read is what was sent, and it is bounded. */
export class SocketHttpAsker extends BoundAsker implements HttpAsker {
  readonly isTls: boolean;
  readonly unknownUID = freshUID();
  #silences = 0;
  readonly #answers = new Remembered<HttpAnswer>();

  constructor(context: AskerContext, isTls: boolean) {
    super(context);
    this.isTls = isTls;
  }

  request(question: HttpQuestion): Promise<HttpAnswer> {
    if (question.body !== undefined || question.method === 'POST') return this.#ask(question);
    const { method, path, headers, bodyMaxBytes } = question;
    return this.#answers.get(JSON.stringify([method, path, headers, bodyMaxBytes]), () =>
      this.#ask(question),
    );
  }

  async #ask(question: HttpQuestion): Promise<HttpAnswer> {
    if (this.#silences >= SILENCES_MAX) throw new ProbeError('READ_TIMED_OUT', 'this door was silent before');
    try {
      const answer = await this.#exchange(question);
      this.#silences = 0;
      return answer;
    } catch (error) {
      if (error instanceof ProbeError && SILENCES.has(error.code)) this.#silences++;
      throw error;
    }
  }

  async #exchange(question: HttpQuestion): Promise<HttpAnswer> {
    const connection = await this.#connect(question);
    try {
      connection.write(this.#requestText(question));
      const maxBytes = Math.min(question.bodyMaxBytes ?? 0, HTTP_BODY_MAX_BYTES);
      const answer = await readAnswer(connection, question.method, maxBytes);
      connection.outcome = `http ${answer.status}`;
      return answer;
    } finally {
      connection.close();
    }
  }

  async #connect({ method, path }: HttpQuestion): Promise<Connection> {
    const { dialler, hostName } = this.context;
    const why = this.purpose(`${method} ${path.split('?')[0] ?? ''}`);
    const limits = { totalMs: REQUEST_TOTAL_MS };
    if (!this.isTls) return dialler.connect(this.context, why, limits);
    const name = hostName === undefined ? {} : { servername: hostName };
    const options = { ...name, ALPNProtocols: ['http/1.1'] };
    return (await dialler.connectTls(this.context, why, options, limits)).connection;
  }

  #requestText({ method, path, headers = {}, body }: HttpQuestion): string {
    const host = this.context.hostName ?? (this.address.includes(':') ? `[${this.address}]` : this.address);
    const isDefault = this.port === (this.isTls ? 443 : 80);
    const fields: Record<string, string> = {
      Host: isDefault ? host : `${host}:${this.port}`,
      'User-Agent': this.userAgent,
      Accept: '*/*',
      'Accept-Encoding': 'identity',
      Connection: 'close',
      ...(body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body, 'latin1')) }),
      ...headers,
    };
    const lines = Object.entries(fields).map(([name, value]) => `${oneLine(name)}: ${oneLine(value)}`);
    return `${method} ${oneLine(path)} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body ?? ''}`;
  }
}

/** Nothing that a check passes on can begin a second header or request. */
function oneLine(text: string): string {
  return text.replace(/[\0\r\n]/g, '');
}

async function readAnswer(connection: Connection, method: string, maxBytes: number): Promise<HttpAnswer> {
  let bytes: Buffer = Buffer.alloc(0);
  let head: ResponseHead | undefined;
  for (;;) {
    const chunk = await connection.read();
    if (chunk !== undefined) bytes = Buffer.concat([bytes, chunk]);
    if (head === undefined) {
      const parsed = parseResponseHead(bytes);
      if (parsed === 'invalid') throw new ProbeError('PROTOCOL', 'NOT_HTTP');
      if (parsed === 'incomplete') {
        if (chunk === undefined) throw new ProbeError(bytes.length === 0 ? 'CLOSED' : 'PROTOCOL');
        continue;
      }
      // 1xx responses stand before the real one (RFC 9110 15.2).
      if (parsed.status < 200 && parsed.status !== 101) {
        bytes = bytes.subarray(parsed.headBytes);
        if (bytes.length === 0) continue;
        const next = parseResponseHead(bytes);
        if (typeof next === 'string') continue;
        head = next;
      } else head = parsed;
    }
    const answer = answerSoFar(head, bytes.subarray(head.headBytes), method, maxBytes, chunk === undefined);
    if (answer !== undefined) return answer;
  }
}

/** The answer when enough of the body is there, or undefined to read on. */
function answerSoFar(
  head: ResponseHead,
  rest: Buffer,
  method: string,
  maxBytes: number,
  isEnd: boolean,
): HttpAnswer | undefined {
  const { status, headers } = head;
  const answer = (body: Buffer, isCut: boolean): HttpAnswer => ({ status, headers, body, isCut });
  const hasNoBody = method === 'HEAD' || status === 204 || status === 304;
  if (hasNoBody || maxBytes === 0) return answer(Buffer.alloc(0), !hasNoBody);
  if (/\bchunked\b/i.test(headers.get('transfer-encoding') ?? '')) {
    const decoded = decodeChunked(rest, maxBytes);
    if (decoded === undefined) throw new ProbeError('PROTOCOL', 'CHUNKS');
    if (decoded.isComplete || decoded.body.length >= maxBytes || isEnd)
      return answer(decoded.body, !decoded.isComplete);
    // A chunk size line without end must not be collected without end.
    if (rest.length > maxBytes + FRAMING_ROOM_BYTES) throw new ProbeError('PROTOCOL', 'CHUNKS');
    return undefined;
  }
  const declared = Number(headers.get('content-length') ?? Number.NaN);
  const wanted = Number.isSafeInteger(declared) && declared >= 0 ? Math.min(declared, maxBytes) : maxBytes;
  if (rest.length < wanted && !isEnd) return undefined;
  const isCut = Number.isSafeInteger(declared) ? declared > wanted : rest.length > wanted;
  return answer(rest.subarray(0, wanted), isCut || (!isEnd && !Number.isSafeInteger(declared)));
}
