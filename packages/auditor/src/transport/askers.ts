import type { X509Certificate } from 'node:crypto';
import type { OptIn } from '../findings/index.ts';
import type { Rates } from '../scope/index.ts';
import type { DatagramAnswer } from './datagram.ts';

/** One presentation context of a proposal, found again in the answer by its key. */
export interface ContextProposal {
  /** Ours, unique in the proposal: 'study-find'. */
  readonly key: string;
  readonly abstractSyntax: string;
  readonly transferSyntaxes: readonly string[];
  /** Propose to be SCP too (PS3.7 D.3.3.4): what C-GET needs. */
  readonly asSCP?: boolean;
}

/** What an A-ASSOCIATE-RQ shall say; what is left out is the auditor's own. */
export interface AssociationProposal {
  /** Default: a fresh random title. */
  readonly calledAETitle?: string;
  /** Default: EXPOAUDIT. */
  readonly callingAETitle?: string;
  /** Default: Verification alone. */
  readonly contexts?: readonly ContextProposal[];
  /** PS3.7 D.3.3.7. */
  readonly userIdentity?: { readonly type: number; readonly primary: string; readonly secondary: string };
  /** Propose relational queries and date matching for these classes (PS3.4 C.5.1.1). */
  readonly relationalFor?: readonly string[];
}

export interface ContextAnswer {
  readonly isAccepted: boolean;
  /** Result/Reason of the context (PS3.8 Table 9-18), 0 to 4; 255 when the answer left it out. */
  readonly result: number;
  readonly transferSyntax?: string;
  /** We were given the SCP role. */
  readonly asSCP: boolean;
  /** The extended negotiation answer accepts relational queries. */
  readonly isRelational: boolean;
}

export interface PeerFacts {
  readonly implementationClassUID?: string;
  readonly implementationVersionName?: string;
  readonly maximumLength?: number;
  readonly hasUserIdentityResponse: boolean;
}

/** How a target answered an A-ASSOCIATE-RQ. */
export type AssociationAnswer =
  | {
      readonly kind: 'accepted';
      readonly contexts: ReadonlyMap<string, ContextAnswer>;
      readonly peer: PeerFacts;
    }
  | { readonly kind: 'rejected'; readonly result: number; readonly source: number; readonly reason: number }
  | { readonly kind: 'aborted'; readonly source: number; readonly reason: number }
  | { readonly kind: 'closed' };

/** How a target answered one DIMSE request. Data sets were dropped undecoded. */
export type OperationAnswer =
  | {
      readonly kind: 'status';
      readonly status: number;
      /** Responses with status FF00 or FF01: one a match. */
      readonly pending: number;
      /** Counting stopped at the cap and was cancelled: there may be more. */
      readonly wasCut: boolean;
      readonly completedSuboperations?: number;
      /** The target began to send an instance; the association was aborted before its data. */
      readonly triedToStore: boolean;
    }
  | { readonly kind: 'not-offered'; readonly result: number }
  /** The target ended the association instead of answering: 'A-ABORT', 'RESET' ... */
  | { readonly kind: 'ended'; readonly how: string }
  | { readonly kind: 'no-association'; readonly answer: AssociationAnswer };

export type QueryLevel = 'PATIENT' | 'STUDY' | 'SERIES' | 'IMAGE' | 'WORKLIST';

/** A C-FIND, C-GET or C-MOVE on the shared association. */
export interface QueryQuestion {
  /** Key of the context in the standard proposal: 'study-find', 'patient-find', 'worklist-find', 'study-get' ... */
  readonly contextKey: string;
  readonly level: QueryLevel;
  /** `zero-match` asks for a UID or ID that exists nowhere; `count` for everything, without reading it. */
  readonly mode: 'zero-match' | 'count';
}

/** Bytes back and forth on a connection of its own, for what no protocol asker does. */
export interface RawConversation {
  write(bytes: Uint8Array | string): void;
  /** Undefined when the target closed. Throws ProbeError. */
  read(timeoutMs?: number): Promise<Buffer | undefined>;
  /** True when the target closed in time. */
  waitForClose(timeoutMs: number): Promise<boolean>;
  readonly isOver: boolean;
  close(): void;
}

/** What every asker knows. Limits, scope and recording are the framework's. */
export interface AskerBase {
  readonly address: string;
  readonly port: number;
  readonly rates: Rates;
  readonly isModalitySafe: boolean;
  /** What the scope asks for by name. */
  isOptedIn(optIn: OptIn): boolean;
  /** Aborted when the run is stopped. */
  readonly signal: AbortSignal;
  /** A connection of its own, plain TCP. */
  converse(purpose: string, options?: ConversationOptions): Promise<RawConversation>;
  /** Whether the scope lets this port of the same address be asked now. */
  mayAsk(port: number): boolean;
  /** One UDP datagram to a port of the same address, and its answer. Throws ProbeError. */
  askDatagram(purpose: string, bytes: Uint8Array, options?: DatagramOptions): Promise<DatagramAnswer>;
  /** What a web server is told: the program, and whom to call. */
  readonly userAgent: string;
  /** An AE title nobody configured. */
  freshAETitle(): string;
  /** A UID that names nothing anywhere. */
  freshUID(): string;
}

