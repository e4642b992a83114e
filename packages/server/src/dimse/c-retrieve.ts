import { type DataSet, readDataSet, transferSyntax } from '@leadglass/dicom';
import { collectDataSet, type DataSetSink, type IncomingRequest } from '@leadglass/network';
import {
  type InstanceRecord,
  parseRetrieve,
  Refused,
  retrieve,
  type Selection,
} from '../operations/index.ts';
import { IDENTIFIER_MAX_BYTES } from './c-find.ts';
import { InstanceSender, type Originator } from './destinations.ts';
import type { DeviceSession } from './session.ts';
import { QUERY_RETRIEVE } from './sop-classes.ts';
import { respondFinally, runSuboperations, type SuboperationCounts } from './suboperations.ts';

/** C-GET (PS3.4 C.4.3): instances go back over the association that asked, in its storage contexts. */
export function handleGet(request: IncomingRequest, session: DeviceSession): DataSetSink {
  return collectDataSet(IDENTIFIER_MAX_BYTES, async (bytes) => {
    const sender = new InstanceSender(request.association, session.imaging);
    await answer(request, session, 'get', bytes, {}, (counted) => counted(sender));
  });
}

/** C-MOVE (PS3.4 C.4.2): only to a destination registered here, over an association of ours. */
export function handleMove(request: IncomingRequest, session: DeviceSession): DataSetSink {
  return collectDataSet(IDENTIFIER_MAX_BYTES, async (bytes) => {
    const aeTitle = (request.command.moveDestination ?? '').trim();
    const destination = session.dial.find(aeTitle);
    const originator = {
      aeTitle: session.caller.principal.id,
      messageID: request.command.messageID ?? 0,
    };
    await answer(request, session, 'move', bytes, { destination: aeTitle }, async (counted, instances) => {
      if (!destination) throw new Refused('MOVE_DESTINATION_UNKNOWN');
      const sender = await session.dial.open(destination, instances);
      try {
        return await counted(sender, originator);
      } finally {
        await sender.close();
      }
    });
  });
}

type Counted = (sender: InstanceSender, originator?: Originator) => Promise<SuboperationCounts>;

async function answer(
  request: IncomingRequest,
  session: DeviceSession,
  verb: 'get' | 'move',
  bytes: Uint8Array,
  detail: Record<string, string>,
  run: (counted: Counted, instances: () => Iterable<InstanceRecord>) => Promise<SuboperationCounts>,
): Promise<void> {
  try {
    const destination = detail['destination'];
    const selection = (): Selection => {
      const known = destination === undefined || session.dial.find(destination) !== undefined;
      if (!known) throw new Refused('MOVE_DESTINATION_UNKNOWN');
      return parseRetrieve(identifierOf(request, bytes), retrieveOptions(request, session));
    };
    let final: SuboperationCounts | undefined;
    let total = 0;
    await retrieve(session.workplace, verb, session.caller, selection, detail, async (retrieval) => {
      total = retrieval.total;
      const counted: Counted = (sender, originator) =>
        runSuboperations(
          request,
          retrieval,
          (record, dataSet) => sender.send(record, dataSet, originator),
          (record, giveUp) => sender.open(retrieval, record, giveUp),
        );
      final = await run(counted, retrieval.instances);
      return final;
    });
    if (final) await respondFinally(request, final, total);
  } catch (error) {
    await request.respond(session.statusOf(error)).catch(() => undefined);
  }
}

function identifierOf(request: IncomingRequest, bytes: Uint8Array): DataSet {
  const syntax = transferSyntax(request.presentationContext.transferSyntax);
  if (!syntax) throw new Error('only negotiated contexts reach this place');
  return readDataSet(bytes, syntax);
}

function retrieveOptions(request: IncomingRequest, session: DeviceSession) {
  const { abstractSyntax } = request.presentationContext;
  const service = QUERY_RETRIEVE.get(abstractSyntax);
  if (!service) throw new Error('only negotiated contexts reach this place');
  return { root: service.root, relational: session.negotiated(abstractSyntax).relational };
}
