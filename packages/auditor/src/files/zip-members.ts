import { Readable } from 'node:stream';
import { fromRandomAccessReaderPromise, RandomAccessReader } from 'yauzl';
import type { Entry, ZipFile } from 'yauzl';
import { BufferFeed, StreamFeed } from './byte-feed.ts';
import type { ByteFeed } from './byte-feed.ts';
import { ContainerError } from './container-error.ts';
import type { ReadAt } from './iso-9660.ts';
import {
  archiveInflatedMaxBytes,
  chunkBytes,
  compressionRatioMax,
  memberCountMax,
  ratioMattersAboveBytes,
} from './limits.ts';

/** A file inside an archive or an image. */
export interface Member {
  readonly name: Uint8Array;
  readonly sizeBytes: number;
  /** What is wrong with it before it is opened: it is not opened then. */
  readonly problem?: string;
  open(): Promise<ByteFeed>;
  /** Lets go of what `open` gave. */
  close(feed: ByteFeed): Promise<void>;
}

class ReadAtReader extends RandomAccessReader {
  readonly #readAt: ReadAt;

  constructor(readAt: ReadAt) {
    super();
    this.#readAt = readAt;
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(pieces(this.#readAt, start, end), { objectMode: false, highWaterMark: chunkBytes });
  }

  override close(callback: (error: Error | null) => void): void {
    callback(null);
  }
}

function* pieces(readAt: ReadAt, start: number, end: number): Generator<Buffer> {
  for (let at = start; at < end;) {
    const piece = readAt(at, Math.min(chunkBytes, end - at));
    if (piece.length === 0) return;
    at += piece.length;
    // The bytes are the reader's own, and the stream keeps them for later.
    yield Buffer.from(piece);
  }
}

/**
 * Entries of a ZIP archive, with the bounds of `limits.ts`: their number, each one's ratio, all inflated bytes, and
 * entries that share bytes (the way a small archive inflates to petabytes).
 * @throws ContainerError, and what yauzl throws for an archive that is none
 */
export async function* zipMembers(readAt: ReadAt, archiveBytes: number): AsyncGenerator<Member> {
  const zip = await fromRandomAccessReaderPromise(new ReadAtReader(readAt), archiveBytes, {
    lazyEntries: true,
    autoClose: false,
    decodeStrings: false,
    validateEntrySizes: true,
  });
  const budget = { leftBytes: archiveInflatedMaxBytes };
  let compressedBytes = 0;
  let count = 0;
  for await (const entry of zip.eachEntry()) {
    if (++count > memberCountMax) throw new ContainerError('TOO_MANY_MEMBERS');
    compressedBytes += entry.compressedSize;
    if (compressedBytes > archiveBytes) throw new ContainerError('MEMBERS_OVERLAP');
    if (entry.fileNameRaw.at(-1) === slash) continue;
    yield member(zip, entry, budget);
  }
}

const slash = 0x2f;

function member(zip: ZipFile, entry: Entry, budget: { leftBytes: number }): Member {
  const problem = problemOf(entry);
  return {
    name: entry.fileNameRaw,
    sizeBytes: entry.uncompressedSize,
    ...(problem === undefined ? {} : { problem }),
    open: async () => {
      const stream = await zip.openReadStreamPromise(entry);
      return new StreamFeed(stream, entry.uncompressedSize, (count) => {
        budget.leftBytes -= count;
        if (budget.leftBytes < 0) throw new ContainerError('INFLATED_TOO_LARGE');
      });
    },
    close: async (feed) => {
      if (feed instanceof StreamFeed) await feed.close();
    },
  };
}

/** The claimed size is held to while inflating; here it is weighed. */
function problemOf(entry: Entry): string | undefined {
  if (entry.isEncrypted()) return 'ENCRYPTED';
  if (!entry.canDecodeFileData()) return 'COMPRESSION_UNKNOWN';
  const { compressedSize, uncompressedSize } = entry;
  const isBomb =
    uncompressedSize > ratioMattersAboveBytes && uncompressedSize > compressedSize * compressionRatioMax;
  return isBomb ? 'RATIO' : undefined;
}

/** Bytes in memory as a place to read at: an archive found inside another. */
export function readAtBytes(bytes: Uint8Array): ReadAt {
  return (offset, length) => new BufferFeed(bytes.subarray(offset, offset + length)).read(length);
}
