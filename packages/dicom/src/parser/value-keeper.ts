import type { ByteSource, DataElement } from '../data-set/data-element.ts';

/** First allocation for a value that arrives in pieces: what it says of its length is not believed at once. */
const pieceBufferMinBytes = 4096;

/**
 * Keeps values out of chunks the caller will use again. Values that lie whole in a chunk share one copy of the
 * chunk's header part, made when the chunk is done with; a value that crosses chunks grows in a buffer of its own.
 */
export class ValueKeeper {
  readonly #copies: boolean;
  #source: ByteSource = { bytes: new Uint8Array(0), base: 0 };
  #from = -1;
  #to = 0;
  #pending: DataElement | undefined;
  /** Of the pending value, until it is whole: half a value is none. */
  #growing: ByteSource = { bytes: new Uint8Array(0), base: 0 };
  #pendingLength = 0;
  #filled = 0;

  /** @param copies whether chunks belong to the caller; otherwise values are views of them. */
  constructor(copies: boolean) {
    this.#copies = copies;
  }

  /** The element whose value is not yet complete. */
  get pending(): DataElement | undefined {
    return this.#pending;
  }

  /** Bytes still to come for the pending value. */
  get missing(): number {
    return this.#pendingLength - this.#filled;
  }

  beginChunk(chunk: Uint8Array, base: number): void {
    this.#source = { bytes: chunk, base };
    this.#from = -1;
  }

  /** Takes a value that lies whole in the chunk, at chunk index `at`. */
  keep(element: DataElement, at: number, length: number): void {
    if (this.#from < 0) this.#from = at;
    this.#to = at + length;
    element.source = this.#source;
  }

  /** Lets an element find its bytes in the chunk as a whole; only for chunks that are not copied. */
  share(element: DataElement): void {
    element.source = this.#source;
  }

  /** Begins a value of which the chunk holds only the first bytes, from chunk index `at` to its end. */
  begin(element: DataElement, at: number, length: number): void {
    const { bytes } = this.#source;
    const first = bytes.subarray(at);
    const buffer = new Uint8Array(Math.min(length, Math.max(pieceBufferMinBytes, first.length * 2)));
    buffer.set(first);
    this.#growing = { bytes: buffer, base: element.offset };
    this.#pending = element;
    this.#pendingLength = length;
    this.#filled = first.length;
  }

  /** Adds bytes of the chunk to the pending value; returns how many it took. */
  fill(chunk: Uint8Array, at: number): number {
    if (this.#pending === undefined) return 0;
    const source = this.#growing;
    const taken = Math.min(this.missing, chunk.length - at);
    const wanted = this.#filled + taken;
    if (wanted > source.bytes.length) {
      const grown = new Uint8Array(Math.min(this.#pendingLength, Math.max(wanted, source.bytes.length * 2)));
      grown.set(source.bytes.subarray(0, this.#filled));
      source.bytes = grown;
    }
    source.bytes.set(chunk.subarray(at, at + taken), this.#filled);
    this.#filled = wanted;
    return taken;
  }

  /** The pending value is complete: its element has it from here on. */
  finish(): DataElement | undefined {
    const element = this.#pending;
    if (element !== undefined) element.source = this.#growing;
    this.#pending = undefined;
    return element;
  }

  /**
   * Lets go of the chunk: copies the part that holds values. Called at the end of a chunk and where a long value
   * is passed over, so that the copy does not hold the long value too.
   */
  seal(): void {
    if (this.#from < 0 || !this.#copies) return;
    const { bytes, base } = this.#source;
    // Not bytes.slice(): a Node Buffer's gives a view, and the chunk is the caller's again.
    this.#source.bytes = new Uint8Array(bytes.subarray(this.#from, this.#to));
    this.#source.base = base + this.#from;
    this.#source = { bytes, base };
    this.#from = -1;
  }
}
