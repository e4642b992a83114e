export type ReportErrorCode =
  | 'TOO_LARGE'
  | 'NOT_READABLE'
  | 'NOT_A_SCAN_REPORT'
  | 'UNSUPPORTED_VERSION'
  | 'DUPLICATE_SYSTEM'
  | 'NOT_A_FOLLOW_UP'
  | 'BAD_RECIPIENT';

/** A report, or what belongs to one, cannot be used. The message names the place, never what stands there. */
export class ReportError extends Error {
  readonly code: ReportErrorCode;

  constructor(code: ReportErrorCode, message: string) {
    super(message);
    this.name = 'ReportError';
    this.code = code;
  }
}
