import { formatTag, ParseError } from '@leadglass/dicom';
import { ImagingError, Refused } from '../operations/index.ts';

/** A request that cannot be answered as asked. `code` is stable and safe to show; never holds what was sent. */
export class WebError extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, headers: Readonly<Record<string, string>> = {}) {
    super(code);
    this.name = 'WebError';
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

export interface ErrorAnswer {
  readonly status: number;
  readonly code: string;
  /** What to do next, for a person. */
  readonly advice?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A budget is a bucket that fills again: a minute later there is some. */
const RETRY_AFTER_SECONDS = '60';

/** Code of an operation -> status (PS3.18 8.5 and the tables of each transaction). */
const ANSWERS: Readonly<Record<string, Omit<ErrorAnswer, 'code'>>> = {
  NOT_FOUND: { status: 404 },
  GONE: { status: 410, advice: 'this study was erased' },
  QUERY_TOO_BROAD: { status: 413, advice: 'narrow by patient, date or accession number, or give a limit' },
  QUERY_BUDGET_USED_UP: {
    status: 429,
    advice: 'query budget used up: narrow the search or wait a minute',
    headers: { 'Retry-After': RETRY_AFTER_SECONDS },
  },
  READ_FAILED: { status: 500, advice: 'the archive cannot read: run leadglass verify' },
  WRITE_REFUSED: { status: 507, advice: 'the archive cannot write: is its disk full?' },
  READER_CLOSED: { status: 503, advice: 'the archive is stopping' },
};

const NAMES_OF_BAD_REQUESTS: ReadonlySet<string> = new Set(['QueryError', 'IndexError']);

/** What the client is told about an error: never a value it sent, always the next step if there is one. */
export function answerOf(error: unknown): ErrorAnswer {
  if (error instanceof WebError) return { status: error.status, code: error.code, headers: error.headers };
  if (error instanceof Refused) {
    return known(error.reason) ?? { status: 403, code: error.reason, advice: 'not granted to this caller' };
  }
  if (error instanceof ParseError) return { status: 400, code: error.code, ...tagOfError(error) };
  if (error instanceof ImagingError) return imagingAnswer(error);
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  const answer = typeof code === 'string' ? known(code) : undefined;
  if (answer) return answer;
  if (error instanceof Error && NAMES_OF_BAD_REQUESTS.has(error.name) && typeof code === 'string') {
    return { status: 400, code, ...tagOfError(error) };
  }
  return { status: 500, code: 'UNEXPECTED' };
}

/** What cannot be decoded or shown can still be had as it is stored. */
function imagingAnswer({ code }: ImagingError): ErrorAnswer {
  if (code === 'OPTION_INVALID') return { status: 400, code };
  if (code === 'QUEUE_FULL' || code === 'POOL_CLOSED')
    return { status: 503, code, advice: 'busy: come again', headers: { 'Retry-After': '5' } };
  return { status: 406, code, advice: 'it can be had as it is stored: transfer-syntax=*' };
}

function known(code: string): ErrorAnswer | undefined {
  const answer = Object.hasOwn(ANSWERS, code) ? ANSWERS[code] : undefined;
  return answer && { code, ...answer };
}

function tagOfError(error: Error): { advice?: string } {
  const tag: unknown = 'tag' in error ? error.tag : undefined;
  return typeof tag === 'number' ? { advice: `at ${formatTag(tag)}` } : {};
}
