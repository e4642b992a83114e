/**
 * Where the bytes of an incoming data set go, as they come.
 *
 * A promise from `write` stops the reading of the association until it resolves: that is the back-pressure. The
 * fragment is a view of a socket read that nobody writes to again; a sink may keep it, but keeps its whole read
 * buffer (up to 64 KiB) with it.
 */
export interface DataSetSink {
  /**
   * False: the sink is done with a fragment when `write` returned or its promise resolved, and the memory of the
   * read is given back at once. Left to the garbage collector it costs a third of the CPU of a receiver, so a sink
   * that encrypts, hashes or writes its fragments should say so. Reading such a fragment later throws.
   */
  readonly keepsFragments?: boolean;
  write(fragment: Uint8Array): void | Promise<void>;
  /** The last fragment was delivered. A rejected promise is answered with Processing Failure if nothing was. */
  end(): void | Promise<void>;
  /** The association ended, or the message broke, before `end`. */
  abort(reason: Error): void;
}

/** A data set to be kept in memory was longer than the sink allows. */
export class DataSetTooLong extends Error {
  override readonly name = 'DataSetTooLong';
  readonly code = 'DATA_SET_TOO_LONG';
  readonly limitBytes: number;

  constructor(limitBytes: number) {
    super(`DATA_SET_TOO_LONG {"limitBytes":${limitBytes}}`);
    this.limitBytes = limitBytes;
  }
}

/** A fragment is kept as a view if it is at least this share of its buffer; a smaller one is copied out. */
const KEEP_VIEW_SHARE = 0.5;

function detached(fragment: Uint8Array): Uint8Array {
  if (fragment.length >= fragment.buffer.byteLength * KEEP_VIEW_SHARE) return fragment;
  return new Uint8Array(fragment);
}

/**
 * A sink that keeps the data set in memory: for identifiers and other small data sets. Beyond `maxBytes` it throws
 * DataSetTooLong, which the association answers with Processing Failure.
 * @param done gets the whole data set; its promise counts as that of `end`.
 */
export function collectDataSet(
  maxBytes: number,
  done: (bytes: Uint8Array) => void | Promise<void>,
  aborted?: (reason: Error) => void,
): DataSetSink {
  let parts: Uint8Array[] = [];
  let length = 0;
  return {
    write(fragment) {
      length += fragment.length;
      if (length > maxBytes) {
        parts = [];
        throw new DataSetTooLong(maxBytes);
      }
      if (fragment.length > 0) parts.push(detached(fragment));
    },
    end() {
      const [first] = parts;
      const whole = parts.length === 1 && first !== undefined ? first : Buffer.concat(parts, length);
      parts = [];
      return done(whole);
    },
    abort(reason) {
      parts = [];
      aborted?.(reason);
    },
  };
}
