import type { Association, RequestHandler, Response } from '../association/index.ts';
import { CommandField, Priority, Status, statusClass } from '../dimse/index.ts';
import type { StatusClass } from '../dimse/index.ts';
import { OperationFailed } from './scu-error.ts';
import { cancellable, contextFor, encodeIdentifier } from './operation.ts';
import type { Identifier } from './operation.ts';

export interface RetrieveRequest {
  /** Information model (PS3.4 C.6). */
  readonly sopClassUID: string;
  readonly identifier: Identifier;
  readonly priority?: number | undefined;
  /** Aborting it sends C-CANCEL-RQ. */
  readonly signal?: AbortSignal | undefined;
}

export interface MoveRequest extends RetrieveRequest {
  /** AE title that the instances go to, as the peer knows it. */
  readonly moveDestination: string;
}

export interface GetRequest extends RetrieveRequest {
  /**
   * Gets each C-STORE-RQ of the peer: give a sink for its data set and answer it. Its contexts need the SCP role
   * (`scpRole: true` where they are proposed).
   */
  readonly onStore: RequestHandler;
}

/** A response of C-MOVE or C-GET; the last one is final. Numbers the peer did not give are undefined. */
export interface RetrieveProgress {
  readonly status: number;
  readonly statusClass: StatusClass;
  readonly remaining: number | undefined;
  readonly completed: number | undefined;
  readonly failed: number | undefined;
  readonly warning: number | undefined;
  /** With a final status, the Failed SOP Instance UID List (0008,0058), encoded as the context says. */
  readonly dataSet: Uint8Array | undefined;
}

function progressOf({ status, command, dataSet }: Response): RetrieveProgress {
  return {
    status,
    statusClass: statusClass(status),
    remaining: command.numberOfRemainingSuboperations,
    completed: command.numberOfCompletedSuboperations,
    failed: command.numberOfFailedSuboperations,
    warning: command.numberOfWarningSuboperations,
    dataSet,
  };
}

/** C-MOVE (PS3.7 9.1.4): its progress. Throws OperationFailed when the peer ends with a failure. */
export async function* move(
  association: Association,
  request: MoveRequest,
): AsyncGenerator<RetrieveProgress, void> {
  yield* retrieve(association, CommandField['C-MOVE-RQ'], request, request.moveDestination);
}

/**
 * C-GET (PS3.7 9.1.3): its progress, while the instances come to `onStore` on the same association. Throws
 * OperationFailed when the peer ends with a failure.
 */
export async function* get(
  association: Association,
  request: GetRequest,
): AsyncGenerator<RetrieveProgress, void> {
  const { onStore } = request;
  const before = association.setRequestHandler((incoming) => {
    if (incoming.command.commandField === CommandField['C-STORE-RQ']) return onStore(incoming);
    if (before !== undefined) return before(incoming);
    return incoming.respond({ status: Status.unrecognizedOperation });
  });
  try {
    yield* retrieve(association, CommandField['C-GET-RQ'], request, undefined);
  } finally {
    association.setRequestHandler(before);
  }
}

async function* retrieve(
  association: Association,
  commandField: number,
  request: RetrieveRequest,
  moveDestination: string | undefined,
): AsyncGenerator<RetrieveProgress, void> {
  const context = contextFor(association, request.sopClassUID);
  const operation = association.request(
    {
      commandField,
      affectedSOPClassUID: request.sopClassUID,
      priority: request.priority ?? Priority.medium,
      moveDestination,
    },
    encodeIdentifier(request.identifier, context),
    context.id,
  );
  for await (const response of cancellable(association, operation, request.signal)) {
    if (statusClass(response.status) === 'failure') {
      throw new OperationFailed(response.status, response.command, response.dataSet);
    }
    yield progressOf(response);
  }
}
