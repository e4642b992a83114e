import type { Socket } from 'node:net';
import { PduReader } from '../pdu/index.ts';
import type { ControlPdu } from '../pdu/index.ts';
import { READS_HELD_MAX, RELEASED_READ_MIN_BYTES } from './settings.ts';

/** Who gets what was read. */
export interface SocketReaderUser {
  controlPdu(pdu: ControlPdu): void;
  /** A P-DATA-TF begins. */
  pDataBegins(): void;
  /** A piece of a PDV is in the reader's fields; a promise stops reading until it resolves. */
  pdvPiece(reader: PduReader): void | Promise<void>;
  /** Reading goes on after a wait. */
  resumed(): void;
  /** A PduError, or what the user threw or rejected with. */
  readFailed(error: unknown): void;
}

/**
 * Reads PDUs from a socket at the pace of its user: while the user waits, one more read is held and then the socket is
 * paused, so that the peer feels it.
 */
export class SocketReader {
  readonly #user: SocketReaderUser;
  readonly #reader: PduReader;
  #socket: Socket | undefined;
  #isWaiting = false;
  #isStopped = false;
  readonly #held: Buffer[] = [];
  /** The read that the reader works on, and whether somebody still uses it when the reader is done. */
  #read: Buffer | undefined;
  #readIsKept = false;

  /** @param maximumLength longest P-DATA-TF variable field, bytes. */
  constructor(user: SocketReaderUser, maximumLength: number) {
    this.#user = user;
    this.#reader = new PduReader(maximumLength);
  }

  /** The user has not resolved its promise yet. */
  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  attach(socket: Socket): void {
    this.#socket = socket;
  }

  /** Takes no PDU any more; what comes is thrown away. */
  stop(): void {
    this.#isStopped = true;
    this.#held.length = 0;
  }

  push(chunk: Buffer): void {
    if (this.#isWaiting) {
      this.#held.push(chunk);
      if (this.#held.length >= READS_HELD_MAX) this.#socket?.pause();
      return;
    }
    if (this.#isStopped) return;
    this.#feed(chunk);
    this.#pump();
  }

  /** The user keeps a view of the piece it was given last. */
  keepRead(): void {
    this.#readIsKept = true;
  }

  #feed(chunk: Buffer): void {
    this.#read = chunk;
    this.#readIsKept = false;
    this.#reader.feed(chunk);
  }

  /**
   * Gives the memory of a read back as soon as everything in it was used. The next read then finds it warm, and the
   * garbage collector does not have to run for every 32 MiB received.
   */
  #releaseRead(): void {
    const read = this.#read;
    this.#read = undefined;
    if (read === undefined || this.#readIsKept || read.length < RELEASED_READ_MIN_BYTES) return;
    const { buffer } = read;
    // Only a read that has its memory for itself; pooled buffers are shared.
    if (buffer instanceof ArrayBuffer && buffer.byteLength === read.length) buffer.transfer(0);
  }

  /** Reads PDUs until the bytes are used up or the user wants to wait. */
  #pump(): void {
    try {
      while (!this.#isStopped) {
        const event = this.#reader.next();
        if (event === 'pdv') {
          const wait = this.#user.pdvPiece(this.#reader);
          if (wait !== undefined) {
            this.#isWaiting = true;
            wait.then(this.#resume, this.#resumeAfterError);
            return;
          }
        } else if (event === 'p-data') {
          this.#user.pDataBegins();
        } else if (event === 'pdu') {
          this.#controlPdu();
        } else {
          this.#releaseRead();
          const next = this.#held.shift();
          if (next === undefined) break;
          this.#feed(next);
        }
      }
    } catch (error) {
      this.#user.readFailed(error);
    }
    if (this.#socket?.isPaused() === true) this.#socket.resume();
  }

  #controlPdu(): void {
    const { pdu } = this.#reader;
    this.#reader.pdu = undefined;
    if (pdu !== undefined) this.#user.controlPdu(pdu);
  }

  #resume = (): void => {
    this.#isWaiting = false;
    this.#user.resumed();
    this.#pump();
  };

  #resumeAfterError = (error: unknown): void => {
    this.#user.readFailed(error);
    this.#resume();
  };
}
