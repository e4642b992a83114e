import { readDropped } from './dropping.ts';
import type { ArchiveIndex } from './index/index.ts';
import { DamagedRecord, openRecord } from './packs/cipher.ts';
import {
  decodeInstancePayload,
  decodeLocation,
  RECORD_HEADER_BYTES,
  type RecordHeader,
  RecordKind,
  type RecordPlace,
} from './packs/format.ts';
import type { PackReader } from './packs/pack-reader.ts';
import { ReadFailed } from './packs/pack-reader.ts';
import { type Damage, listPacks, scanPack, type ScannedRecord } from './packs/pack-scan.ts';
import type { PackPosition } from './packs/writer-protocol.ts';

/** Of what is in quarantine so many are told one by one, the others counted. */
const QUARANTINE_TOLD_MAX = 1_000;
/** Chunks decrypted at once by the reading thread. */
const READS_AT_ONCE = 8;

export interface VerificationReport {
  packs: number;
  instances: number;
  bytes: number;
  quarantined: number;
  /** What was dropped from quarantine: the packs have its bytes yet, and nobody is given them. */
  dropped: number;
  /** What is in quarantine, the first thousand of them: nobody is given it, and a person decides what becomes of it. */
  quarantine: QuarantinedInstance[];
  /** Instances of deleted studies: their key was destroyed. */
  erased: number;
  /** Instances with a chunk that is missing, changed or cut. */
  damaged: { sopInstanceUID: string; packID: number; offset: number }[];
  /** Damaged as well, and stored anew since: what is held in their place reads back, so nothing is lost. */
  replaced: { sopInstanceUID: string; packID: number; offset: number }[];
  /** Places where no record could be recognised, or an `instance` record does not open. */
  unreadable: { packID: number; from: number; to: number }[];
  /** In the packs, but not in the index, or the other way round. */
  notInIndex: number;
  onlyInIndex: number;
}

/** Another data set under a UID that is taken, and where the packs have it. */
export interface QuarantinedInstance {
  sopInstanceUID: string;
  dataSetLength: number;
  receivedAtMs: number;
  sourceAETitle?: string;
  packID: number;
  offset: number;
}

export interface VerificationOptions {
  folder: string;
  index: ArchiveIndex;
  reader: PackReader;
  keyOf: (slot: number) => Uint8Array | undefined;
  /** Up to where everything is durable and in the index, at this moment: what lies behind is not judged. */
  durableEnd: () => PackPosition;
  onProgress?: (done: { packs: number; of: number; instances: number }) => void;
}

/** Reads everything back: every chunk of every instance is decrypted, which proves that it is what was stored. */
export async function verifyPacks(options: VerificationOptions): Promise<VerificationReport> {
  const report: VerificationReport = {
    packs: 0,
    instances: 0,
    bytes: 0,
    quarantined: 0,
    dropped: 0,
    quarantine: [],
    erased: 0,
    damaged: [],
    replaced: [],
    unreadable: [],
    notInIndex: 0,
    onlyInIndex: 0,
  };
  const seen = new Seen();
  const packs = listPacks(options.folder);
  for (const packID of packs) {
    const onDamage = ({ from, to }: Damage): void => {
      if (isDurable({ packID, offset: from }, options)) report.unreadable.push({ packID, from, to });
    };
    for (const record of scanPack(options.folder, packID, 0, onDamage)) {
      const { kind } = record.header;
      if (!isDurable({ packID, offset: record.offset }, options)) continue;
      if (kind === RecordKind.instance || kind === RecordKind.quarantine) {
        await verifyInstance(record, packID, options, report, seen);
      } else if (kind === RecordKind.dropped) verifyDropped(record, packID, options, report, seen);
      options.onProgress?.({ packs: report.packs, of: packs.length, instances: report.instances });
    }
    report.packs++;
  }
  tellReplaced(options.index, report, seen);
  const { instances } = options.index.statistics();
  report.onlyInIndex = Math.max(0, instances - (seen.uids.size - report.notInIndex));
  return report;
}

