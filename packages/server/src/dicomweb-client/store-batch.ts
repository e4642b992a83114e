import { randomBytes } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { type DicomJson, Tag, tagHex } from '@leadglass/dicom';
import { closing, multipartType, partHeader } from '../http-media/multipart-lines.ts';
import { attributesOf, DICOM_JSON, mediaTypeOf, readJSON, refusalOf, textOf } from './answers.ts';
import { DicomwebError } from './client-error.ts';
import { failureWords, warningWords } from './failure-reasons.ts';
import type { HttpConnection, RequestBody } from './http-connection.ts';
import { piecesOf } from './instance-files.ts';

const DICOM = 'application/dicom';
const BOUNDARY_BYTES = 20;

/** A file that is sent: new bytes, then the file's own from `offset` to `size`. */
export interface Sendable {
  readonly path: string;
  readonly sopInstanceUID: string;
  readonly start: Uint8Array;
  readonly offset: number;
  readonly size: number;
}

/** What became of a file: stored, perhaps with a warning in words, or refused, in words. */
export type BatchResult =
  { readonly stored: true; readonly warning?: string } | { readonly stored: false; readonly reason: string };

export interface BatchAnswer {
  /** In the order of the files. */
  readonly results: readonly BatchResult[];
  /** In words, what failed without being any of the files: each of those was named. */
  readonly otherFailures: readonly string[];
}

/** A file of a batch could not be read: the others can still be sent. */
export class FileUnreadable extends Error {
  readonly path: string;
  constructor(path: string, cause: unknown) {
    super('a file could not be read', { cause });
    this.path = path;
  }
}

/** The whole batch was refused, and why is not said of each: perhaps it would be taken in parts. */
export class BatchRefused extends Error {
  readonly refusal: DicomwebError;
  constructor(refusal: DicomwebError) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

const BATCH_STATUSES: ReadonlySet<number> = new Set([200, 202, 409]);
/** 413 is too much at once; with the others one bad file may have spoiled the rest. */
const DIVISIBLE_STATUSES: ReadonlySet<number> = new Set([400, 409, 413, 415, 422]);
/** Different reasons that are repeated of failures without a name: a server may list as many as it likes. */
const OTHER_REASONS_MAX = 8;

/**
 * Sends files in one request (PS3.18 10.5), as they are read, and gives what became of each. What the server does not
 * say it has stored counts as not stored; why is perhaps among the failures that it gives no name (Other Failures
 * Sequence, PS3.18 Table I.2-1).
 * @throws DicomwebError, FileUnreadable, BatchRefused
 */
export async function storeBatch(
  connection: HttpConnection,
  batch: readonly Sendable[],
): Promise<BatchAnswer> {
  let unreadable: FileUnreadable | undefined;
  const body = bodyOf(batch, (error) => (unreadable = error));
  let answer;
  try {
    answer = await connection.ask({ method: 'POST', path: '/studies', accept: DICOM_JSON, body });
  } catch (error) {
    throw unreadable ?? error;
  }
  const hasReport = BATCH_STATUSES.has(answer.status) && mediaTypeOf(answer).endsWith('json');
  if (!hasReport) {
    const refusal = await refusalOf(answer);
    throw DIVISIBLE_STATUSES.has(refusal.status ?? 0) ? new BatchRefused(refusal) : refusal;
  }
  const { status } = answer;
  const report = attributesOf(await readJSON(answer));
  if (report === undefined) throw new DicomwebError('ANSWER_INVALID', { status, detail: 'NO_REPORT' });
  const known = resultsOf(report);
  const others = itemsOf(report, OTHER_FAILURES_SEQUENCE).map((item) =>
    failureWords(numberOf(item, FAILURE_REASON)),
  );
  const reasons = [...new Set(others)];
  const isOneReasonForAll = others.length === batch.length && reasons.length === 1;
  // Without a word of any instance a conflict says no more than other refusals do: which is it, and why?
  if (status === 409 && known.size === 0 && !isOneReasonForAll)
    throw new BatchRefused(new DicomwebError('REFUSED', { status }));
  const told = reasons.slice(0, OTHER_REASONS_MAX);
  const unnamed = { stored: false, reason: unnamedReason(told) } as const;
  const results = batch.map(({ sopInstanceUID }) => known.get(sopInstanceUID) ?? unnamed);
  return { results, otherFailures: results.includes(unnamed) ? [] : told };
}

/** Of a file that the server does not name. */
function unnamedReason(otherFailures: readonly string[]): string {
  const reason = 'the server does not say that it has it';
  if (otherFailures.length === 0) return reason;
  return `${reason}, and of what it does not name it says: ${otherFailures.join('; ')}`;
}

function bodyOf(batch: readonly Sendable[], onUnreadable: (error: FileUnreadable) => void): RequestBody {
  const boundary = randomBytes(BOUNDARY_BYTES).toString('hex');
  const heads = batch.map((_file, index) => partHeader(boundary, { 'Content-Type': DICOM }, index === 0));
  const end = closing(boundary);
  const sizes = batch.map(({ start, size, offset }) => start.length + size - offset);
  const length = [...heads.map((head) => head.length), ...sizes, end.length].reduce((a, b) => a + b, 0);
  const pieces = async function* (): AsyncGenerator<Uint8Array> {
    for (const [index, file] of batch.entries()) {
      yield heads[index] ?? new Uint8Array();
      yield* fileBytes(file, onUnreadable);
    }
    yield end;
  };
  return { type: multipartType(DICOM, boundary), length, pieces };
}

/** Exactly as many bytes as were announced. */
async function* fileBytes(
  { path, start, offset, size }: Sendable,
  onUnreadable: (error: FileUnreadable) => void,
): AsyncGenerator<Uint8Array> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    if ((await handle.stat()).size !== size)
      throw new DicomwebError('FILE_UNREADABLE', { detail: 'FILE_CHANGED' });
    yield start;
    yield* piecesOf(handle, offset, size);
  } catch (error) {
    const unreadable = new FileUnreadable(path, error);
    onUnreadable(unreadable);
    throw unreadable;
  } finally {
    await handle?.close();
  }
}

