import { isOpenByDICOM } from './access-class.ts';
import { addCounts, noCount } from './count.ts';
import type { Finding } from './finding.ts';
import type { Count, ScanReport, SystemRecord } from './report-data.ts';

/** The ways out for images. */
export type Channel =
  | 'DIMSE'
  | 'DICOMweb'
  | 'viewer'
  | 'directory listing'
  | 'NFS'
  | 'SMB'
  | 'FTP'
  | 'rsync'
  | 'S3'
  | 'WebDAV or iSCSI';

/** Table T3, one row. A system with several channels is in several rows: the rows do not add up. */
export interface ChannelRow {
  readonly channel: Channel;
  readonly servers: number;
  /** Images or files that can be reached, as far as they were counted. */
  readonly files: Count;
}

/** Which check, when exposed, proves which channel. DIMSE is proved by access class. */
const channelChecks: Readonly<Record<Exclude<Channel, 'DIMSE'>, readonly string[]>> = {
  DICOMweb: ['W01', 'W02', 'W03', 'W04'],
  viewer: ['W09'],
  'directory listing': ['W10'],
  NFS: ['S01'],
  SMB: ['S02'],
  FTP: ['S03'],
  rsync: ['S04'],
  S3: ['S05'],
  'WebDAV or iSCSI': ['S06'],
};

/** What a check calls the number of files it saw. */
const fileCountFact = 'files';

/** T3: servers and files per channel, rows in a fixed order, empty ones included. */
export function channelTable({ systems, findings }: ScanReport): ChannelRow[] {
  const real = new Map(systems.filter((one) => !one.isHoneypot).map((one) => [one.address, one]));
  const byDICOM = [...real.values()].filter(isOpenByDICOM);
  const dimse: ChannelRow = {
    channel: 'DIMSE',
    servers: byDICOM.length,
    files: sum(byDICOM.map(({ counts }) => counts.images ?? unknownCount)),
  };
  const channels = Object.entries(channelChecks) as [Channel, readonly string[]][];
  return [dimse, ...channels.map(([channel, checks]) => rowOf(channel, checks, findings, real))];
}

const unknownCount: Count = { value: 0, isLowerBound: true };

function rowOf(
  channel: Channel,
  checks: readonly string[],
  findings: readonly Finding[],
  real: ReadonlyMap<string, SystemRecord>,
): ChannelRow {
  const filesBySystem = new Map<string, Count>();
  for (const { check, system, outcome, evidence } of findings) {
    const record = real.get(system);
    if (record === undefined || outcome !== 'exposed' || !checks.includes(check)) continue;
    const files = filesSeen(evidence[fileCountFact]) ?? filesOf(channel, record);
    const known = filesBySystem.get(system);
    // Two checks of one channel see the same files: the larger number, not the sum.
    if (known === undefined || files.value > known.value) filesBySystem.set(system, files);
  }
  return { channel, servers: filesBySystem.size, files: sum([...filesBySystem.values()]) };
}

function filesSeen(fact: string | number | boolean | undefined): Count | undefined {
  if (typeof fact !== 'number' || !Number.isSafeInteger(fact) || fact < 0) return undefined;
  return { value: fact, isLowerBound: false };
}

function filesOf(channel: Channel, { counts }: SystemRecord): Count {
  const isWeb = channel === 'DICOMweb' || channel === 'viewer';
  return (isWeb ? counts.images : counts.files) ?? unknownCount;
}

function sum(counts: readonly Count[]): Count {
  return counts.reduce(addCounts, noCount);
}
