import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DataSetReader, ParseError, transferSyntax } from '@leadglass/dicom';
import {
  type ArchiveIndex,
  extractAttributes,
  IndexError,
  type InstanceAttributes,
  readsItemsOf,
} from './index/index.ts';
import { type Dropped, forgetErased, readDropped } from './dropping.ts';
import { IndexLoader } from './index-loader.ts';
import { DamagedRecord, openRecord } from './packs/cipher.ts';
import {
  decodeInstancePayload,
  decodeRecordHeader,
  encodeLocation,
  type InstanceMeta,
  packFileName,
  RECORD_HEADER_BYTES,
  RecordKind,
  type RecordPlace,
} from './packs/format.ts';
import { type Damage, listPacks, scanPack, type ScannedRecord } from './packs/pack-scan.ts';
import { readPast } from './packs/read-past.ts';
import type { PackPosition } from './packs/writer-protocol.ts';
import { cutUnfinished } from './unfinished.ts';

export interface ReplayReport {
  instances: number;
  notes: number;
  /** Records whose study's key was destroyed: the study was deleted. */
  erased: number;
  /** `instance` records that lack a chunk or do not decrypt: never acknowledged, or damaged and not replaced since. */
  incomplete: { packID: number; offset: number; sopInstanceUID?: string }[];
  damage: Damage[];
  /** What a crash left of a write that had not ended, and was cut off the last pack. */
  unfinished: Damage | undefined;
}

export interface ReplayOptions {
  folder: string;
  index: ArchiveIndex;
  keyOf: (slot: number) => Uint8Array | undefined;
  /** Notes before this place are kept elsewhere already. */
  notesFrom: PackPosition | undefined;
  replayNote: (sealed: Uint8Array) => boolean;
  /** What the packs say was dropped from quarantine; it may have been carried out already. */
  replayDrop: (drop: Dropped) => void;
  onProgress?: (done: ReplayProgress) => void;
}

export interface ReplayProgress {
  packs: number;
  of: number;
  instances: number;
  /** All are read; what the index is searched by is being made, in one step: some 20 seconds for a million studies. */
  finishing?: true;
}

/** Reads the packs from where the index and the notes end, and brings both up to date. */
export async function replayPacks(options: ReplayOptions): Promise<ReplayReport> {
  const instancesFrom = options.index.position();
  const known = later(instancesFrom, options.notesFrom);
  const report: ReplayReport = {
    instances: 0,
    notes: 0,
    erased: 0,
    incomplete: [],
    damage: [],
    // First, so that nobody meets it.
    unfinished: cutUnfinished(options.folder, known, options.keyOf),
  };
  const start = earlier(instancesFrom, options.notesFrom);
  const packs = listPacks(options.folder).filter((packID) => !start || packID >= start.packID);
  const loader = new IndexLoader(options.index);
  const files = new RecordFiles(options.folder);
  let hasErased = false;
  try {
    for (const [done, packID] of packs.entries()) {
      const from = start?.packID === packID ? start.offset : 0;
      let end = from;
      for (const record of scanPack(options.folder, packID, from, (damage) => report.damage.push(damage))) {
        end = endOf(record);
        const place = { packID, offset: record.offset };
        if (record.header.kind === RecordKind.note) {
          if (!before(place, options.notesFrom) && options.replayNote(record.payload())) report.notes++;
        } else if (record.header.kind === RecordKind.instance && !before(place, instancesFrom)) {
          replayInstance(record, packID, options, files, loader, report);
        } else if (record.header.kind === RecordKind.quarantine && !before(place, instancesFrom)) {
          replayQuarantine(record, packID, options, report);
        } else if (record.header.kind === RecordKind.dropped && !before(place, instancesFrom)) {
          hasErased = !replayDropped(record, packID, options, report) || hasErased;
        }
      }
      loader.flush({ packID, offset: end });
      options.onProgress?.({ packs: done + 1, of: packs.length, instances: report.instances });
    }
    if (options.index.isFilling) {
      const { instances } = report;
      options.onProgress?.({ packs: packs.length, of: packs.length, instances, finishing: true });
    }
    if (hasErased) forgetErased(options.index, options.keyOf);
    loader.finish();
    report.incomplete = report.incomplete.filter(
      ({ sopInstanceUID }) => sopInstanceUID === undefined || !options.index.holds(sopInstanceUID),
    );
  } finally {
    files.close();
  }
  return report;
}

