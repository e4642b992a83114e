import type { AssociateRequest } from '@leadglass/network';
import { TEST_IMPLEMENTATION } from './tls-client.ts';

const IMPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2';

/** An A-ASSOCIATE-RQ for sending by hand (PS3.8 9.3.2). */
export function associateRequestTo(
  callingAETitle: string,
  calledAETitle: string,
  abstractSyntaxes: readonly string[],
): AssociateRequest {
  return {
    type: 'A-ASSOCIATE-RQ',
    protocolVersion: 1,
    callingAETitle,
    calledAETitle,
    applicationContextName: '1.2.840.10008.3.1.1.1',
    presentationContexts: abstractSyntaxes.map((abstractSyntax, index) => ({
      id: index * 2 + 1,
      abstractSyntax,
      transferSyntaxes: [IMPLICIT_LITTLE_ENDIAN],
    })),
    userInformation: {
      maximumLength: 16_384,
      ...TEST_IMPLEMENTATION,
      asynchronousOperationsWindow: undefined,
      roleSelections: [],
      extendedNegotiation: [],
      commonExtendedNegotiation: [],
      userIdentity: undefined,
    },
  };
}
