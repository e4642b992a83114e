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
const NOTHING = Buffer.alloc(0);

/** Names in lower case. */
export type PartHeaders = ReadonlyMap<string, string>;

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

/** What comes next in a body. */
export type MultipartEvent =
  /** A part begins: `headers` are its. */
  | 'part'
  /** Some of its body is in `bytes`. */
  | 'bytes'
  | 'part-end'
  /** The closing delimiter; what stands behind it is nobody's. */
  | 'end';

/**
 * Reads multipart/related (RFC 2046 5.1) without ever waiting: `feed` it a piece, then ask for what is `next` until it
 * wants another. Between pieces it holds the headers of a part, or the beginning of a delimiter, whatever comes.
 */
export class MultipartParser {
  readonly #delimiter: Buffer;
  readonly #refuse: Refuse;
  /** Fed, not yet given. The first boundary may stand at the very beginning, without a line break before it. */
  #rest: Buffer = Buffer.from('\r\n', 'latin1');
  #at: 'preamble' | 'boundary line' | 'headers' | 'body' | 'end' = 'preamble';
  #preambleBytes = 0;
  /** A delimiter was read behind the bytes that were given last. */
  #isPartEnding = false;
  #headers: PartHeaders = new Map();
  #bytes: Buffer = NOTHING;

  /** @param boundary as `requireBoundary` gives it */
  constructor(boundary: string, refuse: Refuse) {
    this.#refuse = refuse;
    this.#delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1');
  }

  /** Of the part that began last. */
  get headers(): PartHeaders {
    return this.#headers;
  }

  /** A view of the piece that was fed last, good until the next is asked for. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  /** The next piece, when `next` had nothing more. It is its owner's again when `next` has nothing more. */
  feed(piece: Buffer): void {
    this.#rest = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
  }

  /** Undefined when more must be fed. @throws what `refuse` makes */
  next(): MultipartEvent | undefined {
    const event = this.#step();
    // What is kept for the next piece is short; the memory it lies in may be used again.
    if (event === undefined && this.#rest.length > 0) this.#rest = Buffer.from(this.#rest);
    return event;
  }

  #step(): MultipartEvent | undefined {
    if (this.#isPartEnding) {
      this.#isPartEnding = false;
      return 'part-end';
    }
    if (this.#at === 'body') return this.#body();
    if (this.#at === 'preamble' && !this.#passPreamble()) return undefined;
    if (this.#at === 'boundary line' && !this.#passBoundaryLine()) return undefined;
    if (this.#at === 'headers') return this.#readHeaders();
    this.#rest = NOTHING;
    return 'end';
  }

  #passPreamble(): boolean {
    this.#preambleBytes += this.#untilDelimiter().length;
    if (this.#preambleBytes > PREAMBLE_MAX_BYTES) throw this.#refuse('NO_BOUNDARY_IN_BODY');
    return this.#at !== 'preamble';
  }

  #body(): MultipartEvent | undefined {
    this.#bytes = this.#untilDelimiter();
    const hasEnded = this.#at !== 'body';
    if (this.#bytes.length === 0) return hasEnded ? 'part-end' : undefined;
    this.#isPartEnding = hasEnded;
    return 'bytes';
  }

  /** Takes away what stands before the next delimiter, and the delimiter if there is one. */
  #untilDelimiter(): Buffer {
    const rest = this.#rest;
    const delimiter = this.#delimiter;
    const at = rest.indexOf(delimiter);
    if (at >= 0) {
      this.#at = 'boundary line';
      this.#rest = rest.subarray(at + delimiter.length);
      return rest.subarray(0, at);
    }
    const end = this.#partialDelimiterIn(rest);
    this.#rest = rest.subarray(end);
    return end === rest.length ? rest : rest.subarray(0, end);
  }

  /** Where the beginning of a delimiter stands at the very end, or the end. */
  #partialDelimiterIn(rest: Buffer): number {
    const delimiter = this.#delimiter;
    for (let at = Math.max(0, rest.length - delimiter.length + 1); at < rest.length; at++)
      if (rest[at] === CR && rest.compare(delimiter, 0, rest.length - at, at) === 0) return at;
    return rest.length;
  }

  /** Behind a delimiter: `--` ends it all, a line break begins a part. False when more must be fed. */
  #passBoundaryLine(): boolean {
    const rest = this.#rest;
    for (let at = 0; at <= PADDING_MAX_BYTES; at++) {
      if (rest.length < at + 2) return false;
      const [first, second] = [rest[at], rest[at + 1]];
      if (at === 0 && first === DASH && second === DASH) {
        this.#at = 'end';
        return true;
      }
      if (first === CR && second === LF) {
        this.#rest = rest.subarray(at + 2);
        this.#at = 'headers';
        return true;
      }
      if (first !== 0x20 && first !== 0x09) break;
    }
    throw this.#refuse('BAD_BOUNDARY_LINE');
  }

  #readHeaders(): MultipartEvent | undefined {
    const rest = this.#rest;
    if (rest.length < 2) return undefined;
    // A part without headers begins with an empty line.
    const isBare = rest[0] === CR && rest[1] === LF;
    const end = isBare ? 0 : rest.indexOf(END_OF_HEADERS);
    if (end < 0 || end > PART_HEADERS_MAX_BYTES) {
      if (rest.length > PART_HEADERS_MAX_BYTES) throw this.#refuse('PART_HEADERS_TOO_LONG');
      return undefined;
    }
    this.#headers = isBare ? new Map() : parseHeaders(rest.toString('latin1', 0, end), this.#refuse);
    this.#rest = rest.subarray(end + (isBare ? 2 : END_OF_HEADERS.length));
    this.#at = 'body';
    return 'part';
  }
}

function parseHeaders(text: string, refuse: Refuse): PartHeaders {
  const headers = new Map<string, string>();
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
