/**
 * The seven PDUs of PS3.8 9.3 as values.
 *
 *     bytes  --PduReader-->  Pdu (all but P-DATA-TF)  --state machine-->  primitive to the user
 *            `------------>  PDV pieces, views of the read buffers, as they arrive
 *     Pdu    --encodePdu-->  bytes
 */

/** First byte of each PDU (PS3.8 9.3.1). */
export const PduType = {
  'A-ASSOCIATE-RQ': 0x01,
  'A-ASSOCIATE-AC': 0x02,
  'A-ASSOCIATE-RJ': 0x03,
  'P-DATA-TF': 0x04,
  'A-RELEASE-RQ': 0x05,
  'A-RELEASE-RP': 0x06,
  'A-ABORT': 0x07,
} as const;
export type PduType = keyof typeof PduType;

/** Item types inside the A-ASSOCIATE PDUs (PS3.8 9.3.2 and 9.3.3, PS3.7 Annex D.3.3). */
export const ItemType = {
  applicationContext: 0x10,
  presentationContextRQ: 0x20,
  presentationContextAC: 0x21,
  abstractSyntax: 0x30,
  transferSyntax: 0x40,
  userInformation: 0x50,
  maximumLength: 0x51,
  implementationClassUID: 0x52,
  asynchronousOperationsWindow: 0x53,
  roleSelection: 0x54,
  implementationVersionName: 0x55,
  extendedNegotiation: 0x56,
  commonExtendedNegotiation: 0x57,
  userIdentityRQ: 0x58,
  userIdentityAC: 0x59,
} as const;

/** The only application context name there is (PS3.7 A.2.1). */
export const DICOM_APPLICATION_CONTEXT_NAME = '1.2.840.10008.3.1.1.1';

/** One proposed presentation context (PS3.8 9.3.2.2). */
export interface ProposedPresentationContext {
  /** Odd, 1 to 255, unique in its PDU. */
  readonly id: number;
  readonly abstractSyntax: string;
  /** 1 to 64 UIDs, in the order of the proposal. */
  readonly transferSyntaxes: readonly string[];
}

/** Result/Reason of an answered presentation context, in the order of its code (PS3.8 Table 9-18). */
export const presentationContextResults = [
  'acceptance',
  'user-rejection',
  'no-reason',
  'abstract-syntax-not-supported',
  'transfer-syntaxes-not-supported',
] as const;
export type PresentationContextResult = (typeof presentationContextResults)[number];

/** One answered presentation context (PS3.8 9.3.3.2). */
export interface AnsweredPresentationContext {
  readonly id: number;
  readonly result: PresentationContextResult;
  /** Present when accepted; not significant otherwise. */
  readonly transferSyntax?: string | undefined;
}

/** SCP/SCU Role Selection (PS3.7 D.3.3.4): the roles of the association requestor. */
export interface RoleSelection {
  readonly sopClassUID: string;
  readonly scuRole: boolean;
  readonly scpRole: boolean;
}

/** SOP Class Extended Negotiation (PS3.7 D.3.3.5): bytes whose meaning the service class gives. */
export interface ExtendedNegotiation {
  readonly sopClassUID: string;
  readonly information: Uint8Array;
}

/** SOP Class Common Extended Negotiation (PS3.7 D.3.3.6), only in an A-ASSOCIATE-RQ. */
export interface CommonExtendedNegotiation {
  readonly sopClassUID: string;
  readonly serviceClassUID: string;
  readonly relatedGeneralSOPClassUIDs: readonly string[];
}

/** Asynchronous Operations Window (PS3.7 D.3.3.3) from the requestor's side; 0 is unlimited. */
export interface AsynchronousOperationsWindow {
  readonly invoked: number;
  readonly performed: number;
}

/** User Identity Negotiation of an A-ASSOCIATE-RQ (PS3.7 D.3.3.7): 1 user name, 2 with passcode, 3 Kerberos, 4 SAML, 5 JWT. */
export interface UserIdentity {
  readonly type: number;
  readonly positiveResponseRequested: boolean;
  readonly primaryField: Uint8Array;
  readonly secondaryField: Uint8Array;
}

/** User Information item (PS3.8 9.3.2.3, PS3.7 Annex D). */
export interface UserInformation {
  /** Longest P-DATA-TF variable field the sender of this item takes, bytes; 0 or absent is no limit (PS3.8 D.1). */
  readonly maximumLength?: number | undefined;
  readonly implementationClassUID?: string | undefined;
  readonly implementationVersionName?: string | undefined;
  readonly asynchronousOperationsWindow?: AsynchronousOperationsWindow | undefined;
  readonly roleSelections: readonly RoleSelection[];
  readonly extendedNegotiation: readonly ExtendedNegotiation[];
  readonly commonExtendedNegotiation: readonly CommonExtendedNegotiation[];
  readonly userIdentity?: UserIdentity | undefined;
  /** Server response to a user identity; only in an A-ASSOCIATE-AC. */
  readonly userIdentityResponse?: Uint8Array | undefined;
}

/** A-ASSOCIATE-RQ (PS3.8 9.3.2). */
export interface AssociateRequest {
  readonly type: 'A-ASSOCIATE-RQ';
  /** Bit field; bit 0 is version 1. */
  readonly protocolVersion: number;
  readonly calledAETitle: string;
  readonly callingAETitle: string;
  readonly applicationContextName: string;
  readonly presentationContexts: readonly ProposedPresentationContext[];
  readonly userInformation: UserInformation;
}

/** A-ASSOCIATE-AC (PS3.8 9.3.3). The AE titles are an echo of the request and shall not be tested. */
export interface AssociateAccept {
  readonly type: 'A-ASSOCIATE-AC';
  readonly protocolVersion: number;
  readonly calledAETitle: string;
  readonly callingAETitle: string;
  readonly applicationContextName: string;
  readonly presentationContexts: readonly AnsweredPresentationContext[];
  readonly userInformation: UserInformation;
}

/** A-ASSOCIATE-RJ (PS3.8 9.3.4) with the codes as they travel; names are in `associate-rejection.ts`. */
export interface AssociateReject {
  readonly type: 'A-ASSOCIATE-RJ';
  readonly result: number;
  readonly source: number;
  readonly reason: number;
}

/** One presentation data value, whole or a fragment of a message (PS3.8 9.3.5.1, Annex E.2). */
export interface PresentationDataValue {
  readonly presentationContextID: number;
  readonly isCommand: boolean;
  readonly isLast: boolean;
  readonly data: Uint8Array;
}

/** P-DATA-TF as one value. The association never builds it whole; scripted peers and tests do. */
export interface PData {
  readonly type: 'P-DATA-TF';
  readonly pdvs: readonly PresentationDataValue[];
}

/** A-RELEASE-RQ (PS3.8 9.3.6). */
export interface ReleaseRequest {
  readonly type: 'A-RELEASE-RQ';
}

/** A-RELEASE-RP (PS3.8 9.3.7). */
export interface ReleaseResponse {
  readonly type: 'A-RELEASE-RP';
}

/** A-ABORT (PS3.8 9.3.8) with the codes as they travel. */
export interface Abort {
  readonly type: 'A-ABORT';
  readonly source: number;
  readonly reason: number;
}

/** Every PDU the reader hands out whole. */
export type ControlPdu =
  AssociateRequest | AssociateAccept | AssociateReject | ReleaseRequest | ReleaseResponse | Abort;

export type Pdu = ControlPdu | PData;
