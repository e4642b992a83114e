import type { Association } from '../association/index.ts';
import { CommandField, Priority, statusClass } from '../dimse/index.ts';
import type { Command, OutgoingDataSet, StatusClass } from '../dimse/index.ts';
import { contextFor, invoke } from './operation.ts';

export interface StoreRequest {
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
  /** The encoding of `dataSet`: it is sent as it is, on a context that was accepted with this transfer syntax. */
  readonly transferSyntaxUID: string;
  /** The data set without Part 10 header: whole, or in chunks that are never copied. */
  readonly dataSet: OutgoingDataSet;
  /** For sub-operations of a C-MOVE: who asked for it (PS3.7 9.1.1.1). */
  readonly originator?: { readonly aeTitle: string; readonly messageID: number } | undefined;
  readonly priority?: number | undefined;
  /** Instead of the first context that fits. */
  readonly presentationContextID?: number | undefined;
}

export interface StoreResult {
  readonly status: number;
  readonly statusClass: StatusClass;
  readonly command: Command;
}

/**
 * C-STORE (PS3.7 9.1.1). Gives the peer's status, whatever it is. Throws NO_PRESENTATION_CONTEXT if none fits, and
 * what the association throws when it ends; a failing source of chunks aborts the association.
 */
export async function store(association: Association, request: StoreRequest): Promise<StoreResult> {
  const { sopClassUID, transferSyntaxUID, originator } = request;
  const contextID =
    request.presentationContextID ?? contextFor(association, sopClassUID, { transferSyntaxUID }).id;
  const { status, command } = await invoke(
    association,
    {
      commandField: CommandField['C-STORE-RQ'],
      affectedSOPClassUID: sopClassUID,
      affectedSOPInstanceUID: request.sopInstanceUID,
      priority: request.priority ?? Priority.medium,
      moveOriginatorAETitle: originator?.aeTitle,
      moveOriginatorMessageID: originator?.messageID,
    },
    request.dataSet,
    contextID,
  );
  return { status, statusClass: statusClass(status), command };
}
