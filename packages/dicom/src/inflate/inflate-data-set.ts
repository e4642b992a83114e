import { Inflater } from './inflater.ts';
import { defaultReadLimits } from '../parser/read-limits.ts';
import type { ReadLimits } from '../parser/read-limits.ts';

/**
 * Inflates a deflated data set (PS3.5 A.5, RFC 1951). What stands behind the stream is ignored: the padding byte the
 * Standard asks for, or a checksum.
 * @throws ParseError INFLATED_TOO_LARGE as soon as inflatedMaxBytes is passed; DEFLATE_INVALID
 */
export function inflateDataSetSync(bytes: Uint8Array, limits: Partial<ReadLimits> = {}): Uint8Array {
  const pieces: Uint8Array[] = [];
  const inflater = new Inflater(limits.inflatedMaxBytes ?? defaultReadLimits.inflatedMaxBytes, (piece) => {
    pieces.push(piece.slice());
  });
  inflater.push(bytes);
  inflater.end();
  return joined(pieces);
}

/** The same as a promise: failures reject. */
export async function inflateDataSet(
  bytes: Uint8Array,
  limits: Partial<ReadLimits> = {},
): Promise<Uint8Array> {
  return await Promise.resolve().then(() => inflateDataSetSync(bytes, limits));
}

/** Deflates a data set; an odd result is padded with one zero byte (PS3.5 A.5). */
export async function deflateDataSet(bytes: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>])
    .stream()
    .pipeThrough(new CompressionStream('deflate-raw'));
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  if (length % 2 === 1) pieces.push(new Uint8Array(1));
  return joined(pieces);
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
