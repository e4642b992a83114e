import { type MultipartEvent, MultipartParser, type PartHeaders, type Refuse } from './multipart-parser.ts';

export { requireBoundary } from './multipart-parser.ts';

/** A part of a multipart body. Its bytes must be read to their end before the next part is asked for. */
export interface IncomingPart {
  readonly headers: PartHeaders;
  readonly body: AsyncIterable<Buffer>;
}

/**
 * Reads multipart/related (RFC 2046 5.1) from pieces that are asked for as they are needed: what it holds at once is
 * one piece and one boundary, whatever comes.
 * @throws what `refuse` makes
 */
export class MultipartReader {
  readonly #pieces: AsyncIterator<Buffer>;
  readonly #parser: MultipartParser;
  readonly #refuse: Refuse;
  #isBodyOpen = false;

  constructor(pieces: AsyncIterable<Buffer>, boundary: string, refuse: Refuse) {
    this.#refuse = refuse;
    this.#pieces = pieces[Symbol.asyncIterator]();
    this.#parser = new MultipartParser(boundary, refuse);
  }

  async *parts(): AsyncGenerator<IncomingPart> {
    while ((await this.#next()) !== 'end') {
      const { headers } = this.#parser;
      this.#isBodyOpen = true;
      yield { headers, body: this.#body() };
      if (this.#isBodyOpen) for await (const _left of this.#body());
    }
  }

  async *#body(): AsyncGenerator<Buffer> {
    while (this.#isBodyOpen) {
      if ((await this.#next()) === 'bytes') yield this.#parser.bytes;
      else this.#isBodyOpen = false;
    }
  }

  async #next(): Promise<MultipartEvent> {
    for (;;) {
      const event = this.#parser.next();
      if (event !== undefined) return event;
      const { value, done } = await this.#pieces.next();
      if (done === true) throw this.#refuse('MULTIPART_CUT_SHORT');
      this.#parser.feed(value);
    }
  }
}
