import { SOPClassUID } from '@leadglass/dicom';
import { describe, expect, test } from 'vitest';
import type { RequestHandler, RequestorOptions } from '../association/index.ts';
import { CommandField, Status, collectDataSet } from '../dimse/index.ts';
import { requestTo, startAcceptor } from '../test-support/acceptor.ts';
import { CT_IMAGE_STORAGE, EXPLICIT_LE, IMPLICIT_LE, VERIFICATION } from '../test-support/scripted-peer.ts';
import {
  CommitmentFailureReason,
  STORAGE_COMMITMENT_SOP_CLASS_UID,
  commitmentReportContext,
  echo,
  find,
  get,
  move,
  readCommitmentReport,
  readCommitmentRequest,
  reportCommitment,
  requestCommitment,
  store,
} from './index.ts';

const STUDY_ROOT_FIND = SOPClassUID.StudyRootQueryRetrieveInformationModelFind;
const STUDY_ROOT_MOVE = SOPClassUID.StudyRootQueryRetrieveInformationModelMove;
const STUDY_ROOT_GET = SOPClassUID.StudyRootQueryRetrieveInformationModelGet;

const presentationContexts = [
  { abstractSyntax: VERIFICATION, transferSyntaxes: [IMPLICIT_LE] },
  { abstractSyntax: CT_IMAGE_STORAGE, transferSyntaxes: [EXPLICIT_LE], scuRole: true, scpRole: true },
  { abstractSyntax: STUDY_ROOT_FIND, transferSyntaxes: [EXPLICIT_LE] },
  { abstractSyntax: STUDY_ROOT_MOVE, transferSyntaxes: [EXPLICIT_LE] },
  { abstractSyntax: STUDY_ROOT_GET, transferSyntaxes: [EXPLICIT_LE] },
  { abstractSyntax: STORAGE_COMMITMENT_SOP_CLASS_UID, transferSyntaxes: [EXPLICIT_LE] },
];

const connect = (port: number, options: Partial<RequestorOptions> = {}) =>
  requestTo(port, { presentationContexts, ...options });

const identifier = Buffer.from('identifier');

describe('C-ECHO, C-STORE', () => {
  test('echo and store', async () => {
    await using acceptor = await startAcceptor();
    const association = await connect(acceptor.port);
    await echo(association);
    const instance = { sopClassUID: CT_IMAGE_STORAGE, sopInstanceUID: '1.2', dataSet: Buffer.alloc(10) };
    const result = await store(association, {
      ...instance,
      transferSyntaxUID: EXPLICIT_LE,
      originator: { aeTitle: 'MOVER', messageID: 7 },
    });
    expect(result).toMatchObject({ status: 0, statusClass: 'success' });
    await expect(store(association, { ...instance, transferSyntaxUID: IMPLICIT_LE })).rejects.toMatchObject({
      code: 'NO_PRESENTATION_CONTEXT',
    });
    await association.release();
  });

  test('an echo that is refused throws the status, without the text of the peer', async () => {
    await using acceptor = await startAcceptor({
      onRequest: (request) => void request.respond({ status: 0x0122, errorComment: 'DOE^JANE' }),
    });
    const association = await connect(acceptor.port);
    await expect(echo(association)).rejects.toMatchObject({
      code: 'OPERATION_FAILED',
      status: 0x0122,
      message: 'OPERATION_FAILED: status 0122',
    });
    await association.release();
  });
});

