import {
  ASSOCIATE_PDU_MAX_BYTES,
  PDU_BUFFER_START_BYTES,
  PDU_HEADER_BYTES,
  PDV_HEADER_BYTES,
  SHORT_PDU_BYTES,
} from './limits.ts';
import { decodeControlPdu } from './pdu-codec.ts';
import { PduError } from './pdu-error.ts';
import { PduType } from './pdu.ts';
import type { ControlPdu } from './pdu.ts';

/**
 * What `next()` found.
 * `need-more`: all bytes are used up, feed the next read. `pdu`: `reader.pdu` holds a PDU other than P-DATA-TF.
 * `p-data`: a P-DATA-TF begins. `pdv`: `reader.piece` is the next piece of a PDV.
 */
export type PduReaderEvent = 'need-more' | 'pdu' | 'p-data' | 'pdv';

const EMPTY = Buffer.alloc(0);
const P_DATA_TF: number = PduType['P-DATA-TF'];

/** Length of the variable field a PDU of this type may have. */
function lengthIsAllowed(type: number, length: number): boolean {
  if (type === PduType['A-ASSOCIATE-RQ'] || type === PduType['A-ASSOCIATE-AC']) {
    return length <= ASSOCIATE_PDU_MAX_BYTES;
  }
  return length === SHORT_PDU_BYTES;
}

/**
 * Reads PDUs from socket reads without copying data: a PDV is handed out in the pieces in which it arrived, each
 * a view of its read buffer. Only headers that are cut by the end of a read, and PDUs other than P-DATA-TF, are
 * copied, within the limits of `limits.ts`.
 *
 * It is pulled: `feed` one read, then call `next` until it says `need-more`. Whoever must wait stops calling
 * `next`; nothing is queued here. The results are fields of the reader, valid until the next call, so that the
 * path of image data allocates nothing but the view. `next` throws PduError; the stream cannot be read further
 * after that.
 */
export class PduReader {
  /** The PDU of a `pdu` event. */
  pdu: ControlPdu | undefined;
  /** A piece of a PDV: bytes after the message control header. Empty if the PDV has none. */
  piece: Buffer = EMPTY;
  presentationContextID = 0;
  isCommand = false;
  /** The message control header's last-fragment bit; it takes effect when `pdvEnds`. */
  isLast = false;
  /** This piece is the end of its PDV. */
  pdvEnds = false;
  /** This piece is the end of its PDU. */
  pduEnds = false;

  readonly #maximumLength: number;
  #chunk: Buffer = EMPTY;
  #at = 0;

  // A header cut in two waits here.
  readonly #header = Buffer.alloc(PDU_HEADER_BYTES);
  #headerLength = 0;
  // Where the header that was just taken lies: the read itself, or `#header`.
  #headerBytes: Buffer = EMPTY;

  #inPData = false;
  #pduRemaining = 0;
  #inPdv = false;
  #pdvRemaining = 0;

  // The body of a PDU other than P-DATA-TF while it arrives.
  #bodyType = 0;
  #body: Buffer | undefined;
  #bodyLength = 0;
  #bodyExpected = 0;

  /** @param maximumLength longest variable field of a P-DATA-TF, bytes: the Maximum Length we offered (PS3.8 D.1). */
  constructor(maximumLength: number) {
    this.#maximumLength = maximumLength;
  }

  /** The reader stands between two PDUs. */
  get isBetweenPdus(): boolean {
    return !this.#inPData && this.#bodyType === 0 && this.#headerLength === 0;
  }

  /** Hands over the next read; only after `next` returned `need-more`. The reader keeps views of it. */
  feed(chunk: Buffer): void {
    this.#chunk = chunk;
    this.#at = 0;
  }

