import type { AssociateRequest } from '@leadglass/network';
import { describe, expect, test } from 'vitest';
import { DEVICE_VERBS, type Principal, type Verb } from '../identity/index.ts';
import { answerContexts, answerExtendedNegotiation, queryNegotiation } from './negotiation.ts';
import { QUERY_RETRIEVE } from './sop-classes.ts';

const IMPLICIT = '1.2.840.10008.1.2';
const EXPLICIT = '1.2.840.10008.1.2.1';
const JPEG_LOSSLESS = '1.2.840.10008.1.2.4.70';
const CT = '1.2.840.10008.5.1.4.1.1.2';
const ECHO = '1.2.840.10008.1.1';
const COMMITMENT = '1.2.840.10008.1.20.1';
const STUDY_FIND = '1.2.840.10008.5.1.4.1.2.2.1';
const STUDY_MOVE = '1.2.840.10008.5.1.4.1.2.2.2';
const STUDY_GET = '1.2.840.10008.5.1.4.1.2.2.3';
const PATIENT_STUDY_ONLY_FIND = '1.2.840.10008.5.1.4.1.2.3.1';
const WORKLIST_FIND = '1.2.840.10008.5.1.4.31';

function device(...verbs: Verb[]): Principal {
  return { kind: 'device', id: 'CT1', name: 'CT1', verbs, via: 'certificate' };
}

function request(
  contexts: readonly (readonly [abstractSyntax: string, ...transferSyntaxes: string[]])[],
  about: Partial<AssociateRequest['userInformation']> = {},
): AssociateRequest {
  return {
    type: 'A-ASSOCIATE-RQ',
    protocolVersion: 1,
    calledAETitle: 'LEADGLASS',
    callingAETitle: 'CT1',
    applicationContextName: '1.2.840.10008.3.1.1.1',
    presentationContexts: contexts.map(([abstractSyntax, ...transferSyntaxes], i) => ({
      id: 2 * i + 1,
      abstractSyntax,
      transferSyntaxes,
    })),
    userInformation: {
      maximumLength: 16_384,
      implementationClassUID: '1.2.3',
      implementationVersionName: undefined,
      asynchronousOperationsWindow: undefined,
      roleSelections: [],
      extendedNegotiation: [],
      commonExtendedNegotiation: [],
      userIdentity: undefined,
      ...about,
    },
  };
}

const resultsOf = (...args: Parameters<typeof answerContexts>): string[] =>
  answerContexts(...args).map(({ result }) => result);

const services: [string, Verb][] = [
  [ECHO, 'echo'],
  [CT, 'store'],
  [STUDY_FIND, 'find'],
  [STUDY_MOVE, 'move'],
  [STUDY_GET, 'get'],
  [COMMITMENT, 'commit'],
];

describe('a presentation context', () => {
  test.each(services)('for %s is accepted exactly for devices that may %s', (uid, verb) => {
    const others = DEVICE_VERBS.filter((one) => one !== verb);
    expect(resultsOf(request([[uid, IMPLICIT]]), device(verb))).toEqual(['acceptance']);
    expect(resultsOf(request([[uid, IMPLICIT]]), device(...others))).toEqual(['user-rejection']);
    expect(resultsOf(request([[uid, IMPLICIT]]), device())).toEqual(['user-rejection']);
  });

  test('of storage is refused in a transfer syntax that nothing is kept in, and taken in the next proposed', () => {
    const FLOWS = ['1.2.840.10008.1.2.7.1', '1.2.840.10008.1.2.7.2'] as const;
    expect(resultsOf(request([[CT, ...FLOWS]]), device('store'))).toEqual([
      'transfer-syntaxes-not-supported',
    ]);
    expect(answerContexts(request([[CT, ...FLOWS, JPEG_LOSSLESS]]), device('store'))).toMatchObject([
      { result: 'acceptance', transferSyntax: JPEG_LOSSLESS },
    ]);
  });

  test('for a service there is none of is not supported, whatever the device may do', () => {
    const others = [
      WORKLIST_FIND,
      PATIENT_STUDY_ONLY_FIND,
      '1.2.840.10008.5.1.1.9',
      '1.2.840.10008.3.1.2.3.3',
    ];
    const all = device(...DEVICE_VERBS);
    expect(resultsOf(request(others.map((uid) => [uid, IMPLICIT] as const)), all)).toEqual(
      others.map(() => 'abstract-syntax-not-supported'),
    );
  });

  test('for storage takes the first transfer syntax that can be kept; private and new classes too', () => {
    const answers = answerContexts(
      request([
        [CT, '1.2.3.4', JPEG_LOSSLESS, IMPLICIT],
        [CT, IMPLICIT, JPEG_LOSSLESS],
        [CT, '1.2.3.4'],
        ['1.2.840.10008.5.1.4.1.1.999999', EXPLICIT],
        ['1.3.12.2.1107.5.9.1', EXPLICIT],
      ]),
      device('store'),
    );
    expect(answers).toEqual([
      { id: 1, result: 'acceptance', transferSyntax: JPEG_LOSSLESS },
      { id: 3, result: 'acceptance', transferSyntax: IMPLICIT },
      { id: 5, result: 'transfer-syntaxes-not-supported' },
      { id: 7, result: 'acceptance', transferSyntax: EXPLICIT },
      { id: 9, result: 'acceptance', transferSyntax: EXPLICIT },
    ]);
  });

  test('for messages is spoken uncompressed, explicit VR first', () => {
    const all = device(...DEVICE_VERBS);
    expect(answerContexts(request([[STUDY_FIND, IMPLICIT, EXPLICIT]]), all)).toEqual([
      { id: 1, result: 'acceptance', transferSyntax: EXPLICIT },
    ]);
    expect(resultsOf(request([[STUDY_FIND, JPEG_LOSSLESS]]), all)).toEqual([
      'transfer-syntaxes-not-supported',
    ]);
  });

  test('every one proposed is answered, in order, with its own ID', () => {
    const proposed = Array.from(
      { length: 128 },
      (_, i) => [services[i % services.length]?.[0] ?? CT, IMPLICIT] as const,
    );
    const answers = answerContexts(request(proposed), device('echo', 'find'));
    expect(answers.map(({ id }) => id)).toEqual(proposed.map((_, i) => 2 * i + 1));
  });
});

