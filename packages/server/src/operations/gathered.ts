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

/** Nobody took what was made in the time there is for it: it was let go. */
export class TakenTooSlowly extends Error {
  readonly code = 'TAKEN_TOO_SLOWLY';
}

/**
 * Gives blocks away one by one, each forgotten when it is given. What is not taken in time is let go, however long
 * whoever takes them lingers. Rejects with TakenTooSlowly, when the next is asked for after that.
 * @param timeMs from the second block on: the first is made ahead, and asked for before its turn
 * @param letGo called at once when the time is over
 */
export async function* takenInTime(
  blocks: Uint8Array[],
  timeMs: number,
  letGo: () => void,
): AsyncGenerator<Uint8Array> {
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  const end = (): void => {
    isOver = true;
    blocks.length = 0;
    letGo();
  };
  try {
    for (let block = blocks.shift(); block; block = blocks.shift()) {
      yield await Promise.resolve(block);
      timer ??= setTimeout(end, timeMs);
    }
    if (isOver) throw new TakenTooSlowly();
  } finally {
    clearTimeout(timer);
  }
}
