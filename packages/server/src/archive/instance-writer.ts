import { DataSetReader, ParseError, Tag, transferSyntax } from '@leadglass/dicom';
import { extractAttributes, type InstanceAttributes, readsItemsOf } from './index/index.ts';
import { isPlausibleUID } from './index/matching/matching.ts';
import { CHUNK_BYTES, type InstanceMeta } from './packs/format.ts';
import type { StreamRef } from './packs/writer-protocol.ts';
import type { Durable, PackWriter } from './packs/pack-writer.ts';

/** Bytes held in memory until the StudyInstanceUID, and with it the key, is known. */
const MAX_HELD_BYTES = 16 * 1024 * 1024;
/** The end of a data set that is copied out of its chunk: a copy costs less than the memory of a chunk. */
const COPIED_MAX_BYTES = 16 * 1024;
/** Values longer than this are not needed by the index and are passed over. */
const RETAIN_VALUE_MAX_BYTES = 64 * 1024;
/** Deflated pixels that say they are longer are a bomb: nobody could be given them. */
const INFLATED_MAX_BYTES = 480 * 1024 * 1024;
/**
 * Of a deflated data set so much is inflated, at once and on the thread that serves everybody: a fraction of a second.
 * Deflate grows a thousandfold, and honest masks do: pixels behind this are taken as they come, unread.
 */
export const INFLATED_READ_MAX_BYTES: number = 64 * 1024 * 1024;

export type StoreErrorCode =
  | 'UNKNOWN_TRANSFER_SYNTAX'
  | 'SOP_CLASS_MISMATCH'
  | 'SOP_INSTANCE_MISMATCH'
  /** A file that is no composite instance: no SOPClassUID or no SOPInstanceUID. */
  | 'NO_SOP_INSTANCE'
  | 'HEADER_TOO_LONG'
  | 'INSTANCE_TOO_LONG'
  | 'EMPTY_DATA_SET';

/** An instance cannot be taken as it is. Carries no attribute value. */
export class StoreError extends Error {
  readonly code: StoreErrorCode;
  constructor(code: StoreErrorCode) {
    super(code);
    this.code = code;
  }
}

export interface InstanceSource {
  /** What the command set said; the data set must agree (PS3.4 B.2.3, status A900). */
  sopClassUID: string;
  sopInstanceUID: string;
  transferSyntaxUID: string;
  sourceAETitle?: string;
  /** Who brings it, kind and name; kept of what goes into quarantine. */
  sender?: string;
}

export interface StoredContext {
  meta: InstanceMeta;
  attributes: InstanceAttributes;
  kind: 'instance' | 'quarantine';
}

export interface StudyKey {
  slot: number;
  key: Uint8Array;
}

/** What an instance writer needs of its archive. */
export interface WriterHost<Note> {
  packs: PackWriter<Note, StoredContext>;
  studyKey(studyInstanceUID: string): StudyKey;
  /** A key for one data set alone. */
  quarantineKey(stream: StreamRef): StudyKey;
  nowMs(): number;
  maxInstanceBytes: number;
}

/**
 * Takes one data set as it arrives: reads its header beside the bytes, cuts the bytes into chunks, hands
 * full chunks to the writing thread as soon as the study, and with it the key, is known. Holds at most one
 * chunk once it is. `finish` makes the instance durable.
 */
export class InstanceWriter<Note> {
  readonly #host: WriterHost<Note>;
  readonly #source: InstanceSource;
  readonly #reader: DataSetReader;
  readonly #stream: StreamRef;
  readonly #forQuarantine: boolean;
  #studyInstanceUID: string | undefined;
  /** Made when the first chunk goes out or the instance is committed: one that is given up before leaves no key. */
  #study: StudyKey | undefined;
  #held: ArrayBuffer[] = [];
  #chunk: Uint8Array | undefined;
  #filled = 0;
  #chunkIndex = 0;
  #length = 0;
  #checked = false;
  /** Deflated pixels go on beyond what is inflated. */
  #isReadEnough = false;

