import { createHash } from 'node:crypto';
import net from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { CommandField, Status, collectDataSet } from '../dimse/index.ts';
import { acceptEverything, requestTo, startAcceptor } from '../test-support/acceptor.ts';
import {
  ScriptedPeer,
  associateRequestOf,
  CT_IMAGE_STORAGE,
  EXPLICIT_LE,
  IMPLICIT_LE,
  VERIFICATION,
} from '../test-support/scripted-peer.ts';
import type { Association, IncomingRequest, RequestHandler } from './index.ts';
import type { OutgoingDataSet } from '../dimse/index.ts';
import type { Response } from './outgoing-request.ts';

const contexts = [
  { abstractSyntax: VERIFICATION, transferSyntaxes: [IMPLICIT_LE] },
  { abstractSyntax: CT_IMAGE_STORAGE, transferSyntaxes: [EXPLICIT_LE] },
];

async function all(responses: AsyncIterable<Response>): Promise<Response[]> {
  const list: Response[] = [];
  for await (const response of responses) list.push(response);
  return list;
}

const echoFields = { commandField: CommandField['C-ECHO-RQ'], affectedSOPClassUID: VERIFICATION };
const storeFields = {
  commandField: CommandField['C-STORE-RQ'],
  affectedSOPClassUID: CT_IMAGE_STORAGE,
  affectedSOPInstanceUID: '1.2.3',
};
const findFields = { commandField: CommandField['C-FIND-RQ'], affectedSOPClassUID: CT_IMAGE_STORAGE };

const storeOn = (association: Association, dataSet: OutgoingDataSet): Promise<Response[]> =>
  all(association.request(storeFields, dataSet, 3));