describe('C-FIND', () => {
  const answerForever: RequestHandler = (request) =>
    collectDataSet(100, async () => {
      for (let i = 0; !request.signal.aborted; i++) {
        await request.respond({ status: Status.pending }, Buffer.from(`match ${i}`));
        await new Promise((resolve) => setImmediate(resolve));
      }
      await request.respond({ status: Status.cancel });
    });

  test('matches come in order, identifiers are encoded for the context', async () => {
    await using acceptor = await startAcceptor({
      onRequest: (request) =>
        collectDataSet(100, async (bytes) => {
          for (let i = 0; i < 3; i++) {
            await request.respond(
              { status: Status.pending },
              Buffer.from(`${Buffer.from(bytes).toString()} ${i}`),
            );
          }
          await request.respond({ status: 0 });
        }),
    });
    const association = await connect(acceptor.port);
    const matches: string[] = [];
    const request = { sopClassUID: STUDY_ROOT_FIND, identifier: (uid: string) => Buffer.from(`in ${uid}`) };
    for await (const match of find(association, request)) matches.push(Buffer.from(match).toString());
    expect(matches).toEqual([0, 1, 2].map((i) => `in ${EXPLICIT_LE} ${i}`));
    await association.release();
  });

  test('who stops iterating cancels, and the association can be used further', async () => {
    await using acceptor = await startAcceptor({ onRequest: answerForever });
    const association = await connect(acceptor.port);
    for (let round = 0; round < 2; round++) {
      let count = 0;
      for await (const match of find(association, { sopClassUID: STUDY_ROOT_FIND, identifier })) {
        expect(match.length).toBeGreaterThan(0);
        if (++count === 3) break;
      }
    }
    await association.release();
  });

  test('a signal cancels', async () => {
    await using acceptor = await startAcceptor({ onRequest: answerForever });
    const association = await connect(acceptor.port);
    const controller = new AbortController();
    let count = 0;
    const request = { sopClassUID: STUDY_ROOT_FIND, identifier, signal: controller.signal };
    for await (const match of find(association, request)) {
      expect(match.length).toBeGreaterThan(0);
      if (++count === 3) controller.abort();
    }
    expect(count).toBeGreaterThanOrEqual(3);
    await association.release();
  });

  test('a failure throws', async () => {
    await using acceptor = await startAcceptor({
      onRequest: (request) => void request.respond({ status: Status.outOfResources }),
    });
    const association = await connect(acceptor.port);
    const matches = find(association, { sopClassUID: STUDY_ROOT_FIND, identifier });
    await expect(matches.next()).rejects.toMatchObject({ status: 0xa700, statusClass: 'failure' });
    await association.release();
  });
});

describe('C-MOVE, C-GET', () => {
  test('move tells its progress', async () => {
    let destination: string | undefined;
    await using acceptor = await startAcceptor({
      onRequest: (request) =>
        collectDataSet(100, async () => {
          destination = request.command.moveDestination;
          await request.respond({ status: Status.pending, numberOfRemainingSuboperations: 1 });
          await request.respond({ status: 0xb000, numberOfFailedSuboperations: 1 }, Buffer.from('failed'));
        }),
    });
    const association = await connect(acceptor.port);
    const progress = [];
    const request = { sopClassUID: STUDY_ROOT_MOVE, identifier, moveDestination: 'VIEWER' };
    for await (const step of move(association, request)) progress.push(step);
    expect(destination).toBe('VIEWER');
    expect(progress).toMatchObject([
      { statusClass: 'pending', remaining: 1 },
      { statusClass: 'warning', failed: 1, dataSet: new Uint8Array(Buffer.from('failed')) },
    ]);
    await association.release();
  });

  test('get: the instances come as C-STORE on the same association, by role selection', async () => {
    const big = Buffer.alloc(1_000_003, 5);
    const served: RequestHandler = (request) =>
      collectDataSet(100, async () => {
        for (let i = 0; i < 3; i++) {
          const result = await store(request.association, {
            sopClassUID: CT_IMAGE_STORAGE,
            sopInstanceUID: `1.2.${i}`,
            transferSyntaxUID: EXPLICIT_LE,
            dataSet: [big.subarray(0, 400_001), big.subarray(400_001)],
          });
          expect(result.status).toBe(0);
          await request.respond({ status: Status.pending, numberOfCompletedSuboperations: i + 1 });
        }
        await request.respond({ status: 0, numberOfCompletedSuboperations: 3 });
      });
    await using acceptor = await startAcceptor({ onRequest: served });
    const association = await connect(acceptor.port);
    const stored: string[] = [];
    const onStore: RequestHandler = (request) =>
      collectDataSet(2_000_000, async (bytes) => {
        expect(Buffer.compare(bytes, big)).toBe(0);
        stored.push(request.command.affectedSOPInstanceUID ?? '');
        await request.respond({ status: 0 });
      });
    const steps = [];
    for await (const step of get(association, { sopClassUID: STUDY_ROOT_GET, identifier, onStore }))
      steps.push(step);
    expect(steps.map((step) => step.completed)).toEqual([1, 2, 3, 3]);
    expect(stored).toEqual(['1.2.0', '1.2.1', '1.2.2']);
    expect(acceptor.handlerErrors).toEqual([]);
    await association.release();
  });
});