function replayInstance(
  record: ScannedRecord,
  packID: number,
  options: ReplayOptions,
  files: RecordFiles,
  loader: IndexLoader,
  report: ReplayReport,
): void {
  const { header, offset } = record;
  const key = options.keyOf(header.keySlot);
  if (!key) {
    report.erased++;
    return;
  }
  let sopInstanceUID: string | undefined;
  try {
    const { meta, chunks } = decodeInstancePayload(openRecord(header, offset, key, record.payload()));
    sopInstanceUID = meta.sopInstanceUID;
    if (loader.has(meta.sopInstanceUID)) return;
    const attributes = readAttributes(meta, chunks, key, files);
    const recordPlace = { packID, offset, payloadLength: header.payloadLength };
    const { streamHigh, streamLow } = header;
    const location = encodeLocation({ record: recordPlace, streamHigh, streamLow, chunks });
    loader.add({
      attributes,
      transferSyntaxUID: meta.transferSyntaxUID,
      dataSetLength: meta.dataSetLength,
      receivedAt: meta.receivedAtMs,
      ...(meta.sourceAETitle === undefined ? {} : { sourceAETitle: meta.sourceAETitle }),
      keySlot: header.keySlot,
      location,
    });
    report.instances++;
  } catch (error) {
    const expected =
      error instanceof DamagedRecord || error instanceof ParseError || error instanceof IndexError;
    if (!expected) throw error;
    report.incomplete.push({ packID, offset, ...(sopInstanceUID === undefined ? {} : { sopInstanceUID }) });
  }
}

/** What is in quarantine is only noted: nobody is given it before somebody has looked at it. */
function replayQuarantine(
  record: ScannedRecord,
  packID: number,
  options: ReplayOptions,
  report: ReplayReport,
): void {
  const { header, offset } = record;
  const key = options.keyOf(header.keySlot);
  if (!key) {
    report.erased++;
    return;
  }
  try {
    const { meta, chunks } = decodeInstancePayload(openRecord(header, offset, key, record.payload()));
    const { streamHigh, streamLow, payloadLength, keySlot } = header;
    const location = encodeLocation({
      record: { packID, offset, payloadLength },
      streamHigh,
      streamLow,
      chunks,
    });
    options.index.quarantine([{ ...meta, keySlot, location }]);
  } catch (error) {
    if (!(error instanceof DamagedRecord)) throw error;
    report.incomplete.push({ packID, offset });
  }
}

/** False when its key is gone, and with it what it dropped. */
function replayDropped(
  record: ScannedRecord,
  packID: number,
  options: ReplayOptions,
  report: ReplayReport,
): boolean {
  const key = options.keyOf(record.header.keySlot);
  if (!key) return false;
  try {
    const drop = readDropped(record, key, options.folder);
    if (drop) options.replayDrop(drop);
  } catch (error) {
    if (!(error instanceof DamagedRecord)) throw error;
    report.damage.push({ packID, from: record.offset, to: endOf(record) });
  }
  return true;
}

/** Decrypts all chunks (an instance counts only when every byte of it is there) and reads the header again. */
function readAttributes(
  meta: InstanceMeta,
  chunks: readonly RecordPlace[],
  key: Uint8Array,
  files: RecordFiles,
): InstanceAttributes {
  const syntax = transferSyntax(meta.transferSyntaxUID);
  if (!syntax) throw new ParseError('TRANSFER_SYNTAX_UNKNOWN');
  const reader = new DataSetReader(syntax, { retainValueMaxBytes: 64 * 1024, keepsItemsOf: readsItemsOf });
  for (const place of chunks) reader.push(files.open(place, key));
  reader.end();
  return extractAttributes(reader.dataSet);
}

/** Open packs while replaying. */
class RecordFiles {
  readonly #folder: string;
  readonly #open = new Map<number, number>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The record's payload in the clear. Throws DamagedRecord. */
  open(place: RecordPlace, key: Uint8Array): Buffer {
    const bytes = Buffer.alloc(RECORD_HEADER_BYTES + place.payloadLength);
    const got = readPast(this.#fileOf(place), bytes, place.offset);
    const header = got === bytes.length ? decodeRecordHeader(bytes, 0, place.packID) : undefined;
    if (!header || header.payloadLength !== place.payloadLength) {
      throw new DamagedRecord(place.packID, place.offset);
    }
    return openRecord(header, place.offset, key, bytes.subarray(RECORD_HEADER_BYTES));
  }

  close(): void {
    for (const fd of this.#open.values()) closeSync(fd);
    this.#open.clear();
  }

  #fileOf(place: RecordPlace): number {
    let fd = this.#open.get(place.packID);
    if (fd !== undefined) return fd;
    try {
      fd = openSync(join(this.#folder, packFileName(place.packID)), 'r');
    } catch {
      throw new DamagedRecord(place.packID, place.offset);
    }
    this.#open.set(place.packID, fd);
    return fd;
  }
}

const endOf = ({ offset, header }: ScannedRecord): number =>
  offset + RECORD_HEADER_BYTES + header.payloadLength;

function before(place: PackPosition, limit: PackPosition | undefined): boolean {
  if (!limit) return false;
  return place.packID < limit.packID || (place.packID === limit.packID && place.offset < limit.offset);
}

function later(a: PackPosition | undefined, b: PackPosition | undefined): PackPosition | undefined {
  if (!a || !b) return a ?? b;
  return before(a, b) ? b : a;
}

function earlier(a: PackPosition | undefined, b: PackPosition | undefined): PackPosition | undefined {
  if (!a || !b) return undefined;
  return before(a, b) ? a : b;
}
