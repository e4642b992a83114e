import { randomUUID } from 'node:crypto';
import { transferSyntax, writePart10Header } from '@leadglass/dicom';
import {
  begun,
  ImagingError,
  type InstanceRecord,
  NotFound,
  retrieve,
  type RetrieveCounts,
  type StoredBytes,
} from '../operations/index.ts';
import { type Answer, entityTag, type Headers } from './answer.ts';
import type { DoorContext } from './door-context.ts';
import { covers } from './media-type.ts';
import { multipartType } from '../http-media/multipart-lines.ts';
import { boundaryOf, multipartBody, multipartStream, namesOf, type OpenPart } from './multipart-body.ts';
import { explicitLittleEndianBody } from './native-syntax.ts';
import { bytesBody, joined, type RangedBody, sendHeld, sendRanged } from './ranged-body.ts';
import { stretchBody } from './stretches.ts';
import { EXPLICIT_LITTLE_ENDIAN, isNative } from './syntax-media-types.ts';
import { instanceURL, targetOf } from './targets.ts';
import { begunPart, inTurn, laterPart, type UpcomingPart } from './upcoming-part.ts';
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
      const chosen = chooseForm(context, request, [record]);
      const uid = syntaxGiven(record, chosen);
      const tag = entityTag(record.location, record.sopInstanceUID, uid);
      const type = `${DICOM}; transfer-syntax=${uid}`;
      if (chosen.multipart === false) {
        const about = { entityTag: tag, headers: { 'Content-Type': type, Vary: 'Accept' } };
        await sendInstance(context, request, answer, { view, record, uid, about });
        return;
      }
      const body = await instanceFile(context, view, record, uid);
      const { boundary, ownTag } = namesOf(tag);
      const headers = { 'Content-Type': multipartType(DICOM, boundary), Vary: 'Accept' };
      const part = partOf(context, record, type, body);
      if ('read' in body) {
        const whole = multipartBody([{ headers: part.headers, body }], boundary);
        const about = { entityTag: ownTag, headers, isSentOnce: chosen.isAsStored };
        await sendRanged(request, answer, whole, about);
        return;
      }
      await answer.stream(200, headers, multipartStream([part], boundary), {
        isSentOnce: chosen.isAsStored,
      });
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
    const chosen = chooseForm(context, request, retrieval.instances());
    if (chosen.multipart === false) throw new WebError(406, 'SEVERAL_INSTANCES_NEED_MULTIPART');
    const counts: RetrieveCounts = { completed: 0, failed: chosen.left, warning: 0, cancelled: false };
    const open = (record: InstanceRecord): Promise<OpenPart> =>
      partAsAsked(context, retrieval, record, syntaxGiven(record, chosen));
    async function* parts(): AsyncGenerator<OpenPart> {
      const upcoming = function* (): Generator<UpcomingPart> {
        for (const record of retrieval.instances()) {
          if (!chosen.canGive(record)) continue;
          // Only reading is begun early: what is decoded and encoded waits until there is nothing else to send.
          const isAsStored = syntaxGiven(record, chosen) === record.transferSyntaxUID;
          yield isAsStored ? begunPart(open(record)) : laterPart(() => open(record));
        }
      };
      for await (const part of inTurn(upcoming())) {
        yield part;
        counts.completed++;
      }
    }
    const boundary = boundaryOf(randomUUID());
    const headers = { 'Content-Type': multipartType(DICOM, boundary), Vary: 'Accept' };
    // Some cannot be given as asked: the rest is, and the status says so (PS3.18 Table 10.4.3-1).
    const body = multipartStream(parts(), boundary);
    await answer.stream(chosen.left > 0 ? 206 : 200, headers, body, { isSentOnce: chosen.isAsStored });
    return counts;
  });
}

/** One that turns out not to be decodable, with others on their way, comes as it is stored, and says so. */
async function partAsAsked(
  context: DoorContext,
  source: StoredBytes,
  record: InstanceRecord,
  uid: string,
): Promise<OpenPart> {
  try {
    const body = await instanceFile(context, source, record, uid);
    return partOf(context, record, `${DICOM}; transfer-syntax=${uid}`, body);
  } catch (error) {
    const cannotBe = error instanceof ImagingError || (error instanceof WebError && error.status === 406);
    if (!cannotBe || uid === record.transferSyntaxUID) throw error;
    return partAsAsked(context, source, record, record.transferSyntaxUID);
  }
}