describe('negotiation', () => {
  test('both sides see the same association', async () => {
    await using acceptor = await startAcceptor();
    const ended = Promise.withResolvers<unknown>();
    const association = await requestTo(acceptor.port, {
      presentationContexts: [
        ...contexts,
        { abstractSyntax: '1.2.9', transferSyntaxes: ['1.2'], scpRole: true },
      ],
      asynchronousOperationsWindow: { invoked: 0, performed: 2 },
      onEnd: ended.resolve,
    });
    const [accepted] = acceptor.associations;
    expect(accepted).toMatchObject({
      callingAETitle: 'REQUESTOR',
      calledAETitle: 'ACCEPTOR',
      isRequestor: false,
    });
    expect(accepted?.peer).toMatchObject({ implementationVersionName: 'TEST', encrypted: false });
    expect(association.presentationContexts).toEqual([
      { id: 1, abstractSyntax: VERIFICATION, transferSyntax: IMPLICIT_LE, isSCU: true, isSCP: false },
      { id: 3, abstractSyntax: CT_IMAGE_STORAGE, transferSyntax: EXPLICIT_LE, isSCU: true, isSCP: false },
      { id: 5, abstractSyntax: '1.2.9', transferSyntax: '1.2', isSCU: false, isSCP: true },
    ]);
    expect(accepted?.presentationContexts[2]).toMatchObject({ isSCU: true, isSCP: false });
    expect(association.operationsWindow).toEqual({ invoked: 4, performed: 2 });
    expect(accepted?.operationsWindow).toEqual({ invoked: 2, performed: 4 });
    await association.release();
    expect(await ended.promise).toMatchObject({ how: 'released', byPeer: false });
    expect(await acceptor.firstEnd()).toMatchObject({ how: 'released', byPeer: true });
  });

  test('a rejection says result, source and reason', async () => {
    await using acceptor = await startAcceptor({
      decide: () => ({
        accept: false,
        result: 'rejected-permanent',
        source: 'service-user',
        reason: 'calling-AE-title-not-recognized',
      }),
    });
    await expect(requestTo(acceptor.port)).rejects.toMatchObject({
      code: 'ASSOCIATION_REJECTED',
      result: 'rejected-permanent',
      source: 'service-user',
      reason: 'calling-AE-title-not-recognized',
    });
  });

  test('nobody listens', async () => {
    const acceptor = await startAcceptor();
    await acceptor[Symbol.asyncDispose]();
    await expect(requestTo(acceptor.port)).rejects.toMatchObject({
      code: 'CONNECTION_FAILED',
      systemCode: 'ECONNREFUSED',
    });
  });

  test('a peer that never answers', async () => {
    const server = net.createServer(() => undefined).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as net.AddressInfo;
    await expect(requestTo(port, { timeouts: { artimMs: 50 } })).rejects.toMatchObject({ code: 'TIMED_OUT' });
    server.close();
  });

  test.each([
    ['a context', { presentationContexts: [{ id: 9, result: 'acceptance', transferSyntax: IMPLICIT_LE }] }],
    [
      'a transfer syntax',
      { presentationContexts: [{ id: 1, result: 'acceptance', transferSyntax: '1.2.3' }] },
    ],
  ] as const)('a peer that accepts %s we never proposed is aborted', async (_title, changes) => {
    const server = net.createServer((socket) => {
      const peer = new ScriptedPeer(socket);
      const { calledAETitle, callingAETitle, applicationContextName, userInformation } = associateRequestOf();
      const titles = { calledAETitle, callingAETitle, applicationContextName, userInformation };
      peer.send({ type: 'A-ASSOCIATE-AC', protocolVersion: 1, ...titles, ...changes });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as net.AddressInfo;
    await expect(requestTo(port)).rejects.toMatchObject({ code: 'NEGOTIATION_FAILED' });
    server.close();
  });

  test('a decision that accepts what was not proposed rejects the association and tells us', async () => {
    await using acceptor = await startAcceptor({
      decide: () => ({
        accept: true,
        presentationContexts: [{ id: 1, result: 'acceptance', transferSyntax: '1.2.3.4.5' }],
      }),
    });
    await expect(requestTo(acceptor.port)).rejects.toMatchObject({ code: 'ASSOCIATION_REJECTED' });
    expect(acceptor.handlerErrors).toMatchObject([{ code: 'NEGOTIATION_FAILED' }]);
  });

  test.each([
    ['a title of 17 characters', { calledAETitle: 'A'.repeat(17) }],
    ['an empty title', { callingAETitle: '' }],
    ['no context', { presentationContexts: [] }],
    [
      '129 contexts',
      { presentationContexts: Array.from({ length: 129 }, () => contexts[0]).flatMap((c) => c ?? []) },
    ],
    [
      'no transfer syntax',
      { presentationContexts: [{ abstractSyntax: VERIFICATION, transferSyntaxes: [] }] },
    ],
  ])('%s cannot be proposed', async (_title, options) => {
    await expect(requestTo(1, options)).rejects.toMatchObject({ code: 'NEGOTIATION_FAILED' });
  });

  test('release from both sides at once: collision (AR-8 to AR-10)', async () => {
    await using acceptor = await startAcceptor();
    const association = await requestTo(acceptor.port);
    const [accepted] = acceptor.associations;
    await Promise.all([association.release(), accepted?.release()]);
    expect(association.end).toMatchObject({ how: 'released' });
    expect(accepted?.end).toMatchObject({ how: 'released' });
  });
});

describe('data sets', () => {
  test('what is sent in chunks arrives bit for bit', async () => {
    const received = Promise.withResolvers<Uint8Array>();
    await using acceptor = await startAcceptor({
      onRequest: (request) =>
        collectDataSet(1 << 24, async (bytes) => {
          received.resolve(bytes);
          await request.respond({ status: 0 });
        }),
    });
    const association = await requestTo(acceptor.port, { presentationContexts: contexts });
    const chunks = Array.from({ length: 40 }, (_, i) => Buffer.alloc(i * 7_919, i));
    async function* source(): AsyncGenerator<Uint8Array> {
      for (const chunk of chunks) {
        await wait(0);
        yield chunk;
      }
    }
    const [response] = await storeOn(association, source());
    expect(response?.status).toBe(0);
    expect(Buffer.compare(await received.promise, Buffer.concat(chunks))).toBe(0);
    expect(response?.command).toMatchObject({
      affectedSOPInstanceUID: '1.2.3',
      messageIDBeingRespondedTo: 1,
    });
    await association.release();
  });

  test.each([true, false])('a sink that keeps fragments: %s, sees every byte', async (keepsFragments) => {
    const data = Buffer.from(Array.from({ length: 1_000_001 }, (_, i) => (i * 31) % 251));
    const kept: Uint8Array[] = [];
    const hash = createHash('sha256');
    await using acceptor = await startAcceptor({
      onRequest: (request) => ({
        keepsFragments,
        // Every other fragment is used only after a while.
        write: async (fragment) => {
          if (kept.length % 2 === 0) await wait(1);
          hash.update(fragment);
          kept.push(fragment);
        },
        end: () => request.respond({ status: 0 }),
        abort: () => undefined,
      }),
    });
    const association = await requestTo(acceptor.port, { presentationContexts: contexts });
    expect(await storeOn(association, data)).toMatchObject([{ status: 0 }]);
    expect(hash.digest('hex')).toBe(createHash('sha256').update(data).digest('hex'));
    if (keepsFragments) expect(Buffer.compare(Buffer.concat(kept), data)).toBe(0);
    else expect(kept.some((fragment) => fragment.length === 0)).toBe(true);
    await association.release();
  });

  test('a slow sink holds the sender back: memory does not grow with the data set', async () => {
    let taken = 0;
    let highest = 0;
    const gate = Promise.withResolvers<void>();
    await using acceptor = await startAcceptor({
      onRequest: (request) => ({
        keepsFragments: false,
        write: (fragment) => {
          taken += fragment.length;
          return gate.promise;
        },
        end: () => request.respond({ status: 0 }),
        abort: () => undefined,
      }),
    });
    const association = await requestTo(acceptor.port, { presentationContexts: contexts });
    let produced = 0;
    async function* source(): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < 400; i++) {
        produced += 65_536;
        yield Buffer.alloc(65_536);
        await wait(0);
      }
    }
    const stored = storeOn(association, source());
    await wait(300);
    highest = produced;
    expect(taken).toBeLessThanOrEqual(65_536);
    // What the two kernels' socket buffers hold, and a batch of ours on either side.
    expect(highest).toBeLessThan(16 * 1024 ** 2);
    gate.resolve();
    expect(await stored).toMatchObject([{ status: 0 }]);
    expect(taken).toBe(400 * 65_536);
    await association.release();
  });

  test('a source that fails in the middle aborts the association', async () => {
    await using acceptor = await startAcceptor({
      onRequest: () => ({ write: () => undefined, end: () => undefined, abort: () => undefined }),
    });
    const association = await requestTo(acceptor.port, { presentationContexts: contexts });
    async function* source(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(300_000);
      await wait(5);
      throw new Error('decryption failed');
    }
    await expect(storeOn(association, source())).rejects.toMatchObject({ code: 'ASSOCIATION_ABORTED' });
    expect(await acceptor.firstEnd()).toMatchObject({ how: 'aborted', byPeer: true });
  });

  test('an answer before the end of the data set waits for that end', async () => {
    await using acceptor = await startAcceptor({
      onRequest: (request) => void request.respond({ status: Status.notAuthorized, errorComment: 'no' }),
    });
    const association = await requestTo(acceptor.port, { presentationContexts: contexts });
    for (let i = 0; i < 2; i++) {
      const [response] = await storeOn(association, Buffer.alloc(1_000_000));
      expect(response).toMatchObject({ status: 0x0124, command: { errorComment: 'no' } });
    }
    await association.release();
  });

  test('a data set longer than its limit aborts', async () => {
    await using acceptor = await startAcceptor({
      limits: { discardedDataSetMaxBytes: 100_000 },
      onRequest: () => undefined,
    });
    const association = await requestTo(acceptor.port, { presentationContexts: contexts });
    await expect(storeOn(association, Buffer.alloc(200_000))).rejects.toMatchObject({
      code: 'ASSOCIATION_ABORTED',
    });
    expect(await acceptor.firstEnd()).toMatchObject({ code: 'DATA_SET_TOO_LONG' });
  });
});

