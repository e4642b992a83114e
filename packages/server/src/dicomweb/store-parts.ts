import type { MultipartParser, PartHeaders } from '../http-media/multipart-parser.ts';
import type { Wants } from './read-body.ts';

/** Where the bytes of one part go, as they arrive. A promise asks to wait before anything else is given. */
export interface PartSink {
  /** @param bytes used again when this has returned, or what it returned has resolved */
  write(bytes: Buffer): void | Promise<void>;
  end(): void | Promise<void>;
  /** The body went no further. */
  breakOff?(error: unknown): Promise<void>;
}

/** Takes the parts out of a body and gives each to a sink of its own, one after the other. */
export class Parts {
  readonly #parser: MultipartParser;
  readonly #begin: (headers: PartHeaders) => PartSink;
  #part: PartSink | undefined;
  #haveEnded = false;

  /** @param begin asked for each part */
  constructor(parser: MultipartParser, begin: (headers: PartHeaders) => PartSink) {
    this.#parser = parser;
    this.#begin = begin;
  }

  /** The closing delimiter was read. */
  get haveEnded(): boolean {
    return this.#haveEnded;
  }

  /** @throws WebError, what sinks throw; or rejects with it */
  take(piece: Buffer): Wants | Promise<Wants> {
    this.#parser.feed(piece);
    return this.#takeEvents();
  }

  /** The body went no further. */
  async breakOff(error: unknown): Promise<void> {
    await this.#part?.breakOff?.(error);
  }

  #takeEvents(): Wants | Promise<Wants> {
    for (;;) {
      const event = this.#parser.next();
      if (event === undefined) return 'more';
      let waiting: void | Promise<void> = undefined;
      switch (event) {
        case 'part':
          this.#part = this.#begin(this.#parser.headers);
          break;
        case 'bytes':
          waiting = this.#part?.write(this.#parser.bytes);
          break;
        case 'part-end': {
          const part = this.#part;
          this.#part = undefined;
          waiting = part?.end();
          break;
        }
        case 'end':
          this.#haveEnded = true;
          return 'enough';
      }
      if (waiting) return waiting.then(() => this.#takeEvents());
    }
  }
}
