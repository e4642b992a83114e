import type { InstanceRecord } from '../archive/index/index.ts';
import { describeFrames, nativeFrame, nativeFrameRange } from '../imaging/index.ts';
import { type StoredBytes, stretch } from './stored-bytes.ts';
import { type LaidOut, pixelElement, storedFrames } from './stored-frames.ts';

/**
 * All frames of an instance, one behind the other, as `storedFrames` gives them. Native ones are read in one go: of a
 * deflated data set each would be inflated from the start again otherwise. Rejects with ImagingError, ReadFailed.
 */
export async function* framesInOrder(
  source: StoredBytes,
  record: InstanceRecord,
  header: LaidOut,
): AsyncGenerator<Uint8Array> {
  const frames = storedFrames(source, record, header);
  const { numberOfFrames } = frames.description;
  const element = pixelElement(header);
  if (header.syntax.encapsulated || !element) {
    for (let index = 0; index < numberOfFrames; index++) yield await frames.read(index);
    return;
  }
  const stored = describeFrames(header.dataSet, header.syntax.uid);
  const end = element.offset + element.length;
  const reader = new ForwardReader(stretch(source, record, header.syntax, element.offset, end));
  try {
    for (let index = 0; index < numberOfFrames; index++) {
      const range = nativeFrameRange(stored, index);
      // Refuses what is too long before room is made for it.
      frames.length(index);
      yield nativeFrame(stored, range, await reader.read(range.offset, range.offset + range.length));
    }
  } finally {
    await reader.close();
  }
}

/** Frames of bits share a byte with the next, big endian words two (PS3.5 8.1.1). */
const SHARED_MAX_BYTES = 2;

/** Reads ranges that go forward; one may begin with the last bytes of the one before. */
class ForwardReader {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #piece: Uint8Array = new Uint8Array(0);
  /** Where the piece begins. */
  #start = 0;
  /** The end of what was read last, and where it begins. */
  #tail: Uint8Array = new Uint8Array(0);
  #tailStart = 0;

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** Fewer bytes when there are no more. */
  async read(from: number, to: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(to - from);
    const shared = this.#tail.subarray(Math.max(0, from - this.#tailStart));
    bytes.set(shared);
    let at = from + shared.length;
    do {
      const part = this.#piece.subarray(Math.max(0, at - this.#start), Math.max(0, to - this.#start));
      bytes.set(part, at - from);
      at += part.length;
    } while (at < to && (await this.#next()));
    const read = bytes.subarray(0, at - from);
    this.#tail = read.slice(-SHARED_MAX_BYTES);
    this.#tailStart = at - this.#tail.length;
    return read;
  }

  async close(): Promise<void> {
    await this.#pieces.return?.();
  }

  async #next(): Promise<boolean> {
    const next = await this.#pieces.next();
    if (next.done === true) return false;
    this.#start += this.#piece.length;
    this.#piece = next.value;
    return true;
  }
}