describe('handlers that fail are answered Processing Failure, and the association goes on', () => {
  const secret = 'DOE^JANE';
  const fail = (): never => {
    throw new Error(secret);
  };
  const later = async (): Promise<never> => {
    await wait(1);
    return fail();
  };
  const idle = { write: () => undefined, end: () => undefined, abort: () => undefined };
  test.each<[string, RequestHandler]>([
    ['the handler throws', fail],
    ['the handler rejects', later],
    ['the sink throws', () => ({ ...idle, write: fail })],
    ['the sink rejects', () => ({ ...idle, write: later })],
    ['the end throws', () => ({ ...idle, end: fail })],
    ['the end rejects', () => ({ ...idle, end: later })],
    ['a small sink overflows', () => collectDataSet(10, () => undefined)],
  ])('%s', async (_title, onRequest) => {
    await using acceptor = await startAcceptor({ onRequest });
    const association = await requestTo(acceptor.port, { presentationContexts: contexts });
    for (let i = 0; i < 2; i++) {
      const [response] = await storeOn(association, Buffer.alloc(200_000));
      expect(response?.status).toBe(0x0110);
      expect(JSON.stringify(response?.command)).not.toContain('JANE');
    }
    expect(acceptor.handlerErrors.length).toBeGreaterThanOrEqual(2);
    await association.release();
  });
});

