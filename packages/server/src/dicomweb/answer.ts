import { hash } from 'node:crypto';
import type { Writable } from 'node:stream';
import { SendMemory, WHOLE_BODY_MAX_BYTES } from './send-memory.ts';
import type { Turns } from './turns.ts';

/** What HTTP/1.1 and HTTP/2 responses of Node.js have in common, as far as we use it. */
export interface RawResponse extends Writable {
  writeHead(status: number, headers: Record<string, string | number>): unknown;
  readonly headersSent: boolean;
  readonly stream?: { close(code: number): void };
}

/** NGHTTP2_INTERNAL_ERROR (RFC 9113 7): the client must not take what it got for the whole. */
const HTTP2_INTERNAL_ERROR = 2;

export type Headers = Readonly<Record<string, string | number>>;

/** Pieces shorter than this wait for what comes behind them. */
const WRITE_MIN_BYTES = 16 * 1024;
/** So much is sent in one go when it is there: a whole frame of a CT, an instance. Every write wakes two processes. */
const WRITE_MAX_BYTES = 640 * 1024;
/**
 * So much of a body that is made whole goes with its head, the rest by itself: TLS copies what is written in several
 * pieces. The client decrypts the one while the other is encrypted.
 */
const BESIDE_HEAD_BYTES = 64 * 1024;
/**
 * Of the rest no more goes at once to a client who is alone: it decrypts one piece while the next is encrypted. Encrypted,
 * a piece fits into what Node.js gives to the socket in one go, ten times 16 KiB. With several clients both processors
 * are busy anyway, and more pieces only wake more often.
 */
const ALONE_WRITE_MAX_BYTES = 152 * 1024;
/** So much of a body whose beginning is of use is sent before the rest of others: a small image, in a progressive code. */
const BEGINNING_BYTES = 32 * 1024;

export interface Sending {
  /**
   * Nobody wants the memory of a piece again, nor another piece that lies in it beside more than half of it: it is
   * freed when the piece was sent.
   */
  readonly isSentOnce?: boolean;
  /** Its beginning is of use without the rest, and is sent before the rest of others that are sent in the same turns. */
  readonly beginsEarly?: boolean;
}

/** The next piece finds the memory warm, and the garbage collector does not have to run for every few instances. */
function giveBack({ buffer, byteLength }: Uint8Array): void {
  // Short pieces lie in memory that they share.
  if (buffer instanceof ArrayBuffer && byteLength * 2 > buffer.byteLength) buffer.transfer(0);
}

type Sent = ((piece: Uint8Array) => void) | undefined;

/** Whether something has come, or failed, before everything else that happened in this turn of the event loop was seen. */
function isThere(upcoming: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const there = (): void => resolve(true);
    upcoming.then(there, there);
    setImmediate(resolve, false);
  });
}

/** The body went no further: the client left, or stopped taking it. */
export class ClientGone extends Error {
  readonly code = 'CLIENT_GONE';
}

/** One answer on its way out, with the headers every answer has. */
export class Answer {
  readonly #raw: RawResponse;
  readonly #isHead: boolean;
  readonly #common: Headers;
  readonly #idleTimeoutMs: number;
  readonly #turns: Turns | undefined;
  readonly #memory: SendMemory | undefined;
  /** Status that was sent; undefined while none was. */
  status: number | undefined;

  /** @param options with `turns`, it is sent in turns with the others that have the same */
  constructor(
    raw: RawResponse,
    options: { isHead: boolean; common: Headers; idleTimeoutMs: number; turns?: Turns; memory?: SendMemory },
  ) {
    this.#raw = raw;
    this.#isHead = options.isHead;
    this.#common = options.common;
    this.#idleTimeoutMs = options.idleTimeoutMs;
    this.#turns = options.turns;
    this.#memory = options.memory;
  }

