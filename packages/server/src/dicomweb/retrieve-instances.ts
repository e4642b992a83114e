import { randomUUID } from 'node:crypto';
import { transferSyntax, writePart10Header } from '@leadglass/dicom';
import {
  type InstanceRecord,
  NotFound,
  type Retrieval,
  retrieve,
  type RetrieveCounts,
  type View,
} from '../operations/index.ts';
import { type Answer, entityTag } from './answer.ts';
import type { DoorContext } from './door-context.ts';
import { covers, type Wish, wishesOf } from './media-type.ts';
import { boundaryOf, multipartStream, multipartType, type Part } from './multipart-body.ts';
import { explicitLittleEndianBody } from './native-syntax.ts';
import { bytesBody, joined, type RangedBody, sendRanged } from './ranged-body.ts';
import { cut, stretchBody } from './stretches.ts';
import { EXPLICIT_LITTLE_ENDIAN, isNative } from './syntax-media-types.ts';
import { instanceURL, targetOf } from './targets.ts';
import { WebError } from './web-error.ts';
import type { WebRequest } from './web-request.ts';

export const DICOM = 'application/dicom';

/** `/studies/{study}/series/{series}/instances/{instance}` (PS3.18 10.4.1.1.1). */
export async function retrieveInstance(
  context: DoorContext,
  request: WebRequest,
  answer: Answer,
): Promise<void> {
  await context.viewings.view(
    request.caller,
    () => targetOf(request),
    async (view) => {
      const record = view.first;
      const chosen = chooseForm(request, [record]);
      const uid = syntaxGiven(record, chosen);
      const body = await instanceFile(context, view, record, uid);
      const tag = entityTag(record.location, record.sopInstanceUID, uid);
      const type = `${DICOM}; transfer-syntax=${uid}`;
      if (chosen.multipart === false) {
        await sendRanged(request, answer, body, {
          entityTag: tag,
          headers: { 'Content-Type': type, Vary: 'Accept' },
        });
        return;
      }
      const boundary = boundaryOf(tag);
      const headers = { 'Content-Type': multipartType(DICOM, boundary), Vary: 'Accept' };
      const part = partOf(context, record, type, body);
      await answer.stream(200, headers, multipartStream([part], boundary));
    },
  );
}

/** `/studies/{study}` and `/studies/{study}/series/{series}`: each instance as soon as the one before it is sent. */
export async function retrieveInstances(
  context: DoorContext,
  request: WebRequest,
  answer: Answer,
): Promise<void> {
  const { workplace } = context;
  const asked = () => {
    const { studyInstanceUID, seriesInstanceUID } = targetOf(request);
    const series = seriesInstanceUID === undefined ? {} : { seriesInstanceUIDs: [seriesInstanceUID] };
    return { studyInstanceUIDs: [studyInstanceUID], ...series };
  };
  await retrieve(workplace, 'get', request.caller, asked, { way: 'dicomweb' }, async (retrieval) => {
    if (retrieval.total === 0) throw new NotFound();
    const chosen = chooseForm(request, retrieval.instances());
    if (chosen.multipart === false) throw new WebError(406, 'SEVERAL_INSTANCES_NEED_MULTIPART');
    const counts: RetrieveCounts = { completed: 0, failed: chosen.left, warning: 0, cancelled: false };
    async function* parts(): AsyncGenerator<Part> {
      for (const record of retrieval.instances()) {
        if (!chosen.canGive(record)) continue;
        const uid = syntaxGiven(record, chosen);
        const view = viewOf(retrieval, record);
        const body = await instanceFile(context, view, record, uid);
        yield partOf(context, record, `${DICOM}; transfer-syntax=${uid}`, body);
        counts.completed++;
      }
    }
    const boundary = boundaryOf(randomUUID());
    const headers = { 'Content-Type': multipartType(DICOM, boundary), Vary: 'Accept' };
    // Some cannot be given as asked: the rest is, and the status says so (PS3.18 Table 10.4.3-1).
    await answer.stream(chosen.left > 0 ? 206 : 200, headers, multipartStream(parts(), boundary));
    return counts;
  });
}

function viewOf(retrieval: Retrieval, record: InstanceRecord): View {
  return {
    first: record,
    instances: () => [record].values(),
    read(of, { from = 0, to = of.dataSetLength } = {}) {
      const whole = retrieval.read(of);
      return whole && (from === 0 && to >= of.dataSetLength ? whole : cut(whole, from, to));
    },
  };
}

interface Form {
  readonly multipart: boolean | undefined;
  /** A UID, or `*` for as stored. */
  readonly syntax: string;
  readonly canGive: (record: InstanceRecord) => boolean;
  /** Instances that cannot be given this way. */
  readonly left: number;
}

/** The first wish that some instance can be given by. @throws WebError 406 */
function chooseForm(request: WebRequest, records: Iterable<InstanceRecord>): Form {
  const all = [...records];
  for (const wish of wishesOf(request.header('accept'), request.query.one('accept'))) {
    if (!covers(wish.type, DICOM)) continue;
    const canGive = (record: InstanceRecord): boolean => canBeGiven(record, wish);
    const left = all.filter((record) => !canGive(record)).length;
    if (left === all.length) continue;
    return {
      multipart: wish.multipart,
      syntax: wish.transferSyntax ?? EXPLICIT_LITTLE_ENDIAN,
      canGive,
      left,
    };
  }
  throw new WebError(406, 'NOT_ACCEPTABLE');
}

/** As stored, or in Explicit VR Little Endian when its pixels are not compressed. */
function canBeGiven(record: InstanceRecord, { transferSyntax: wanted }: Wish): boolean {
  if (wanted === '*' || wanted === record.transferSyntaxUID) return true;
  if (wanted !== undefined && wanted !== EXPLICIT_LITTLE_ENDIAN) return false;
  const stored = transferSyntax(record.transferSyntaxUID);
  return stored !== undefined && isNative(stored);
}

function syntaxGiven(record: InstanceRecord, { syntax }: Form): string {
  return syntax === '*' ? record.transferSyntaxUID : syntax;
}

/** A file as PS3.10 7.1 has it: bit for bit the stored data set behind a header of ours, or converted. */
export async function instanceFile(
  context: DoorContext,
  view: View,
  record: InstanceRecord,
  transferSyntaxUID: string,
): Promise<RangedBody> {
  const { sopClassUID, sopInstanceUID, dataSetLength } = record;
  const header = writePart10Header({ sopClassUID, sopInstanceUID, transferSyntaxUID, ...context.exporter });
  const stored = transferSyntax(record.transferSyntaxUID);
  if (!stored) throw new WebError(406, 'NOT_ACCEPTABLE');
  const isStored = transferSyntaxUID === record.transferSyntaxUID;
  const dataSet = isStored
    ? stretchBody(view, record, { syntax: { ...stored, deflated: false }, offset: 0, length: dataSetLength })
    : await explicitLittleEndianBody(view, record, stored);
  return joined([bytesBody(header), dataSet]);
}

function partOf(context: DoorContext, record: InstanceRecord, type: string, body: RangedBody): Part {
  return {
    headers: { 'Content-Type': type, 'Content-Location': instanceURL(context.baseURL, record) },
    body,
  };
}
