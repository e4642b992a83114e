import { transferSyntax } from '@leadglass/dicom';
import { type Answer, entityTag } from './answer.ts';
import type { DoorContext } from './door-context.ts';
import { covers, parseAccept } from './media-type.ts';
import { sendRanged } from './ranged-body.ts';
import { DICOM, instanceFile } from './retrieve-instances.ts';
import { EXPLICIT_LITTLE_ENDIAN, isNative } from './syntax-media-types.ts';
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
    const record = view.first;
    // Who takes the identity out does it on purpose, and not in passing.
    if (query.one('anonymize') !== undefined) throw new WebError(400, 'ANONYMIZE_NOT_SUPPORTED');
    const contentTypes = parseAccept(query.one('contentType') ?? DICOM);
    if (!contentTypes.some(({ type }) => covers(type, DICOM))) throw new WebError(406, 'NOT_ACCEPTABLE');
    const wanted = query.one('transferSyntax');
    const stored = transferSyntax(record.transferSyntaxUID);
    const explicit = stored && isNative(stored) ? EXPLICIT_LITTLE_ENDIAN : record.transferSyntaxUID;
    // Without one, Explicit VR Little Endian; what cannot be had in it comes as it is (PS3.18 9.4.1.2.2).
    const given = wanted ?? explicit;
    const canBe = given === record.transferSyntaxUID || given === explicit;
    if (!canBe) throw new WebError(406, 'NOT_ACCEPTABLE');
    const body = await instanceFile(context, view, record, given);
    await sendRanged(request, answer, body, {
      entityTag: entityTag(record.location, record.sopInstanceUID, given),
      headers: { 'Content-Type': DICOM },
    });
  });
}
