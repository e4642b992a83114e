import { gzip } from 'node:zlib';
import { promisify } from 'node:util';
import { type DataElement, toDicomJson } from '@leadglass/dicom';
import type { InstanceRecord } from '../archive/index/index.ts';
import { readInstanceHeader } from './instance-header.ts';
import { LRU } from './lru.ts';
import type { Workplace } from './operation.ts';
import { GoneStudy, type View, type ViewTarget } from './viewing.ts';

/** Ready answers in memory: the series that are being looked at. */
const CACHE_MAX_BYTES = 96 * 1024 * 1024;
/** Single instances' metadata, of those that are looked at: each is some 4 KB. */
const INSTANCES_MAX_BYTES = 16 * 1024 * 1024;
/** Instances read at once while an answer is made: enough to keep the reading thread busy. */
const READ_AT_ONCE = 8;

const compress = promisify(gzip);

/** A series' metadata as it goes out. */
export interface Ready {
  readonly json: Buffer;
  readonly gzipped: Buffer;
  /** What it was made from; another stamp means that the series has changed. */
  readonly stamp: string;
}

/**
 * Series metadata, ready to be sent: DICOM JSON made once from the packs, as it is and compressed, and made anew when
 * the series has changed.
 */
export class ReadyMetadata {
  readonly #workplace: Workplace;
  readonly #instanceURL: (record: InstanceRecord) => string;
  readonly #held = new LRU<Ready>(CACHE_MAX_BYTES);
  readonly #instances = new LRU<string>(INSTANCES_MAX_BYTES);
  readonly #making = new Map<string, Promise<Ready>>();
  #checkedAt = '';
  readonly #fresh = new Set<string>();

  /** @param instanceURL begins the links to bulk data of an instance */
  constructor(workplace: Workplace, instanceURL: (record: InstanceRecord) => string) {
    this.#workplace = workplace;
    this.#instanceURL = instanceURL;
  }

  /** Of one series. Rejects with ReadFailed, GoneStudy. */
  async ofSeries(view: View, { studyInstanceUID, seriesInstanceUID }: ViewTarget): Promise<Ready> {
    const key = `${studyInstanceUID} ${seriesInstanceUID ?? ''}`;
    const held = this.#held.get(key);
    if (held && this.#isFresh(key, held, view)) return held;
    let making = this.#making.get(key);
    if (!making) {
      making = this.#make(view, key).finally(() => this.#making.delete(key));
      this.#making.set(key, making);
    }
    return making;
  }

  /** One instance's metadata as DICOM JSON, without the brackets of a list. */
  async ofInstance(view: View, record: InstanceRecord): Promise<string> {
    // An instance never changes: where it lies names it for good.
    const key = `${record.keySlot}.${Buffer.from(record.location).toString('base64')}`;
    const held = this.#instances.get(key);
    if (held !== undefined) return held;
    const json = await this.#jsonOf(view, record);
    this.#instances.set(key, json, json.length);
    return json;
  }

  async #jsonOf(view: View, record: InstanceRecord): Promise<string> {
    const { dataSet } = await readInstanceHeader(record, (range) => {
      const bytes = view.read(record, range);
      if (!bytes) throw new GoneStudy();
      return bytes;
    });
    const base = this.#instanceURL(record);
    const bulkDataURI = (path: string, _element: DataElement): string => `${base}/bulkdata/${path}`;
    const json = toDicomJson(dataSet, { bulkDataURI });
    // The stored syntax tells a viewer what frames will be (PS3.18 10.4.1.1.2 leaves further attributes open).
    json['00083002'] = { vr: 'UI', Value: [record.transferSyntaxUID] };
    return JSON.stringify(json);
  }

  async #make(view: View, key: string): Promise<Ready> {
    const stamp = stampOf(view);
    const records = [...view.instances()];
    const parts: string[] = [];
    for (let at = 0; at < records.length; at += READ_AT_ONCE) {
      const some = records.slice(at, at + READ_AT_ONCE);
      parts.push(...(await Promise.all(some.map((record) => this.#jsonOf(view, record)))));
    }
    const json = Buffer.from(`[${parts.join(',')}]`, 'utf8');
    const ready = { json, gzipped: await compress(json, { level: 6 }), stamp };
    this.#held.set(key, ready, json.length + ready.gzipped.length);
    return ready;
  }

  /** While nothing at all was stored since the last look, nothing has changed. */
  #isFresh(key: string, held: Ready, view: View): boolean {
    const { index } = this.#workplace.archive;
    const now = JSON.stringify([index.position(), index.statistics()]);
    if (now !== this.#checkedAt) {
      this.#checkedAt = now;
      this.#fresh.clear();
    }
    if (this.#fresh.has(key)) return true;
    if (stampOf(view) !== held.stamp) return false;
    this.#fresh.add(key);
    return true;
  }
}

/** Instances come and go, but one that is held never changes. */
function stampOf(view: View): string {
  let count = 0;
  let sum = 0;
  for (const { receivedAt, dataSetLength } of view.instances()) {
    count++;
    sum = (sum + receivedAt * 31 + dataSetLength) % Number.MAX_SAFE_INTEGER;
  }
  return `${count}.${sum}`;
}
