import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { DamagedRecord, openRecord } from './packs/cipher.ts';
import {
  decodePackHeader,
  PACK_HEADER_BYTES,
  packFileName,
  RECORD_HEADER_BYTES,
  RecordKind,
} from './packs/format.ts';
import { type Damage, listPacks, scanPack, type ScannedRecord } from './packs/pack-scan.ts';
import { ofFile, readPast } from './packs/read-past.ts';
import type { PackPosition } from './packs/writer-protocol.ts';

type KeyOf = (slot: number) => Uint8Array | undefined;

/**
 * Cuts off the last pack what a crash left of a write, and the zeros written ahead of it. It was no whole record, and
 * nothing follows it, so nobody was told that it is there; left where it is, it would look like damage for ever.
 *
 * @param known up to where something is known to have been durable: what is broken before that is damage, and stays;
 *   so does everything when the disk could not give something behind it, or the pack does not begin as ours do
 * @param keyOf a study's key, by slot
 * @returns what was cut, unless it was zeros alone that no record is missing from
 */
export function cutUnfinished(
  folder: string,
  known: PackPosition | undefined,
  keyOf: KeyOf,
): Damage | undefined {
  const packID = listPacks(folder).at(-1);
  if (packID === undefined || (known && known.packID > packID)) return undefined;
  const from = known?.packID === packID ? known.offset : 0;
  const file = join(folder, packFileName(packID));
  if (from <= PACK_HEADER_BYTES && isUnbegun(file, packID)) {
    unlinkSync(file);
    syncFolder(folder);
    return { packID, from: 0, to: PACK_HEADER_BYTES };
  }
  if (statSync(file).size <= from) return undefined;
  const damage: Damage[] = [];
  let end = Math.max(from, PACK_HEADER_BYTES);
  let hasTorn = false;
  let hasLost = false;
  const onLost = (): boolean => (hasLost = true);
  for (const record of scanPack(folder, packID, from, (one) => damage.push(one), onLost)) {
    hasTorn = !isWhole(record, keyOf);
    if (!hasTorn) end = record.offset + RECORD_HEADER_BYTES + record.header.payloadLength;
  }
  // What begins otherwise was written by another version, or is damaged: then nothing is known of its end.
  const isOurs = damage.every((one) => one.from > 0);
  if (hasLost || !isOurs) return undefined;
  const to = cutAt(file, end);
  return hasTorn || damage.some((one) => one.from >= end) ? { packID, from: end, to } : undefined;
}

/** Zeros ahead may stand for the payload that a record's header announces. */
function isWhole({ header, offset, payload }: ScannedRecord, keyOf: KeyOf): boolean {
  // A note was compared with its checksum, and a chunk that no instance names is never read.
  if (header.kind === RecordKind.note || header.kind === RecordKind.chunk) return true;
  const key = keyOf(header.keySlot);
  try {
    if (key) openRecord(header, offset, key, payload());
    return true;
  } catch (error) {
    if (!(error instanceof DamagedRecord)) throw error;
    return false;
  }
}

/** A pack of which not even the header was written: nothing was stored in it. */
function isUnbegun(file: string, packID: number): boolean {
  const fd = openSync(file, 'r');
  try {
    const header = Buffer.alloc(PACK_HEADER_BYTES);
    readPast(fd, header, 0);
    return fstatSync(fd).size <= PACK_HEADER_BYTES && decodePackHeader(header) !== packID;
  } catch (error) {
    throw ofFile(error, file);
  } finally {
    closeSync(fd);
  }
}

/** @returns how long the file was; durable, or the next crash would find the rest behind which another pack begins */
function cutAt(file: string, end: number): number {
  const fd = openSync(file, 'r+');
  try {
    const { size } = fstatSync(fd);
    if (size > end) {
      ftruncateSync(fd, end);
      fsyncSync(fd);
    }
    return size;
  } finally {
    closeSync(fd);
  }
}

function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r');
  fsyncSync(fd);
  closeSync(fd);
}
