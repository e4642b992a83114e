/** A head longer than this is no answer of a DICOMweb server. */
const HEAD_MAX_BYTES = 64 * 1024;
const END_OF_HEAD = '\r\n\r\n';
const LF = 0x0a;

export interface HttpHead {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
}

export interface HttpEvents {
  head(head: HttpHead): void;
  /** A piece of the body, only valid during the call. */
  body(piece: Buffer): void;
  end(): void;
}

type State = 'head' | 'length' | 'until-close' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailer';

/** Answers of HTTP/1.1 as they come out of a socket (RFC 9112): bodies with a length, chunked ones, those that end with the connection, and none. */
export class HttpReader {
  readonly #events: HttpEvents;
  #state: State = 'head';
  /** What has come of a head or of a line. */
  #text = '';
  /** Bytes of the body, or of the chunk, that are still to come. */
  #left = 0;

  constructor(events: HttpEvents) {
    this.#events = events;
  }

  /** @throws Error when this is no HTTP/1.1 */
  push(piece: Buffer): void {
    for (let at = 0; at < piece.length;) at = this.#step(piece, at);
  }

  /** The connection was closed by the other side. @returns whether that ended an answer as it should */
  close(): boolean {
    if (this.#state !== 'until-close') return false;
    this.#finish();
    return true;
  }

  /** Takes what belongs to the present state. @returns where to go on */
  #step(piece: Buffer, at: number): number {
    switch (this.#state) {
      case 'head':
        return this.#takeHead(piece, at);
      case 'length':
      case 'chunk':
      case 'until-close':
        return this.#takeBody(piece, at);
      case 'chunk-size':
      case 'chunk-end':
      case 'trailer':
        return this.#takeLine(piece, at);
    }
  }

  #takeHead(piece: Buffer, at: number): number {
    const before = this.#text.length;
    const text = this.#text + piece.toString('latin1', at);
    const end = text.indexOf(END_OF_HEAD, Math.max(0, before - END_OF_HEAD.length));
    if (end < 0) {
      if (text.length > HEAD_MAX_BYTES) throw new Error('no end of the head');
      this.#text = text;
      return piece.length;
    }
    this.#text = '';
    const head = parseHead(text.slice(0, end));
    this.#events.head(head);
    this.#begin(head);
    return at + end + END_OF_HEAD.length - before;
  }

  #begin({ status, headers }: HttpHead): void {
    if (headers.get('transfer-encoding')?.toLowerCase() === 'chunked') {
      this.#state = 'chunk-size';
      return;
    }
    const isEmpty = status === 204 || status === 304;
    const length = isEmpty ? '0' : headers.get('content-length');
    if (length === undefined) {
      this.#left = Infinity;
      this.#state = 'until-close';
      return;
    }
    if (!/^\d{1,15}$/.test(length)) throw new Error('an answer without a length');
    this.#left = Number(length);
    this.#state = 'length';
    if (this.#left === 0) this.#finish();
  }

  #takeBody(piece: Buffer, at: number): number {
    const end = Math.min(piece.length, at + this.#left);
    this.#left -= end - at;
    this.#events.body(piece.subarray(at, end));
    if (this.#left > 0) return end;
    if (this.#state === 'chunk') this.#state = 'chunk-end';
    else this.#finish();
    return end;
  }

  #takeLine(piece: Buffer, at: number): number {
    const end = piece.indexOf(LF, at);
    if (end < 0) {
      this.#text += piece.toString('latin1', at);
      if (this.#text.length > HEAD_MAX_BYTES) throw new Error('no end of the line');
      return piece.length;
    }
    const line = (this.#text + piece.toString('latin1', at, end)).trim();
    this.#text = '';
    if (this.#state === 'chunk-size') this.#beginChunk(line);
    else if (this.#state === 'chunk-end') this.#state = 'chunk-size';
    else if (line === '') this.#finish();
    return end + 1;
  }

  #beginChunk(line: string): void {
    const [, size] = /^([0-9a-f]{1,12})(?:;.*)?$/i.exec(line) ?? [];
    if (size === undefined) throw new Error('a chunk without a size');
    this.#left = Number.parseInt(size, 16);
    this.#state = this.#left === 0 ? 'trailer' : 'chunk';
  }

  #finish(): void {
    this.#state = 'head';
    this.#events.end();
  }
}

function parseHead(text: string): HttpHead {
  const [first = '', ...lines] = text.split('\r\n');
  const [, status] = /^HTTP\/1\.[01] (\d{3})/.exec(first) ?? [];
  if (status === undefined) throw new Error('no HTTP/1.1');
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  return { status: Number(status), headers };
}
