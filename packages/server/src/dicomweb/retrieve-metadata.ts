import { randomUUID } from 'node:crypto';
import type { DicomJson } from '@leadglass/dicom';
import { cut, type InstanceRecord, type View, type ViewTarget } from '../operations/index.ts';
import { type Answer, entityTag, isHeld } from './answer.ts';
import { dicomXML } from './dicom-xml.ts';
import type { DoorContext } from './door-context.ts';
import { covers, wishesOf } from './media-type.ts';
import { multipartType } from '../http-media/multipart-lines.ts';
import { boundaryOf, multipartStream, type Part } from './multipart-body.ts';
import { bytesBody } from './ranged-body.ts';
import { targetOf } from './targets.ts';
import { WebError } from './web-error.ts';
import type { WebRequest } from './web-request.ts';

const DICOM_JSON = 'application/dicom+json';
const DICOM_XML = 'application/dicom+xml';
/** Of a list, full or empty. */
const BRACKETS_BYTES = 2;

/** `/studies/{study}[/series/{series}[/instances/{instance}]]/metadata` (PS3.18 10.4.1.1.2). */
export async function retrieveMetadata(
  context: DoorContext,
  request: WebRequest,
  answer: Answer,
): Promise<void> {
  const type = typeOf(request);
  await context.viewings.view(
    request.caller,
    () => targetOf(request),
    async (view) => {
      const target = targetOf(request);
      if (type === DICOM_XML) {
        const boundary = boundaryOf(randomUUID());
        const headers = { 'Content-Type': multipartType(DICOM_XML, boundary), Vary: 'Accept' };
        await answer.stream(200, headers, multipartStream(xmlParts(context, view), boundary));
        return;
      }
      if (target.sopInstanceUID !== undefined) {
        const json = `[${await context.metadata.ofInstance(view, view.first)}]`;
        sendJSON(request, answer, type, Buffer.from(json, 'utf8'));
        return;
      }
      if (target.seriesInstanceUID !== undefined)
        await sendSeries(context, request, answer, { view, target, type });
      else await sendStudy(context, answer, { view, target, type });
    },
  );
}

/** Each instance as one document of the Native DICOM Model (PS3.19 A.1). */
async function* xmlParts(context: DoorContext, view: View): AsyncGenerator<Part> {
  for (const record of view.instances()) {
    const json = JSON.parse(await context.metadata.ofInstance(view, record)) as DicomJson;
    const body = bytesBody(Buffer.from(dicomXML(json), 'utf8'));
    yield { headers: { 'Content-Type': DICOM_XML }, body };
  }
}

interface Sending {
  readonly view: View;
  readonly target: ViewTarget;
  readonly type: string;
}

async function sendSeries(
  context: DoorContext,
  request: WebRequest,
  answer: Answer,
  { view, target, type }: Sending,
): Promise<void> {
  const ready = await context.metadata.ofSeries(view, target);
  const takesGzip = /\bgzip\b/.test(request.header('accept-encoding') ?? '');
  const { seriesInstanceUID = '' } = target;
  // Links are part of the answer: under another address it is another one.
  const tag = entityTag(ready.stamp, context.baseURL, seriesInstanceUID, takesGzip ? 'gzip' : 'plain');
  const headers = { 'Content-Type': type, ETag: tag, Vary: 'Accept, Accept-Encoding' };
  if (isHeld(request.header('if-none-match'), tag)) answer.send(304, headers);
  else if (takesGzip) answer.send(200, { ...headers, 'Content-Encoding': 'gzip' }, ready.gzipped);
  else {
    const whole = { ...headers, 'Content-Length': ready.plainBytes };
    await answer.stream(200, whole, context.metadata.plain(ready));
  }
}

/** Series by series, so that a large study never stands in memory at once. */
async function sendStudy(
  context: DoorContext,
  answer: Answer,
  { view, target, type }: Sending,
): Promise<void> {
  const series = new Set([...view.instances()].map(({ seriesInstanceUID }) => seriesInstanceUID));
  async function* body(): AsyncGenerator<Uint8Array> {
    let opening = '[';
    for (const seriesInstanceUID of series) {
      const part = {
        ...view,
        instances: () => ofSeries(view.instances(), seriesInstanceUID),
      };
      const ready = await context.metadata.ofSeries(part, { ...target, seriesInstanceUID });
      const { plainBytes } = ready;
      if (plainBytes <= BRACKETS_BYTES) continue;
      yield Buffer.from(opening);
      yield* cut(context.metadata.plain(ready), 1, plainBytes - 1);
      opening = ',';
    }
    yield Buffer.from(opening === '[' ? '[]' : ']');
  }
  await answer.stream(200, { 'Content-Type': type, Vary: 'Accept' }, body());
}

function* ofSeries(
  records: Iterable<InstanceRecord>,
  seriesInstanceUID: string,
): Generator<InstanceRecord, undefined> {
  for (const record of records) if (record.seriesInstanceUID === seriesInstanceUID) yield record;
  return undefined;
}

function sendJSON(request: WebRequest, answer: Answer, type: string, json: Buffer): void {
  const tag = entityTag(json);
  const headers = { 'Content-Type': type, ETag: tag, Vary: 'Accept' };
  if (isHeld(request.header('if-none-match'), tag)) answer.send(304, headers);
  else answer.send(200, headers, json);
}

/** JSON is the default; a client that says `application/json` gets it by that name. */
function typeOf(request: WebRequest): string {
  for (const wish of wishesOf(request.header('accept'), request.query.one('accept'))) {
    if (wish.multipart === true) {
      if (covers(wish.type, DICOM_XML)) return DICOM_XML;
      continue;
    }
    if (covers(wish.type, DICOM_JSON)) return DICOM_JSON;
    if (wish.type === 'application/json') return wish.type;
  }
  throw new WebError(406, 'NOT_ACCEPTABLE');
}
