import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CHUNK_BYTES } from '../packs/format.ts';
import { type Damage, listPacks, scanPack, type ScannedRecord } from '../packs/pack-scan.ts';
import { PackReader, type ReadRange } from '../packs/pack-reader.ts';
import { type Durable, type NoteSealer, PackWriter } from '../packs/pack-writer.ts';
import { StudyKeys } from '../packs/study-keys.ts';
import type { PackPosition } from '../packs/writer-protocol.ts';
import { MemoryNotes } from './memory-notes.ts';

export interface ReadRecord extends Pick<ScannedRecord, 'header' | 'offset'> {
  payload: Buffer;
}

export interface Held {
  location: Uint8Array;
  keySlot: number;
  content: Uint8Array;
}

/** Packs written and read by their real threads, without an archive round them. */
export class PackBench {
  readonly folder: string;
  readonly keys: StudyKeys;
  readonly notes = new MemoryNotes<string>();
  readonly writer: PackWriter<string, string>;
  readonly reader: PackReader;
  /** What onDurable told, in order. */
  readonly durable: string[] = [];
  position: PackPosition | undefined;
  fatal: Error | undefined;

  constructor(
    folder: string,
    options: {
      packBytes?: number;
      firstPackID?: number;
      resumeAt?: number;
      keyFolder?: string;
      prewriteBytes?: number;
      keyFileDescriptor?: number;
      /** Keeps notes that come alone. */
      keepNow?: (notes: readonly string[]) => void;
    } = {},
  ) {
    this.folder = join(folder, 'packs');
    mkdirSync(this.folder, { recursive: true });
    const keyFile = join(options.keyFolder ?? folder, 'study-keys');
    this.keys = StudyKeys.open(keyFile, Buffer.alloc(32, 1), Buffer.alloc(32, 2));
    this.writer = new PackWriter<string, string>({
      folder: this.folder,
      firstPackID: options.firstPackID ?? 1,
      resumeAt: options.resumeAt,
      keyFileDescriptor: options.keyFileDescriptor ?? this.keys.fileDescriptor,
      packBytes: options.packBytes ?? 64 * 1024 * 1024,
      prewriteBytes: options.prewriteBytes ?? 0,
      sealer: this.#sealer(options.keepNow),
      onDurable: (instances, position) => {
        this.durable.push(...instances.map(({ context }) => context));
        this.position = position;
      },
      takeKeyFileDirty: () => this.keys.takeDirty(),
      onFatal: (error) => (this.fatal = error),
    });
    this.reader = new PackReader(this.folder);
  }

  /** Writes one instance as the archive does: full chunks ahead, the rest with the commit. */
  async write(
    content: Uint8Array,
    options: { study?: { slot: number; key: Uint8Array }; name?: string; note?: string } = {},
  ): Promise<Held> {
    const study = options.study ?? this.keys.create(randomBytes(8).toString('hex'));
    const name = options.name ?? 'instance';
    const stream = this.writer.openStream();
    let index = 0;
    let at = 0;
    for (; at + CHUNK_BYTES < content.length; at += CHUNK_BYTES) {
      const buffer = this.#bufferOf(content.subarray(at, at + CHUNK_BYTES));
      const waiting = this.writer.writeChunk(stream, index++, study, buffer, CHUNK_BYTES);
      if (waiting) await waiting;
    }
    const rest = content.subarray(at);
    const lastChunk = {
      stream,
      index,
      keySlot: study.slot,
      key: study.key,
      buffer: this.#bufferOf(rest),
      length: rest.length,
    };
    const metaJson = JSON.stringify({ sopInstanceUID: name });
    const item = {
      stream,
      kind: 'instance' as const,
      keySlot: study.slot,
      key: study.key,
      metaJson,
      chunks: [lastChunk],
    };
    const durable: Durable<string> | undefined = await this.writer.commit(item, name, options.note ?? name);
    if (!durable) throw new Error('an instance was expected');
    return { location: durable.location, keySlot: durable.keySlot, content };
  }

  async read(held: Held, range?: ReadRange): Promise<Buffer> {
    const key = this.keys.get(held.keySlot);
    if (!key) throw new Error('its key is gone');
    const parts: Uint8Array[] = [];
    for await (const chunk of this.reader.readDataSet(held.location, key, range)) parts.push(chunk);
    return Buffer.concat(parts);
  }

  /** Every record of every pack, oldest first. */
  scan(): { records: ReadRecord[]; damage: Damage[] } {
    return scanAll(this.folder);
  }

  async close(): Promise<void> {
    await this.writer.close();
    await this.reader.close();
    this.keys.close();
  }

  #sealer(keepNow: ((notes: readonly string[]) => void) | undefined): NoteSealer<string> {
    if (keepNow === undefined) return this.notes;
    const { notes } = this;
    return { seal: (some) => notes.seal(some), settle: (ok) => notes.settle(ok), keepNow };
  }

  #bufferOf(bytes: Uint8Array): ArrayBuffer {
    const buffer = this.writer.takeBuffer();
    new Uint8Array(buffer).set(bytes);
    return buffer;
  }
}

/** Every record of every pack of a folder, oldest first, each with its payload. */
export function scanAll(folder: string): { records: ReadRecord[]; damage: Damage[] } {
  const damage: Damage[] = [];
  const records: ReadRecord[] = [];
  for (const packID of listPacks(folder)) {
    for (const { header, offset, payload } of scanPack(folder, packID, 0, (one) => damage.push(one))) {
      records.push({ header, offset, payload: payload() });
    }
  }
  return { records, damage };
}
