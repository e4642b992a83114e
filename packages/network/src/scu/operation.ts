import { NetworkError } from '../association/index.ts';
import type {
  Association,
  OutgoingRequest,
  PresentationContext,
  RequestFields,
  Response,
} from '../association/index.ts';
import type { OutgoingDataSet } from '../dimse/index.ts';
import { isPending } from '../dimse/index.ts';

/**
 * An identifier, encoded in the transfer syntax of the presentation context it goes over; give a function where that
 * syntax is known only after the negotiation.
 */
export type Identifier = Uint8Array | ((transferSyntaxUID: string) => Uint8Array);

/** The accepted context for a SOP class, in one transfer syntax if given, on which this side has the role. */
export function contextFor(
  association: Association,
  sopClassUID: string,
  wanted: { transferSyntaxUID?: string | undefined; role?: 'scu' | 'scp' } = {},
): PresentationContext {
  const role = wanted.role ?? 'scu';
  const context = association.presentationContexts.find(
    (candidate) =>
      candidate.abstractSyntax === sopClassUID &&
      (wanted.transferSyntaxUID === undefined || candidate.transferSyntax === wanted.transferSyntaxUID) &&
      (role === 'scu' ? candidate.isSCU : candidate.isSCP),
  );
  if (context === undefined) throw new NetworkError('NO_PRESENTATION_CONTEXT');
  return context;
}

export function encodeIdentifier(identifier: Identifier, context: PresentationContext): Uint8Array {
  return typeof identifier === 'function' ? identifier(context.transferSyntax) : identifier;
}

/** Sends a request that has one response, and gives it. */
export async function invoke(
  association: Association,
  fields: RequestFields,
  dataSet: OutgoingDataSet | undefined,
  contextID: number,
): Promise<Response> {
  const operation = association.request(fields, dataSet, contextID);
  for await (const response of operation) {
    if (!isPending(response.status)) return response;
  }
  // The iteration ends after a final response or throws.
  throw new NetworkError('ASSOCIATION_ENDED');
}

/**
 * Responses of an operation with pending ones. A caller that aborts `signal`, or stops iterating, cancels the
 * operation with C-CANCEL-RQ; its remaining responses are then read to the final one, so that the association can be
 * used further.
 */
export async function* cancellable(
  association: Association,
  operation: OutgoingRequest,
  signal: AbortSignal | undefined,
): AsyncGenerator<Response, void> {
  const cancel = (): void => association.cancel(operation.messageID);
  let isFinal = false;
  signal?.addEventListener('abort', cancel, { once: true });
  const responses = operation[Symbol.asyncIterator]();
  try {
    if (signal?.aborted === true) cancel();
    for (let next = await responses.next(); next.done !== true; next = await responses.next()) {
      isFinal = !isPending(next.value.status);
      yield next.value;
    }
    isFinal = true;
  } finally {
    signal?.removeEventListener('abort', cancel);
    if (!isFinal && association.end === undefined) {
      cancel();
      await drain(responses);
    }
  }
}

/** Reads and drops what is left. If the association ends meanwhile there is nothing left. */
async function drain(responses: AsyncIterator<Response>): Promise<void> {
  try {
    while ((await responses.next()).done !== true);
  } catch {
    // The caller stopped iterating: nobody waits for this error, and `association.end` tells of it.
  }
}
