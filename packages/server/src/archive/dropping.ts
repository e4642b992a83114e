import type { ArchiveIndex, QuarantinePage, QuarantineRecord } from './index/index.ts';
import { openRecord } from './packs/cipher.ts';
import { decodeDroppedPayload, decodeLocation } from './packs/format.ts';
import { holdsNote, type ScannedRecord } from './packs/pack-scan.ts';
import type { StudyKeys } from './packs/study-keys.ts';
import type { DropTask, PackPosition, StreamRef } from './packs/writer-protocol.ts';

/** Rows looked at in one go. */
const PAGE_ROWS = 1000;

/** Nothing of this name is in quarantine: it was dropped before, or is something else. */
export class NotInQuarantine extends Error {
  readonly code = 'NOT_IN_QUARANTINE';
}

/** A data set in quarantine that is to go: its `quarantine` record, and the key and the stream that lies under. */
export type Dropped = Pick<DropTask, 'sopInstanceUID' | 'record' | 'stream' | 'keySlot'>;

/** What the key of one data set in quarantine is named after. No StudyInstanceUID looks like this. */
export const quarantineKeyName = ({ high, low }: StreamRef): string => `quarantine ${high} ${low}`;

/** The data set in quarantine whose record stands at this place. */
export function quarantinedAt(
  index: ArchiveIndex,
  sopInstanceUID: string,
  place: PackPosition,
): (QuarantineRecord & Dropped) | undefined {
  for (const row of index.quarantined(sopInstanceUID, Infinity)) {
    const { record, streamHigh: high, streamLow: low } = decodeLocation(row.location);
    if (record.packID === place.packID && record.offset === place.offset) {
      return { ...row, record, stream: { high, low } };
    }
  }
  return undefined;
}

/**
 * What a `dropped` record of a pack says. Undefined when its note does not stand: then the commit of both never ended,
 * and whoever asked for it was not told that it had. Throws DamagedRecord.
 */
export function readDropped(
  { header, offset, payload }: ScannedRecord,
  key: Uint8Array,
  folder: string,
): Dropped | undefined {
  const { sopInstanceUID, record, note } = decodeDroppedPayload(openRecord(header, offset, key, payload()));
  if (!holdsNote(folder, note)) return undefined;
  const stream = { high: header.streamHigh, low: header.streamLow };
  return { sopInstanceUID, record, stream, keySlot: header.keySlot };
}

/**
 * Drops what is in quarantine, and in the stream and under the key of the record that says so; anything else is passed
 * over. Rows go first: while the key is there the packs can say it again, and the key goes then.
 */
export function carryOutDrops(drops: readonly Dropped[], index: ArchiveIndex, keys: StudyKeys): void {
  const carriedOut = drops.filter((drop) => {
    const row = quarantinedAt(index, drop.sopInstanceUID, drop.record);
    if (row && !isSame(row, drop)) return false;
    if (row) index.unquarantine([row]);
    return true;
  });
  // One that was taken for a replacement of what cannot be read lies under the key of its study, which stays.
  const own = carriedOut.filter(({ keySlot, stream }) => keys.isOf(keySlot, quarantineKeyName(stream)));
  if (own.length > 0) keys.destroy(...own.map(({ keySlot }) => keySlot));
}

/** Takes out of quarantine what has no key any more: an index from before it was dropped tells of it still. */
export function forgetErased(index: ArchiveIndex, keyOf: (slot: number) => Uint8Array | undefined): void {
  for (let after: number | undefined = 0; after !== undefined;) {
    const { records, next }: QuarantinePage = index.quarantinePage(after, PAGE_ROWS);
    const erased = records.filter(({ keySlot }) => !keyOf(keySlot));
    if (erased.length > 0) index.unquarantine(erased);
    after = next;
  }
}

const isSame = (a: Dropped, b: Dropped): boolean =>
  a.keySlot === b.keySlot && a.stream.high === b.stream.high && a.stream.low === b.stream.low;