  next(): PduReaderEvent {
    if (this.#inPData) return this.#nextPdv();
    if (this.#bodyType !== 0) return this.#continueBody();
    const header = this.#takeHeader();
    if (header < 0) return this.#needMore();
    return this.#beginPdu(header);
  }

  #needMore(): 'need-more' {
    // An idle association must not hold a read buffer of 64 KiB.
    this.#chunk = EMPTY;
    this.piece = EMPTY;
    this.#at = 0;
    return 'need-more';
  }

  /**
   * The position of the next 6-byte header in `#headerBytes`, or -1 when more bytes are needed. PDU and PDV headers
   * have the same length. In the usual case the header lies whole in the read and is used in place.
   */
  #takeHeader(): number {
    const chunk = this.#chunk;
    const available = chunk.length - this.#at;
    if (this.#headerLength === 0 && available >= PDU_HEADER_BYTES) {
      const at = this.#at;
      this.#at = at + PDU_HEADER_BYTES;
      this.#headerBytes = chunk;
      return at;
    }
    const wanted = Math.min(PDU_HEADER_BYTES - this.#headerLength, available);
    chunk.copy(this.#header, this.#headerLength, this.#at, this.#at + wanted);
    this.#headerLength += wanted;
    this.#at += wanted;
    if (this.#headerLength < PDU_HEADER_BYTES) return -1;
    this.#headerLength = 0;
    this.#headerBytes = this.#header;
    return 0;
  }

  #beginPdu(at: number): PduReaderEvent {
    const type = this.#headerBytes[at] ?? 0;
    const length = this.#headerBytes.readUInt32BE(at + 2);
    this.#headerBytes = EMPTY;
    if (type === P_DATA_TF) {
      if (length > this.#maximumLength) {
        throw new PduError('PDU_TOO_LONG', { pduType: type, declared: length, limit: this.#maximumLength });
      }
      // A P-DATA-TF holds one PDV or more (PS3.8 9.3.5).
      if (length < PDV_HEADER_BYTES)
        throw new PduError('PDU_LENGTH_WRONG', { pduType: type, declared: length });
      this.#inPData = true;
      this.#pduRemaining = length;
      return 'p-data';
    }
    if (type === 0 || type > PduType['A-ABORT'])
      throw new PduError('UNRECOGNIZED_PDU_TYPE', { pduType: type });
    if (!lengthIsAllowed(type, length)) {
      throw new PduError('PDU_LENGTH_WRONG', { pduType: type, declared: length });
    }
    this.#bodyType = type;
    this.#bodyExpected = length;
    this.#bodyLength = 0;
    return this.#continueBody();
  }

  #continueBody(): PduReaderEvent {
    const available = this.#chunk.length - this.#at;
    const missing = this.#bodyExpected - this.#bodyLength;
    const taken = this.#chunk.subarray(this.#at, this.#at + Math.min(available, missing));
    this.#at += taken.length;
    if (this.#body === undefined && taken.length === missing) return this.#endBody(taken);
    this.#keepBody(taken);
    if (taken.length < missing) return this.#needMore();
    return this.#endBody((this.#body ?? EMPTY).subarray(0, this.#bodyExpected));
  }

  /** Grows with the bytes that came, not with the length that was announced. */
  #keepBody(bytes: Buffer): void {
    const needed = this.#bodyLength + bytes.length;
    let body = this.#body ?? Buffer.allocUnsafe(Math.min(this.#bodyExpected, PDU_BUFFER_START_BYTES));
    if (needed > body.length) {
      const grown = Buffer.allocUnsafe(Math.min(this.#bodyExpected, Math.max(needed, body.length * 2)));
      body.copy(grown, 0, 0, this.#bodyLength);
      body = grown;
    }
    bytes.copy(body, this.#bodyLength);
    this.#bodyLength = needed;
    this.#body = body;
  }

  #endBody(body: Buffer): 'pdu' {
    const type = this.#bodyType;
    this.#bodyType = 0;
    this.#body = undefined;
    this.pdu = decodeControlPdu(type, body);
    return 'pdu';
  }

  #nextPdv(): PduReaderEvent {
    if (!this.#inPdv) {
      const at = this.#takeHeader();
      if (at < 0) return this.#needMore();
      this.#beginPdv(at);
      if (this.#pdvRemaining === 0) return this.#givePiece(0);
    }
    const available = this.#chunk.length - this.#at;
    if (available === 0) return this.#needMore();
    return this.#givePiece(Math.min(available, this.#pdvRemaining));
  }

  #beginPdv(at: number): void {
    const header = this.#headerBytes;
    const length = header.readUInt32BE(at);
    // The length counts the context ID and the message control header, and the item lies within its PDU.
    if (length < 2 || length > this.#pduRemaining - 4) {
      throw new PduError('PDV_LENGTH_WRONG', { declared: length, available: this.#pduRemaining - 4 });
    }
    const control = header[at + 5] ?? 0;
    this.presentationContextID = header[at + 4] ?? 0;
    this.isCommand = (control & 1) !== 0;
    this.isLast = (control & 2) !== 0;
    this.#headerBytes = EMPTY;
    this.#pduRemaining -= PDV_HEADER_BYTES;
    this.#pdvRemaining = length - 2;
    this.#inPdv = true;
  }

  #givePiece(length: number): 'pdv' {
    const at = this.#at;
    this.piece = length === 0 ? EMPTY : this.#chunk.subarray(at, at + length);
    this.#at = at + length;
    this.#pdvRemaining -= length;
    this.#pduRemaining -= length;
    this.pdvEnds = this.#pdvRemaining === 0;
    this.pduEnds = this.#pduRemaining === 0;
    if (this.pdvEnds) {
      this.#inPdv = false;
      if (this.pduEnds) this.#inPData = false;
      else if (this.#pduRemaining < PDV_HEADER_BYTES) {
        throw new PduError('PDV_LENGTH_WRONG', { available: this.#pduRemaining });
      }
    }
    return 'pdv';
  }
}
