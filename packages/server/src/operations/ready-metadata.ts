import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip, gunzip, gzip } from 'node:zlib';
import { promisify } from 'node:util';
import { type DataElement, toDicomJson } from '@leadglass/dicom';
import type { DerivedThing, Shelf } from '../archive/derived/shelf.ts';
import type { InstanceRecord } from '../archive/index/index.ts';
import { readInstanceHeader } from './instance-header.ts';
import { instanceKey } from './instance-key.ts';
import { LRU } from './lru.ts';
import type { Workplace } from './operation.ts';
import type { Breathe, SeriesName } from './quiet-work.ts';
import { GoneStudy, heldView, type View, type ViewTarget } from './viewing.ts';

/** Ready answers in memory, compressed: the series that are being looked at. */
const CACHE_MAX_BYTES = 64 * 1024 * 1024;
/** The same, not compressed, for those who take nothing else. */
const PLAIN_MAX_BYTES = 48 * 1024 * 1024;
/** A longer answer is inflated while it is sent, each time. */
const PLAIN_KEPT_MAX_BYTES = 16 * 1024 * 1024;
/** Single instances' metadata, of those that are looked at: each is some 4 KB. */
const INSTANCES_MAX_BYTES = 16 * 1024 * 1024;
/** Instances read at once while an answer is made: enough to keep the reading thread busy. */
const READ_AT_ONCE = 8;
/** The public address is put in anew in memory; longer answers are made anew. */
const ADDRESSED_MAX_BYTES = 64 * 1024 * 1024;

/** Ready answers on the disk: 10 to 40 KB for a CT series of some hundred images. */
export const READY_METADATA_MAX_BYTES: number = 512 * 1024 * 1024;
/** The shelf, and the purpose of its keys. */
const PURPOSE = 'ready-metadata';
/** What the answers are like. When what is made of the same instances changes, this is another word. */
export const READY_METADATA_FORM = 'dicom-json 1';

const LEVEL = 6;
const compress = promisify(gzip);
const inflate = promisify(gunzip);

/** A series' metadata as it goes out. */
export interface Ready {
  readonly gzipped: Buffer;
  /** Bytes when it is inflated. */
  readonly plainBytes: number;
  /** What it was made from; another stamp means that the series has changed. */
  readonly stamp: string;
}

/** Where links to bulk data lead: the configured address, never that of a request. */
export interface Links {
  /** With which every link begins. */
  readonly address: string;
  /** With which the links of an instance begin. */
  instanceURL(record: InstanceRecord): string;
}

export interface ReadyMetadataOptions {
  /** Of all that is kept on the disk; 0: nothing. */
  readonly maxBytes?: number | undefined;
}

/** What was found of a series at one moment. */
interface Snapshot extends SeriesName {
  readonly records: readonly InstanceRecord[];
  readonly stamp: string;
  readonly read: View['read'];
}

/**
 * Series metadata, ready to be sent: compressed DICOM JSON, made once from the packs, kept on the disk, encrypted, and
 * in memory while it is looked at. It is made anew when the series has changed.
 */
export class ReadyMetadata {
  readonly #workplace: Workplace;
  readonly #links: Links;
  readonly #shelf: Shelf;
  readonly #held = new LRU<Ready>(CACHE_MAX_BYTES);
  readonly #plain = new LRU<Buffer>(PLAIN_MAX_BYTES);
  readonly #instances = new LRU<string>(INSTANCES_MAX_BYTES);
  readonly #making = new Map<string, Promise<Ready>>();
  #checkedAt = '';
  readonly #fresh = new Set<string>();

  constructor(
    workplace: Workplace,
    links: Links,
    { maxBytes = READY_METADATA_MAX_BYTES }: ReadyMetadataOptions = {},
  ) {
    this.#workplace = workplace;
    this.#links = links;
    this.#shelf = workplace.archive.derived.shelf(PURPOSE, maxBytes);
  }

