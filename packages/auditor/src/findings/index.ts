export type {
  AccessClass,
  CheckGroup,
  CheckMeta,
  Evidence,
  Finding,
  FixCode,
  OptIn,
  Outcome,
} from './finding.ts';
export {
  scanReportSchema,
  type Count,
  type OpenPort,
  type Product,
  type ScanReport,
  type ScannedCounts,
  type ScanScope,
  type SystemCounts,
  type SystemRecord,
  type Vulnerability,
} from './report-data.ts';
export { severities, severityOf, type Severity } from './severity.ts';
export {
  accessClasses,
  accessClassMeaning,
  accessClassText,
  isOpen,
  isOpenByDICOM,
  speaksDICOM,
} from './access-class.ts';
export { addCounts, countText, noCount, percentText, wholeText } from './count.ts';
export {
  compareText,
  exposureTable,
  unnamedPlace,
  type ExposureRow,
  type ExposureTable,
} from './exposure-table.ts';
export {
  compare,
  findingKey,
  type Change,
  type ChangeCounts,
  type Comparison,
  type DeltaRow,
  type FindingChange,
  type FirstSeen,
  type SystemChange,
  type Verdict,
} from './compare.ts';
export { channelTable, type Channel, type ChannelRow } from './channel-table.ts';
export { vulnerabilityTable, type VulnerabilityRow, type VulnerabilityTable } from './vulnerability-table.ts';
export {
  postureTable,
  type CloneCluster,
  type PostureTable,
  type ProductShare,
  type Share,
} from './posture-table.ts';
export {
  followUpBytesMax,
  followUpTable,
  parseFollowUp,
  type FollowUpEntry,
  type FollowUpRow,
  type FollowUpTable,
} from './follow-up.ts';
export { parseScanReport, readScanReport, reportBytesMax } from './read-report.ts';
export { ReportError, type ReportErrorCode } from './report-error.ts';
