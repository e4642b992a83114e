import { pipeline, Readable } from 'node:stream';
import { createInflateRaw } from 'node:zlib';
import type { TransferSyntax } from '@leadglass/dicom';
import type { InstanceRecord } from '../archive/index/index.ts';
import { GoneStudy } from './viewing.ts';

/** A deflated data set may be this long when inflated; ReadLimits has the same. */
const INFLATED_MAX_BYTES = 512 * 1024 * 1024;

/** Who may read what is stored: a viewing, or a retrieval, that was authorised. */
export interface StoredBytes {
  /** The data set as stored, or a stretch of it; undefined when its study was erased. */
  read(
    record: InstanceRecord,
    range?: { from?: number; to?: number },
  ): AsyncGenerator<Uint8Array> | undefined;
  /**
   * Puts a stretch of it into memory, from `at` on, and gives the memory, which another thread may have had meanwhile;
   * undefined when its study was erased.
   */
  fill?(
    record: InstanceRecord,
    range: { from: number; to: number },
    target: { memory: ArrayBuffer; at: number },
  ): Promise<ArrayBuffer> | undefined;
}

/**
 * A stretch of the stored data set; offsets count in the inflated one when it is deflated.
 * @throws GoneStudy
 */
export function stretch(
  source: StoredBytes,
  record: InstanceRecord,
  syntax: TransferSyntax,
  from: number,
  to: number,
): AsyncIterable<Uint8Array> {
  const bytes = source.read(record, syntax.deflated ? undefined : { from, to });
  if (!bytes) throw new GoneStudy();
  return syntax.deflated ? cut(inflated(bytes), from, to) : bytes;
}

async function* inflated(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const inflater = createInflateRaw();
  // Errors reach whoever reads the inflater.
  pipeline(Readable.from(bytes), inflater, () => undefined);
  let length = 0;
  for await (const piece of inflater as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > INFLATED_MAX_BYTES) throw new RangeError('inflated beyond the limit');
    yield piece;
  }
}

/** A stretch of what is read from its beginning. */
export async function* cut(
  bytes: AsyncIterable<Uint8Array>,
  from: number,
  to: number,
): AsyncGenerator<Uint8Array> {
  let start = 0;
  for await (const piece of bytes) {
    const end = start + piece.length;
    if (end > from && start < to)
      yield piece.subarray(Math.max(0, from - start), Math.min(piece.length, to - start));
    start = end;
    if (start >= to) return;
  }
}

/** All of it in memory: for what is bounded by a named limit. */
export async function collected(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const piece of pieces) parts.push(piece);
  return new Uint8Array(Buffer.concat(parts));
}

/**
 * Waits for the first piece, so that what fails at once fails before anything was promised. Rejects with what the
 * first piece does.
 */
export async function begun(bytes: AsyncGenerator<Uint8Array>): Promise<AsyncGenerator<Uint8Array>> {
  const first = await bytes.next();
  return (async function* () {
    try {
      if (!first.done) yield first.value;
      yield* bytes;
    } finally {
      await bytes.return(undefined);
    }
  })();
}
