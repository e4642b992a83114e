import { P_DATA_HEADER_BYTES, PDV_HEADER_BYTES, writePDataHeader } from '../pdu/index.ts';
import { encodeCommand } from './command-codec.ts';
import type { CommandFields } from './command.ts';
import { SEND_PDU_MAX_BYTES, WRITE_BATCH_BYTES } from './limits.ts';

/** Chunks of a data set that gets their memory back when it is sent: at once, not when the collector finds time. */
export interface ReleasedChunks extends AsyncIterable<Uint8Array> {
  /** Nothing needs this chunk any more. Not called for chunks of a message that was broken off. */
  release(chunk: Uint8Array): void;
}

/** A data set to send: whole, or in chunks of any size as they become ready. Chunks are not copied: do not reuse them
 *  before they are released. */
export type OutgoingDataSet = Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array> | ReleasedChunks;

/**
 * Bytes of a message that fit into one PDV for a peer (PS3.8 D.1): its Maximum Length counts the PDV header. Even,
 * because fragments of a data set have even length (PS3.8 Annex E.1).
 */
export function fragmentMaxBytes(peerMaximumLength: number): number {
  const limit =
    peerMaximumLength === 0 ? SEND_PDU_MAX_BYTES : Math.min(peerMaximumLength, SEND_PDU_MAX_BYTES);
  return (limit - PDV_HEADER_BYTES) & ~1;
}

/** The PDUs of a command set: one buffer with its headers unless the peer's PDUs are tiny. */
export function commandPdus(
  presentationContextID: number,
  fields: CommandFields,
  hasDataSet: boolean,
  fragmentBytes: number,
): Buffer[] {
  const bytes = encodeCommand(fields, hasDataSet, P_DATA_HEADER_BYTES);
  const length = bytes.length - P_DATA_HEADER_BYTES;
  if (length <= fragmentBytes) {
    writePDataHeader(bytes, 0, presentationContextID, true, true, length);
    return [bytes];
  }
  const parts: Buffer[] = [];
  for (let at = 0; at < length; at += fragmentBytes) {
    const part = bytes.subarray(
      P_DATA_HEADER_BYTES + at,
      P_DATA_HEADER_BYTES + Math.min(at + fragmentBytes, length),
    );
    const header = Buffer.allocUnsafe(P_DATA_HEADER_BYTES);
    writePDataHeader(header, 0, presentationContextID, true, at + fragmentBytes >= length, part.length);
    parts.push(header, part);
  }
  return parts;
}

/** Data sets up to this size are copied behind their header: one small write is cheaper than a writev of two. */
const COPY_MAX_BYTES = 4 * 1024;

/**
 * Cuts a data set that comes in chunks into P-DATA-TF PDUs for one peer: small header buffers between views of the
 * chunks. A fragment may span chunks. One fragment is held back until it is known whether it is the last.
 */
export class DataSetFramer {
  readonly #contextID: number;
  readonly #fragmentBytes: number;
  #held: Uint8Array[] = [];
  #heldLength = 0;
  #parts: Uint8Array[] = [];
  #partsLength = 0;

  constructor(presentationContextID: number, fragmentBytes: number) {
    this.#contextID = presentationContextID;
    this.#fragmentBytes = fragmentBytes;
  }

  /** Enough is framed for one write. */
  get isReady(): boolean {
    return this.#partsLength >= WRITE_BATCH_BYTES;
  }

  /** Takes what was framed so far, for one write. */
  take(): Uint8Array[] {
    const parts = this.#parts;
    this.#parts = [];
    this.#partsLength = 0;
    return parts;
  }

  /** Whether bytes of a chunk wait for the next fragment. */
  holds(chunk: Uint8Array): boolean {
    return this.#held.some((part) => part.buffer === chunk.buffer);
  }

  /** Bytes in front of the data, for instance the command set of the same message. */
  prepend(part: Uint8Array): void {
    this.#parts.push(part);
    this.#partsLength += part.length;
  }

  /**
   * Frames from `chunk` beginning at `at` until a batch is ready, and returns where it stopped: call again from
   * there after the batch was taken.
   */
  add(chunk: Uint8Array, at: number): number {
    let from = at;
    while (from < chunk.length && !this.isReady) {
      // More data follows, so what is held is not the last fragment.
      if (this.#heldLength === this.#fragmentBytes) this.#flush(false);
      const taken = Math.min(chunk.length - from, this.#fragmentBytes - this.#heldLength);
      this.#held.push(from === 0 && taken === chunk.length ? chunk : chunk.subarray(from, from + taken));
      this.#heldLength += taken;
      from += taken;
    }
    return from;
  }

  /** The data set is complete: frames the last fragment. */
  end(): void {
    this.#flush(true);
  }

  #flush(isLast: boolean): void {
    const length = this.#heldLength;
    if (length <= COPY_MAX_BYTES) {
      const whole = Buffer.allocUnsafe(P_DATA_HEADER_BYTES + length);
      writePDataHeader(whole, 0, this.#contextID, false, isLast, length);
      let at = P_DATA_HEADER_BYTES;
      for (const part of this.#held) {
        whole.set(part, at);
        at += part.length;
      }
      this.#parts.push(whole);
    } else {
      const header = Buffer.allocUnsafe(P_DATA_HEADER_BYTES);
      writePDataHeader(header, 0, this.#contextID, false, isLast, length);
      this.#parts.push(header);
      for (const part of this.#held) this.#parts.push(part);
    }
    this.#partsLength += P_DATA_HEADER_BYTES + length;
    this.#held = [];
    this.#heldLength = 0;
  }
}
