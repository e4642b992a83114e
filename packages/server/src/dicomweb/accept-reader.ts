import { LRU } from '../operations/index.ts';
import { type Wish, wishesOf } from './media-type.ts';

/** Texts that are remembered, all together: a client says the same with each of its thousand requests. */
const REMEMBERED_MAX_BYTES = 256 * 1024;
/** What a wish takes in memory, and how many a text has at the most for each of its characters, by and large. */
const BYTES_PER_CHARACTER = 16;

/** Reads what clients take, each text once. */
export class AcceptReader {
  readonly #read = new LRU<readonly Wish[]>(REMEMBERED_MAX_BYTES);

  /** The wishes of a request in order of preference, as `wishesOf` gives them. @throws WebError 400 */
  wishes(header: string | undefined, parameter: string | undefined): readonly Wish[] {
    const text = parameter ?? header ?? '';
    const held = this.#read.get(text);
    if (held) return held;
    const wishes = wishesOf(text, undefined);
    this.#read.set(text, wishes, (text.length + 1) * BYTES_PER_CHARACTER);
    return wishes;
  }
}