export interface ConversationOptions {
  /** Another port of the same address, if the scope allows it: what a port mapper named. */
  readonly port?: number;
  readonly totalMs?: number;
  /** One more than a host is asked at once; only where the scope asks for idle sockets. */
  readonly beyondHostLimit?: boolean;
}

export interface DatagramOptions {
  /** Default: the asker's own. */
  readonly port?: number;
  readonly timeoutMs?: number;
}

/** Asks DICOM questions of one port. Answers are remembered: the same question is sent once. */
export interface DicomAsker extends AskerBase {
  readonly isTls: boolean;
  /** Titles the scope names for this host. */
  readonly knownAETitles: readonly string[];
  /** The answer to the standard proposal (see standard-proposal.ts) with a random called AE title. */
  hello(): Promise<AssociationAnswer>;
  /** The first title that was accepted: the random one of `hello`, or one the scope names. */
  acceptedTitle(): Promise<string | undefined>;
  /** An association of its own, released as soon as it was answered. */
  associate(proposal: AssociationProposal): Promise<AssociationAnswer>;
  /** The negotiated answer for one context of the standard proposal; undefined when there is no association. */
  negotiated(key: string): Promise<ContextAnswer | undefined>;
  echo(): Promise<OperationAnswer>;
  find(question: QueryQuestion): Promise<OperationAnswer>;
  get(question: QueryQuestion): Promise<OperationAnswer>;
  move(question: QueryQuestion): Promise<OperationAnswer>;
  /** The same connection as `converse`, TLS included where the port speaks it. */
  converseSecured(purpose: string, options?: ConversationOptions): Promise<RawConversation>;
}

export interface TlsQuestion {
  /** Record and hello version: 0x0300 SSLv3 to 0x0303 TLS 1.2. TLS 1.3 is `modern`. */
  readonly version: number;
  /** Cipher suites offered, IANA numbers. */
  readonly suites: readonly number[];
}

/** What a server said to a hello of our making, up to where encryption begins. */
export type TlsHelloAnswer =
  | {
      readonly kind: 'hello';
      readonly version: number;
      readonly suite: number;
      /** Bits of the Diffie-Hellman prime, when the server sent one. */
      readonly dheBits?: number;
      /** IANA number of the named group of ECDHE. */
      readonly namedGroup?: number;
      readonly asksForCertificate: boolean;
      readonly certificates: readonly X509Certificate[];
    }
  | { readonly kind: 'alert'; readonly description: number }
  | { readonly kind: 'not-tls' }
  | { readonly kind: 'closed' };

/** A handshake by the TLS library, to its end. */
export interface TlsHandshake {
  readonly isComplete: boolean;
  /** 'TLSv1.3' ... */
  readonly version?: string;
  readonly cipher?: string;
  readonly certificate?: X509Certificate;
  /** Why it failed: code of the library. */
  readonly failure?: string;
}

/** An attempt at an association: the DICOM answer, or why there was none. */
export type TlsAssociation =
  | { readonly answer: AssociationAnswer; readonly refusal?: undefined }
  | { readonly answer?: undefined; readonly refusal: string };

export interface TlsAsker extends AskerBase {
  readonly hostName: string | undefined;
  /** A hello of our making, for versions and suites the TLS library no longer speaks. */
  hello(question: TlsQuestion): Promise<TlsHelloAnswer>;
  /** A whole handshake, TLS 1.2 and 1.3. Remembered. */
  handshake(options?: { version?: 'TLSv1.2' | 'TLSv1.3' }): Promise<TlsHandshake>;
  /** TLS with our throwaway client certificate, or with none, and then an A-ASSOCIATE-RQ. Remembered. */
  associate(withThrowawayCertificate: boolean): Promise<TlsAssociation>;
  /** An A-ASSOCIATE-RQ in clear on the same port. Remembered. */
  clearAssociate(): Promise<TlsAssociation>;
}

export interface HttpQuestion {
  readonly method: 'GET' | 'HEAD' | 'OPTIONS' | 'POST' | 'PROPFIND';
  /** Origin form, beginning with '/'. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Body bytes wanted, default 0: then the body is not even read. */
  readonly bodyMaxBytes?: number;
}

export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case; repeated fields joined with ', '. */
  readonly headers: ReadonlyMap<string, string>;
  /** At most `bodyMaxBytes`. */
  readonly body: Buffer;
  /** The body is longer than what was read. */
  readonly isCut: boolean;
}

/** HTTP/1.1, one request a connection. It never follows a redirect: where it leads is for the check to judge. */
export interface HttpAsker extends AskerBase {
  readonly isTls: boolean;
  /** A UID that names nothing anywhere, the same in all questions to this door, so that answers can be shared. */
  readonly unknownUID: string;
  /** Same question, same answer: GET, HEAD and OPTIONS without body are remembered. Throws ProbeError. */
  request(question: HttpQuestion): Promise<HttpAnswer>;
}

/** Plain bytes, for protocols without an asker of their own. */
export type SocketAsker = AskerBase;
