import { NotInQuarantine, quarantinedAt } from '../archive/dropping.ts';
import type { InstanceRecord, QuarantineRecord } from '../archive/index/index.ts';
import { decodeLocation } from '../archive/packs/format.ts';
import type { Caller } from './caller.ts';
import { carryOut, reasonOf, type Subject, type Workplace } from './operation.ts';

/** Told of at once: so many records are read, and one answer stays below what the control socket takes. */
const PAGE_RECORDS = 500;

/** A data set in quarantine, and the one that is held under its UID. No value of either but UIDs. */
export interface QuarantinedDataSet {
  /** Where its record stands, PACK:BYTE: it stays the same as long as the packs do. */
  readonly name: string;
  readonly sopInstanceUID: string;
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID: string;
  readonly sopClassUID: string;
  readonly transferSyntaxUID: string;
  /** What its record in the packs says; undefined when that cannot be read any more. */
  readonly recorded:
    | {
        readonly bytes: number;
        readonly receivedAtMs: number;
        /** Who brought it: kind and name, as the trail has them. */
        readonly sender?: string;
        readonly sourceAETitle?: string;
        readonly reason?: string;
      }
    | undefined;
  readonly held:
    | {
        readonly studyInstanceUID: string;
        readonly sopClassUID: string;
        readonly transferSyntaxUID: string;
        readonly bytes: number;
        readonly receivedAtMs: number;
        readonly sourceAETitle?: string;
      }
    | undefined;
}

export interface QuarantineList {
  readonly dataSets: readonly QuarantinedDataSet[];
  /** Ask with this for those that follow; undefined: there are none. */
  readonly next: number | undefined;
}

/** What is in quarantine, in the order in which it came, from behind `after` on; 0 is before the first. */
export function listQuarantined(
  workplace: Workplace,
  caller: Caller,
  after: number,
): Promise<QuarantineList> {
  return carryOut(workplace, 'read-quarantine', caller, {}, async (operation) => {
    const { records, next } = workplace.archive.index.quarantinePage(after, PAGE_RECORDS);
    const dataSets = await Promise.all(records.map((record) => describe(workplace, record)));
    await operation.record('success', { subject: { count: dataSets.length } });
    return { dataSets, next };
  });
}

/**
 * Drops a data set in quarantine, for good: the entry of the trail is durable in the same commit as what says so in the
 * packs. Rejects with NotInQuarantine, which is recorded, for anything else than what is in quarantine.
 */
export function dropQuarantined(
  workplace: Workplace,
  caller: Caller,
  sopInstanceUID: string,
  name: string,
): Promise<void> {
  return carryOut(workplace, 'drop-quarantined', caller, { sopInstanceUID }, async (operation) => {
    operation.detail = { place: name };
    try {
      await workplace.archive.drop(sopInstanceUID, placeOf(name), (dropped) =>
        operation.entry('success', { subject: subjectOf(dropped) }),
      );
    } catch (error) {
      // Whatever its entry said before: it was made for a commit that did not come about.
      await operation.record('failed', { reason: reasonOf(error) });
      throw error;
    }
  });
}

/** The data set in quarantine of this name. @throws NotInQuarantine */
export function quarantinedOf(workplace: Workplace, sopInstanceUID: string, name: string): QuarantineRecord {
  const found = quarantinedAt(workplace.archive.index, sopInstanceUID, placeOf(name));
  if (!found) throw new NotInQuarantine();
  return found;
}

export async function describe(
  { archive }: Workplace,
  record: QuarantineRecord,
): Promise<QuarantinedDataSet> {
  const meta = await archive.quarantinedMeta(record);
  const { packID, offset } = decodeLocation(record.location).record;
  const held = archive.index.instance(record.sopInstanceUID);
  return {
    name: `${packID}:${offset}`,
    ...identityOf(record),
    transferSyntaxUID: record.transferSyntaxUID,
    recorded: meta && {
      bytes: meta.dataSetLength,
      receivedAtMs: meta.receivedAtMs,
      ...(meta.sender === undefined ? {} : { sender: meta.sender }),
      ...(meta.sourceAETitle === undefined ? {} : { sourceAETitle: meta.sourceAETitle }),
      ...(meta.reason === undefined ? {} : { reason: meta.reason }),
    },
    held: held && heldOf(held),
  };
}

const heldOf = (record: InstanceRecord): NonNullable<QuarantinedDataSet['held']> => ({
  studyInstanceUID: record.studyInstanceUID,
  sopClassUID: record.sopClassUID,
  transferSyntaxUID: record.transferSyntaxUID,
  bytes: record.dataSetLength,
  receivedAtMs: record.receivedAt,
  ...(record.sourceAETitle === undefined ? {} : { sourceAETitle: record.sourceAETitle }),
});

/** The four UIDs of a data set. */
function identityOf(record: QuarantineRecord) {
  const { sopInstanceUID, studyInstanceUID, seriesInstanceUID, sopClassUID } = record;
  return { sopInstanceUID, studyInstanceUID, seriesInstanceUID, sopClassUID };
}

export const subjectOf: (record: QuarantineRecord) => Subject = identityOf;

/** @throws NotInQuarantine for what is no name */
function placeOf(name: string): { packID: number; offset: number } {
  const [, pack, offset] = /^(\d{1,8}):(\d{1,15})$/.exec(name) ?? [];
  if (pack === undefined || offset === undefined) throw new NotInQuarantine();
  return { packID: Number(pack), offset: Number(offset) };
}
