export type { Caller } from './caller.ts';
export { commit, type CommitmentReference, type CommitmentResult } from './commitment.ts';
export { find } from './find.ts';
export { carryOut, Operation, reasonOf, Refused, type Workplace } from './operation.ts';
export {
  dropQuarantined,
  listQuarantined,
  type QuarantinedDataSet,
  type QuarantineList,
} from './quarantine.ts';
export { compareQuarantined, type QuarantineComparison } from './quarantine-comparison.ts';
export { QuarantineBudget } from './quarantine-budget.ts';
export { type BudgetLimits, QueryBudget } from './query-budget.ts';
export { Refusals } from './refusals.ts';
export { type Retrieval, retrieve, type RetrieveCounts, type Selection } from './retrieve.ts';
export { StoreOperation } from './store.ts';
export { NoRoom } from './byte-gate.ts';
export { QuarantineFull } from './quarantine-limits.ts';
export { isStorageSyntax } from './storage-syntaxes.ts';
export type { InstanceRecord, Match, Query } from '../archive/index/index.ts';
export { parseQuery, responseEncoder } from '../archive/index/index.ts';
export { parseRetrieve, RetrieveError } from './parse-retrieve.ts';
export { exportStudy, type Exporter } from './export-study.ts';
export { importFile, type ImportOutcome, type ImportResult } from './import-file.ts';
export { verify } from './verify.ts';
export type { VerificationReport } from '../archive/verification.ts';
export { StoreError } from '../archive/instance-writer.ts';
export { GoneStudy, NotFound, type View, Viewings, type ViewTarget } from './viewing.ts';
export { search, type SearchResult } from './search.ts';
export { HEADER_VALUE_MAX_BYTES, type InstanceHeader, readInstanceHeader } from './instance-header.ts';
export type { QueryOptions, RequestedKey } from '../archive/index/matching/query.ts';
export type { QueryKey, QueryLevel } from '../archive/index/query-keys.ts';
export { returnableTags } from '../archive/index/matching/query.ts';
export { KEPT_FRAMES_PURPOSE, KeptFrames } from './kept-frames.ts';
export { instanceKey } from './instance-key.ts';
export { LRU } from './lru.ts';
export {
  type Breathe,
  type QuietJob,
  QuietWork,
  type QuietWorkOptions,
  type SeriesName,
} from './quiet-work.ts';
export { type Links, type Ready, READY_METADATA_MAX_BYTES, ReadyMetadata } from './ready-metadata.ts';
export { type HeaderLimits } from './instance-header.ts';
export { Imaging, type Rendered, type StoredInstance } from './imaging.ts';
export { begun, collected, cut, type StoredBytes, stretch } from './stored-bytes.ts';
export { type LaidOut, pixelElement, readLaidOut } from './stored-frames.ts';
export { ImagingError } from '../imaging/index.ts';
export type { RenderedMediaType, RenderOptions, Viewport, Window } from '../imaging/index.ts';
