import fc from 'fast-check';
import { presentationContextResults } from '../pdu/index.ts';
import type {
  AnsweredPresentationContext,
  Pdu,
  ProposedPresentationContext,
  UserInformation,
} from '../pdu/index.ts';

const uid = fc.stringMatching(/^[0-9][0-9.]{0,62}[0-9]$/);
const aeTitle = fc.stringMatching(/^[A-Z0-9_]([A-Z0-9_ ]{0,14}[A-Z0-9_])?$/);
const u8 = fc.integer({ min: 0, max: 0xff });
const u16 = fc.integer({ min: 0, max: 0xffff });
const bytes = (maxLength: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength });
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined });

const userInformation: fc.Arbitrary<UserInformation> = fc.record({
  maximumLength: maybe(fc.integer({ min: 0, max: 0xffff_ffff })),
  implementationClassUID: maybe(uid),
  implementationVersionName: maybe(aeTitle),
  asynchronousOperationsWindow: maybe(fc.record({ invoked: u16, performed: u16 })),
  roleSelections: fc.array(fc.record({ sopClassUID: uid, scuRole: fc.boolean(), scpRole: fc.boolean() }), {
    maxLength: 4,
  }),
  extendedNegotiation: fc.array(fc.record({ sopClassUID: uid, information: bytes(8) }), { maxLength: 3 }),
  commonExtendedNegotiation: fc.array(
    fc.record({
      sopClassUID: uid,
      serviceClassUID: uid,
      relatedGeneralSOPClassUIDs: fc.array(uid, { maxLength: 3 }),
    }),
    { maxLength: 2 },
  ),
  userIdentity: maybe(
    fc.record({
      type: fc.integer({ min: 1, max: 5 }),
      positiveResponseRequested: fc.boolean(),
      primaryField: bytes(40),
      secondaryField: bytes(20),
    }),
  ),
  userIdentityResponse: maybe(bytes(30)),
});

const contextIDs = fc.uniqueArray(
  fc.integer({ min: 0, max: 127 }).map((n) => 2 * n + 1),
  { minLength: 1, maxLength: 6 },
);

const proposed: fc.Arbitrary<ProposedPresentationContext[]> = contextIDs.chain((ids) =>
  fc.tuple(
    ...ids.map((id) =>
      fc.record({
        id: fc.constant(id),
        abstractSyntax: uid,
        transferSyntaxes: fc.array(uid, { minLength: 1, maxLength: 3 }),
      }),
    ),
  ),
);

const answered: fc.Arbitrary<AnsweredPresentationContext[]> = contextIDs.chain((ids) =>
  fc.tuple(
    ...ids.map((id) =>
      fc
        .tuple(fc.constantFrom(...presentationContextResults), uid)
        .map(([result, transferSyntax]) =>
          result === 'acceptance' ? { id, result, transferSyntax } : { id, result },
        ),
    ),
  ),
);

const associateFields = {
  protocolVersion: u16,
  calledAETitle: aeTitle,
  callingAETitle: aeTitle,
  applicationContextName: uid,
  userInformation,
};

/** Any valid PDU. */
export const anyPdu: fc.Arbitrary<Pdu> = fc.oneof(
  fc.record({
    type: fc.constant('A-ASSOCIATE-RQ' as const),
    presentationContexts: proposed,
    ...associateFields,
  }),
  fc.record({
    type: fc.constant('A-ASSOCIATE-AC' as const),
    presentationContexts: answered,
    ...associateFields,
  }),
  fc.record({ type: fc.constant('A-ASSOCIATE-RJ' as const), result: u8, source: u8, reason: u8 }),
  fc.record({
    type: fc.constant('P-DATA-TF' as const),
    pdvs: fc.array(
      fc.record({
        presentationContextID: u8,
        isCommand: fc.boolean(),
        isLast: fc.boolean(),
        data: bytes(60),
      }),
      { minLength: 1, maxLength: 4 },
    ),
  }),
  fc.constant({ type: 'A-RELEASE-RQ' as const }),
  fc.constant({ type: 'A-RELEASE-RP' as const }),
  fc.record({ type: fc.constant('A-ABORT' as const), source: u8, reason: u8 }),
);
