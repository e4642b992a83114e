import { DEFAULT_MAXIMUM_LENGTH } from '../pdu/index.ts';

/** How long an association waits, milliseconds. */
export interface AssociationTimeouts {
  /** ARTIM (PS3.8 9.1.5): for the A-ASSOCIATE-RQ after connecting, for its answer, and for the peer to close. */
  readonly artimMs: number;
  /**
   * For the next whole PDU of the peer while it is its turn. A PDU that trickles in counts when it is complete, so
   * this also is the time one PDU may take. Does not run while this side owes an answer.
   */
  readonly idleMs: number;
  /** For the whole association, whatever happens in it. */
  readonly associationMs: number;
  /** For the socket to take what was written, at most 256 KiB at a time. */
  readonly writeStallMs: number;
  /** For the transport connection and its TLS handshake; requestors only. */
  readonly connectMs: number;
}

export const defaultTimeouts: AssociationTimeouts = {
  // DCMTK and dcm4che wait 30 s for an association; a slower peer is no peer.
  artimMs: 30_000,
  // A modality may keep an association open between two series.
  idleMs: 120_000,
  // A day: a study sent over the slowest line we know of takes hours.
  associationMs: 24 * 3_600_000,
  writeStallMs: 60_000,
  connectMs: 10_000,
};

/** How much an association takes from its peer. */
export interface AssociationLimits {
  /** Maximum Length we offer: longest P-DATA-TF variable field, bytes (PS3.8 D.1). */
  readonly maximumLengthReceived: number;
  /** Longest data set given to a sink, bytes; a sink may stop earlier. */
  readonly dataSetMaxBytes: number;
  /** Longest data set read and thrown away so that its request can still be answered, bytes. */
  readonly discardedDataSetMaxBytes: number;
  /** Longest data set of a response, which is held in memory, bytes. */
  readonly responseDataSetMaxBytes: number;
  /** Operations of the peer that may be outstanding if it negotiated an asynchronous window (PS3.7 D.3.3.3). */
  readonly operationsMax: number;
}

export const defaultLimits: AssociationLimits = {
  maximumLengthReceived: DEFAULT_MAXIMUM_LENGTH,
  // 64 GiB: above the 4 GiB a defined length can say, whole-slide images come in many instances below that.
  dataSetMaxBytes: 64 * 1024 ** 3,
  discardedDataSetMaxBytes: 4 * 1024 ** 3,
  // Identifiers of C-FIND take a few kilobytes; a Failed SOP Instance UID List of 20,000 instances takes 1.3 MB.
  responseDataSetMaxBytes: 16 * 1024 ** 2,
  operationsMax: 8,
};

/** Responses that wait for their consumer before reading stops. */
export const RESPONSES_WAITING_MAX = 64;

/** Bytes of waiting responses before reading stops. */
export const RESPONSES_WAITING_MAX_BYTES = 256 * 1024;

/** Messages of this side that wait for the socket; more means that a caller does not wait for `respond`. */
export const MESSAGES_WAITING_MAX = 1024;

/** Requests of this side that wait for a place in the operations window. */
export const REQUESTS_WAITING_MAX = 1024;

/** Bytes read and thrown away from a peer that goes on talking after its association ended. */
export const BYTES_AFTER_END_MAX = 16 * 1024 ** 2;

/** Reads held while a sink is busy; then reading pauses. One lets the kernel work on while the sink does. */
export const READS_HELD_MAX = 1;

/** Writes up to this size are put together in one buffer: cheaper than a writev of several small ones. */
export const JOINED_WRITE_MAX_BYTES = 16 * 1024;

/** Reads from this size on are given back at once when nobody keeps them; smaller ones are cheaper to collect. */
export const RELEASED_READ_MIN_BYTES = 8 * 1024;
