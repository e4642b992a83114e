/**
 * What can go wrong with pixels. Stable: doors map it to their own statuses.
 *
 * - `DESCRIPTION_INVALID`: the data set does not describe its pixels, or contradicts itself
 * - `FRAME_TOO_LARGE`: a named limit would be passed; refused before anything is allocated
 * - `TRANSFER_SYNTAX_NOT_DECODABLE`, `TRANSFER_SYNTAX_NOT_ENCODABLE`: there is no codec for it here
 * - `PIXELS_UNSUPPORTED`: the syntax is known, this kind of pixels in it is not
 * - `CODESTREAM_INVALID`: not what its syntax says; `CODESTREAM_TRUNCATED`: it ends too early
 * - `CODESTREAM_MISMATCH`: its header contradicts the data set
 * - `LENGTH_WRONG`: a frame, or what a codec made of it, has another length than rows, columns and bits say
 * - `OPTION_INVALID`: an option of rendering is out of its range, or asks for what the image has not
 * - `MEMORY_LIMIT`, `TIMED_OUT`, `WORKER_DIED`: the job was stopped, or took its worker with it
 * - `QUEUE_FULL`, `ABORTED`, `POOL_CLOSED`: the job was not done
 */
export type ImagingErrorCode =
  | 'DESCRIPTION_INVALID'
  | 'FRAME_TOO_LARGE'
  | 'TRANSFER_SYNTAX_NOT_DECODABLE'
  | 'TRANSFER_SYNTAX_NOT_ENCODABLE'
  | 'PIXELS_UNSUPPORTED'
  | 'CODESTREAM_INVALID'
  | 'CODESTREAM_TRUNCATED'
  | 'CODESTREAM_MISMATCH'
  | 'LENGTH_WRONG'
  | 'OPTION_INVALID'
  | 'MEMORY_LIMIT'
  | 'TIMED_OUT'
  | 'WORKER_DIED'
  | 'QUEUE_FULL'
  | 'ABORTED'
  | 'POOL_CLOSED';

/** Facts of an error: names and sizes, never a value of an attribute that tells of a patient. */
export type ImagingErrorFacts = Readonly<Record<string, string | number | boolean>>;

/** Pixels could not be had, made or shown. `code` is stable, `facts` say what was found. */
export class ImagingError extends Error {
  readonly code: ImagingErrorCode;
  readonly facts: ImagingErrorFacts;

  constructor(code: ImagingErrorCode, facts: ImagingErrorFacts = {}) {
    const told = Object.entries(facts).map(([name, value]) => `${name} ${value}`);
    super(told.length === 0 ? code : `${code}: ${told.join(', ')}`);
    this.name = 'ImagingError';
    this.code = code;
    this.facts = facts;
  }
}

/** Throws unless `holds`. */
export function ensure(holds: boolean, code: ImagingErrorCode, facts: ImagingErrorFacts): asserts holds {
  if (!holds) throw new ImagingError(code, facts);
}
