/**
 * How an association ended.
 * `released`: A-RELEASE. `aborted`: A-ABORT by either side's user. `rejected`: A-ASSOCIATE-RJ. `protocol-error`: a
 * side broke PS3.7 or PS3.8 and was aborted for it. `timeout`: a wait ran out. `connection-lost`: the transport
 * connection closed first.
 */
export type AssociationEndKind =
  'released' | 'aborted' | 'connection-lost' | 'rejected' | 'timeout' | 'protocol-error';

export interface AssociationEnd {
  readonly how: AssociationEndKind;
  /** The peer began the end. */
  readonly byPeer: boolean;
  /** A-ABORT source and reason (PS3.8 Table 9-26) or A-ASSOCIATE-RJ source and reason (Table 9-21), as they travelled. */
  readonly source?: number | undefined;
  readonly reason?: number | undefined;
  /** Stable code of what was wrong: a PduErrorCode, a DimseErrorCode, a system error, or which wait ran out. */
  readonly code?: string | undefined;
  readonly error?: Error | undefined;
  readonly durationMs: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
}

/** The part of an end that is known where it happens; the connection adds the counts. */
export type EndCause = Omit<AssociationEnd, 'durationMs' | 'bytesReceived' | 'bytesSent'>;