describe('operations', () => {
  test('C-CANCEL-RQ aborts the signal of the request while responses stream', async () => {
    await using acceptor = await startAcceptor({
      onRequest: (request) =>
        collectDataSet(1_000, async () => {
          while (!request.signal.aborted) {
            await request.respond({ status: Status.pending }, Buffer.alloc(64));
            await wait(1);
          }
          expect(request.signal.reason).toMatchObject({ code: 'CANCELLED' });
          await request.respond({ status: Status.cancel });
        }),
    });
    const association = await requestTo(acceptor.port, { presentationContexts: contexts });
    const operation = association.request(findFields, Buffer.alloc(10), 3);
    const statuses: number[] = [];
    for await (const response of operation) {
      statuses.push(response.status);
      if (statuses.length === 3) association.cancel(operation.messageID);
    }
    expect(statuses.at(-1)).toBe(0xfe00);
    await association.release();
  });

  test('a flood of responses waits for its consumer', async () => {
    let sent = 0;
    await using acceptor = await startAcceptor({
      onRequest: (request) =>
        collectDataSet(1_000, async () => {
          for (; sent < 2_000; sent++)
            await request.respond({ status: Status.pending }, Buffer.alloc(8_192, sent));
          await request.respond({ status: 0 });
        }),
    });
    const association = await requestTo(acceptor.port, { presentationContexts: contexts });
    const operation = association.request(findFields, Buffer.alloc(10), 3);
    await wait(200);
    expect(sent).toBeLessThan(1_500);
    const responses = await all(operation);
    expect(responses).toHaveLength(2_001);
    expect(responses[1_234]?.dataSet?.[17]).toBe(1_234 % 256);
    await association.release();
  });

  test('with an asynchronous window several operations run at once, without one they take turns', async () => {
    for (const window of [undefined, { invoked: 3, performed: 1 }]) {
      let open = 0;
      let most = 0;
      await using acceptor = await startAcceptor({
        onRequest: async (request) => {
          most = Math.max(most, ++open);
          await wait(20);
          open--;
          await request.respond({ status: 0 });
        },
      });
      const association = await requestTo(acceptor.port, { asynchronousOperationsWindow: window });
      const echoes = Array.from({ length: 6 }, () => all(association.request(echoFields, undefined, 1)));
      expect((await Promise.all(echoes)).flat().map((response) => response.status)).toEqual([
        0, 0, 0, 0, 0, 0,
      ]);
      expect(most).toBe(window === undefined ? 1 : 3);
      await association.release();
    }
  });

  test('the end of the association ends open operations on both sides', async () => {
    const seen = Promise.withResolvers<IncomingRequest>();
    await using acceptor = await startAcceptor({ onRequest: (request) => seen.resolve(request) });
    const association = await requestTo(acceptor.port);
    const echo = all(association.request(echoFields, undefined, 1));
    const request = await seen.promise;
    association.abort();
    await expect(echo).rejects.toMatchObject({ code: 'ASSOCIATION_ABORTED', byPeer: false });
    expect(await acceptor.firstEnd()).toMatchObject({ how: 'aborted', byPeer: true });
    expect(request.signal.aborted).toBe(true);
    await expect(request.respond({ status: 0 })).rejects.toMatchObject({ code: 'ASSOCIATION_ENDED' });
    expect(() => association.request(echoFields, undefined, 1)).toThrow(
      expect.objectContaining({ code: 'ASSOCIATION_ENDED' }),
    );
  });

  test('one final answer only', async () => {
    const second = Promise.withResolvers<unknown>();
    await using acceptor = await startAcceptor({
      onRequest: async (request) => {
        await request.respond({ status: 0 });
        await request.respond({ status: 0 }).catch(second.resolve);
      },
    });
    const association = await requestTo(acceptor.port);
    await all(association.request(echoFields, undefined, 1));
    expect(await second.promise).toMatchObject({ code: 'ALREADY_ANSWERED' });
    await association.release();
  });

  test('a request needs an accepted context and the role (PS3.7 D.3.3.4)', async () => {
    await using acceptor = await startAcceptor({
      decide: (request) => ({
        ...acceptEverything(request),
        presentationContexts: [{ id: 1, result: 'acceptance', transferSyntax: IMPLICIT_LE }],
      }),
    });
    const association = await requestTo(acceptor.port, { presentationContexts: contexts });
    expect(() => association.request(storeFields, Buffer.alloc(2), 3)).toThrow(
      expect.objectContaining({ code: 'NO_PRESENTATION_CONTEXT' }),
    );
    const [accepted] = acceptor.associations;
    expect(() => accepted?.request(echoFields, undefined, 1)).toThrow(
      expect.objectContaining({ code: 'ROLE_NOT_NEGOTIATED' }),
    );
    await association.release();
  });
});