describe('Storage Commitment (PS3.4 J)', () => {
  const references = [
    { sopClassUID: CT_IMAGE_STORAGE, sopInstanceUID: '1.2.3' },
    { sopClassUID: CT_IMAGE_STORAGE, sopInstanceUID: '1.2.4' },
  ];
  const [first, second] = references as [(typeof references)[0], (typeof references)[0]];
  const report = {
    transactionUID: '2.25.77',
    committed: [first],
    failed: [{ ...second, failureReason: CommitmentFailureReason.noSuchObjectInstance }],
  };

  test('N-ACTION, then N-EVENT-REPORT on the same association', async () => {
    const requested = Promise.withResolvers<unknown>();
    await using acceptor = await startAcceptor({
      onRequest: (request) =>
        collectDataSet(10_000, async (bytes) => {
          expect(request.command).toMatchObject({
            actionTypeID: 1,
            requestedSOPInstanceUID: '1.2.840.10008.1.20.1.1',
          });
          requested.resolve(readCommitmentRequest(bytes, request.presentationContext.transferSyntax));
          await request.respond({ status: 0 });
          await reportCommitment(request.association, report);
        }),
    });
    const reported = Promise.withResolvers<unknown>();
    const association = await connect(acceptor.port, {
      onRequest: (request) =>
        collectDataSet(10_000, async (bytes) => {
          expect(request.command).toMatchObject({
            commandField: CommandField['N-EVENT-REPORT-RQ'],
            eventTypeID: 2,
          });
          await request.respond({ status: 0 });
          reported.resolve(readCommitmentReport(bytes, request.presentationContext.transferSyntax));
        }),
    });
    await requestCommitment(association, { transactionUID: '2.25.77', references });
    expect(await requested.promise).toEqual({ transactionUID: '2.25.77', references });
    expect(await reported.promise).toEqual(report);
    await association.release();
    expect(acceptor.handlerErrors).toEqual([]);
  });

  test('N-EVENT-REPORT on a new association, its requestor being SCP', async () => {
    const reported = Promise.withResolvers<unknown>();
    await using acceptor = await startAcceptor({
      onRequest: (request) =>
        collectDataSet(10_000, async (bytes) => {
          reported.resolve(readCommitmentReport(bytes, request.presentationContext.transferSyntax));
          await request.respond({ status: 0 });
        }),
    });
    const association = await requestTo(acceptor.port, {
      presentationContexts: [commitmentReportContext([IMPLICIT_LE])],
    });
    await reportCommitment(association, { ...report, committed: references, failed: [] });
    expect(await reported.promise).toEqual({ ...report, committed: references, failed: [] });
    await association.release();
  });

  test('a report in a role that was not negotiated is refused', async () => {
    let seen = 0;
    await using acceptor = await startAcceptor({ onRequest: () => void seen++ });
    const association = await connect(acceptor.port);
    expect(association.presentationContexts.at(-1)).toMatchObject({ isSCP: false });
    await expect(reportCommitment(association, report)).rejects.toMatchObject({
      code: 'NO_PRESENTATION_CONTEXT',
    });
    expect(seen).toBe(0);
    await association.release();
  });

  test('a data set without what PS3.4 J.3 demands', () => {
    expect(() => readCommitmentRequest(Buffer.alloc(0), EXPLICIT_LE)).toThrow(
      expect.objectContaining({ code: 'COMMITMENT_DATA_SET_INVALID' }),
    );
  });
});
