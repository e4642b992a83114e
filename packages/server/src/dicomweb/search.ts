import { randomUUID } from 'node:crypto';
import type { DicomJson } from '@leadglass/dicom';
import { search, type QueryLevel } from '../operations/index.ts';
import type { Answer } from './answer.ts';
import { dicomXML } from './dicom-xml.ts';
import type { DoorContext, Handler } from './door-context.ts';
import { matchEncoder } from './match-json.ts';
import { parseMediaType } from '../http-media/media-type.ts';
import { covers, wishesOf } from './media-type.ts';
import { multipartType } from '../http-media/multipart-lines.ts';
import { boundaryOf, multipartStream } from './multipart-body.ts';
import { bytesBody } from './ranged-body.ts';
import { readBody } from './read-body.ts';
import { parseSearch } from './search-parameters.ts';
import { UriQuery } from './uri-query.ts';
import { WebError } from './web-error.ts';
import type { WebRequest } from './web-request.ts';

/** A form with 10,000 UIDs takes 650 KB. */
const FORM_MAX_BYTES = 1024 * 1024;
const FORM = 'application/x-www-form-urlencoded';
export const DICOM_JSON = 'application/dicom+json';
export const DICOM_XML = 'application/dicom+xml';

/** Searches at a level (PS3.18 10.6), parameters in the query or in a form. */
export function searchBy(level: QueryLevel): Handler {
  return async (context, request, answer) => {
    const form = formOf(request);
    const parameters = request.method === 'POST' ? await readForm(context, request) : request.query;
    const { workplace, searchResultsMax } = context;
    const path = pathUIDs(request);
    let includes: ReturnType<typeof parseSearch> | undefined;
    const asked = () =>
      (includes = parseSearch(parameters, { level, ...path, resultsMax: searchResultsMax })).query;
    const { query, matches, isCut } = await search(workplace, request.caller, asked);
    const encode = matchEncoder(query, context.baseURL);
    const warnings = [...(includes?.warnings ?? [])];
    if (isCut) warnings.push('There are more results: narrow the search, or go on with offset');
    const warning =
      warnings.length > 0 ? { Warning: warnings.map((text) => `299 leadglass "${text}"`).join(', ') } : {};
    const headers = { ...warning, 'Cache-Control': 'no-store', Vary: 'Accept' };
    if (matches.length === 0) {
      answer.send(204, headers);
      return;
    }
    const records = matches.map(encode);
    if (form.isXML) await sendXML(answer, records, headers);
    else answer.send(200, { ...headers, 'Content-Type': form.type }, `[${records.join(',')}]`);
  };
}

async function sendXML(
  answer: Answer,
  records: readonly string[],
  headers: Record<string, string>,
): Promise<void> {
  const boundary = boundaryOf(randomUUID());
  const parts = records.map((record) => ({
    headers: { 'Content-Type': DICOM_XML },
    body: bytesBody(Buffer.from(dicomXML(JSON.parse(record) as DicomJson), 'utf8')),
  }));
  const type = multipartType(DICOM_XML, boundary);
  await answer.stream(200, { ...headers, 'Content-Type': type }, multipartStream(parts, boundary));
}

/** JSON unless XML is what the client takes. @throws WebError 406 */
function formOf(request: WebRequest): { isXML: boolean; type: string } {
  for (const wish of wishesOf(request.header('accept'), request.query.one('accept'))) {
    if (wish.multipart !== true && covers(wish.type, DICOM_JSON)) return { isXML: false, type: DICOM_JSON };
    if (wish.multipart !== true && wish.type === 'application/json') return { isXML: false, type: wish.type };
    // Clients that say multipart/related without a type mean the one kind there is.
    if (wish.multipart === true && covers(wish.type, DICOM_XML)) return { isXML: true, type: DICOM_XML };
  }
  throw new WebError(406, 'NOT_ACCEPTABLE');
}

async function readForm(context: DoorContext, request: WebRequest): Promise<UriQuery> {
  const media = parseMediaType(request.header('content-type') ?? '');
  if (media?.type !== FORM) throw new WebError(415, 'FORM_EXPECTED');
  const body = await readBody(request, { maxBytes: FORM_MAX_BYTES, idleTimeoutMs: context.idleTimeoutMs });
  return UriQuery.parse(body.toString('utf8'));
}

function pathUIDs(request: WebRequest): { studyInstanceUID?: string; seriesInstanceUID?: string } {
  return {
    ...(request.parameter('study') === undefined ? {} : { studyInstanceUID: request.uid('study') }),
    ...(request.parameter('series') === undefined ? {} : { seriesInstanceUID: request.uid('series') }),
  };
}
