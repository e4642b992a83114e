import { type DataElement, type DataSet, vrInfo } from '@leadglass/dicom';
import { type InstanceRecord, NotFound, type View } from '../operations/index.ts';
import { type Answer, entityTag } from './answer.ts';
import type { DoorContext } from './door-context.ts';
import type { LaidOut } from './header-cache.ts';
import { covers, wishesOf } from './media-type.ts';
import { multipartType } from '../http-media/multipart-lines.ts';
import { multipartBody, namesOf } from './multipart-body.ts';
import { joined, type RangedBody, sendRanged } from './ranged-body.ts';
import { sendFrames } from './retrieve-frames.ts';
import { stretchBody } from './stretches.ts';
import { currentName, EXPLICIT_LITTLE_ENDIAN, mediaTypeOf, OCTET_STREAM } from './syntax-media-types.ts';
import { instanceURL, targetOf } from './targets.ts';
import { WebError } from './web-error.ts';
import type { WebRequest } from './web-request.ts';

/** Tags and item numbers, as the metadata's BulkDataURI has them; nested as deep as data sets may be. */
const PATH = /^[0-9A-F]{8}(\/\d{1,7}\/[0-9A-F]{8}){0,64}$/;

/** `.../instances/{instance}/bulkdata/{path}`: the links in our metadata lead here (PS3.18 10.4.1.1.5). */
export async function retrieveBulkdata(
  context: DoorContext,
  request: WebRequest,
  answer: Answer,
): Promise<void> {
  await context.viewings.view(
    request.caller,
    () => targetOf(request),
    async (view) => {
      const path = request.parameter('*') ?? '';
      if (!PATH.test(path)) throw new NotFound();
      const record = view.first;
      const header = await context.headers.header(view, record);
      const found = elementAt(header.dataSet, path.split('/'));
      if (!found) throw new NotFound();
      const { element, dataSet } = found;
      if (element.fragments && header.frames) {
        await sendFrames(context, request, answer, { view, frames: 'all' });
        return;
      }
      if (element.items) throw new NotFound();
      // A video is one stream, however many fragments hold it.
      const stored = element.fragments ? mediaTypeOf(header.syntax) : OCTET_STREAM;
      const multipart = formOf(request, stored, header);
      const type = element.fragments ? `${stored}; transfer-syntax=${header.syntax.uid}` : OCTET_STREAM;
      const body = bodyOf(view, record, header, { element, dataSet });
      const tag = entityTag(record.location, record.sopInstanceUID, path, String(multipart));
      if (!multipart) {
        await sendRanged(request, answer, body, {
          entityTag: tag,
          headers: { 'Content-Type': type, Vary: 'Accept' },
        });
        return;
      }
      const { boundary, ownTag } = namesOf(tag);
      const location = `${instanceURL(context.baseURL, record)}/bulkdata/${path}`;
      const headers = { 'Content-Type': type, 'Content-Location': location };
      await sendRanged(request, answer, multipartBody([{ headers, body }], boundary), {
        entityTag: ownTag,
        headers: { 'Content-Type': multipartType(stored, boundary), Vary: 'Accept' },
      });
    },
  );
}

interface Found {
  readonly element: DataElement;
  readonly dataSet: DataSet;
}

export function bodyOf(
  view: View,
  record: InstanceRecord,
  header: LaidOut,
  { element, dataSet }: Found,
): RangedBody {
  const { syntax } = header;
  if (element.fragments)
    return joined(element.fragments.map((place) => stretchBody(view, record, { syntax, ...place })));
  const { offset, length } = element;
  return stretchBody(view, record, {
    syntax,
    offset,
    length,
    swapUnit: swapUnitOf(header, dataSet, element),
  });
}

export function elementAt(
  dataSet: DataSet,
  [tagText = '', itemText, ...rest]: readonly string[],
): Found | undefined {
  const element = dataSet.get(Number.parseInt(tagText, 16));
  if (!element || itemText === undefined) return element && { element, dataSet };
  const item = element.items?.[Number(itemText)];
  return item && elementAt(item, rest);
}

function swapUnitOf({ syntax }: LaidOut, dataSet: DataSet, element: DataElement): number {
  return syntax.littleEndian || dataSet.orderOf(element) ? 1 : vrInfo(element.vr).byteSwapUnit;
}

/** Whether in multipart/related; the Standard's default. @throws WebError 406 */
function formOf(request: WebRequest, stored: string, { syntax }: LaidOut): boolean {
  const isPlain = stored === OCTET_STREAM;
  const own = isPlain ? EXPLICIT_LITTLE_ENDIAN : syntax.uid;
  for (const wish of wishesOf(request.header('accept'), request.query.one('accept'))) {
    const { type, multipart, transferSyntax } = wish;
    const isMeant = isPlain || type !== '*/*' || transferSyntax !== undefined;
    const isOwn = transferSyntax === undefined || transferSyntax === '*' || transferSyntax === own;
    const isCovered = covers(currentName(type), stored) || (type === OCTET_STREAM && transferSyntax === '*');
    if (isMeant && isOwn && isCovered) return multipart ?? true;
  }
  throw new WebError(406, 'NOT_ACCEPTABLE');
}
