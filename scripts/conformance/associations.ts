/** What the DICOM door answers to proposals, found out by making them: the statement then says what the code does. */
import { storageSOPClass, storageSOPClassUIDs, transferSyntaxUIDs } from '@leadglass/dicom';
import type { AssociateRequest } from '@leadglass/network';
import {
  answerContexts,
  answerExtendedNegotiation,
  queryNegotiation,
} from '../../packages/server/src/dimse/negotiation.ts';
import {
  QUERY_RETRIEVE,
  STORAGE_COMMITMENT,
  VERIFICATION,
} from '../../packages/server/src/dimse/sop-classes.ts';
import { DEVICE_VERBS, type DeviceVerb } from '../../packages/server/src/identity/principal.ts';

/** A SOP class of nobody's, and one of the Standard's that is no service of an archive (Modality Worklist). */
const PRIVATE_CLASS = '2.25.1';
const OTHER_CLASS = '1.2.840.10008.5.1.4.31';

export interface Offered {
  readonly sopClassUID: string;
  readonly transferSyntaxes: readonly string[];
  /** What a device must be granted for it; any one of them. */
  readonly verbs: readonly DeviceVerb[];
}

interface Proposal {
  readonly sopClassUID: string;
  readonly transferSyntaxes: readonly string[];
  readonly role?: { readonly scuRole: boolean; readonly scpRole: boolean };
  readonly information?: readonly number[];
}

function requestOf({ sopClassUID, transferSyntaxes, role, information }: Proposal): AssociateRequest {
  return {
    type: 'A-ASSOCIATE-RQ',
    protocolVersion: 1,
    calledAETitle: 'ARCHIVE',
    callingAETitle: 'DEVICE',
    applicationContextName: '1.2.840.10008.3.1.1.1',
    presentationContexts: [{ id: 1, abstractSyntax: sopClassUID, transferSyntaxes: [...transferSyntaxes] }],
    userInformation: {
      roleSelections: role === undefined ? [] : [{ sopClassUID, ...role }],
      extendedNegotiation:
        information === undefined ? [] : [{ sopClassUID, information: Uint8Array.from(information) }],
      commonExtendedNegotiation: [],
    },
  };
}

function answerTo(proposal: Proposal, verbs: readonly DeviceVerb[] = DEVICE_VERBS) {
  const principal = { kind: 'device', id: 'DEVICE', name: 'DEVICE', verbs, via: 'certificate' } as const;
  const [answer] = answerContexts(requestOf(proposal), principal);
  return answer;
}

const isAccepted = (proposal: Proposal, verbs?: readonly DeviceVerb[]): boolean =>
  answerTo(proposal, verbs)?.result === 'acceptance';

/** How a class is offered when a device asks in a role; undefined when it is not. */
function offered(sopClassUID: string, role?: Proposal['role']): Offered | undefined {
  const asked = role === undefined ? { sopClassUID } : { sopClassUID, role };
  const transferSyntaxes = transferSyntaxUIDs.filter((uid) =>
    isAccepted({ ...asked, transferSyntaxes: [uid] }),
  );
  if (transferSyntaxes.length === 0) return undefined;
  const verbs = DEVICE_VERBS.filter((verb) => isAccepted({ ...asked, transferSyntaxes }, [verb]));
  return { sopClassUID, transferSyntaxes, verbs };
}

/** Services other than storage, the device as SCU. */
export function servicesOffered(): Offered[] {
  const classes = [VERIFICATION, ...QUERY_RETRIEVE.keys(), STORAGE_COMMITMENT];
  return classes.map((uid) => offered(uid)).filter((one) => one !== undefined);
}

/** The transfer syntaxes of a service, that which is taken before the others first. */
export function inPreference(service: Offered | undefined): string[] {
  const left = [...(service?.transferSyntaxes ?? [])];
  const order: string[] = [];
  while (service !== undefined && left.length > 0) {
    const answer = answerTo({ sopClassUID: service.sopClassUID, transferSyntaxes: left });
    const at = left.findIndex((uid) => answer?.result === 'acceptance' && answer.transferSyntax === uid);
    if (at < 0) throw new Error('a service that is offered was refused');
    order.push(...left.splice(at, 1));
  }
  return order;
}

/** All storage classes: the statement has one table for them, so they must be offered alike. */
export function storageOffered(role?: Proposal['role']): Offered {
  const all = [...storageSOPClassUIDs, PRIVATE_CLASS].map((uid) => offered(uid, role));
  const [first] = all;
  const isSame = all.every(
    (one) =>
      one?.transferSyntaxes.join() === first?.transferSyntaxes.join() &&
      one?.verbs.join() === first?.verbs.join(),
  );
  if (first === undefined || !isSame) throw new Error('storage classes are not offered alike any more');
  return first;
}

export const storageClasses = () =>
  storageSOPClassUIDs.map(storageSOPClass).filter((one) => one !== undefined);

/** What is answered to a class that is not served, to a syntax nobody knows, and to a verb that was not granted. */
export function refusals(): readonly (readonly [why: string, result: string])[] {
  const known = { sopClassUID: VERIFICATION, transferSyntaxes: transferSyntaxUIDs };
  return [
    ['an abstract syntax that is not served', answerTo({ ...known, sopClassUID: OTHER_CLASS })?.result ?? ''],
    [
      'transfer syntaxes of which none can be kept',
      answerTo({ ...known, transferSyntaxes: ['2.25.2'] })?.result ?? '',
    ],
    ['a service the device was not granted', answerTo(known, [])?.result ?? ''],
  ];
}

/** Of the transfer syntaxes proposed for one context, which is taken when all can be. */
export function takesFirstProposed(): boolean {
  const reversed = [...storageOffered().transferSyntaxes].reverse();
  const answer = answerTo({ sopClassUID: storageSOPClassUIDs[0] ?? '', transferSyntaxes: reversed });
  return answer?.result === 'acceptance' && answer.transferSyntax === reversed[0];
}

const EXTENDED_BYTES = [
  'relational queries or retrieval',
  'combined date-time matching',
  'fuzzy semantic matching of person names',
  'timezone query adjustment',
] as const;

export interface ExtendedAnswer {
  readonly sopClassUID: string;
  readonly agreed: readonly string[];
}

/** SOP Class Extended Negotiation (PS3.4 C.5): all is proposed, this is agreed to. */
export function extendedAnswers(): ExtendedAnswer[] {
  return [...QUERY_RETRIEVE.keys()].flatMap((sopClassUID) => {
    const information = EXTENDED_BYTES.map(() => 1);
    const request = requestOf({ sopClassUID, transferSyntaxes: [], information });
    const [answer] = answerExtendedNegotiation(request);
    const agreed = EXTENDED_BYTES.filter((_name, index) => answer?.information[index] === 1);
    // What is promised must be what is done.
    const { relational } = queryNegotiation(request, sopClassUID);
    if (relational !== agreed.includes(EXTENDED_BYTES[0])) throw new Error('extended negotiation disagrees');
    return [{ sopClassUID, agreed }];
  });
}
