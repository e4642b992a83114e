import { readDataSet, transferSyntax } from '@leadglass/dicom';
import { collectDataSet, type DataSetSink, type IncomingRequest } from '@leadglass/network';
import { find, type Match, parseQuery, type Query, responseEncoder } from '../operations/index.ts';
import type { DeviceSession } from './session.ts';
import { QUERY_RETRIEVE } from './sop-classes.ts';

/** An identifier longer than this is no query (a UID list of 10,000 takes 650 KB). */
export const IDENTIFIER_MAX_BYTES = 1024 * 1024;

/** C-FIND (PS3.4 C.4.1): matches stream out as pending responses, C-CANCEL is looked at before each. */
export function handleFind(request: IncomingRequest, session: DeviceSession): DataSetSink {
  return collectDataSet(IDENTIFIER_MAX_BYTES, async (bytes) => {
    try {
      await answer(request, session, bytes);
    } catch (error) {
      if (!request.signal.aborted) await request.respond(session.statusOf(error));
    }
  });
}

async function answer(request: IncomingRequest, session: DeviceSession, bytes: Uint8Array): Promise<void> {
  const { abstractSyntax } = request.presentationContext;
  const service = QUERY_RETRIEVE.get(abstractSyntax);
  const syntax = transferSyntax(request.presentationContext.transferSyntax);
  if (!service || !syntax) throw new Error('only negotiated contexts reach this place');
  const negotiated = session.negotiated(abstractSyntax);
  let pending = 0xff00;
  let encode: ((match: Match) => Uint8Array) | undefined;
  const asked = (): Query => {
    const query = parseQuery(readDataSet(bytes, syntax), { root: service.root, ...negotiated });
    if (query.unsupportedKeys.length > 0) pending = 0xff01;
    encode = responseEncoder(query, syntax, { retrieveAETitle: session.aeTitle });
    return query;
  };
  const { stopped } = await find(session.workplace, session.caller, asked, async (match) => {
    if (request.signal.aborted || !encode) return false;
    await request.respond({ status: pending }, encode(match));
    return !request.signal.aborted;
  });
  await request.respond({ status: stopped || request.signal.aborted ? 0xfe00 : 0x0000 });
}
