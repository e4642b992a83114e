import { decodeCommand } from './command-codec.ts';
import type { Command } from './command.ts';
import { DimseError } from './dimse-error.ts';
import { COMMAND_SET_MAX_BYTES } from './limits.ts';

/** First allocation for a command set in several pieces; usual ones take 100 to 400 bytes. */
const COMMAND_BUFFER_START_BYTES = 512;

/** What the reader delivers; a promise means: do not deliver more until it resolves. */
export interface MessageHandler {
  /** A context ID that was accepted. */
  isAccepted(presentationContextID: number): boolean;
  /** A command set is complete. If it announces a data set, `dataSetPiece` and `dataSetEnd` follow. */
  command(command: Command, presentationContextID: number): void | Promise<void>;
  dataSetPiece(piece: Buffer): void | Promise<void>;
  dataSetEnd(): void | Promise<void>;
}

/**
 * Puts messages together from PDV pieces (PS3.7 6.3, PS3.8 Annex E): one command set, then, if it announces one, one
 * data set, all on the same presentation context. Command sets are collected (64 KiB at most), data sets are passed
 * through. Throws DimseError when the peer breaks the order.
 */
export class MessageReader {
  readonly #handler: MessageHandler;
  #expectsDataSet = false;
  /** Context of the message that is being read; 0 between messages. */
  #contextID = 0;
  /** A command set that comes in several pieces, copied together: pieces can be as small as one byte. */
  #command: Buffer | undefined;
  #commandLength = 0;

  constructor(handler: MessageHandler) {
    this.#handler = handler;
  }

  /** No message has begun that is not finished. */
  get isBetweenMessages(): boolean {
    return this.#contextID === 0;
  }

  /**
   * Takes one piece of a PDV.
   * @param isLast this piece ends a PDV whose last-fragment bit is set.
   */
  piece(
    presentationContextID: number,
    isCommand: boolean,
    isLast: boolean,
    piece: Buffer,
  ): void | Promise<void> {
    if (this.#contextID !== presentationContextID) this.#begin(presentationContextID);
    if (isCommand) {
      if (this.#expectsDataSet) {
        throw new DimseError('COMMAND_INSTEAD_OF_DATA_SET', { presentationContextID });
      }
      return this.#commandPiece(isLast, piece);
    }
    if (!this.#expectsDataSet) throw new DimseError('DATA_SET_NOT_ANNOUNCED', { presentationContextID });
    return this.#dataSetPiece(isLast, piece);
  }

  #begin(presentationContextID: number): void {
    if (this.#contextID !== 0)
      throw new DimseError('PRESENTATION_CONTEXT_CHANGED', { presentationContextID });
    if (!this.#handler.isAccepted(presentationContextID)) {
      throw new DimseError('PRESENTATION_CONTEXT_UNKNOWN', { presentationContextID });
    }
    this.#contextID = presentationContextID;
  }

  #commandPiece(isLast: boolean, piece: Buffer): void | Promise<void> {
    let bytes = piece;
    if (!isLast || this.#command !== undefined) {
      this.#keepCommand(piece);
      if (!isLast) return undefined;
      bytes = (this.#command ?? piece).subarray(0, this.#commandLength);
      this.#command = undefined;
      this.#commandLength = 0;
    }
    const command = decodeCommand(bytes);
    const contextID = this.#contextID;
    if (command.hasDataSet) this.#expectsDataSet = true;
    else this.#contextID = 0;
    return this.#handler.command(command, contextID);
  }

  #keepCommand(piece: Buffer): void {
    const length = this.#commandLength + piece.length;
    if (length > COMMAND_SET_MAX_BYTES) {
      throw new DimseError('COMMAND_SET_TOO_LONG', { declared: length, limit: COMMAND_SET_MAX_BYTES });
    }
    let kept = this.#command ?? Buffer.allocUnsafe(COMMAND_BUFFER_START_BYTES);
    if (length > kept.length) {
      const grown = Buffer.allocUnsafe(Math.max(length, kept.length * 2));
      kept.copy(grown, 0, 0, this.#commandLength);
      kept = grown;
    }
    piece.copy(kept, this.#commandLength);
    this.#command = kept;
    this.#commandLength = length;
  }

  #dataSetPiece(isLast: boolean, piece: Buffer): void | Promise<void> {
    if (!isLast) return piece.length === 0 ? undefined : this.#handler.dataSetPiece(piece);
    this.#expectsDataSet = false;
    this.#contextID = 0;
    if (piece.length === 0) return this.#handler.dataSetEnd();
    const wait = this.#handler.dataSetPiece(piece);
    if (wait === undefined) return this.#handler.dataSetEnd();
    return wait.then(() => this.#handler.dataSetEnd());
  }
}
