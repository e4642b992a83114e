export { durationText, estimate } from './estimate.ts';
export type { Estimate } from './estimate.ts';
export { examineSystem } from './examine-system.ts';
export { JournalError } from './journal.ts';
export { runScan } from './scan-run.ts';
export type { ListedHost, ScanOptions, ScanProgress } from './scan-run.ts';