describe('role selection (PS3.7 D.3.3.4)', () => {
  const roles = (scuRole: boolean, scpRole: boolean) => ({
    roleSelections: [{ sopClassUID: CT, scuRole, scpRole }],
  });
  const cases: [boolean, boolean, Verb[], unknown][] = [
    [true, false, ['store'], { result: 'acceptance', scuRole: true, scpRole: false }],
    [false, true, ['get'], { result: 'acceptance', scuRole: false, scpRole: true }],
    [true, true, ['store', 'get'], { result: 'acceptance', scuRole: true, scpRole: true }],
    [true, true, ['store'], { result: 'acceptance', scuRole: true, scpRole: false }],
    [true, true, ['get'], { result: 'acceptance', scuRole: false, scpRole: true }],
    [false, true, ['store'], { result: 'user-rejection' }],
    [true, false, ['get'], { result: 'user-rejection' }],
    [false, false, ['store', 'get'], { result: 'user-rejection' }],
  ];
  test.each(cases)(
    'storage proposed as SCU %j, SCP %j by a device that may %j: %j',
    (scu, scp, verbs, answer) => {
      expect(answerContexts(request([[CT, IMPLICIT]], roles(scu, scp)), device(...verbs))).toMatchObject([
        answer,
      ]);
    },
  );

  test('not proposed is not answered: the device is SCU', () => {
    const [answer] = answerContexts(request([[CT, IMPLICIT]]), device('store', 'get'));
    expect(answer).toEqual({ id: 1, result: 'acceptance', transferSyntax: IMPLICIT });
    expect(resultsOf(request([[CT, IMPLICIT]]), device('get'))).toEqual(['user-rejection']);
  });
});

describe('extended negotiation of queries (PS3.4 C.5.1.1)', () => {
  const proposing = (...information: number[]) =>
    request([[STUDY_FIND, IMPLICIT]], {
      extendedNegotiation: [{ sopClassUID: STUDY_FIND, information: Uint8Array.from(information) }],
    });

  test.each([
    [[], false, false, []],
    [[1], true, false, [1]],
    [[0, 1], false, true, [0, 1]],
    [[1, 1], true, true, [1, 1]],
    // Fuzzy matching of names and timezone adjustment are not done: the answer is shorter, which says so.
    [[1, 1, 1, 1], true, true, [1, 1]],
    [[2, 255], false, false, [0, 0]],
  ])('proposed as %j', (information, relational, combinedDateTime, answer) => {
    const asked = proposing(...information);
    expect(queryNegotiation(asked, STUDY_FIND)).toEqual({ relational, combinedDateTime });
    expect(answerExtendedNegotiation(asked)).toEqual([
      { sopClassUID: STUDY_FIND, information: Uint8Array.from(answer) },
    ]);
  });

  test('for other services is not answered, and of one service not used for another', () => {
    const asked = request([[CT, IMPLICIT]], {
      extendedNegotiation: [{ sopClassUID: CT, information: Uint8Array.of(1, 1) }],
    });
    expect(answerExtendedNegotiation(asked)).toEqual([]);
    for (const uid of QUERY_RETRIEVE.keys()) {
      expect(queryNegotiation(asked, uid)).toEqual({ relational: false, combinedDateTime: false });
    }
  });
});
