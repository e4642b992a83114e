import { DataSet, readDataSet, Tag, transferSyntax, writeDataSet } from '@leadglass/dicom';
import {
  type Association,
  collectDataSet,
  CommandField,
  type DataSetSink,
  type IncomingRequest,
} from '@leadglass/network';
import { commit, type CommitmentReference, type CommitmentResult } from '../operations/index.ts';
import type { DeviceSession } from './session.ts';
import { STORAGE_COMMITMENT, STORAGE_COMMITMENT_INSTANCE } from './sop-classes.ts';

/** A request names instances at about 130 bytes each: 10,000 fit. */
const REQUEST_MAX_BYTES = 2 * 1024 * 1024;
const REFERENCES_MAX = 10_000;
/** Action Type ID of "Request Storage Commitment" (PS3.4 Table J.3-1). */
const REQUEST_STORAGE_COMMITMENT = 1;
/** Event Type IDs (PS3.4 Table J.3-3): all are safe, or some are not. */
const SUCCESSFUL = 1;
const FAILURES_EXIST = 2;
/** Waits before each try to reach a device that wants its report on a new association. */
const REPORT_TRIES_MS = [0, 2_000, 15_000, 60_000];

/** Storage Commitment (PS3.4 Annex J): what is in the index is on the disk, and so it is committed. */
export function handleCommitment(request: IncomingRequest, session: DeviceSession): DataSetSink {
  return collectDataSet(REQUEST_MAX_BYTES, async (bytes) => {
    try {
      await answer(request, session, bytes);
    } catch (error) {
      await request.respond(session.statusOf(error)).catch(() => undefined);
    }
  });
}

async function answer(request: IncomingRequest, session: DeviceSession, bytes: Uint8Array): Promise<void> {
  let transactionUID = '';
  const result = await commit(session.workplace, session.caller, () => {
    const asked = readRequest(request, bytes);
    transactionUID = asked.transactionUID;
    return asked.references;
  });
  await request.respond({
    status: 0x0000,
    affectedSOPClassUID: STORAGE_COMMITMENT,
    affectedSOPInstanceUID: STORAGE_COMMITMENT_INSTANCE,
  });
  const report = reportOf(transactionUID, result);
  const destination = session.dial.find(session.caller.principal.id);
  if (!destination) {
    await sendReport(request.association, report);
    return;
  }
  // A device with an address of its own is called back (PS3.4 J.3.3): it may have released by then.
  void reportLater(session, destination, report);
}

/** A request that is none (PS3.4 J.3.2). Carries no attribute value. */
class CommitmentError extends Error {
  readonly code: 'ACTION_TYPE_UNKNOWN' | 'COMMITMENT_REQUEST_INVALID';
  constructor(code: 'ACTION_TYPE_UNKNOWN' | 'COMMITMENT_REQUEST_INVALID') {
    super(code);
    this.code = code;
  }
}

function readRequest(
  request: IncomingRequest,
  bytes: Uint8Array,
): { transactionUID: string; references: CommitmentReference[] } {
  if (request.command.actionTypeID !== REQUEST_STORAGE_COMMITMENT) {
    throw new CommitmentError('ACTION_TYPE_UNKNOWN');
  }
  const syntax = transferSyntax(request.presentationContext.transferSyntax);
  if (!syntax) throw new Error('only negotiated contexts reach this place');
  const asked = readDataSet(bytes, syntax);
  const transactionUID = asked.string(Tag.TransactionUID);
  const references = asked.items(Tag.ReferencedSOPSequence).map(referenceOf);
  if (!transactionUID || references.length === 0 || references.length > REFERENCES_MAX) {
    throw new CommitmentError('COMMITMENT_REQUEST_INVALID');
  }
  return { transactionUID, references };
}

const referenceOf = (item: DataSet): CommitmentReference => ({
  sopClassUID: item.string(Tag.ReferencedSOPClassUID) ?? '',
  sopInstanceUID: item.string(Tag.ReferencedSOPInstanceUID) ?? '',
});

interface Report {
  eventTypeID: number;
  information: DataSet;
}

function reportOf(transactionUID: string, result: CommitmentResult): Report {
  const information = new DataSet();
  information.set(Tag.TransactionUID, transactionUID);
  const item = (reference: CommitmentReference): DataSet => {
    const one = new DataSet();
    one.set(Tag.ReferencedSOPClassUID, reference.sopClassUID);
    one.set(Tag.ReferencedSOPInstanceUID, reference.sopInstanceUID);
    return one;
  };
  if (result.committed.length > 0) information.set(Tag.ReferencedSOPSequence, result.committed.map(item));
  if (result.failed.length > 0) {
    const failed = result.failed.map((reference) => {
      const one = item(reference);
      one.set(Tag.FailureReason, reference.failureReason);
      return one;
    });
    information.set(Tag.FailedSOPSequence, failed);
  }
  return { eventTypeID: result.failed.length > 0 ? FAILURES_EXIST : SUCCESSFUL, information };
}

/** N-EVENT-REPORT on an association; true when the peer took it. */
async function sendReport(association: Association, report: Report): Promise<boolean> {
  const context = association.presentationContexts.find((one) => one.abstractSyntax === STORAGE_COMMITMENT);
  const syntax = context && transferSyntax(context.transferSyntax);
  if (!context || !syntax) return false;
  const fields = {
    commandField: CommandField['N-EVENT-REPORT-RQ'],
    affectedSOPClassUID: STORAGE_COMMITMENT,
    affectedSOPInstanceUID: STORAGE_COMMITMENT_INSTANCE,
    eventTypeID: report.eventTypeID,
  };
  const bytes = writeDataSet(report.information, syntax);
  for await (const response of association.request(fields, bytes, context.id)) return response.status === 0;
  return false;
}

async function reportLater(
  session: DeviceSession,
  destination: NonNullable<ReturnType<DeviceSession['dial']['find']>>,
  report: Report,
): Promise<void> {
  for (const waitMs of REPORT_TRIES_MS) {
    await new Promise((resolve) => setTimeout(resolve, waitMs).unref());
    try {
      const association = await session.dial.associate(destination, [
        {
          abstractSyntax: STORAGE_COMMITMENT,
          transferSyntaxes: ['1.2.840.10008.1.2.1', '1.2.840.10008.1.2'],
          // We call, but we are the provider of this service (PS3.4 J.3.3): the roles are turned round.
          scuRole: false,
          scpRole: true,
        },
      ]);
      const taken = await sendReport(association, report);
      await association.release().catch(() => undefined);
      if (taken) return;
    } catch {
      // Not there now: try again after the next wait; the device can always ask again.
    }
  }
}