/** One instance by itself: with its length and in ranges, unless it is transcoded on its way. */
export async function sendInstance(
  context: DoorContext,
  request: WebRequest,
  answer: Answer,
  asked: {
    view: StoredBytes;
    record: InstanceRecord;
    uid: string;
    about: { entityTag: string; headers: Headers };
  },
): Promise<void> {
  const { view, record, uid, about } = asked;
  if (sendHeld(request, answer, about)) return;
  const body = await instanceFile(context, view, record, uid);
  if ('read' in body)
    await sendRanged(request, answer, body, {
      ...about,
      isSentOnce: uid === record.transferSyntaxUID,
    });
  else await answer.stream(200, { ...about.headers, ETag: about.entityTag }, body);
}

interface Form {
  readonly multipart: boolean | undefined;
  /** A UID, or `*` for as stored. */
  readonly syntax: string;
  readonly canGive: (record: InstanceRecord) => boolean;
  /** All that can be given are given as they are stored. */
  readonly isAsStored: boolean;
  /** Instances that cannot be given this way. */
  readonly left: number;
}

/** The first wish that some instance can be given by. @throws WebError 406 */
function chooseForm(context: DoorContext, request: WebRequest, records: Iterable<InstanceRecord>): Form {
  const all = [...records];
  for (const wish of context.accepts.wishes(request.header('accept'), request.query.one('accept'))) {
    if (!covers(wish.type, DICOM)) continue;
    const canGive = (record: InstanceRecord): boolean => canBeGiven(context, record, wish.transferSyntax);
    const left = all.filter((record) => !canGive(record)).length;
    if (left === all.length) continue;
    const syntax = wish.transferSyntax ?? EXPLICIT_LITTLE_ENDIAN;
    const isAsStored = all.every(({ transferSyntaxUID }) => syntax === '*' || syntax === transferSyntaxUID);
    return { multipart: wish.multipart, syntax, canGive, isAsStored, left };
  }
  throw new WebError(406, 'NOT_ACCEPTABLE');
}

/** As stored, in Explicit VR Little Endian when its pixels are not compressed, or transcoded. */
export function canBeGiven(
  { imaging }: DoorContext,
  record: InstanceRecord,
  wanted: string = EXPLICIT_LITTLE_ENDIAN,
): boolean {
  if (wanted === '*' || wanted === record.transferSyntaxUID) return true;
  const stored = transferSyntax(record.transferSyntaxUID);
  if (wanted === EXPLICIT_LITTLE_ENDIAN && stored !== undefined && isNative(stored)) return true;
  return imaging?.canTranscode(record.transferSyntaxUID, wanted) ?? false;
}

function syntaxGiven(record: InstanceRecord, { syntax }: Form): string {
  return syntax === '*' ? record.transferSyntaxUID : syntax;
}

/**
 * A file as PS3.10 7.1 has it: bit for bit the stored data set behind a header of ours, or converted. One that is
 * transcoded has no length before it was sent; its first frame is there when this resolves.
 */
export async function instanceFile(
  context: DoorContext,
  source: StoredBytes,
  record: InstanceRecord,
  transferSyntaxUID: string,
): Promise<RangedBody | AsyncGenerator<Uint8Array>> {
  const { sopClassUID, sopInstanceUID, dataSetLength } = record;
  const header = writePart10Header({ sopClassUID, sopInstanceUID, transferSyntaxUID, ...context.exporter });
  const stored = transferSyntax(record.transferSyntaxUID);
  if (!stored) throw new WebError(406, 'NOT_ACCEPTABLE');
  if (transferSyntaxUID === record.transferSyntaxUID) {
    const place = { syntax: { ...stored, deflated: false }, offset: 0, length: dataSetLength };
    return joined([bytesBody(header), stretchBody(source, record, place)]);
  }
  if (transferSyntaxUID === EXPLICIT_LITTLE_ENDIAN && isNative(stored))
    return joined([bytesBody(header), await explicitLittleEndianBody(source, record, stored)]);
  const { imaging } = context;
  if (!imaging) throw new WebError(406, 'NOT_ACCEPTABLE');
  const dataSet = await begun(imaging.instance({ source, record }, transferSyntaxUID));
  return behind(header, dataSet);
}

async function* behind(header: Uint8Array, dataSet: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield header;
    yield* dataSet;
  } finally {
    await dataSet.return(undefined);
  }
}

function partOf(
  context: DoorContext,
  record: InstanceRecord,
  type: string,
  body: OpenPart['body'],
): OpenPart {
  return {
    headers: { 'Content-Type': type, 'Content-Location': instanceURL(context.baseURL, record) },
    body,
  };
}
