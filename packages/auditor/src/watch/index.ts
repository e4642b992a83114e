export type { AuditResult } from './audit-run.ts';
export { systemdExample, watchExample } from './example.ts';
export { History } from './history.ts';
export type { Run } from './history.ts';
export { itemLines, minute } from './alert.ts';
export type { ChangeItem } from './delta.ts';
export { HISTORY_FILE, Watch } from './watch.ts';
export { loadWatchConfig, watchFolder } from './watch-config.ts';
export { WatchError } from './watch-error.ts';