/** A data set that was met in quarantine. */
interface MetInQuarantine extends PackPosition {
  /** What it was counted among. */
  as: 'quarantined' | 'erased' | 'unreadable';
}

/** An instance that does not read back, with the places in the packs that do not. */
interface Broken extends PackPosition {
  sopInstanceUID: string;
  dataSetLength: number;
  lost: readonly RecordPlace[];
}

/** What a verification has met so far. */
class Seen {
  readonly uids = new Set<string>();
  /** By key slot and stream, which are of one data set alone. */
  readonly quarantined = new Map<string, MetInQuarantine>();
  readonly #broken = new Map<string, Broken[]>();
  /** Where those that are broken in one place are whole in another. */
  readonly #whole = new Map<string, PackPosition[]>();

  broken(one: Broken): void {
    this.#broken.set(one.sopInstanceUID, [...(this.#broken.get(one.sopInstanceUID) ?? []), one]);
  }

  /** The one that replaces another comes behind it: earlier ones need not be remembered. */
  whole(sopInstanceUID: string, place: PackPosition): void {
    if (!this.#broken.has(sopInstanceUID)) return;
    this.#whole.set(sopInstanceUID, [...(this.#whole.get(sopInstanceUID) ?? []), place]);
  }

  /** Those of which the index has another place now, and what is there was read back. */
  replaced(index: ArchiveIndex): Broken[] {
    return [...this.#broken].flatMap(([sopInstanceUID, broken]) => {
      const record = index.instance(sopInstanceUID);
      const held = record && decodeLocation(record.location).record;
      const isWhole = this.#whole.get(sopInstanceUID)?.some((place) => held && isSamePlace(place, held));
      return isWhole ? broken : [];
    });
  }
}

const isSamePlace = (a: PackPosition, b: PackPosition): boolean =>
  a.packID === b.packID && a.offset === b.offset;

/** Moves what was stored anew since, and the stretches of packs that held it, out of what counts as lost. */
function tellReplaced(index: ArchiveIndex, report: VerificationReport, seen: Seen): void {
  const replaced = seen.replaced(index);
  report.damaged = report.damaged.filter((one) => !replaced.some((other) => isSamePlace(one, other)));
  report.replaced = replaced.map(({ sopInstanceUID, packID, offset }) => ({
    sopInstanceUID,
    packID,
    offset,
  }));
  report.instances -= replaced.length;
  for (const { dataSetLength } of replaced) report.bytes -= dataSetLength;
  const lost = replaced.flatMap((one) => one.lost).sort((a, b) => a.offset - b.offset);
  report.unreadable = report.unreadable.filter((stretch) => !isCovered(stretch, lost));
}

/** @param places in the order of their offsets */
function isCovered(
  stretch: { packID: number; from: number; to: number },
  places: readonly RecordPlace[],
): boolean {
  let at = stretch.from;
  for (const { packID, offset, payloadLength } of places) {
    if (packID !== stretch.packID || offset > at) continue;
    at = Math.max(at, offset + RECORD_HEADER_BYTES + payloadLength);
  }
  return at >= stretch.to;
}

/** Places ask at the moment they were read: what is being written then is behind the end. */
function isDurable(place: PackPosition, options: VerificationOptions): boolean {
  const end = options.durableEnd();
  return place.packID < end.packID || (place.packID === end.packID && place.offset < end.offset);
}

