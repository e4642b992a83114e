export {
  TRAIL_DETAIL_COUNT_MAX,
  TRAIL_ENTRY_LENGTH_MAX,
  TRAIL_TEXT_LENGTH_MAX,
  type TrailEntry,
  type TrailOutcome,
} from './entry.ts';
export { AuditTrailError, type AuditTrailErrorCode } from './errors.ts';
export { formatNotedHead, type NotedHead, parseNotedHead, readNotedHead } from './noted-head.ts';
export { AuditTrail, type TrailRecovery } from './trail.ts';
export {
  readTrail,
  verifyTrail,
  type TrailProblem,
  type TrailProblemKind,
  type TrailProgress,
  type TrailVerification,
} from './verify.ts';
