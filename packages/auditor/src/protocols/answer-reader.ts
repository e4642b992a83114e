import { ProbeError } from '../transport/index.ts';
import type { RawConversation } from '../transport/index.ts';

/** One message at the start of the bytes: what it says and how long it is. Undefined: not all of it is here. */
export type Parse<T> = (bytes: Buffer) => { readonly value: T; readonly length: number } | undefined;

/** Longest single message a check waits for, bytes; a list of a thousand shares takes 60 KiB. */
export const MESSAGE_MAX_BYTES = 256 * 1024;

/** Takes whole messages from a conversation. What is left over belongs to the next one. */
export class AnswerReader {
  readonly #conversation: RawConversation;
  readonly #maxBytes: number;
  #bytes: Buffer = Buffer.alloc(0);

  constructor(conversation: RawConversation, maxBytes = MESSAGE_MAX_BYTES) {
    this.#conversation = conversation;
    this.#maxBytes = maxBytes;
  }

  /** The next message. Throws ProbeError: CLOSED, READ_TIMED_OUT, PROTOCOL (MESSAGE_TOO_LONG or the codec's). */
  async next<T>(parse: Parse<T>, timeoutMs?: number): Promise<T> {
    for (;;) {
      const parsed = this.#bytes.length === 0 ? undefined : parse(this.#bytes);
      if (parsed !== undefined) {
        this.#bytes = this.#bytes.subarray(parsed.length);
        return parsed.value;
      }
      if (this.#bytes.length >= this.#maxBytes) throw new ProbeError('PROTOCOL', 'MESSAGE_TOO_LONG');
      const chunk = await this.#conversation.read(timeoutMs);
      if (chunk === undefined) throw new ProbeError('CLOSED');
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
    }
  }
}

/** A message with its length in front: header bytes, and from them the length of the whole. */
export function framed(headerBytes: number, lengthOf: (header: Buffer) => number): Parse<Buffer> {
  return (bytes) => {
    if (bytes.length < headerBytes) return undefined;
    const length = lengthOf(bytes);
    if (length < headerBytes || length > MESSAGE_MAX_BYTES)
      throw new ProbeError('PROTOCOL', 'MESSAGE_LENGTH');
    return bytes.length < length ? undefined : { value: bytes.subarray(0, length), length };
  };
}

/** Longest line of a text protocol, bytes. */
export const LINE_MAX_BYTES = 8 * 1024;

/** One line without its end (LF or CRLF). */
export const line: Parse<string> = (bytes) => {
  const end = bytes.indexOf(0x0a);
  if (end > LINE_MAX_BYTES || (end < 0 && bytes.length > LINE_MAX_BYTES)) {
    throw new ProbeError('PROTOCOL', 'LINE_TOO_LONG');
  }
  if (end < 0) return undefined;
  return { value: bytes.toString('latin1', 0, end).replace(/\r$/, ''), length: end + 1 };
};

/** Whatever has come so far. */
export const anything: Parse<Buffer> = (bytes) => ({ value: bytes, length: bytes.length });
