import type { Association } from '../association/index.ts';
import { CommandField, Priority, isPending, statusClass } from '../dimse/index.ts';
import { OperationFailed } from './scu-error.ts';
import { cancellable, contextFor, encodeIdentifier } from './operation.ts';
import type { Identifier } from './operation.ts';

export interface FindRequest {
  /** Information model: Patient Root, Study Root, Modality Worklist ... (PS3.4 C.6, K). */
  readonly sopClassUID: string;
  readonly identifier: Identifier;
  readonly priority?: number | undefined;
  /** Aborting it sends C-CANCEL-RQ. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * C-FIND (PS3.7 9.1.2): the identifiers of the matches, encoded in the context's transfer syntax, as they come. Stops
 * quietly when cancelled; throws OperationFailed when the peer ends with a failure.
 */
export async function* find(
  association: Association,
  request: FindRequest,
): AsyncGenerator<Uint8Array, void> {
  const context = contextFor(association, request.sopClassUID);
  const operation = association.request(
    {
      commandField: CommandField['C-FIND-RQ'],
      affectedSOPClassUID: request.sopClassUID,
      priority: request.priority ?? Priority.medium,
    },
    encodeIdentifier(request.identifier, context),
    context.id,
  );
  for await (const response of cancellable(association, operation, request.signal)) {
    const { status, command, dataSet } = response;
    if (isPending(status)) {
      if (dataSet !== undefined) yield dataSet;
    } else if (statusClass(status) === 'failure') {
      throw new OperationFailed(status, command, dataSet);
    }
  }
}