  /** Of one series. Rejects with ReadFailed, GoneStudy. */
  async ofSeries(view: View, { studyInstanceUID, seriesInstanceUID = '' }: ViewTarget): Promise<Ready> {
    const key = `${studyInstanceUID} ${seriesInstanceUID}`;
    const held = this.#held.get(key);
    if (held && this.#isFresh(key, held, view)) return held;
    const snapshot = snapshotOf(view, { studyInstanceUID, seriesInstanceUID });
    // Who comes after a change does not wait for what was begun before it.
    const state = `${key} ${snapshot.stamp}`;
    let making = this.#making.get(state);
    if (!making) {
      making = this.#keptOrMade(snapshot, key).finally(() => this.#making.delete(state));
      this.#making.set(state, making);
    }
    return making;
  }

  /** The same inflated, for a client that does not take it compressed. */
  async *plain({ gzipped, plainBytes, stamp }: Ready): AsyncGenerator<Uint8Array> {
    const held = this.#plain.get(stamp);
    if (held) {
      yield held;
    } else if (plainBytes > PLAIN_KEPT_MAX_BYTES) {
      yield* Readable.from([gzipped]).pipe(createGunzip()) as AsyncIterable<Buffer>;
    } else {
      const plain = await inflate(gzipped);
      this.#plain.set(stamp, plain, plain.length);
      yield plain;
    }
  }

  /** Makes what the first who asks for the series will be given, unless it is there. */
  async makeAhead(series: SeriesName, breathe: Breathe): Promise<void> {
    if (this.#shelf.maxBytes === 0) return;
    const view = heldView(this.#workplace.archive, series);
    if (!view) return;
    const snapshot = snapshotOf(view, series);
    const thing = thingOf(snapshot);
    if (!thing || (await this.#shelf.holds(thing))) return;
    await this.#keep(snapshot, await this.#make(snapshot, { atOnce: 1, breathe }));
  }

  /** One instance's metadata as DICOM JSON, without the brackets of a list. */
  async ofInstance(view: View, record: InstanceRecord): Promise<string> {
    const key = instanceKey(record);
    const held = this.#instances.get(key);
    if (held !== undefined) return held;
    const json = await this.#jsonOf(view, record);
    this.#instances.set(key, json, json.length);
    return json;
  }

  async #jsonOf(source: Pick<View, 'read'>, record: InstanceRecord): Promise<string> {
    const { dataSet } = await readInstanceHeader(record, (range) => {
      const bytes = source.read(record, range);
      if (!bytes) throw new GoneStudy();
      return bytes;
    });
    const base = this.#links.instanceURL(record);
    const bulkDataURI = (path: string, _element: DataElement): string => `${base}/bulkdata/${path}`;
    const json = toDicomJson(dataSet, { bulkDataURI });
    // The stored syntax tells a viewer what frames will be (PS3.18 10.4.1.1.2 leaves further attributes open).
    json['00083002'] = { vr: 'UI', Value: [record.transferSyntaxUID] };
    return JSON.stringify(json);
  }

  async #keptOrMade(snapshot: Snapshot, key: string): Promise<Ready> {
    const kept = await this.#kept(snapshot);
    const ready = kept ?? (await this.#make(snapshot, { atOnce: READ_AT_ONCE }));
    this.#held.set(key, ready, ready.gzipped.length);
    // Nobody waits for the disk.
    if (!kept) this.#keep(snapshot, ready).catch(() => undefined);
    return ready;
  }

  async #kept(snapshot: Snapshot): Promise<Ready | undefined> {
    const thing = thingOf(snapshot);
    const [head, gzipped] = (thing && (await this.#shelf.read(thing))) ?? [];
    if (!thing || !head || !gzipped) return undefined;
    const { address, plainBytes } = JSON.parse(head.toString('utf8')) as Head;
    if (address === this.#links.address) return { gzipped, plainBytes, stamp: snapshot.stamp };
    if (plainBytes > ADDRESSED_MAX_BYTES) return undefined;
    const plain = addressedAnew(await inflate(gzipped), address, this.#links.address);
    const ready = {
      gzipped: await compress(plain, { level: LEVEL }),
      plainBytes: plain.length,
      stamp: snapshot.stamp,
    };
    this.#keep(snapshot, ready).catch(() => undefined);
    return ready;
  }

  async #keep(snapshot: Snapshot, { gzipped, plainBytes }: Ready): Promise<void> {
    const thing = thingOf(snapshot);
    const head: Head = { address: this.#links.address, plainBytes };
    if (thing) await this.#shelf.write(thing, [Buffer.from(JSON.stringify(head), 'utf8'), gzipped]);
  }

  /** Compressed while it is read: what is inflated is never in memory as a whole. */
  async #make({ records, stamp, read }: Snapshot, pace: Pace): Promise<Ready> {
    let plainBytes = 0;
    const compressed: Buffer[] = [];
    await pipeline(
      this.#pieces({ records, read }, pace),
      async function* (texts: AsyncIterable<string>) {
        for await (const text of texts) {
          const bytes = Buffer.from(text, 'utf8');
          plainBytes += bytes.length;
          yield bytes;
        }
      },
      createGzip({ level: LEVEL }),
      async (pieces: AsyncIterable<Buffer>) => {
        for await (const piece of pieces) compressed.push(piece);
      },
    );
    return { gzipped: Buffer.concat(compressed), plainBytes, stamp };
  }

  async *#pieces(
    { records, read }: Pick<Snapshot, 'records' | 'read'>,
    { atOnce, breathe }: Pace,
  ): AsyncGenerator<string> {
    let before = '[';
    for (let at = 0; at < records.length; at += atOnce) {
      const some = records.slice(at, at + atOnce);
      const texts = await Promise.all(some.map((record) => this.#jsonOf({ read }, record)));
      yield before + texts.join(',');
      before = ',';
      await breathe?.();
    }
    yield before === '[' ? '[]' : ']';
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
    if (stampOf(view.instances()) !== held.stamp) return false;
    this.#fresh.add(key);
    return true;
  }
}

/** Instances read at once, and what is awaited between two lots of them. */
interface Pace {
  readonly atOnce: number;
  readonly breathe?: Breathe;
}

/** Kept before the answer. */
interface Head {
  /** The one that stands in its links. */
  readonly address: string;
  readonly plainBytes: number;
}

function snapshotOf(view: View, { studyInstanceUID, seriesInstanceUID }: SeriesName): Snapshot {
  const records = [...view.instances()];
  return { studyInstanceUID, seriesInstanceUID, records, stamp: stampOf(records), read: view.read };
}

/** Instances come and go, but one that is held never changes: where it lies says which it is. */
function stampOf(records: Iterable<InstanceRecord>): string {
  const hash = createHash('sha256').update(READY_METADATA_FORM);
  for (const { sopInstanceUID, keySlot, receivedAt, dataSetLength, location } of records)
    hash.update(`\n${sopInstanceUID} ${keySlot} ${receivedAt} ${dataSetLength} `).update(location);
  return hash.digest('base64url');
}

/** Undefined: instances of several studies' keys are not kept together, as each key must be able to destroy it. */
function thingOf({
  records,
  stamp,
  studyInstanceUID,
  seriesInstanceUID,
}: Snapshot): DerivedThing | undefined {
  const slots = new Set(records.map(({ keySlot }) => keySlot));
  const [keySlot] = slots;
  if (keySlot === undefined || slots.size > 1) return undefined;
  return { keySlot, name: [studyInstanceUID, seriesInstanceUID], state: stamp };
}

/**
 * Another address in all links. Nothing is parsed: quotes in a value are escaped (RFC 8259 7), so that these bytes
 * stand nowhere but at a link.
 */
function addressedAnew(json: Buffer, from: string, to: string): Buffer {
  const link = (address: string): string => `"BulkDataURI":"${address}/`;
  return Buffer.from(json.toString('latin1').replaceAll(link(from), link(to)), 'latin1');
}
