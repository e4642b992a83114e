import type { ArchiveIndex } from './index/index.ts';
import { DamagedRecord, openRecord } from './packs/cipher.ts';
import { decodeInstancePayload, RecordKind, type RecordPlace } from './packs/format.ts';
import type { PackReader } from './packs/pack-reader.ts';
import { ReadFailed } from './packs/pack-reader.ts';
import { type Damage, listPacks, scanPack, type ScannedRecord } from './packs/pack-scan.ts';
import type { PackPosition } from './packs/writer-protocol.ts';

/** Chunks decrypted at once by the reading thread. */
const READS_AT_ONCE = 8;

export interface VerificationReport {
  packs: number;
  instances: number;
  bytes: number;
  quarantined: number;
  /** Instances of deleted studies: their key was destroyed. */
  erased: number;
  /** Instances with a chunk that is missing, changed or cut. */
  damaged: { sopInstanceUID: string; packID: number; offset: number }[];
  /** Places where no record could be recognised, or an `instance` record does not open. */
  unreadable: { packID: number; from: number; to: number }[];
  /** In the packs, but not in the index, or the other way round. */
  notInIndex: number;
  onlyInIndex: number;
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
    erased: 0,
    damaged: [],
    unreadable: [],
    notInIndex: 0,
    onlyInIndex: 0,
  };
  const seen = new Set<string>();
  const packs = listPacks(options.folder);
  for (const packID of packs) {
    const onDamage = ({ from, to }: Damage): void => {
      if (isDurable({ packID, offset: from }, options)) report.unreadable.push({ packID, from, to });
    };
    for (const record of scanPack(options.folder, packID, 0, onDamage)) {
      const { kind } = record.header;
      const held = kind === RecordKind.instance || kind === RecordKind.quarantine;
      if (held && isDurable({ packID, offset: record.offset }, options)) {
        await verifyInstance(record, packID, options, report, seen);
      }
      options.onProgress?.({ packs: report.packs, of: packs.length, instances: report.instances });
    }
    report.packs++;
  }
  const { instances } = options.index.statistics();
  report.onlyInIndex = Math.max(0, instances - (seen.size - report.notInIndex));
  return report;
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
  seen: Set<string>,
): Promise<void> {
  const { header, offset } = record;
  const key = options.keyOf(header.keySlot);
  if (!key) {
    report.erased++;
    return;
  }
  let content: ReturnType<typeof decodeInstancePayload>;
  try {
    content = decodeInstancePayload(openRecord(header, offset, key, record.payload()));
  } catch (error) {
    if (!(error instanceof DamagedRecord)) throw error;
    report.unreadable.push({ packID, from: offset, to: offset + header.payloadLength });
    return;
  }
  const { sopInstanceUID, dataSetLength } = content.meta;
  const whole = await readsBack(content.chunks, dataSetLength, key, options.reader);
  if (!whole) report.damaged.push({ sopInstanceUID, packID, offset });
  if (header.kind === RecordKind.quarantine) {
    report.quarantined++;
    return;
  }
  report.instances++;
  report.bytes += dataSetLength;
  if (!seen.has(sopInstanceUID) && !options.index.instance(sopInstanceUID)) report.notInIndex++;
  seen.add(sopInstanceUID);
}

async function readsBack(
  chunks: readonly RecordPlace[],
  dataSetLength: number,
  key: Uint8Array,
  reader: PackReader,
): Promise<boolean> {
  let length = 0;
  for (let i = 0; i < chunks.length; i += READS_AT_ONCE) {
    const group = chunks.slice(i, i + READS_AT_ONCE).map((place) => reader.readRecord(place, key));
    for (const read of await Promise.allSettled(group)) {
      if (read.status === 'fulfilled') length += read.value.length;
      else if (!(read.reason instanceof ReadFailed)) throw read.reason;
      else return false;
    }
  }
  return length === dataSetLength;
}
