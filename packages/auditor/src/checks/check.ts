import type { AccessClass, CheckMeta, Evidence, Outcome, SystemCounts } from '../findings/index.ts';
import type { Signs } from '../products/index.ts';
import type { AttestationKey } from '../scope/index.ts';
import type { DicomAsker, HttpAsker, SocketAsker, TlsAsker } from '../transport/index.ts';

/** One open port of a system, and what is spoken on it. */
export interface Service {
  readonly port: number;
  /** 'dicom', 'dicom-tls', 'tls', 'http', 'https', 'unknown', or the well-known one of the port: 'redis', 'nfs' ... */
  readonly protocol: string;
  /** A DICOM answer was seen, in clear or over TLS. */
  readonly speaksDicom: boolean;
  /** A TLS answer was seen. */
  readonly speaksTls: boolean;
  /** DICOM is expected here: a registered DICOM port. */
  readonly isDicomPort: boolean;
  readonly system: SystemFacts;
}

/** What is known of the whole system before its checks run. */
export interface SystemFacts {
  readonly address: string;
  readonly hostName?: string;
  readonly services: readonly Service[];
}

/** How a check judged. `reason` is needed unless the outcome is exposed or protected. */
export interface Verdict {
  readonly outcome: Outcome;
  readonly evidence?: Evidence;
  /** A stable code, a colon, and plain words. */
  readonly reason?: string;
  readonly counts?: SystemCounts;
  /** Access classes this proves; taken only when the outcome is exposed. */
  readonly grants?: readonly AccessClass[];
  /** What this told about product and version; matched against the tables, whatever the outcome. */
  readonly signs?: Signs;
}

/** Asks the operator, not the network: what the scope attests. */
export interface AttestationAsker {
  /** Undefined when the scope leaves the question unanswered. */
  attested(key: AttestationKey): boolean | undefined;
}

/** The asker of each kind. A new kind is a line here and one in `scan/run-checks.ts`. */
export interface Askers {
  readonly dicom: DicomAsker;
  readonly tls: TlsAsker;
  readonly http: HttpAsker;
  readonly socket: SocketAsker;
  readonly attestation: AttestationAsker;
}

export type AskerKind = keyof Askers;

/** A check: asks and judges. Dialling, limits, recording and errors of the network are the framework's. */
export interface Check<Kind extends AskerKind> {
  readonly kind: Kind;
  readonly meta: CheckMeta;
  /** Whether the question makes sense here, by what is known already. */
  matches(service: Service): boolean;
  /**
   * Asks, and judges the answer. A ProbeError (silence, reset, caps) may pass through: it becomes `inconclusive`
   * with its code; any other exception becomes `error`.
   */
  ask(asker: Askers[Kind], service: Service): Promise<Verdict>;
  /** Waits or holds connections: runs after the others, and never in modality-safe mode. */
  readonly isStressful?: boolean;
}

export type AnyCheck = { [Kind in AskerKind]: Check<Kind> }[AskerKind];
