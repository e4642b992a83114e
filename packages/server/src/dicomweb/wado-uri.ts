import { Tag, transferSyntax } from '@leadglass/dicom';
import { ImagingError, NotFound, type View } from '../operations/index.ts';
import { type Answer, entityTag } from './answer.ts';
import type { DoorContext } from './door-context.ts';
import { covers, parseAccept } from './media-type.ts';
import { uriRenderParameters } from './render-parameters.ts';
import { sendRenderedFrames, sendRenderedInstance } from './rendered.ts';
import { canBeGiven, DICOM, sendInstance } from './retrieve-instances.ts';
import { EXPLICIT_LITTLE_ENDIAN } from './syntax-media-types.ts';
import { WebError } from './web-error.ts';
import { requireUID, type WebRequest } from './web-request.ts';

/** `?requestType=WADO&studyUID=...&seriesUID=...&objectUID=...` (PS3.18 9): what old viewers ask. */
export async function wadoURI(context: DoorContext, request: WebRequest, answer: Answer): Promise<void> {
  const { query } = request;
  if (query.one('requestType') !== 'WADO') throw new WebError(400, 'REQUEST_TYPE_MISSING');
  const uid = (name: string): string => requireUID(query.one(name) ?? '');
  const target = () => ({
    studyInstanceUID: uid('studyUID'),
    seriesInstanceUID: uid('seriesUID'),
    sopInstanceUID: uid('objectUID'),
  });
  await context.viewings.view(request.caller, target, async (view) => {
    // Who takes the identity out does it on purpose, and not in passing.
    if (query.one('anonymize') !== undefined) throw new WebError(400, 'ANONYMIZE_NOT_SUPPORTED');
    const contentTypes = parseAccept(query.one('contentType') ?? DICOM);
    const [preferred] = contentTypes;
    if (preferred && covers(preferred.type, DICOM)) await sendStored(context, request, answer, view);
    else await sendShown(context, request, answer, view);
  });
}

/** As a DICOM file (PS3.18 9.4). */
async function sendStored(
  context: DoorContext,
  request: WebRequest,
  answer: Answer,
  view: View,
): Promise<void> {
  const record = view.first;
  const wanted = request.query.one('transferSyntax');
  const stored = transferSyntax(record.transferSyntaxUID);
  if (wanted !== undefined && (!stored || wanted === '*' || !canBeGiven(context, record, wanted)))
    throw new WebError(406, 'NOT_ACCEPTABLE');
  const send = (uid: string): Promise<void> => {
    const about = {
      entityTag: entityTag(record.location, record.sopInstanceUID, uid),
      headers: { 'Content-Type': DICOM },
    };
    return sendInstance(context, request, answer, { view, record, uid, about });
  };
  // Without one, Explicit VR Little Endian; what cannot be had in it comes as it is (PS3.18 9.4.1.2.2).
  if (wanted !== undefined) return send(wanted);
  if (!canBeGiven(context, record, EXPLICIT_LITTLE_ENDIAN)) return send(record.transferSyntaxUID);
  try {
    return await send(EXPLICIT_LITTLE_ENDIAN);
  } catch (error) {
    if (!(error instanceof ImagingError) || answer.hasBegun) throw error;
    return send(record.transferSyntaxUID);
  }
}

/** As an image or document (PS3.18 9.5). */
async function sendShown(
  context: DoorContext,
  request: WebRequest,
  answer: Answer,
  view: View,
): Promise<void> {
  const { query } = request;
  const record = view.first;
  const { dataSet } = await context.headers.header(view, record);
  const extent = { rows: dataSet.number(Tag.Rows) ?? 1, columns: dataSet.number(Tag.Columns) ?? 1 };
  const options = uriRenderParameters(query, extent);
  // One answer, one file: PS3.18 9 knows no multipart.
  const wishes = parseAccept(query.one('contentType') ?? '*/*').map(({ type }) => ({
    type,
    multipart: false,
    transferSyntax: undefined,
  }));
  const frame = query.one('frameNumber');
  if (frame === undefined) {
    await sendRenderedInstance(context, request, answer, { view, record, options, wishes });
    return;
  }
  if (!/^[1-9]\d{0,8}$/.test(frame)) throw new NotFound();
  await sendRenderedFrames(context, request, answer, { view, options, numbers: [Number(frame)], wishes });
}
