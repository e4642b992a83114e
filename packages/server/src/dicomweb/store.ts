import { Refused, StoreOperation } from '../operations/index.ts';
import type { Answer } from './answer.ts';
import type { DoorContext } from './door-context.ts';
import { DataSetStart, StartError, type StartedInstance } from './data-set-start.ts';
import { parseMediaType, type MediaType } from '../http-media/media-type.ts';
import {
  type IncomingPart,
  type MultipartErrorCode,
  MultipartReader,
  requireBoundary,
} from '../http-media/multipart-reader.ts';
import { bodyPieces } from './read-body.ts';
import { type StoreResult, StoreReport } from './store-report.ts';
import { sendReport } from './store-answer.ts';
import { DICOM_XML, type MadeInstance, MetadataForm } from './store-metadata.ts';
import { WebError } from './web-error.ts';
import type { WebRequest } from './web-request.ts';

/** Instances whose end waits for the disk while the next ones arrive: one commit then makes many durable. */
const FINISHING_MAX = 16;
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
  const pieces = bodyPieces(request, limits);
  try {
    const form = metadataFormOf(media);
    if (media.type === DICOM) await storing.take(pieces);
    else if (form) {
      const reader = partsReader(pieces, media);
      for await (const part of reader.parts()) await form.take(part);
      for (const made of form.instances()) await storing.takeMade(made);
    } else {
      const reader = partsReader(pieces, media);
      for await (const part of reader.parts()) await storing.takePart(part);
    }
  } catch (error) {
    // What was stored before stays stored, and the client is told which.
    await storing.finished();
    if (!(error instanceof WebError) || report.storedCount === 0) throw error;
    report.brokenOff = { status: error.status, code: error.code };
  }
  await storing.finished();
  sendReport(request, answer, report);
}

/** @throws WebError 400 */
function partsReader(pieces: AsyncIterable<Buffer>, media: MediaType): MultipartReader {
  const boundary = requireBoundary(media.parameters.get('boundary'), badRequest);
  return new MultipartReader(pieces, boundary, badRequest);
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
class Storing {
  readonly #context: DoorContext;
  readonly #request: WebRequest;
  readonly #report: StoreReport;
  readonly #studyInstanceUID: string | undefined;
  readonly #finishing = new Set<Promise<void>>();
  #parts = 0;

  constructor(
    context: DoorContext,
    request: WebRequest,
    report: StoreReport,
    studyInstanceUID: string | undefined,
  ) {
    this.#context = context;
    this.#request = request;
    this.#report = report;
    this.#studyInstanceUID = studyInstanceUID;
  }

  async takePart({ headers, body }: IncomingPart): Promise<void> {
    if (++this.#parts > PARTS_MAX) throw new WebError(413, 'TOO_MANY_PARTS');
    const media = parseMediaType(headers.get('content-type') ?? DICOM);
    if (media?.type !== DICOM) {
      this.#report.add({ error: new WebError(415, 'UNKNOWN_PART_TYPE') });
      await drained(body);
      return;
    }
    await this.take(body);
  }

  /** One file. What is wrong with it stands in the report. */
  async take(body: AsyncIterable<Uint8Array>): Promise<void> {
    const result: StoreResult = this.#report.add({});
    const start = new DataSetStart(this.#studyInstanceUID);
    let store: StoreOperation | undefined;
    try {
      for await (const piece of body) {
        if (result.error !== undefined) continue;
        try {
          if (store) await store.write(piece);
          else store = await this.#begin(start.push(piece), result);
        } catch (error) {
          if (error instanceof Refused) throw error;
          result.error = error;
          await store?.fail(error);
        }
      }
      if (!store && result.error === undefined) store = await this.#begin(start.end(), result);
    } catch (error) {
      if (result.error === undefined) {
        result.error = error;
        await store?.fail(error);
      }
      if (error instanceof WebError || error instanceof Refused) throw error;
      return;
    }
    if (store && result.error === undefined) await this.#finish(store, result);
  }

  /** One that was made from metadata and bulk data. */
  async takeMade(made: MadeInstance | Error): Promise<void> {
    const result: StoreResult = this.#report.add({});
    if (made instanceof Error) {
      result.error = made;
      return;
    }
    try {
      const { source, dataSet, studyInstanceUID } = made;
      Object.assign(result, source);
      if (this.#studyInstanceUID !== undefined && studyInstanceUID !== this.#studyInstanceUID) {
        throw new StartError('STUDY_MISMATCH');
      }
      const { warning } = made;
      const started = { source, dataSetBytes: dataSet, preambleIsZero: true };
      const store = await this.#begin(started, result);
      result.warning = warning;
      if (store) await this.#finish(store, result);
    } catch (error) {
      if (error instanceof Refused) throw error;
      result.error = error;
    }
  }

  async #begin(
    started: StartedInstance | undefined,
    result: StoreResult,
  ): Promise<StoreOperation | undefined> {
    if (!started) return undefined;
    const { source, dataSetBytes, preambleIsZero, warning } = started;
    Object.assign(result, source, { warning });
    const { workplace } = this.#context;
    const detail = { way: 'dicomweb', ...(preambleIsZero ? {} : { preamble: 'not zero' }) };
    const store = await StoreOperation.open(workplace, this.#request.caller, source, 'store', detail);
    try {
      await store.write(dataSetBytes);
    } catch (error) {
      await store.fail(error);
      throw error;
    }
    return store;
  }

  async #finish(store: StoreOperation, result: StoreResult): Promise<void> {
    const finishing = store
      .finish()
      .then(
        (facts) => {
          result.facts = facts;
        },
        (error: unknown) => {
          result.error = error;
        },
      )
      .finally(() => this.#finishing.delete(finishing));
    this.#finishing.add(finishing);
    if (this.#finishing.size >= FINISHING_MAX) await Promise.race(this.#finishing);
  }

  async finished(): Promise<void> {
    await Promise.all(this.#finishing);
  }
}

async function drained(body: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _piece of body);
}
