import { formatTag, ParseError } from '@leadglass/dicom';
import { Refused } from '../operations/index.ts';

/** Longest Error Comment (0000,0902), VR LO. */
export const ERROR_COMMENT_MAX = 64;

export interface StatusAnswer {
  status: number;
  errorComment?: string;
  offendingElement?: number[];
}

/** Error code -> status (PS3.7 Annex C, PS3.4 Tables B.2-1, C.4-1 to C.4-3) and what to do next. */
const STATUSES: Readonly<Record<string, StatusAnswer>> = {
  UNKNOWN_TRANSFER_SYNTAX: { status: 0x0122, errorComment: 'nothing is stored in this transfer syntax' },
  SOP_CLASS_MISMATCH: {
    status: 0xa900,
    errorComment: 'SOPClassUID differs from the command',
    offendingElement: [0x00080016],
  },
  SOP_INSTANCE_MISMATCH: {
    status: 0xa900,
    errorComment: 'SOPInstanceUID differs from the command',
    offendingElement: [0x00080018],
  },
  HEADER_TOO_LONG: { status: 0xc001, errorComment: 'no StudyInstanceUID in the first 16 MiB' },
  INSTANCE_TOO_LONG: { status: 0xa700, errorComment: 'longer than this archive takes: raise its limit' },
  EMPTY_DATA_SET: { status: 0xc003, errorComment: 'the data set is empty' },
  MISSING_UID: { status: 0xa900, errorComment: 'a UID that an instance must have is missing' },
  INVALID_UID: { status: 0xa900, errorComment: 'a UID breaks PS3.5 section 9.1' },
  DIFFERENT_UNDER_SAME_UID: {
    status: 0x0111,
    errorComment: 'another data set has this UID; kept in quarantine',
  },
  QUARANTINE_FULL: {
    status: 0x0111,
    errorComment: 'another data set has this UID; quarantine is full: not kept',
  },
  WRITE_REFUSED: { status: 0xa700, errorComment: 'the archive cannot write: is its disk full?' },
  READ_FAILED: { status: 0xa702, errorComment: 'the archive cannot read: run leadglass verify' },
  CONNECTION_FAILED: { status: 0xa702, errorComment: 'the destination cannot be reached' },
  TIMED_OUT: { status: 0xa702, errorComment: 'the destination did not answer in time' },
  ASSOCIATION_REJECTED: { status: 0xa702, errorComment: 'the destination rejected the association' },
  ASSOCIATION_ABORTED: { status: 0xa702, errorComment: 'the destination aborted the association' },
  ASSOCIATION_ENDED: { status: 0xa702, errorComment: 'the destination ended the association' },
  QUERY_TOO_BROAD: {
    status: 0xa700,
    errorComment: 'too many matches: narrow by patient, date or accession',
  },
  QUERY_BUDGET_USED_UP: { status: 0xa700, errorComment: 'query budget used up: narrow it or wait a minute' },
  MOVE_DESTINATION_UNKNOWN: { status: 0xa801, errorComment: 'destination is not a registered device' },
  ACTION_TYPE_UNKNOWN: { status: 0x0123, errorComment: 'only action type 1 exists' },
  COMMITMENT_REQUEST_INVALID: {
    status: 0x0115,
    errorComment: 'needs a TransactionUID and 1 to 10,000 references',
  },
  LEVEL_MISSING: {
    status: 0xa900,
    errorComment: 'QueryRetrieveLevel is missing',
    offendingElement: [0x00080052],
  },
  LEVEL_UNKNOWN: {
    status: 0xa900,
    errorComment: 'QueryRetrieveLevel is not one of this model',
    offendingElement: [0x00080052],
  },
};

/** A code of ours only: every object also answers to `constructor`. */
const knownStatus = (code: string): StatusAnswer | undefined =>
  Object.hasOwn(STATUSES, code) ? STATUSES[code] : undefined;

/** What the peer is told about an error: never a value it sent, always the next step if there is one. */
export function statusOf(error: unknown): StatusAnswer {
  if (error instanceof ParseError) return parseStatus(error);
  if (error instanceof Refused) {
    return knownStatus(error.reason) ?? { status: 0x0124, errorComment: `not granted: ${error.reason}` };
  }
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  const known = typeof code === 'string' ? knownStatus(code) : undefined;
  if (known) return withTag(known, error);
  if (error instanceof Error && ['QueryError', 'IndexError', 'RetrieveError'].includes(error.name)) {
    return withTag({ status: 0xa900, errorComment: `identifier: ${String(code)}` }, error);
  }
  return { status: 0x0110, errorComment: 'processing failure; see the log of the archive' };
}

function parseStatus(error: ParseError): StatusAnswer {
  const where = error.tag === undefined ? '' : ` ${formatTag(error.tag)}`;
  const at = error.offset === undefined ? '' : ` at ${error.offset}`;
  return {
    status: 0xc000,
    errorComment: `${error.code}${where}${at}`.slice(0, ERROR_COMMENT_MAX),
    ...(error.tag === undefined ? {} : { offendingElement: [error.tag] }),
  };
}

function withTag(answer: StatusAnswer, error: unknown): StatusAnswer {
  const tag: unknown = error instanceof Error && 'tag' in error ? error.tag : undefined;
  if (answer.offendingElement || typeof tag !== 'number') return answer;
  return { ...answer, offendingElement: [tag] };
}
