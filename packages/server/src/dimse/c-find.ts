import { readDataSet, transferSyntax, writeDataSet } from '@leadglass/dicom';
import { collectDataSet, type DataSetSink, type IncomingRequest } from '@leadglass/network';
import { matchToDataSet, parseQuery } from '../operations/index.ts';
import { find } from '../operations/index.ts';
import { queryNegotiation } from './negotiation.ts';
import type { DeviceSession } from './session.ts';
import { QUERY_RETRIEVE } from './sop-classes.ts';
import { statusOf } from './statuses.ts';

/** An identifier longer than this is no query (a UID list of 10,000 takes 650 KB). */
export const IDENTIFIER_MAX_BYTES = 1024 * 1024;

/** C-FIND (PS3.4 C.4.1): matches stream out as pending responses, C-CANCEL is looked at before each. */
export function handleFind(request: IncomingRequest, session: DeviceSession): DataSetSink {
  return collectDataSet(IDENTIFIER_MAX_BYTES, async (bytes) => {
    try {
      await answer(request, session, bytes);
    } catch (error) {
      if (!request.signal.aborted) await request.respond(statusOf(error));
    }
  });
}

async function answer(request: IncomingRequest, session: DeviceSession, bytes: Uint8Array): Promise<void> {
  const { abstractSyntax } = request.presentationContext;
  const service = QUERY_RETRIEVE.get(abstractSyntax);
  const syntax = transferSyntax(request.presentationContext.transferSyntax);
  if (!service || !syntax) throw new Error('only negotiated contexts reach this place');
  const negotiated = queryNegotiation(session.request, abstractSyntax);
  const query = parseQuery(readDataSet(bytes, syntax), { root: service.root, ...negotiated });
  const pending = query.unsupportedKeys.length > 0 ? 0xff01 : 0xff00;
  const { stopped } = await find(session.workplace, session.caller, query, async (match) => {
    if (request.signal.aborted) return false;
    const identifier = matchToDataSet(match, query, { retrieveAETitle: session.aeTitle });
    await request.respond({ status: pending }, writeDataSet(identifier, syntax));
    return !request.signal.aborted;
  });
  await request.respond({ status: stopped || request.signal.aborted ? 0xfe00 : 0x0000 });
}
