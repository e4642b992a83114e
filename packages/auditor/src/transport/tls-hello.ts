import { X509Certificate, randomBytes } from 'node:crypto';
import type { TlsHelloAnswer, TlsQuestion } from './askers.ts';
import { TLS_FLIGHT_MAX_BYTES } from './limits.ts';

/** Record types (RFC 8446 5.1) and handshake types (RFC 5246 7.4) that a server's first flight can hold. */
const RECORD = { alert: 21, handshake: 22 } as const;
const HANDSHAKE = {
  serverHello: 2,
  certificate: 11,
  serverKeyExchange: 12,
  certificateRequest: 13,
  serverHelloDone: 14,
} as const;

const vector8 = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from([bytes.length]), bytes]);
const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);
const vector16 = (bytes: Buffer): Buffer => Buffer.concat([u16(bytes.length), bytes]);
const extension = (type: number, body: Buffer): Buffer => Buffer.concat([u16(type), vector16(body)]);
const numbers = (values: readonly number[]): Buffer => Buffer.concat(values.map(u16));

/** X25519, P-256, P-384, P-521, and the small or old groups a careless server may still take (IANA). */
const OFFERED_GROUPS = [29, 23, 24, 25, 22, 21, 19, 16, 14, 13, 10, 9];
/** RSA and ECDSA with SHA-256, -384, -512 and SHA-1, PSS. */
const OFFERED_SIGNATURES = [
  0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0203, 0x0201,
];

/** A ClientHello record for a version from SSLv3 to TLS 1.2 (RFC 5246 7.4.1.2); SSLv3 has no extensions. */
export function clientHello(question: TlsQuestion, hostName: string | undefined): Buffer {
  const extensions = [
    ...(hostName === undefined
      ? []
      : [
          extension(
            0,
            vector16(Buffer.concat([Buffer.from([0]), vector16(Buffer.from(hostName, 'latin1'))])),
          ),
        ]),
    extension(10, vector16(numbers(OFFERED_GROUPS))),
    extension(11, vector8(Buffer.from([0]))),
    ...(question.version >= 0x0303 ? [extension(13, vector16(numbers(OFFERED_SIGNATURES)))] : []),
    extension(0xff01, Buffer.from([0])),
  ];
  const body = Buffer.concat([
    u16(question.version),
    randomBytes(32),
    vector8(Buffer.alloc(0)),
    vector16(numbers(question.suites)),
    vector8(Buffer.from([0])),
    ...(question.version > 0x0300 ? [vector16(Buffer.concat(extensions))] : []),
  ]);
  const message = Buffer.concat([Buffer.from([1, 0]), u16(body.length), body]);
  const recordVersion = Math.min(question.version, 0x0301);
  return Buffer.concat([Buffer.from([RECORD.handshake]), u16(recordVersion), vector16(message)]);
}

interface Flight {
  version: number;
  suite: number;
  dheBits?: number;
  namedGroup?: number;
  asksForCertificate: boolean;
  certificates: X509Certificate[];
}

/**
 * Reads a server's first flight as it comes in: records, joined to handshake messages, up to ServerHelloDone. Any
 * bytes give an answer or `undefined` for "more"; nothing is kept beyond TLS_FLIGHT_MAX_BYTES.
 */
export class ServerFlightReader {
  #bytes: Buffer = Buffer.alloc(0);
  #messages: Buffer = Buffer.alloc(0);
  #flight: Flight | undefined;

