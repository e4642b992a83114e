import {
  DataSet,
  SOPClassUID,
  Tag,
  isUID,
  readDataSet,
  transferSyntax,
  writeDataSet,
} from '@leadglass/dicom';
import type { TransferSyntax } from '@leadglass/dicom';
import type { Association, PresentationContext, ProposedContext } from '../association/index.ts';
import { CommandField } from '../dimse/index.ts';
import { OperationFailed } from './scu-error.ts';
import { contextFor, invoke } from './operation.ts';

/** Storage Commitment Push Model SOP Class and its well-known instance (PS3.4 J.3). */
export const STORAGE_COMMITMENT_SOP_CLASS_UID = SOPClassUID.StorageCommitmentPushModel;
export const STORAGE_COMMITMENT_SOP_INSTANCE_UID = '1.2.840.10008.1.20.1.1';

/** Action Type ID "Request Storage Commitment" (PS3.4 Table J.3-1). */
export const REQUEST_STORAGE_COMMITMENT = 1;

/** Event Type IDs of PS3.4 Table J.3-2: everything is committed; failures exist. */
export const CommitmentEvent = { successful: 1, failuresExist: 2 } as const;

/** Failure Reason (0008,1197) of one instance (PS3.3 C.14.1.1). */
export const CommitmentFailureReason = {
  processingFailure: 0x0110,
  noSuchObjectInstance: 0x0112,
  resourceLimitation: 0x0213,
  sopClassNotSupported: 0x0122,
  classInstanceConflict: 0x0119,
  duplicateTransactionUID: 0x0131,
} as const;

/** Instances in one request or report. A day of a busy site is a few 100,000; one request is a study or a series. */
export const COMMITMENT_REFERENCES_MAX = 100_000;

export interface SOPReference {
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
}

export interface CommitmentRequest {
  readonly transactionUID: string;
  readonly references: readonly SOPReference[];
}

export interface CommitmentReport {
  readonly transactionUID: string;
  readonly committed: readonly SOPReference[];
  readonly failed: readonly (SOPReference & { readonly failureReason: number })[];
}

/** A commitment data set lacks what PS3.4 J.3 demands, or is too long. */
export class CommitmentDataSetInvalid extends Error {
  override readonly name = 'CommitmentDataSetInvalid';
  readonly code = 'COMMITMENT_DATA_SET_INVALID';
  readonly tag: number;

  constructor(tag: number) {
    super(`COMMITMENT_DATA_SET_INVALID {"tag":${tag}}`);
    this.tag = tag;
  }
}

/**
 * The context to propose for a report on a new association (PS3.4 J.3.3): the sender of the report is SCP, so it
 * proposes that role for itself.
 */
export function commitmentReportContext(transferSyntaxes: readonly string[]): ProposedContext {
  return {
    abstractSyntax: STORAGE_COMMITMENT_SOP_CLASS_UID,
    transferSyntaxes,
    scuRole: false,
    scpRole: true,
  };
}

/**
 * N-ACTION: asks the peer to commit to instances (PS3.4 J.3.2). The report comes later as N-EVENT-REPORT, on this
 * association or on one that the peer opens. Throws OperationFailed.
 */
export async function requestCommitment(association: Association, request: CommitmentRequest): Promise<void> {
  const context = contextFor(association, STORAGE_COMMITMENT_SOP_CLASS_UID);
  const dataSet = new DataSet();
  dataSet.set(Tag.TransactionUID, request.transactionUID);
  dataSet.set(Tag.ReferencedSOPSequence, request.references.map(referenceItem));
  const { status, command } = await invoke(
    association,
    {
      commandField: CommandField['N-ACTION-RQ'],
      requestedSOPClassUID: STORAGE_COMMITMENT_SOP_CLASS_UID,
      requestedSOPInstanceUID: STORAGE_COMMITMENT_SOP_INSTANCE_UID,
      actionTypeID: REQUEST_STORAGE_COMMITMENT,
    },
    writeDataSet(dataSet, syntaxOf(context)),
    context.id,
  );
  if (status !== 0) throw new OperationFailed(status, command);
}

/**
 * N-EVENT-REPORT: tells the SCU what was committed (PS3.4 J.3.3), on the association of the request or on a new one
 * with `commitmentReportContext`. Throws OperationFailed.
 */
