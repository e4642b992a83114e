import { isSocketShortage } from './socket-shortage.ts';

export type ProbeErrorCode =
  | 'OUT_OF_SCOPE'
  | 'STOPPED'
  | 'HOST_CAP'
  | 'HOST_BUSY'
  | 'NO_SOCKET'
  | 'REFUSED'
  | 'UNREACHABLE'
  | 'CONNECT_TIMED_OUT'
  | 'READ_TIMED_OUT'
  | 'TOTAL_TIME'
  | 'BYTE_BUDGET'
  | 'RESET'
  | 'CLOSED'
  | 'PROTOCOL'
  | 'TLS_FAILED';

const words: Readonly<Record<ProbeErrorCode, string>> = {
  OUT_OF_SCOPE: 'the scope does not allow it',
  STOPPED: 'the run was stopped',
  HOST_CAP: 'this host was asked as often as one run allows',
  HOST_BUSY: 'the check held every connection that a host may have, and waited for one more',
  NO_SOCKET:
    'this machine had no socket left, so nothing was asked: allow more open files (ulimit -n), or end what holds them',
  REFUSED: 'the connection was refused',
  UNREACHABLE: 'the host cannot be reached',
  CONNECT_TIMED_OUT: 'nobody answered the connection attempt in time',
  READ_TIMED_OUT: 'the answer did not come in time',
  TOTAL_TIME: 'the connection took longer than one may',
  BYTE_BUDGET: 'the answer was longer than is read',
  RESET: 'the connection was reset',
  CLOSED: 'the connection was closed before the answer',
  PROTOCOL: 'the answer breaks its protocol',
  TLS_FAILED: 'the TLS handshake failed',
};

/** Why a question got no answer. Never holds a byte of what the target sent. */
export class ProbeError extends Error {
  override readonly name = 'ProbeError';
  readonly code: ProbeErrorCode;
  /** A system's, TLS library's or codec's code: 'ECONNRESET', 'PDU_TOO_LONG', ... */
  readonly detail: string | undefined;

  constructor(code: ProbeErrorCode, detail?: string) {
    super(detail === undefined ? words[code] : `${words[code]} (${detail})`);
    this.code = code;
    this.detail = detail;
  }
}

/** Codes that say nothing about the target: nobody asked it. */
const unasked: ReadonlySet<ProbeErrorCode> = new Set(['STOPPED', 'NO_SOCKET', 'HOST_BUSY']);

/** Whether an error is how a target answered, or did not, and not why it was never asked. */
export function isAnswer(error: unknown): error is ProbeError {
  return error instanceof ProbeError && !unasked.has(error.code);
}

/** The ProbeError for an error of a socket. */
export function probeErrorOf(error: unknown): ProbeError {
  if (error instanceof ProbeError) return error;
  const code = systemCode(error);
  if (code === 'ECONNREFUSED') return new ProbeError('REFUSED');
  if (code === 'ECONNRESET' || code === 'EPIPE') return new ProbeError('RESET', code);
  if (code === 'ETIMEDOUT') return new ProbeError('CONNECT_TIMED_OUT');
  if (isSocketShortage(code)) return new ProbeError('NO_SOCKET', code);
  if (code !== undefined && /^E(HOST|NET)UNREACH$|^EACCES$|^EPERM$/.test(code)) {
    return new ProbeError('UNREACHABLE', code);
  }
  if (code !== undefined && /SSL|TLS|CERT|DEPTH_ZERO|UNABLE_TO/.test(code)) {
    return new ProbeError('TLS_FAILED', code);
  }
  return new ProbeError('PROTOCOL', code);
}

function systemCode(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}