  /** Takes bytes. An answer ends the reading. */
  feed(chunk: Buffer): TlsHelloAnswer | undefined {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    if (this.#bytes.length + this.#messages.length > TLS_FLIGHT_MAX_BYTES) return this.end('not-tls');
    for (;;) {
      const bytes = this.#bytes;
      const type = bytes[0];
      if (type === undefined) return undefined;
      if (type !== RECORD.alert && type !== RECORD.handshake) return this.end('not-tls');
      if (bytes.length > 1 && bytes[1] !== 3) return this.end('not-tls');
      if (bytes.length < 5) return undefined;
      const length = bytes.readUInt16BE(3);
      if (length === 0 || length > 0x4800) return this.end('not-tls');
      if (bytes.length < 5 + length) return undefined;
      const fragment = bytes.subarray(5, 5 + length);
      this.#bytes = bytes.subarray(5 + length);
      if (type === RECORD.alert) {
        // An alert after a whole hello (a server that misses our next message) takes nothing back.
        return this.#flight === undefined
          ? { kind: 'alert', description: fragment[1] ?? 0 }
          : this.end('closed');
      }
      this.#messages = Buffer.concat([this.#messages, fragment]);
      if (this.#readMessages()) return this.end('closed');
    }
  }

  /** The target closed or nothing more comes: what was learned so far. */
  end(otherwise: 'not-tls' | 'closed'): TlsHelloAnswer {
    return this.#flight === undefined ? { kind: otherwise } : { kind: 'hello', ...this.#flight };
  }

  /** True when the flight is complete, or will tell nothing more in clear. */
  #readMessages(): boolean {
    for (;;) {
      const bytes = this.#messages;
      if (bytes.length < 4) return false;
      const type = bytes[0];
      const length = bytes.readUIntBE(1, 3);
      if (length > TLS_FLIGHT_MAX_BYTES) return true;
      if (bytes.length < 4 + length) return false;
      const body = bytes.subarray(4, 4 + length);
      this.#messages = bytes.subarray(4 + length);
      if (type === HANDSHAKE.serverHello) {
        this.#flight = serverHello(body);
        if (this.#flight === undefined || this.#flight.version > 0x0303) return true;
      } else if (this.#flight === undefined || type === HANDSHAKE.serverHelloDone) {
        return true;
      } else if (type === HANDSHAKE.certificate) {
        this.#flight.certificates = certificates(body);
      } else if (type === HANDSHAKE.certificateRequest) {
        this.#flight.asksForCertificate = true;
      } else if (type === HANDSHAKE.serverKeyExchange) {
        Object.assign(this.#flight, keyExchange(body, this.#flight.suite));
      }
    }
  }
}

function serverHello(body: Buffer): Flight | undefined {
  if (body.length < 38) return undefined;
  const sessionLength = body[34] ?? 0;
  if (body.length < 37 + sessionLength) return undefined;
  return {
    version: body.readUInt16BE(0),
    suite: body.readUInt16BE(35 + sessionLength),
    asksForCertificate: false,
    certificates: [],
  };
}

/** Certificates read of a chain; longer ones are a mistake or an attack. */
const CHAIN_LENGTH_MAX = 10;

function certificates(body: Buffer): X509Certificate[] {
  const chain: X509Certificate[] = [];
  let at = 3;
  while (at + 3 <= body.length && chain.length < CHAIN_LENGTH_MAX) {
    const length = body.readUIntBE(at, 3);
    if (length === 0 || at + 3 + length > body.length) break;
    try {
      chain.push(new X509Certificate(body.subarray(at + 3, at + 3 + length)));
    } catch {
      break;
    }
    at += 3 + length;
  }
  return chain;
}

/** Whether a suite is DHE by its IANA number; the others with a ServerKeyExchange are ECDHE. */
const isDhe = (suite: number): boolean =>
  (suite >= 0x000b && suite <= 0x001b) ||
  [0x32, 0x33, 0x38, 0x39, 0x40, 0x44, 0x45, 0x66, 0x67, 0x6a, 0x6b, 0x6c, 0x6d].includes(suite) ||
  [0x87, 0x88, 0x99, 0x9a, 0x9e, 0x9f, 0xa2, 0xa3, 0xa6, 0xa7, 0xccaa].includes(suite);

/** ServerDHParams begin with the prime (RFC 5246 7.4.3), ServerECDHParams with type and named group (RFC 8422 5.4). */
function keyExchange(body: Buffer, suite: number): { dheBits?: number; namedGroup?: number } {
  if (isDhe(suite)) {
    if (body.length < 2) return {};
    const length = body.readUInt16BE(0);
    if (length === 0 || body.length < 2 + length) return {};
    let at = 2;
    while (at < 2 + length && body[at] === 0) at++;
    const leading = body[at] ?? 0;
    return { dheBits: (2 + length - at) * 8 - (leading === 0 ? 0 : Math.clz32(leading) - 24) };
  }
  return body.length >= 3 && body[0] === 3 ? { namedGroup: body.readUInt16BE(1) } : {};
}