  /** Sends a body that is at hand. */
  send(status: number, headers: Headers, body: Uint8Array | string = ''): void {
    const bytes = typeof body === 'string' ? Buffer.from(body, 'utf8') : body;
    const hasBody = status !== 204 && status !== 304;
    this.#begin(status, hasBody ? { ...headers, 'Content-Length': bytes.length } : headers);
    if (this.#isHead || !hasBody) this.#raw.end();
    else this.#raw.end(bytes);
  }

  json(status: number, value: unknown, headers: Headers = {}, type = 'application/json'): void {
    this.send(status, { 'Content-Type': type, ...headers }, JSON.stringify(value));
  }

  /**
   * Sends a body piece by piece, no faster than the client takes it. When a piece fails the connection breaks off:
   * a part must never look like the whole. Pieces that are there together are sent together, and the next is asked for
   * while they are: what is read meanwhile, of a body from the packs, is bounded by its reader.
   * @throws ClientGone, or what the body throws
   */
  async stream(
    status: number,
    headers: Headers,
    body: AsyncIterable<Uint8Array>,
    { isSentOnce = false, beginsEarly = false }: Sending = {},
  ): Promise<void> {
    this.#begin(status, headers);
    if (this.#isHead) {
      this.#raw.end();
      return;
    }
    const pieces = body[Symbol.asyncIterator]();
    const over = this.#turns?.begin();
    try {
      await this.#sendAll(pieces, isSentOnce ? giveBack : undefined, beginsEarly ? this.#turns : undefined);
    } catch (error) {
      this.breakOff();
      // Closing what failed may fail again: what went wrong first is what is told.
      await pieces.return?.().catch(() => undefined);
      throw error;
    } finally {
      over?.();
    }
  }

  /** Whether a body of this length is better made whole, in memory that is used again, than sent piece by piece. */
  takesWhole(length: number): boolean {
    return this.#memory !== undefined && !this.#isHead && length > 0 && length <= WHOLE_BODY_MAX_BYTES;
  }

  /**
   * Sends a short body that is made whole before its head leaves.
   * @param fill puts it into the memory, from the beginning on, and gives the memory
   * @throws ClientGone, or what `fill` throws: then nothing was sent
   */
  async sendWhole(
    status: number,
    headers: Headers,
    length: number,
    fill: (memory: ArrayBuffer) => Promise<ArrayBuffer>,
  ): Promise<void> {
    const spare = this.#memory ?? new SendMemory();
    const over = this.#turns?.begin();
    try {
      const memory = await fill(spare.take());
      const giveBack = (): void => spare.giveBack(memory);
      if (this.#raw.destroyed) {
        giveBack();
        throw new ClientGone();
      }
      this.#begin(status, headers);
      const besideHead = new Uint8Array(memory, 0, Math.min(length, BESIDE_HEAD_BYTES));
      const rest = new Uint8Array(memory, besideHead.length, length - besideHead.length);
      if (this.#raw.stream !== undefined || rest.length === 0) {
        this.#raw.end(new Uint8Array(memory, 0, length), giveBack);
        return;
      }
      this.#raw.write(besideHead);
      // Only now is it on its way; what is written before would be copied with it.
      const isAlone = this.#turns?.isAlone ?? false;
      process.nextTick(() =>
        this.#endInPieces(rest, isAlone ? ALONE_WRITE_MAX_BYTES : rest.length, giveBack),
      );
    } finally {
      over?.();
    }
  }

  /** The end of a body in pieces of about the same length, each when the one before is with the system. */
  #endInPieces(bytes: Uint8Array, maxBytes: number, sent: () => void): void {
    if (this.#raw.destroyed) return;
    const length = Math.ceil(bytes.length / Math.ceil(bytes.length / maxBytes));
    if (length === bytes.length) {
      this.#raw.end(bytes, sent);
      return;
    }
    this.#raw.write(bytes.subarray(0, length), (error) => {
      if (!error) this.#endInPieces(bytes.subarray(length), maxBytes, sent);
    });
  }

  async #sendAll(pieces: AsyncIterator<Uint8Array>, sent: Sent, turns: Turns | undefined): Promise<void> {
    let waiting: Uint8Array[] = [];
    let waitingBytes = 0;
    let beginning = turns;
    for (;;) {
      const upcoming = pieces.next();
      const isEnough = waitingBytes >= WRITE_MAX_BYTES;
      if (isEnough || (waitingBytes >= WRITE_MIN_BYTES && !(await isThere(upcoming)))) {
        // Should the client be gone by then, nobody is left to be told that it failed.
        upcoming.catch(() => undefined);
        if (!this.#writeAll(waiting, sent)) await this.#drained();
        waiting = [];
        waitingBytes = 0;
      }
      const next = await upcoming;
      if (this.#raw.destroyed || this.#raw.writableEnded) throw new ClientGone();
      if (next.done === true) break;
      waiting.push(next.value);
      waitingBytes += next.value.length;
      if (beginning === undefined || waitingBytes < BEGINNING_BYTES) continue;
      const isShared = beginning.isShared;
      beginning = undefined;
      if (!isShared) continue;
      waiting = this.#beginWith(waiting, waitingBytes - BEGINNING_BYTES, sent);
      waitingBytes -= BEGINNING_BYTES;
      await turns?.next();
    }
    this.#endWith(waiting, sent);
  }

  /** Sends pieces but for the end of the last one, which is left. */
  #beginWith(pieces: readonly Uint8Array[], leftBytes: number, sent: Sent): Uint8Array[] {
    const last = pieces.at(-1);
    if (last === undefined || leftBytes === 0) {
      this.#writeAll(pieces, sent);
      return [];
    }
    const beginning = last.subarray(0, last.length - leftBytes);
    // What is left of it lies in the same memory.
    const sentWhole = (piece: Uint8Array): void => {
      if (piece !== beginning) sent?.(piece);
    };
    this.#writeAll([...pieces.slice(0, -1), beginning], sentWhole);
    return [last.subarray(beginning.length)];
  }

  /** @returns whether the client takes more at once */
  #writeAll(pieces: readonly Uint8Array[], sent: Sent): boolean {
    let takesMore = true;
    // For HTTP/1.1 Node.js gathers what is written in one turn; corked, the length of a chunk would go by itself.
    const gathers = this.#raw.stream !== undefined;
    if (gathers) this.#raw.cork();
    for (const piece of pieces) takesMore = this.#raw.write(piece, () => sent?.(piece));
    if (gathers) this.#raw.uncork();
    return takesMore;
  }

  /** The last pieces and the end in one write. */
  #endWith(pieces: readonly Uint8Array[], sent: Sent): void {
    const last = pieces.at(-1);
    if (last === undefined || this.#raw.stream !== undefined) {
      this.#writeAll(pieces, sent);
      this.#raw.end();
      return;
    }
    this.#writeAll(pieces.slice(0, -1), sent);
    this.#raw.end(last, () => sent?.(last));
  }

  get isHead(): boolean {
    return this.#isHead;
  }

  get hasBegun(): boolean {
    return this.status !== undefined;
  }

  breakOff(): void {
    if (this.#raw.stream) this.#raw.stream.close(HTTP2_INTERNAL_ERROR);
    else this.#raw.destroy();
  }

  #begin(status: number, headers: Headers): void {
    this.status = status;
    this.#raw.writeHead(status, { ...this.#common, ...headers });
  }

  #drained(): Promise<void> {
    const raw = this.#raw;
    return new Promise((resolve, reject) => {
      const settle = (isGone: boolean): void => {
        clearTimeout(timer);
        raw.off('drain', drained);
        raw.off('close', closed);
        if (isGone) reject(new ClientGone());
        else resolve();
      };
      const drained = (): void => settle(false);
      const closed = (): void => settle(true);
      const timer = setTimeout(closed, this.#idleTimeoutMs);
      raw.once('drain', drained);
      raw.once('close', closed);
      if (raw.destroyed) closed();
    });
  }
}

