import { ImagingError } from '../imaging/index.ts';

/** Many small pieces would cost more than what is in them; blocks of this size can be given back one by one. */
const BLOCK_MAX_BYTES = 1024 * 1024;

/**
 * All of it in memory, in blocks of their own memory. Rejects with ImagingError FRAME_TOO_LARGE beyond `maxBytes`, or
 * with what the pieces do.
 */
export async function gathered(pieces: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array[]> {
  const blocks: Uint8Array[] = [];
  let block = new Uint8Array(Math.min(BLOCK_MAX_BYTES, maxBytes));
  let used = 0;
  let total = 0;
  for await (const piece of pieces) {
    total += piece.length;
    if (total > maxBytes) throw new ImagingError('FRAME_TOO_LARGE', { max: maxBytes });
    for (let at = 0; at < piece.length;) {
      if (used === block.length) {
        blocks.push(block);
        block = new Uint8Array(BLOCK_MAX_BYTES);
        used = 0;
      }
      const part = piece.subarray(at, at + block.length - used);
      block.set(part, used);
      used += part.length;
      at += part.length;
    }
  }
  if (used > 0) blocks.push(used === block.length ? block : block.slice(0, used));
  return blocks;
}
