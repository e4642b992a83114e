import { DataSetFramer, commandPdus } from '../dimse/index.ts';
import type { CommandFields, OutgoingDataSet, ReleasedChunks } from '../dimse/index.ts';
import type { UpperLayerConnection } from './connection.ts';
import { NetworkError } from './errors.ts';
import { MESSAGES_WAITING_MAX } from './settings.ts';

/**
 * Sends messages one after the other: the fragments of two messages never mix (PS3.8 Annex E). In the usual case,
 * nothing waiting and the socket ready, a message goes out at once without a promise.
 */
export class MessageSender {
  readonly #connection: UpperLayerConnection;
  #fragmentBytes = 0;
  #tail: Promise<void> | undefined;
  #waiting = 0;

  constructor(connection: UpperLayerConnection) {
    this.#connection = connection;
  }

  /** @param fragmentBytes most bytes of a message in one PDV, from the peer's Maximum Length. */
  begin(fragmentBytes: number): void {
    this.#fragmentBytes = fragmentBytes;
  }

  /**
   * Sends a message. The promise, if there is one, resolves when the socket took the message and wants more. Throws
   * or rejects when the association is over, or when the source of the data set fails: then the association is
   * aborted, because a message cannot be taken back.
   */
  send(contextID: number, fields: CommandFields, dataSet?: OutgoingDataSet): void | Promise<void> {
    if (this.#tail === undefined) {
      const drained = this.#connection.whenDrained();
      if (drained === undefined) return this.#track(this.#sendNow(contextID, fields, dataSet));
    }
    if (this.#waiting >= MESSAGES_WAITING_MAX) throw new NetworkError('TOO_MANY_MESSAGES_WAITING');
    this.#waiting++;
    return this.#track(this.#sendLater(contextID, fields, dataSet));
  }

  /** A message under way holds the next ones back. */
  #track(sending: void | Promise<void>): void | Promise<void> {
    if (sending === undefined) return undefined;
    const tail = sending.then(noop, noop).then(() => {
      if (this.#tail === tail) this.#tail = undefined;
    });
    this.#tail = tail;
    return sending;
  }

  async #sendLater(contextID: number, fields: CommandFields, dataSet?: OutgoingDataSet): Promise<void> {
    try {
      await this.#tail;
      await this.#connection.whenDrained();
    } finally {
      this.#waiting--;
    }
    await this.#sendNow(contextID, fields, dataSet);
  }

  #sendNow(contextID: number, fields: CommandFields, dataSet?: OutgoingDataSet): void | Promise<void> {
    const command = commandPdus(contextID, fields, dataSet !== undefined, this.#fragmentBytes);
    if (dataSet === undefined) return this.#connection.sendDataRequest(command);
    const framer = new DataSetFramer(contextID, this.#fragmentBytes);
    for (const part of command) framer.prepend(part);
    if (dataSet instanceof Uint8Array) {
      const framed = framer.add(dataSet, 0);
      if (framed === dataSet.length) {
        framer.end();
        return this.#connection.sendDataRequest(framer.take());
      }
      return this.#sendChunks(framer, [dataSet], framed);
    }
    return this.#sendChunks(framer, dataSet, 0);
  }

  /**
   * Sends in batches. While one batch leaves, the next chunk is already fetched: a reader that decrypts works in that
   * time. `start` is where framing of the first chunk stands.
   */
  async #sendChunks(framer: DataSetFramer, chunks: Chunks, start: number): Promise<void> {
    let at = start;
    let drained: void | Promise<void> = undefined;
    const used = new UsedChunks(chunks, framer);
    try {
      for await (const chunk of chunks) {
        do {
          at = framer.add(chunk, at);
          if (framer.isReady) {
            if (drained !== undefined) await drained;
            drained = this.#connection.sendDataRequest(framer.take(), used.take());
          }
        } while (at < chunk.length);
        used.add(chunk);
        at = 0;
      }
    } catch (error) {
      this.#connection.abort({
        how: 'aborted',
        byPeer: false,
        code: 'DATA_SET_SOURCE_FAILED',
        error: error instanceof Error ? error : undefined,
      });
      throw error;
    }
    framer.end();
    if (drained !== undefined) await drained;
    await this.#connection.sendDataRequest(framer.take(), used.take());
  }
}

type Chunks = Exclude<OutgoingDataSet, Uint8Array>;

const isReleased = (chunks: Chunks): chunks is ReleasedChunks => 'release' in chunks;

/** Chunks that were framed, on their way back to a source that wants them. */
class UsedChunks {
  readonly #source: ReleasedChunks | undefined;
  readonly #framer: DataSetFramer;
  #chunks: Uint8Array[] = [];

  constructor(chunks: Chunks, framer: DataSetFramer) {
    this.#source = isReleased(chunks) ? chunks : undefined;
    this.#framer = framer;
  }

  add(chunk: Uint8Array): void {
    if (this.#source !== undefined) this.#chunks.push(chunk);
  }

  /** What to call when what is sent now has left. */
  take(): (() => void) | undefined {
    const source = this.#source;
    if (source === undefined) return undefined;
    const sent = this.#chunks.filter((chunk) => !this.#framer.holds(chunk));
    if (sent.length === 0) return undefined;
    this.#chunks = this.#chunks.filter((chunk) => !sent.includes(chunk));
    return () => {
      for (const chunk of sent) source.release(chunk);
    };
  }
}

function noop(): void {
  // The failure of a message is told to whoever sent it.
}