  /** @param forQuarantine it can only go there: it gets a key of its own, so that it can be dropped for good */
  constructor(host: WriterHost<Note>, source: InstanceSource, forQuarantine = false) {
    const syntax = transferSyntax(source.transferSyntaxUID);
    if (!syntax) throw new StoreError('UNKNOWN_TRANSFER_SYNTAX');
    this.#host = host;
    this.#source = source;
    this.#reader = new DataSetReader(syntax, {
      retainValueMaxBytes: RETAIN_VALUE_MAX_BYTES,
      keepsItemsOf: readsItemsOf,
      limits: { inflatedMaxBytes: INFLATED_READ_MAX_BYTES },
    });
    this.#stream = host.packs.openStream();
    this.#forQuarantine = forQuarantine;
  }

  /** Throws or rejects with ParseError or StoreError; then the instance is lost and `abort` is due. */
  write(fragment: Uint8Array): void | Promise<void> {
    this.#length += fragment.length;
    if (this.#length > this.#host.maxInstanceBytes) throw new StoreError('INSTANCE_TOO_LONG');
    this.#read(fragment);
    return this.#take(fragment);
  }

  /** Reads on, unless all that is inflated was read and the header was in it. @throws ParseError */
  #read(fragment: Uint8Array): void {
    if (this.#isReadEnough) return;
    try {
      this.#reader.push(fragment);
    } catch (error) {
      const isLong = error instanceof ParseError && error.code === 'INFLATED_TOO_LARGE';
      const pixels = this.#reader.dataSet.get(Tag.PixelData);
      const isBounded =
        pixels !== undefined && !pixels.undefinedLength && pixels.length <= INFLATED_MAX_BYTES;
      if (!isLong || !this.#reader.headerComplete || !isBounded) throw error;
      this.#isReadEnough = true;
    }
  }

  /** Checks what is known only at the end, and gives the attributes the index needs. */
  complete(): InstanceAttributes {
    if (!this.#isReadEnough) this.#reader.end();
    if (this.#length === 0) throw new StoreError('EMPTY_DATA_SET');
    this.#checkIdentity();
    const attributes = extractAttributes(this.#reader.dataSet);
    return attributes;
  }

  /** Resolves when bytes and note are durable. Rejects with WriteRefused. */
  async commit(
    kind: StoredContext['kind'],
    attributes: InstanceAttributes,
    note: Note | undefined,
    { reason, acknowledge }: { reason?: string; acknowledge?: (() => void) | undefined } = {},
  ): Promise<Durable<StoredContext> | undefined> {
    this.#study ??= this.#keyFor(attributes.studyInstanceUID);
    const study = this.#study;
    for (const held of this.#held) await this.#send(held, CHUNK_BYTES);
    this.#held = [];
    const meta: InstanceMeta = {
      studyInstanceUID: attributes.studyInstanceUID,
      seriesInstanceUID: attributes.seriesInstanceUID,
      sopInstanceUID: attributes.sopInstanceUID,
      sopClassUID: attributes.sopClassUID,
      transferSyntaxUID: this.#source.transferSyntaxUID,
      dataSetLength: this.#length,
      receivedAtMs: this.#host.nowMs(),
      ...(this.#source.sourceAETitle === undefined ? {} : { sourceAETitle: this.#source.sourceAETitle }),
      ...(reason === undefined ? {} : { reason, ...this.#sender }),
    };
    const item = {
      stream: this.#stream,
      kind,
      keySlot: study.slot,
      key: study.key,
      metaJson: JSON.stringify(meta),
      chunks: this.#takeLastChunk(study),
    };
    return this.#host.packs.commit(item, { meta, attributes, kind }, note, acknowledge);
  }

  abort(): void {
    this.#host.packs.abandon(this.#stream);
    if (this.#chunk) this.#host.packs.returnBuffer(this.#chunk.buffer as ArrayBuffer);
    this.#chunk = undefined;
    this.#held = [];
  }

  #take(fragment: Uint8Array): void | Promise<void> {
    this.#lookAtHeader();
    let waiting: void | Promise<void> = undefined;
    let from = 0;
    while (from < fragment.length) {
      this.#chunk ??= new Uint8Array(this.#host.packs.takeBuffer());
      const room = CHUNK_BYTES - this.#filled;
      const part =
        fragment.length - from <= room && from === 0 ? fragment : fragment.subarray(from, from + room);
      this.#chunk.set(part, this.#filled);
      this.#filled += part.length;
      from += part.length;
      if (this.#filled === CHUNK_BYTES) waiting = this.#chunkFull() ?? waiting;
    }
    return waiting;
  }

  #chunkFull(): void | Promise<void> {
    const buffer = this.#chunk?.buffer as ArrayBuffer;
    this.#chunk = undefined;
    this.#filled = 0;
    if (this.#studyInstanceUID === undefined) {
      this.#held.push(buffer);
      if (this.#held.length * CHUNK_BYTES > MAX_HELD_BYTES) throw new StoreError('HEADER_TOO_LONG');
      return undefined;
    }
    this.#study ??= this.#keyFor(this.#studyInstanceUID);
    let waiting: void | Promise<void> = undefined;
    for (const held of this.#held) waiting = this.#send(held, CHUNK_BYTES) ?? waiting;
    this.#held = [];
    return this.#send(buffer, CHUNK_BYTES) ?? waiting;
  }

  #keyFor(studyInstanceUID: string): StudyKey {
    const host = this.#host;
    return this.#forQuarantine ? host.quarantineKey(this.#stream) : host.studyKey(studyInstanceUID);
  }

  get #sender(): Pick<InstanceMeta, 'sender'> {
    return this.#source.sender === undefined ? {} : { sender: this.#source.sender };
  }

  #send(buffer: ArrayBuffer, length: number): void | Promise<void> {
    if (!this.#study) throw new Error('a chunk is sent only when its study is known');
    return this.#host.packs.writeChunk(this.#stream, this.#chunkIndex++, this.#study, buffer, length);
  }

  #takeLastChunk(study: StudyKey) {
    if (!this.#chunk || this.#filled === 0) return [];
    const length = this.#filled;
    const buffer = this.#lastBytes(this.#chunk.buffer as ArrayBuffer, length);
    this.#chunk = undefined;
    this.#filled = 0;
    return [
      {
        stream: this.#stream,
        index: this.#chunkIndex++,
        keySlot: study.slot,
        key: study.key,
        buffer,
        length,
      },
    ];
  }

  /** A few bytes, as behind the last full chunk of an image, do not keep the memory of a chunk until they are written. */
  #lastBytes(buffer: ArrayBuffer, length: number): ArrayBuffer {
    if (length > COPIED_MAX_BYTES) return buffer;
    const copy = buffer.slice(0, length);
    this.#host.packs.returnBuffer(buffer);
    return copy;
  }

  /** As soon as the attributes are there: does the data set belong to its command, which key is its. */
  #lookAtHeader(): void {
    if (this.#studyInstanceUID !== undefined) return;
    const { dataSet, headerComplete } = this.#reader;
    const passedStudy = headerComplete || dataSet.has(Tag.StudyInstanceUID);
    if (!passedStudy) return;
    this.#checkIdentity();
    const studyInstanceUID = dataSet.string(Tag.StudyInstanceUID);
    if (studyInstanceUID && isPlausibleUID(studyInstanceUID)) this.#studyInstanceUID = studyInstanceUID;
  }

  #checkIdentity(): void {
    if (this.#checked) return;
    this.#checked = true;
    const { dataSet } = this.#reader;
    if (dataSet.string(Tag.SOPClassUID) !== this.#source.sopClassUID)
      throw new StoreError('SOP_CLASS_MISMATCH');
    if (dataSet.string(Tag.SOPInstanceUID) !== this.#source.sopInstanceUID) {
      throw new StoreError('SOP_INSTANCE_MISMATCH');
    }
  }
}
