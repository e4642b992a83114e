export { type ArchiveIndex, openIndex } from './archive-index.ts';
export { extractAttributes, type InstanceAttributes, readsItemsOf } from './attributes.ts';
export { removeIndexFiles } from './database.ts';
export type { Match } from './entity.ts';
export type {
  IndexEntry,
  IndexStatistics,
  InstanceRecord,
  PackPosition,
  QuarantinePage,
  QuarantineRecord,
  StudyRecord,
} from './entry.ts';
export { IndexError, type IndexErrorCode, QueryError, type QueryErrorCode } from './errors.ts';
export {
  parseQuery,
  type Query,
  type QueryOptions,
  type QueryRoot,
  type RequestedKey,
  returnableTags,
} from './matching/query.ts';
export { findKey, type QueryKey, type QueryLevel, queryLevels } from './query-keys.ts';
export { responseEncoder } from './encode-response.ts';
export { matchToDataSet, type ResponseFacts } from './response.ts';
export type { InstanceSelection } from './selection.ts';