export async function reportCommitment(association: Association, report: CommitmentReport): Promise<void> {
  const context = contextFor(association, STORAGE_COMMITMENT_SOP_CLASS_UID, { role: 'scp' });
  const dataSet = new DataSet();
  dataSet.set(Tag.TransactionUID, report.transactionUID);
  if (report.committed.length > 0) {
    dataSet.set(Tag.ReferencedSOPSequence, report.committed.map(referenceItem));
  }
  if (report.failed.length > 0) {
    const items = report.failed.map((reference) => {
      const item = referenceItem(reference);
      item.set(Tag.FailureReason, reference.failureReason);
      return item;
    });
    dataSet.set(Tag.FailedSOPSequence, items);
  }
  const { status, command } = await invoke(
    association,
    {
      commandField: CommandField['N-EVENT-REPORT-RQ'],
      affectedSOPClassUID: STORAGE_COMMITMENT_SOP_CLASS_UID,
      affectedSOPInstanceUID: STORAGE_COMMITMENT_SOP_INSTANCE_UID,
      eventTypeID: report.failed.length > 0 ? CommitmentEvent.failuresExist : CommitmentEvent.successful,
    },
    writeDataSet(dataSet, syntaxOf(context)),
    context.id,
  );
  if (status !== 0) throw new OperationFailed(status, command);
}

/** Reads the data set of a commitment N-ACTION-RQ. Throws CommitmentDataSetInvalid, ParseError. */
export function readCommitmentRequest(bytes: Uint8Array, transferSyntaxUID: string): CommitmentRequest {
  const dataSet = read(bytes, transferSyntaxUID);
  const references = referencesOf(dataSet, Tag.ReferencedSOPSequence);
  if (references.length === 0) throw new CommitmentDataSetInvalid(Tag.ReferencedSOPSequence);
  return { transactionUID: uidOf(dataSet, Tag.TransactionUID), references };
}

/** Reads the data set of a commitment N-EVENT-REPORT-RQ. Throws CommitmentDataSetInvalid, ParseError. */
export function readCommitmentReport(bytes: Uint8Array, transferSyntaxUID: string): CommitmentReport {
  const dataSet = read(bytes, transferSyntaxUID);
  const failedItems = dataSet.items(Tag.FailedSOPSequence);
  const failed = referencesOf(dataSet, Tag.FailedSOPSequence).map((reference, index) => ({
    ...reference,
    failureReason: failedItems[index]?.number(Tag.FailureReason) ?? CommitmentFailureReason.processingFailure,
  }));
  return {
    transactionUID: uidOf(dataSet, Tag.TransactionUID),
    committed: referencesOf(dataSet, Tag.ReferencedSOPSequence),
    failed,
  };
}

function referenceItem(reference: SOPReference): DataSet {
  const item = new DataSet();
  item.set(Tag.ReferencedSOPClassUID, reference.sopClassUID);
  item.set(Tag.ReferencedSOPInstanceUID, reference.sopInstanceUID);
  return item;
}

function referencesOf(dataSet: DataSet, tag: number): SOPReference[] {
  const items = dataSet.has(tag) ? dataSet.items(tag) : [];
  if (items.length > COMMITMENT_REFERENCES_MAX) throw new CommitmentDataSetInvalid(tag);
  return items.map((item) => ({
    sopClassUID: uidOf(item, Tag.ReferencedSOPClassUID),
    sopInstanceUID: uidOf(item, Tag.ReferencedSOPInstanceUID),
  }));
}

function uidOf(dataSet: DataSet, tag: number): string {
  const uid = dataSet.string(tag);
  if (uid === undefined || !isUID(uid)) throw new CommitmentDataSetInvalid(tag);
  return uid;
}

function read(bytes: Uint8Array, transferSyntaxUID: string): DataSet {
  const syntax = transferSyntax(transferSyntaxUID);
  if (syntax === undefined) throw new CommitmentDataSetInvalid(Tag.TransferSyntaxUID);
  return readDataSet(bytes, syntax);
}

function syntaxOf(context: PresentationContext): TransferSyntax {
  const syntax = transferSyntax(context.transferSyntax);
  // We proposed or accepted it, so we know it.
  if (syntax === undefined) throw new CommitmentDataSetInvalid(Tag.TransferSyntaxUID);
  return syntax;
}
