import type { DicomJson } from '@leadglass/dicom';
import { parseMediaType } from '../http-media/media-type.ts';
import { DicomwebError, type DicomwebErrorCode } from './client-error.ts';
import type { HttpAnswer } from './http-connection.ts';

/** A page of a search, or the report on a batch: some kilobytes a record. */
const JSON_MAX_BYTES = 64 * 1024 * 1024;
/** Looked at of a refusal for its code. */
const REFUSAL_MAX_BYTES = 16 * 1024;
const RETRY_AFTER_MAX_MS = 120_000;

export const DICOM_JSON = 'application/dicom+json';
const JSON_TYPES: readonly string[] = [DICOM_JSON, 'application/json'];

/** A body of at most so many bytes. @throws DicomwebError ANSWER_TOO_LONG */
export async function readBody(answer: HttpAnswer, maxBytes: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of answer.pieces) {
    length += piece.length;
    if (length > maxBytes) throw new DicomwebError('ANSWER_TOO_LONG');
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** The JSON of an answer; what it holds is nobody's word yet. @throws DicomwebError */
export async function readJSON(answer: HttpAnswer): Promise<unknown> {
  requireIdentity(answer);
  if (!JSON_TYPES.includes(mediaTypeOf(answer))) {
    answer.close();
    throw new DicomwebError('ANSWER_INVALID', { status: answer.status, detail: 'NO_JSON' });
  }
  try {
    return JSON.parse((await readBody(answer, JSON_MAX_BYTES)).toString('utf8')) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) throw new DicomwebError('ANSWER_INVALID', { detail: 'BAD_JSON' });
    throw error;
  }
}

/** Nothing was said of encodings, so none may come: a compressed answer could be of any size. */
export function requireIdentity(answer: HttpAnswer): void {
  const encoding = answer.header('content-encoding') ?? 'identity';
  if (encoding === 'identity') return;
  answer.close();
  throw new DicomwebError('ANSWER_INVALID', { detail: 'CONTENT_ENCODING' });
}

export function mediaTypeOf(answer: HttpAnswer): string {
  return parseMediaType(answer.header('content-type') ?? '')?.type ?? '';
}

const CODE_OF_STATUS: Readonly<Record<number, DicomwebErrorCode>> = {
  401: 'NOT_SIGNED_IN',
  403: 'NOT_GRANTED',
  404: 'NOT_FOUND',
  410: 'NOT_FOUND',
  429: 'BUSY',
  502: 'BUSY',
  503: 'BUSY',
  504: 'BUSY',
};

/** What a status says when it is none that was hoped for; the body is read for the server's own code, if it has one. */
export async function refusalOf(answer: HttpAnswer): Promise<DicomwebError> {
  const { status } = answer;
  const known = CODE_OF_STATUS[status];
  const code = known ?? (status >= 500 ? 'SERVER_FAILED' : status >= 400 ? 'REFUSED' : undefined);
  if (code === undefined) {
    answer.close();
    return new DicomwebError(status >= 300 ? 'REDIRECTED' : 'ANSWER_INVALID', { status });
  }
  const detail = await serverCode(answer);
  const retryAfterMs = retryAfterOf(answer);
  return new DicomwebError(code, {
    status,
    ...(detail === undefined ? {} : { detail }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** `{"error": "CODE"}`, as a Leadglass answers. Free text of a server's is not repeated: it may quote what it read. */
async function serverCode(answer: HttpAnswer): Promise<string | undefined> {
  try {
    const text = (await readBody(answer, REFUSAL_MAX_BYTES)).toString('utf8');
    const json: unknown = JSON.parse(text);
    const code = isRecord(json) ? json['error'] : undefined;
    return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,63}$/.test(code) ? code : undefined;
  } catch {
    return undefined;
  } finally {
    answer.close();
  }
}

/** Seconds (RFC 9110 10.2.3), within reason; a date is not worth its parser here. */
function retryAfterOf(answer: HttpAnswer): number | undefined {
  const text = answer.header('retry-after') ?? '';
  return /^\d{1,6}$/.test(text) ? Math.min(Number(text) * 1000, RETRY_AFTER_MAX_MS) : undefined;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An object whose members are attributes (PS3.18 F.2.2); members that are none are left out. */
export function attributesOf(value: unknown): DicomJson | undefined {
  if (!isRecord(value)) return undefined;
  const record: DicomJson = {};
  for (const [key, attribute] of Object.entries(value)) {
    if (!/^[0-9A-Fa-f]{8}$/.test(key) || !isRecord(attribute) || typeof attribute['vr'] !== 'string')
      continue;
    const { vr, Value } = attribute;
    record[key.toUpperCase()] = { vr, ...(Array.isArray(Value) ? { Value: Value.filter(isValue) } : {}) };
  }
  return record;
}

const isValue = (value: unknown): value is string | number | null | Record<string, never> =>
  value === null || typeof value === 'string' || typeof value === 'number' || isRecord(value);

/** The first value of an attribute when it is text. */
export function textOf(record: DicomJson, key: string): string | undefined {
  const value = record[key]?.Value?.[0];
  return typeof value === 'string' ? value : undefined;
}