/** A strong validator (RFC 9110 8.8.3) from what decides the bytes. */
export function entityTag(...parts: readonly (string | Uint8Array)[]): string {
  const [first = '', ...others] = parts.map((part) => (typeof part === 'string' ? part : viewed(part)));
  const decides = others.length === 0 ? first : [first, ...others].map(textOf).join('\0');
  return `"${hash('sha256', decides, 'base64url').slice(0, 22)}"`;
}

const viewed = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);
const textOf = (part: string | Buffer): string => (typeof part === 'string' ? part : part.toString('base64'));

/** Whether If-None-Match says that the client has this one (RFC 9110 13.1.2). */
export function isHeld(ifNoneMatch: string | undefined, tag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === '*') return true;
  return ifNoneMatch.split(',').some((held) => held.trim().replace(/^W\//, '') === tag);
}

/** Bytes asked for, to before `to`; 'whole' when there is no Range or one we may ignore (RFC 9110 14.2). */
export type ByteRange = { readonly from: number; readonly to: number } | 'whole' | 'unsatisfiable';

/** One range in bytes is served; several at once, and other units, are answered with the whole. */
export function parseRange(header: string | undefined, length: number): ByteRange {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '') ?? [];
  if (first === '' && last === '') return 'whole';
  if (first === '') {
    const suffix = Number(last);
    return suffix === 0 || length === 0
      ? 'unsatisfiable'
      : { from: Math.max(0, length - suffix), to: length };
  }
  const from = Number(first);
  const to = last === '' ? length : Math.min(length, Number(last) + 1);
  if (last !== '' && Number(last) < from) return 'whole';
  return from >= length ? 'unsatisfiable' : { from, to };
}