const REFERENCED_SOP_SEQUENCE = tagHex(Tag.ReferencedSOPSequence);
const FAILED_SOP_SEQUENCE = tagHex(Tag.FailedSOPSequence);
const OTHER_FAILURES_SEQUENCE = tagHex(Tag.OtherFailuresSequence);
const REFERENCED_SOP_INSTANCE_UID = tagHex(Tag.ReferencedSOPInstanceUID);
const FAILURE_REASON = tagHex(Tag.FailureReason);
const WARNING_REASON = tagHex(Tag.WarningReason);

/** By SOPInstanceUID (PS3.18 Table I.2-1). A refusal counts more than a success of the same UID. */
function resultsOf(report: DicomJson): Map<string, BatchResult> {
  const results = new Map<string, BatchResult>();
  for (const item of itemsOf(report, REFERENCED_SOP_SEQUENCE)) {
    const warning = numberOf(item, WARNING_REASON);
    const result = {
      stored: true,
      ...(warning === undefined ? {} : { warning: warningWords(warning) }),
    } as const;
    results.set(textOf(item, REFERENCED_SOP_INSTANCE_UID) ?? '', result);
  }
  for (const item of itemsOf(report, FAILED_SOP_SEQUENCE)) {
    const reason = failureWords(numberOf(item, FAILURE_REASON));
    results.set(textOf(item, REFERENCED_SOP_INSTANCE_UID) ?? '', { stored: false, reason });
  }
  return results;
}

function itemsOf(record: DicomJson, key: string): DicomJson[] {
  const values: readonly unknown[] = record[key]?.Value ?? [];
  return values.map(attributesOf).filter((item) => item !== undefined);
}

function numberOf(record: DicomJson, key: string): number | undefined {
  const value = record[key]?.Value?.[0];
  return typeof value === 'number' && Number.isInteger(value) ? value : undefined;
}
