import type { AssociationEnd } from './end.ts';

export type NetworkErrorCode =
  | 'ASSOCIATION_REJECTED'
  | 'ASSOCIATION_ABORTED'
  | 'ASSOCIATION_ENDED'
  | 'CONNECTION_FAILED'
  | 'TIMED_OUT'
  | 'NO_PRESENTATION_CONTEXT'
  | 'ROLE_NOT_NEGOTIATED'
  | 'ALREADY_ANSWERED'
  | 'TOO_MANY_MESSAGES_WAITING'
  | 'NEGOTIATION_FAILED'
  | 'CANCELLED';

/** Base of what this package throws at its users; `code` is stable. */
export class NetworkError extends Error {
  override readonly name: string = 'NetworkError';
  readonly code: NetworkErrorCode;

  constructor(code: NetworkErrorCode, detail = '', options?: ErrorOptions) {
    super(detail === '' ? code : `${code}: ${detail}`, options);
    this.code = code;
  }
}

/** The peer answered A-ASSOCIATE-RJ (PS3.8 Table 9-21). */
export class AssociationRejected extends NetworkError {
  override readonly name = 'AssociationRejected';
  readonly result: string;
  readonly source: string;
  readonly reason: string;

  constructor(facts: { result: string; source: string; reason: string }) {
    super('ASSOCIATION_REJECTED', `${facts.result}, ${facts.source}, ${facts.reason}`);
    this.result = facts.result;
    this.source = facts.source;
    this.reason = facts.reason;
  }
}

/** A-ABORT ended the association, or kept it from beginning (PS3.8 Table 9-26). */
export class AssociationAborted extends NetworkError {
  override readonly name = 'AssociationAborted';
  readonly byPeer: boolean;
  readonly source: number | undefined;
  readonly reason: number | undefined;

  constructor(end: AssociationEnd) {
    super('ASSOCIATION_ABORTED', end.code ?? `source ${end.source ?? '-'}, reason ${end.reason ?? '-'}`, {
      cause: end.error,
    });
    this.byPeer = end.byPeer;
    this.source = end.source;
    this.reason = end.reason;
  }
}

/** The association is over: nothing can be sent any more. */
export class AssociationEnded extends NetworkError {
  override readonly name = 'AssociationEnded';
  readonly end: AssociationEnd | undefined;

  constructor(end: AssociationEnd | undefined) {
    super('ASSOCIATION_ENDED', end?.how ?? '', { cause: end?.error });
    this.end = end;
  }
}

/** The transport connection could not be made or broke; `systemCode` is Node's, for instance ECONNREFUSED. */
export class ConnectionFailed extends NetworkError {
  override readonly name = 'ConnectionFailed';
  readonly systemCode: string | undefined;

  constructor(cause: unknown) {
    const systemCode = systemCodeOf(cause);
    super('CONNECTION_FAILED', systemCode ?? '', { cause });
    this.systemCode = systemCode;
  }
}

/** A wait had its limit. */
export class TimedOut extends NetworkError {
  override readonly name = 'TimedOut';
  readonly what: string;

  constructor(what: string) {
    super('TIMED_OUT', what);
    this.what = what;
  }
}

/** A handler's request was cancelled by the peer with C-CANCEL-RQ: the reason of its signal. */
export class Cancelled extends NetworkError {
  override readonly name = 'Cancelled';

  constructor() {
    super('CANCELLED');
  }
}

/** Node's code of a system error, if it is one. */
export function systemCodeOf(error: unknown): string | undefined {
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string') {
    return error.code;
  }
  return undefined;
}

/** The error that an unfinished operation sees when the association ended. */
export function errorOfEnd(end: AssociationEnd): NetworkError {
  // What happened while connecting was already told by its own error.
  if (end.error instanceof NetworkError) return end.error;
  switch (end.how) {
    case 'aborted':
    case 'protocol-error':
      return new AssociationAborted(end);
    case 'timeout':
      return new TimedOut(end.code ?? 'association');
    case 'connection-lost':
      return new ConnectionFailed(end.error ?? { code: end.code });
    case 'rejected':
    case 'released':
      return new AssociationEnded(end);
  }
}
