import {
  instanceKey,
  type InstanceRecord,
  type LaidOut,
  LRU,
  readLaidOut,
  type View,
} from '../operations/index.ts';

export type { LaidOut } from '../operations/index.ts';

/** Headers of instances that are looked at: reading one takes longer than sending a frame. */
const CACHE_MAX_BYTES = 48 * 1024 * 1024;
/** What a header takes in memory beyond its values, an element at a time. */
const ELEMENT_BYTES = 200;
const FRAGMENT_BYTES = 64;

/** Headers of instances, read once and kept while they are in use. */
export class HeaderCache {
  readonly #held = new LRU<LaidOut>(CACHE_MAX_BYTES);
  readonly #reading = new Map<string, Promise<LaidOut>>();

  /** Rejects with ParseError, ReadFailed, GoneStudy. */
  async header(view: View, record: InstanceRecord): Promise<LaidOut> {
    const key = instanceKey(record);
    const held = this.#held.get(key);
    if (held) return held;
    let reading = this.#reading.get(key);
    if (!reading) {
      reading = this.#read(view, record, key).finally(() => this.#reading.delete(key));
      this.#reading.set(key, reading);
    }
    return reading;
  }

  async #read(view: View, record: InstanceRecord, key: string): Promise<LaidOut> {
    const laidOut = await readLaidOut(view, record);
    this.#held.set(key, laidOut, bytesOf(laidOut));
    return laidOut;
  }
}

function bytesOf({ dataSet, frames }: LaidOut): number {
  let bytes = (frames?.length ?? 0) * FRAGMENT_BYTES;
  for (const element of dataSet) {
    bytes += ELEMENT_BYTES + (element.passedOver || element.items ? 0 : element.length);
    bytes += (element.fragments?.length ?? 0) * FRAGMENT_BYTES;
    // Items are not walked through: their length as encoded says enough.
    if (element.items) bytes += element.length * 4;
  }
  return bytes;
}
