import { Tag } from '@leadglass/dicom';
import type { InstanceRecord, View } from '../operations/index.ts';
import { type Answer, entityTag, type Headers } from './answer.ts';
import type { LaidOut } from './header-cache.ts';
import { covers, type Wish } from './media-type.ts';
import { multipartType } from '../http-media/multipart-lines.ts';
import { multipartBody, namesOf } from './multipart-body.ts';
import { bytesBody, joined, type RangedBody, sendRanged } from './ranged-body.ts';
import { stretchBody } from './stretches.ts';
import { reportPage, reportText } from './structured-report.ts';
import { mediaTypeOf } from './syntax-media-types.ts';
import { WebError } from './web-error.ts';
import type { WebRequest } from './web-request.ts';

const ENCAPSULATED_PDF = '1.2.840.10008.5.1.4.1.1.104.1';
const ENCAPSULATED_CDA = '1.2.840.10008.5.1.4.1.1.104.2';

/**
 * What a document may do in a browser: nothing. Scripts, forms, frames and everything of elsewhere are off, whatever
 * is in it.
 */
const LOCKED_DOWN: Headers = {
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Opener-Policy': 'same-origin',
};

interface Form {
  readonly type: string;
  readonly file: string;
  /** A browser would run it: it is saved, never shown. */
  readonly isRun: boolean;
  readonly body: () => RangedBody;
}

/**
 * The forms in which an instance that is no image is shown (PS3.18 Table 8.7.4-1), the default first: PDF, CDA, video,
 * reports. None for images, and for what cannot be shown.
 */
function formsOf(view: View, record: InstanceRecord, header: LaidOut): readonly Form[] {
  const { dataSet, syntax } = header;
  const encapsulated = (type: string, file: string, isRun: boolean): Form[] =>
    dataSet.has(Tag.EncapsulatedDocument)
      ? [{ type, file, isRun, body: () => encapsulatedBody(view, record, header) }]
      : [];
  if (record.sopClassUID === ENCAPSULATED_PDF) return encapsulated('application/pdf', 'pdf', false);
  if (record.sopClassUID === ENCAPSULATED_CDA) return encapsulated('text/xml', 'xml', true);
  const fragments = dataSet.get(Tag.PixelData)?.fragments;
  const video = mediaTypeOf(syntax);
  if (fragments && video.startsWith('video/')) {
    const body = (): RangedBody =>
      joined(fragments.map((fragment) => stretchBody(view, record, { syntax, ...fragment })));
    return [{ type: video, file: 'mpg', isRun: false, body }];
  }
  if (dataSet.has(Tag.ContentSequence) && dataSet.string(Tag.ValueType) === 'CONTAINER') {
    const text = (make: () => string) => (): RangedBody => bytesBody(Buffer.from(make(), 'utf8'));
    return [
      { type: 'text/html', file: 'html', isRun: false, body: text(() => reportPage(dataSet)) },
      { type: 'text/plain', file: 'txt', isRun: false, body: text(() => reportText(dataSet)) },
    ];
  }
  return [];
}

/** The document as it was before it was put into an instance: padding left away (PS3.3 C.24.2). */
function encapsulatedBody(view: View, record: InstanceRecord, { dataSet, syntax }: LaidOut): RangedBody {
  const element = dataSet.get(Tag.EncapsulatedDocument);
  if (!element) throw new WebError(406, 'NOT_RENDERABLE');
  const said = dataSet.number(Tag.EncapsulatedDocumentLength) ?? element.length;
  const length = said > 0 && said <= element.length ? said : element.length;
  return stretchBody(view, record, { syntax, offset: element.offset, length });
}

/**
 * Sends a document, video or report; false when the instance is none of them.
 * @throws WebError 406 when the client takes it in none of its forms
 */
export async function sendDocument(
  request: WebRequest,
  answer: Answer,
  shown: { view: View; record: InstanceRecord; header: LaidOut; wishes: readonly Wish[] },
): Promise<boolean> {
  const { view, record, header, wishes } = shown;
  const forms = formsOf(view, record, header);
  if (forms.length === 0) return false;
  for (const wish of wishes) {
    const form = forms.find(({ type }) => covers(wish.type, type));
    if (!form) continue;
    const type =
      form.type.startsWith('text/h') || form.type === 'text/plain'
        ? `${form.type}; charset=utf-8`
        : form.type;
    const name = `${record.sopInstanceUID}.${form.file}`;
    const disposition = `${form.isRun ? 'attachment' : 'inline'}; filename="${name}"`;
    const tag = entityTag(record.location, record.sopInstanceUID, 'document', form.type);
    if (wish.multipart !== true) {
      const headers = {
        ...LOCKED_DOWN,
        'Content-Type': type,
        'Content-Disposition': disposition,
        Vary: 'Accept',
      };
      await sendRanged(request, answer, form.body(), { entityTag: tag, headers });
      return true;
    }
    const { boundary, ownTag } = namesOf(tag);
    const part = { headers: { 'Content-Type': type, 'Content-Disposition': disposition }, body: form.body() };
    const headers = { ...LOCKED_DOWN, 'Content-Type': multipartType(form.type, boundary), Vary: 'Accept' };
    const about = { entityTag: ownTag, headers };
    await sendRanged(request, answer, multipartBody([part], boundary), about);
    return true;
  }
  throw new WebError(406, 'NOT_ACCEPTABLE');
}
