/** Why a DICOMweb server could not be asked, or did not answer as PS3.18 has it. Stable. */
export type DicomwebErrorCode =
  | 'BAD_ADDRESS'
  | 'BAD_TOKEN'
  | 'BAD_PEM'
  | 'BAD_SEARCH'
  | 'UNREACHABLE'
  | 'CONNECTION_FAILED'
  | 'CERTIFICATE_REFUSED'
  | 'TIMED_OUT'
  | 'CUT_SHORT'
  | 'ANSWER_INVALID'
  | 'ANSWER_TOO_LONG'
  | 'REDIRECTED'
  | 'NOT_SIGNED_IN'
  | 'NOT_GRANTED'
  | 'NOT_FOUND'
  | 'BUSY'
  | 'REFUSED'
  | 'SERVER_FAILED'
  | 'FILE_UNREADABLE'
  | 'DISK_FULL';

/** What to do next, for a person. */
const NEXT_STEP: Readonly<Record<DicomwebErrorCode, string>> = {
  BAD_ADDRESS: 'give the base of the DICOMweb service, such as https://archive.example.org:8443/dicom-web',
  BAD_TOKEN: 'a token is one line of printable characters: check the file, or LEADGLASS_TOKEN',
  BAD_PEM:
    'the files of --cert, --key and --ca are PEM, and the key is that of the certificate and not encrypted',
  BAD_SEARCH: 'attributes are named by keyword or tag: PatientID=123, StudyDate=20240101-20241231',
  UNREACHABLE: 'check address and port, and that the server runs',
  CONNECTION_FAILED: 'the server is gone: is it still running? The command goes on where it ended',
  CERTIFICATE_REFUSED:
    'the certificate is not one that is trusted here: --ca FILE names its authority (a Leadglass writes ca.pem with `device add --out`)',
  TIMED_OUT: 'the server was too slow: try again, the command goes on where it ended',
  CUT_SHORT: 'the connection was cut: try again, the command goes on where it ended',
  ANSWER_INVALID: 'is the address that of a DICOMweb service?',
  ANSWER_TOO_LONG: 'the answer crosses a limit of this client: ask for less at a time',
  REDIRECTED: 'the server sends elsewhere, which is not followed: give the address where it really is',
  NOT_SIGNED_IN:
    'give a token (--token-file, LEADGLASS_TOKEN) or a certificate (--cert, --key); is it expired?',
  NOT_GRANTED: 'the token or certificate does not grant this: ask for one that does',
  NOT_FOUND: 'there is no such thing at this address: check the UID, and the path of the service',
  BUSY: 'the server has no room now: try again later',
  REFUSED: 'the server does not take this request',
  SERVER_FAILED: 'the server failed: its log says why',
  FILE_UNREADABLE: 'a file changed or could not be read',
  DISK_FULL: 'there is no room on the disk: make some, then run the command again, it goes on where it ended',
};

/** Those that may be over when the same is asked again. */
const PASSING: ReadonlySet<DicomwebErrorCode> = new Set<DicomwebErrorCode>([
  'CONNECTION_FAILED',
  'TIMED_OUT',
  'CUT_SHORT',
  'BUSY',
]);

/** Those that every further request meets too. */
const HOPELESS: ReadonlySet<DicomwebErrorCode> = new Set<DicomwebErrorCode>([
  'BAD_ADDRESS',
  'BAD_TOKEN',
  'BAD_PEM',
  'UNREACHABLE',
  'CONNECTION_FAILED',
  'CERTIFICATE_REFUSED',
  'REDIRECTED',
  'NOT_SIGNED_IN',
  'NOT_GRANTED',
  'DISK_FULL',
]);

export interface DicomwebErrorFacts {
  /** HTTP status. */
  readonly status?: number;
  /** A code, ours, the system's or the server's: never text of the server's or a value. */
  readonly detail?: string;
  /** From Retry-After. */
  readonly retryAfterMs?: number;
}

/** The message says what is wrong and what to do next; never an attribute's value, never the token. */
export class DicomwebError extends Error {
  override readonly name = 'DicomwebError';
  readonly code: DicomwebErrorCode;
  readonly status: number | undefined;
  readonly detail: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: DicomwebErrorCode, facts: DicomwebErrorFacts = {}) {
    const words = [code, facts.status === undefined ? '' : `HTTP ${facts.status}`, facts.detail ?? ''];
    super(`${words.filter((word) => word !== '').join(' ')}: ${NEXT_STEP[code]}`);
    this.code = code;
    this.status = facts.status;
    this.detail = facts.detail;
    this.retryAfterMs = facts.retryAfterMs;
  }

  get isPassing(): boolean {
    return PASSING.has(this.code);
  }

  get isHopeless(): boolean {
    return HOPELESS.has(this.code);
  }
}

/** OpenSSL could not make anything of a key or a certificate of ours. */
const PEM_CODES = /^ERR_OSSL_|^ERR_CRYPTO_/;
/** The server says so (RFC 8446 6.2): it wants a certificate, or another one. */
const ALERT_CODES = /ALERT.*(CERT|UNKNOWN_CA|ACCESS_DENIED)/;
/** Codes of OpenSSL and Node.js for a certificate that is not trusted. */
const CERTIFICATE_CODES = /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|ERR_TLS_CERT/;

/** The error of a request or a body, as one of ours. */
export function connectionError(error: unknown): Error {
  if (!(error instanceof Error) || error instanceof DicomwebError) {
    return error instanceof Error ? error : new DicomwebError('CONNECTION_FAILED');
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  if (code === 'HPE_HEADER_OVERFLOW') return new DicomwebError('ANSWER_TOO_LONG', { detail: code });
  if (code.startsWith('HPE_')) return new DicomwebError('ANSWER_INVALID', { detail: code });
  if (PEM_CODES.test(code)) return new DicomwebError('BAD_PEM', { detail: code });
  if (ALERT_CODES.test(code)) return new DicomwebError('NOT_SIGNED_IN', { detail: code });
  if (CERTIFICATE_CODES.test(code)) return new DicomwebError('CERTIFICATE_REFUSED', { detail: code });
  if (['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'].includes(code)) {
    return new DicomwebError('CUT_SHORT', { detail: code });
  }
  return new DicomwebError('CONNECTION_FAILED', { detail: code });
}
