import type { Answer } from './answer.ts';
import type { DoorContext } from './door-context.ts';
import { StartError } from './data-set-start.ts';
import { parseMediaType, type MediaType } from '../http-media/media-type.ts';
import {
  type MultipartErrorCode,
  MultipartParser,
  type PartHeaders,
  requireBoundary,
} from '../http-media/multipart-parser.ts';
import { type BodyLimits, takeBody } from './read-body.ts';
import { sendReport } from './store-answer.ts';
import { StoreEndings } from './store-endings.ts';
import { type FileHost, StoreFile } from './store-file.ts';
import { DICOM_XML, type MadeInstance, MetadataForm } from './store-metadata.ts';
import { Parts, type PartSink } from './store-parts.ts';
import { StoreReport } from './store-report.ts';
import { WebError } from './web-error.ts';
import type { WebRequest } from './web-request.ts';

/** Parts of one request: a large study has 10,000. */
const PARTS_MAX = 100_000;

const MULTIPART = 'multipart/related';
const DICOM = 'application/dicom';
const METADATA_TYPES: readonly string[] = ['application/dicom+json', DICOM_XML];

/** `POST /studies[/{study}]` (PS3.18 10.5): each part is stored as it arrives; a bad one never spoils the others. */
export async function storeInstances(
  context: DoorContext,
  request: WebRequest,
  answer: Answer,
): Promise<void> {
  const studyInstanceUID = request.parameter('study') === undefined ? undefined : request.uid('study');
  const media = requireContentType(request);
  const limits = { maxBytes: context.requestMaxBytes, idleTimeoutMs: context.idleTimeoutMs };
  const report = new StoreReport(context.baseURL, studyInstanceUID);
  const storing = new Storing(context, request, report, studyInstanceUID);
  try {
    if (media.type === DICOM) await takeFile(request, limits, storing.file());
    else {
      const form = metadataFormOf(media);
      await takeParts(request, limits, media, (headers) => form?.part(headers) ?? storing.part(headers));
      for (const made of form?.instances() ?? []) await storing.takeMade(made);
    }
  } catch (error) {
    // What was stored before stays stored, and the client is told which.
    await storing.endings.finished();
    if (!(error instanceof WebError) || report.storedCount === 0) throw error;
    report.brokenOff = { status: error.status, code: error.code };
  }
  await storing.endings.finished();
  sendReport(request, answer, report);
}

/** A body that is one file. @throws WebError, Refused */
async function takeFile(request: WebRequest, limits: BodyLimits, file: StoreFile): Promise<void> {
  try {
    await takeBody(request, limits, (piece) => file.write(piece)?.then(() => 'more' as const) ?? 'more');
    await file.end();
  } catch (error) {
    await file.breakOff(error);
    throw error;
  }
}

/** A body of parts, each to where `begin` says. @throws WebError, Refused */
async function takeParts(
  request: WebRequest,
  limits: BodyLimits,
  media: MediaType,
  begin: (headers: PartHeaders) => PartSink,
): Promise<void> {
  const boundary = requireBoundary(media.parameters.get('boundary'), badRequest);
  const parts = new Parts(new MultipartParser(boundary, badRequest), begin);
  try {
    await takeBody(request, limits, (piece) => parts.take(piece));
    if (!parts.haveEnded) throw badRequest('MULTIPART_CUT_SHORT');
  } catch (error) {
    await parts.breakOff(error);
    throw error;
  }
}

const badRequest = (code: MultipartErrorCode): WebError => new WebError(400, code);

/** @throws WebError 415, 400 */
function requireContentType(request: WebRequest): MediaType {
  const encoding = request.header('content-encoding') ?? 'identity';
  if (encoding !== 'identity') throw new WebError(415, 'CONTENT_ENCODING_NOT_SUPPORTED');
  const media = parseMediaType(request.header('content-type') ?? '');
  if (media?.type === DICOM) return media;
  if (media?.type !== MULTIPART) throw new WebError(415, 'MULTIPART_RELATED_EXPECTED');
  const type = media.parameters.get('type')?.toLowerCase() ?? DICOM;
  if (type !== DICOM && !METADATA_TYPES.includes(type)) throw new WebError(415, 'UNKNOWN_PART_TYPE');
  return media;
}

/** JSON or XML with bulk data (PS3.18 8.6.1.2.2); undefined for application/dicom. */
function metadataFormOf(media: MediaType): MetadataForm | undefined {
  const type = media.parameters.get('type')?.toLowerCase();
  return type !== undefined && METADATA_TYPES.includes(type) ? new MetadataForm(type) : undefined;
}

/** The instances of one request on their way in. */
class Storing implements FileHost {
  readonly context: DoorContext;
  readonly request: WebRequest;
  readonly studyInstanceUID: string | undefined;
  readonly endings = new StoreEndings();
  readonly #report: StoreReport;
  #parts = 0;

  constructor(
    context: DoorContext,
    request: WebRequest,
    report: StoreReport,
    studyInstanceUID: string | undefined,
  ) {
    this.context = context;
    this.request = request;
    this.studyInstanceUID = studyInstanceUID;
    this.#report = report;
  }

  /** One file; how it went stands in the report. */
  file(): StoreFile {
    return new StoreFile(this, this.#report.add({}));
  }

  /** @throws WebError 413 */
  part(headers: PartHeaders): PartSink {
    if (++this.#parts > PARTS_MAX) throw new WebError(413, 'TOO_MANY_PARTS');
    const media = parseMediaType(headers.get('content-type') ?? DICOM);
    if (media?.type === DICOM) return this.file();
    this.#report.add({ error: new WebError(415, 'UNKNOWN_PART_TYPE') });
    return DROPPED;
  }

  /** One that was made from metadata and bulk data. */
  async takeMade(made: MadeInstance | Error): Promise<void> {
    if (made instanceof Error) {
      this.#report.add({ error: made });
      return;
    }
    const { source, dataSet, studyInstanceUID, warning } = made;
    const isElsewhere = this.studyInstanceUID !== undefined && studyInstanceUID !== this.studyInstanceUID;
    if (isElsewhere) this.#report.add({ ...source, error: new StartError('STUDY_MISMATCH') });
    else {
      const started = { source, dataSetBytes: dataSet, preambleIsZero: true, warning };
      await this.file().storeWhole(() => started);
    }
  }
}

const DROPPED: PartSink = { write: () => undefined, end: () => undefined };