async function verifyInstance(
  record: ScannedRecord,
  packID: number,
  options: VerificationOptions,
  report: VerificationReport,
  seen: Seen,
): Promise<void> {
  const { header, offset } = record;
  const key = options.keyOf(header.keySlot);
  const meet = (as: MetInQuarantine['as']): void => {
    if (header.kind === RecordKind.quarantine)
      seen.quarantined.set(streamNameOf(header), { packID, offset, as });
  };
  if (!key) {
    report.erased++;
    meet('erased');
    return;
  }
  let content: ReturnType<typeof decodeInstancePayload>;
  try {
    content = decodeInstancePayload(openRecord(header, offset, key, record.payload()));
  } catch (error) {
    if (!(error instanceof DamagedRecord)) throw error;
    report.unreadable.push({ packID, from: offset, to: offset + header.payloadLength });
    meet('unreadable');
    return;
  }
  const { sopInstanceUID, dataSetLength, receivedAtMs, sourceAETitle } = content.meta;
  const { lost, whole } = await readBack(content.chunks, dataSetLength, key, options.reader);
  if (!whole) report.damaged.push({ sopInstanceUID, packID, offset });
  if (header.kind === RecordKind.quarantine) {
    report.quarantined++;
    meet('quarantined');
    if (report.quarantine.length < QUARANTINE_TOLD_MAX) {
      const source = sourceAETitle === undefined ? {} : { sourceAETitle };
      report.quarantine.push({ sopInstanceUID, dataSetLength, receivedAtMs, ...source, packID, offset });
    }
    return;
  }
  report.instances++;
  report.bytes += dataSetLength;
  if (whole) seen.whole(sopInstanceUID, { packID, offset });
  else seen.broken({ sopInstanceUID, packID, offset, dataSetLength, lost });
  if (!seen.uids.has(sopInstanceUID) && !options.index.instance(sopInstanceUID)) report.notInIndex++;
  seen.uids.add(sopInstanceUID);
}

/** Takes what was dropped out of what is in quarantine. A record without its key is believed only where that of the data
 *  set is destroyed as well: it tells the two ways of erasing apart, no more. */
function verifyDropped(
  record: ScannedRecord,
  packID: number,
  options: VerificationOptions,
  report: VerificationReport,
  seen: Seen,
): void {
  const { header, offset } = record;
  const key = options.keyOf(header.keySlot);
  const met = seen.quarantined.get(streamNameOf(header));
  try {
    const named = key ? readDropped(record, key, options.folder)?.record : met;
    if (!met || !named || !isSamePlace(met, named) || (!key && met.as !== 'erased')) return;
  } catch (error) {
    if (!(error instanceof DamagedRecord)) throw error;
    report.unreadable.push({ packID, from: offset, to: offset + header.payloadLength });
    return;
  }
  seen.quarantined.delete(streamNameOf(header));
  report.dropped++;
  if (met.as !== 'unreadable') report[met.as]--;
  // What a key was destroyed of is told nowhere.
  if (met.as === 'erased') return;
  report.quarantine = report.quarantine.filter((one) => !isSamePlace(one, met));
  report.damaged = report.damaged.filter((one) => !isSamePlace(one, met));
  report.unreadable = report.unreadable.filter(
    ({ packID: pack, from }) => pack !== met.packID || from !== met.offset,
  );
}

const streamNameOf = ({ keySlot, streamHigh, streamLow }: RecordHeader): string =>
  `${keySlot} ${streamHigh} ${streamLow}`;

/** Reads every chunk: which are lost, and whether all that was stored is there. */
async function readBack(
  chunks: readonly RecordPlace[],
  dataSetLength: number,
  key: Uint8Array,
  reader: PackReader,
): Promise<{ lost: RecordPlace[]; whole: boolean }> {
  let length = 0;
  const lost: RecordPlace[] = [];
  for (let i = 0; i < chunks.length; i += READS_AT_ONCE) {
    const places = chunks.slice(i, i + READS_AT_ONCE);
    const reads = await Promise.allSettled(places.map((place) => reader.readRecord(place, key)));
    for (const [j, read] of reads.entries()) {
      const place = places[j];
      if (read.status === 'fulfilled') length += read.value.length;
      else if (!(read.reason instanceof ReadFailed)) throw read.reason;
      else if (place) lost.push(place);
    }
  }
  return { lost, whole: lost.length === 0 && length === dataSetLength };
}
