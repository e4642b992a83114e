/** RFC 2046 5.1.1 allows 70 characters. Orthanc's DICOMweb plugin sends more than that, so more is taken. */
const BOUNDARY_MAX_CHARS = 200;
const BOUNDARY = new RegExp(
  `^[0-9A-Za-z'()+_,\\-./:=? ]{0,${BOUNDARY_MAX_CHARS - 1}}[0-9A-Za-z'()+_,\\-./:=?]$`,
);
/** Text before the first part, which nobody reads. */
const PREAMBLE_MAX_BYTES = 64 * 1024;
/** Headers of one part: two or three short lines. */
const PART_HEADERS_MAX_BYTES = 8 * 1024;
const PART_HEADERS_MAX = 32;
/** White space behind a boundary (RFC 2046 5.1.1, transport padding). */
const PADDING_MAX_BYTES = 256;

const CR = 0x0d;
const LF = 0x0a;
const DASH = 0x2d;
const END_OF_HEADERS = Buffer.from('\r\n\r\n', 'latin1');

/** A part of a multipart body. Its bytes must be read to their end before the next part is asked for. */
export interface IncomingPart {
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: AsyncIterable<Buffer>;
}

/** What is wrong with a body; never holds any of it. */
export type MultipartErrorCode =
  | 'BAD_BOUNDARY'
  | 'NO_BOUNDARY_IN_BODY'
  | 'BAD_BOUNDARY_LINE'
  | 'PART_HEADERS_TOO_LONG'
  | 'TOO_MANY_PART_HEADERS'
  | 'BAD_PART_HEADER'
  | 'MULTIPART_CUT_SHORT';

/** The error of whoever reads: a server refuses a request, a client an answer. */
export type Refuse = (code: MultipartErrorCode) => Error;

/** @throws what `refuse` makes, when there is none, or none that RFC 2046 allows */
export function requireBoundary(boundary: string | undefined, refuse: Refuse): string {
  if (boundary === undefined || !BOUNDARY.test(boundary)) throw refuse('BAD_BOUNDARY');
  return boundary;
}

/**
 * Reads multipart/related (RFC 2046 5.1) piece by piece: what it holds at once is one piece and one boundary,
 * whatever comes.
 * @throws what `refuse` makes
 */
export class MultipartReader {
  readonly #pieces: AsyncIterator<Buffer>;
  readonly #delimiter: Buffer;
  readonly #refuse: Refuse;
  /** Read, not yet given. */
  #rest: Buffer;
  #isBodyOpen = false;

  constructor(pieces: AsyncIterable<Buffer>, boundary: string, refuse: Refuse) {
    this.#refuse = refuse;
    this.#pieces = pieces[Symbol.asyncIterator]();
    this.#delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1');
    // The first boundary may stand at the very beginning, without a line break before it.
    this.#rest = Buffer.from('\r\n', 'latin1');
  }

  async *parts(): AsyncGenerator<IncomingPart> {
    let passed = 0;
    for await (const piece of this.#untilDelimiter()) {
      passed += piece.length;
      if (passed > PREAMBLE_MAX_BYTES) throw this.#refuse('NO_BOUNDARY_IN_BODY');
    }
    while (await this.#anotherFollows()) {
      const headers = await this.#headers();
      this.#isBodyOpen = true;
      yield { headers, body: this.#body() };
      if (this.#isBodyOpen) for await (const _left of this.#body());
    }
  }

  async *#body(): AsyncGenerator<Buffer> {
    if (!this.#isBodyOpen) return;
    yield* this.#untilDelimiter();
  }

  /** Gives what stands before the next delimiter, and takes the delimiter away. */
  async *#untilDelimiter(): AsyncGenerator<Buffer> {
    const delimiter = this.#delimiter;
    for (;;) {
      const at = this.#rest.indexOf(delimiter);
      if (at >= 0) {
        const before = this.#rest.subarray(0, at);
        this.#rest = this.#rest.subarray(at + delimiter.length);
        // Whoever stops reading at this piece has still read the part to its end.
        this.#isBodyOpen = false;
        if (before.length > 0) yield before;
        return;
      }
      // The end may be the beginning of a delimiter: that is kept until more is there.
      const tail = this.#rest.indexOf(CR, Math.max(0, this.#rest.length - delimiter.length + 1));
      const whole = tail < 0 ? this.#rest : this.#rest.subarray(0, tail);
      const kept = this.#rest.subarray(whole.length);
      if (whole.length > 0) yield whole;
      this.#rest = kept;
      await this.#more();
    }
  }

  /** Behind a delimiter: `--` ends it all, a line break begins a part. */
  async #anotherFollows(): Promise<boolean> {
    for (let at = 0; at <= PADDING_MAX_BYTES; at++) {
      while (this.#rest.length < at + 2) await this.#more();
      const [first, second] = [this.#rest[at], this.#rest[at + 1]];
      if (at === 0 && first === DASH && second === DASH) return false;
      if (first === CR && second === LF) {
        this.#rest = this.#rest.subarray(at + 2);
        return true;
      }
      if (first !== 0x20 && first !== 0x09) break;
    }
    throw this.#refuse('BAD_BOUNDARY_LINE');
  }

  async #headers(): Promise<ReadonlyMap<string, string>> {
    const headers = new Map<string, string>();
    for (;;) {
      while (this.#rest.length < 2) await this.#more();
      // A part without headers begins with an empty line.
      if (this.#rest[0] === CR && this.#rest[1] === LF) {
        this.#rest = this.#rest.subarray(2);
        return headers;
      }
      const end = this.#rest.indexOf(END_OF_HEADERS);
      if (end >= 0 && end <= PART_HEADERS_MAX_BYTES) {
        const text = this.#rest.toString('latin1', 0, end);
        this.#rest = this.#rest.subarray(end + END_OF_HEADERS.length);
        return parseHeaders(text, headers, this.#refuse);
      }
      if (this.#rest.length > PART_HEADERS_MAX_BYTES) throw this.#refuse('PART_HEADERS_TOO_LONG');
      await this.#more();
    }
  }

  async #more(): Promise<void> {
    const { value, done } = await this.#pieces.next();
    if (done === true) throw this.#refuse('MULTIPART_CUT_SHORT');
    this.#rest = this.#rest.length === 0 ? value : Buffer.concat([this.#rest, value]);
  }
}

function parseHeaders(
  text: string,
  headers: Map<string, string>,
  refuse: Refuse,
): ReadonlyMap<string, string> {
  // A line that begins with white space goes on with the one before (RFC 822 3.1.1).
  const lines = text.replace(/\r\n[ \t]+/g, ' ').split('\r\n');
  if (lines.length > PART_HEADERS_MAX) throw refuse('TOO_MANY_PART_HEADERS');
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon)).toLowerCase();
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name) || headers.has(name)) throw refuse('BAD_PART_HEADER');
    headers.set(name, line.slice(colon + 1).trim());
  }
  return headers;
}
