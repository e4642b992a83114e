import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { CommandField, decodeCommand } from '../dimse/index.ts';
import type { CommandFields } from '../dimse/index.ts';
import { encodePdu } from '../pdu/index.ts';
import type { Pdu } from '../pdu/index.ts';
import { startAcceptor } from '../test-support/acceptor.ts';
import { ManualClock } from '../test-support/manual-clock.ts';
import {
  CT_IMAGE_STORAGE,
  ScriptedPeer,
  VERIFICATION,
  associateRequestOf,
  commandPdu,
  pdataOf,
} from '../test-support/scripted-peer.ts';

const echoRequest: CommandFields = {
  commandField: CommandField['C-ECHO-RQ'],
  messageID: 1,
  affectedSOPClassUID: VERIFICATION,
};
const storeRequest: CommandFields = {
  commandField: CommandField['C-STORE-RQ'],
  messageID: 1,
  affectedSOPClassUID: CT_IMAGE_STORAGE,
  affectedSOPInstanceUID: '1.2.3',
};

const hex = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ''), 'hex');

describe('before the association: the connection is aborted or rejected', () => {
  test.each<[string, Buffer | Pdu]>([
    ['A-RELEASE-RQ first', { type: 'A-RELEASE-RQ' }],
    ['P-DATA-TF first', pdataOf(1, Buffer.alloc(4))],
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
    ['a PDU length of 2^31', hex('01 00 80000000')],
    ['zero presentation contexts', associateRequestOf({ presentationContexts: [] })],
    [
      'an even context ID',
      associateRequestOf({
        presentationContexts: [{ id: 2, abstractSyntax: '1.2', transferSyntaxes: ['1.2'] }],
      }),
    ],
  ])('%s: A-ABORT with source 0 (AA-1)', async (_title, bytes) => {
    await using acceptor = await startAcceptor();
    const peer = await ScriptedPeer.connect(acceptor.port);
    peer.send(bytes);
    expect(await peer.expect('A-ABORT')).toEqual({ type: 'A-ABORT', source: 0, reason: 0 });
    await peer.expectEnd();
    peer.close();
    expect(await acceptor.firstEnd()).toMatchObject({ how: 'protocol-error', byPeer: true });
  });

  test.each([
    ['protocol version 2', associateRequestOf({ protocolVersion: 2 }), { result: 1, source: 2, reason: 2 }],
    [
      'another application context',
      associateRequestOf({ applicationContextName: '1.2.3' }),
      { result: 1, source: 1, reason: 2 },
    ],
    [
      'a Maximum Length of 12 bytes',
      associateRequestOf({ userInformation: { ...associateRequestOf().userInformation, maximumLength: 12 } }),
      { result: 1, source: 3, reason: 2 },
    ],
  ])('%s: A-ASSOCIATE-RJ (AE-6, Table 9-21)', async (_title, request, codes) => {
    await using acceptor = await startAcceptor();
    const peer = await ScriptedPeer.connect(acceptor.port);
    peer.send(request);
    expect(await peer.expect('A-ASSOCIATE-RJ')).toMatchObject(codes);
    peer.close();
    expect(await acceptor.firstEnd()).toMatchObject({ how: 'rejected', byPeer: false });
  });

  test('a decision that throws rejects', async () => {
    await using acceptor = await startAcceptor({
      decide: () => {
        throw new Error('directory unavailable');
      },
    });
    const peer = await ScriptedPeer.connect(acceptor.port);
    peer.send(associateRequestOf());
    expect(await peer.expect('A-ASSOCIATE-RJ')).toMatchObject({ result: 2, source: 1, reason: 1 });
    peer.close();
    expect(acceptor.handlerErrors).toHaveLength(1);
  });

  test('data before the answer of the acceptor aborts (Sta3, AA-8)', async () => {
    const decision = Promise.withResolvers<never>();
    await using acceptor = await startAcceptor({ decide: () => decision.promise });
    const peer = await ScriptedPeer.connect(acceptor.port);
    peer.send(associateRequestOf(), commandPdu(1, echoRequest));
    expect(await peer.expect('A-ABORT')).toMatchObject({ source: 2, reason: 2 });
    peer.close();
    await acceptor.firstEnd();
  });
});

describe('in the association: A-ABORT', () => {
  const provider = (reason: number) => ({ type: 'A-ABORT', source: 2, reason });
  const user = { type: 'A-ABORT', source: 0, reason: 0 };
  test.each<[string, (Buffer | Pdu)[], object, string]>([
    ['A-ASSOCIATE-RQ twice', [associateRequestOf()], provider(2), 'UNEXPECTED_PDU'],
    ['A-RELEASE-RP without a request', [{ type: 'A-RELEASE-RP' }], provider(2), 'UNEXPECTED_PDU'],
    ['an unknown PDU type', [hex('2a 00 00000004 00000000')], provider(1), 'UNRECOGNIZED_PDU_TYPE'],
    ['a P-DATA-TF of 2^31 bytes', [hex('04 00 80000000')], provider(6), 'PDU_TOO_LONG'],
    [
      'a PDV longer than its PDU',
      [hex('04 00 00000008 00000100 01 03 0000')],
      provider(6),
      'PDV_LENGTH_WRONG',
    ],
    [
      'a context that was never proposed',
      [commandPdu(99, echoRequest)],
      provider(6),
      'PRESENTATION_CONTEXT_UNKNOWN',
    ],
    ['a data set without command', [pdataOf(1, Buffer.alloc(8))], user, 'DATA_SET_NOT_ANNOUNCED'],
    [
      'a data set after C-ECHO-RQ',
      [commandPdu(1, echoRequest), pdataOf(1, Buffer.alloc(8))],
      user,
      'DATA_SET_NOT_ANNOUNCED',
    ],
    ['C-ECHO-RQ that announces a data set', [commandPdu(1, echoRequest, true)], user, 'DATA_SET_NOT_ALLOWED'],
    ['C-STORE-RQ without data set', [commandPdu(3, storeRequest)], user, 'DATA_SET_MISSING'],
    [
      'a command instead of a data set',
      [commandPdu(3, storeRequest, true), commandPdu(3, echoRequest)],
      user,
      'COMMAND_INSTEAD_OF_DATA_SET',
    ],
    [
      'an unknown command field',
      [commandPdu(1, { ...echoRequest, commandField: 0x0042 })],
      user,
      'COMMAND_FIELD_UNKNOWN',
    ],
    [
      'a request without Message ID',
      [commandPdu(1, { ...echoRequest, messageID: undefined })],
      user,
      'COMMAND_ELEMENT_MISSING',
    ],
    [
      'a response to nothing',
      [commandPdu(1, { commandField: 0x8030, messageIDBeingRespondedTo: 1, status: 0 })],
      user,
      'RESPONSE_WITHOUT_REQUEST',
    ],
    [
      'a command set that is none',
      [pdataOf(1, Buffer.alloc(20, 0xff), { isCommand: true })],
      user,
      'COMMAND_GROUP_WRONG',
    ],
    [
      'a command set of 64 KiB and more',
      Array.from({ length: 9 }, () => pdataOf(1, Buffer.alloc(8_000), { isCommand: true, isLast: false })),
      user,
      'COMMAND_SET_TOO_LONG',
    ],
  ])('%s', async (_title, sent, abort, code) => {
    await using acceptor = await startAcceptor();
    const peer = await ScriptedPeer.connect(acceptor.port);
    await peer.associate();
    peer.send(...sent);
    // A C-ECHO-RQ that was fine is answered before the abort.
    if (code === 'DATA_SET_NOT_ANNOUNCED' && sent.length === 2) await peer.expect('P-DATA-TF');
    expect(await peer.expect('A-ABORT')).toEqual(abort);
    await peer.expectEnd();
    peer.close();
    expect(await acceptor.firstEnd()).toMatchObject({ how: 'protocol-error', byPeer: true, code });
  });

  test('a context that was proposed and refused', async () => {
    await using acceptor = await startAcceptor({
      decide: () => ({
        accept: true,
        presentationContexts: [{ id: 1, result: 'acceptance', transferSyntax: '1.2.840.10008.1.2' }],
      }),
    });
    const peer = await ScriptedPeer.connect(acceptor.port);
    peer.send(associateRequestOf());
    const accept = await peer.expect('A-ASSOCIATE-AC');
    expect(accept.presentationContexts.map(({ id, result }) => [id, result])).toEqual([
      [1, 'acceptance'],
      [3, 'no-reason'],
    ]);
    peer.send(commandPdu(3, storeRequest, true));
    expect(await peer.expect('A-ABORT')).toEqual(provider(6));
    peer.close();
    await acceptor.firstEnd();
  });

  test('a second request while one is open, without an asynchronous window (PS3.7 D.3.3.3)', async () => {
    await using acceptor = await startAcceptor({ onRequest: () => undefined });
    const peer = await ScriptedPeer.connect(acceptor.port);
    await peer.associate();
    peer.send(commandPdu(1, echoRequest), commandPdu(1, { ...echoRequest, messageID: 2 }));
    expect(await peer.expect('A-ABORT')).toEqual(user);
    peer.close();
    expect(await acceptor.firstEnd()).toMatchObject({ code: 'OPERATIONS_WINDOW_EXCEEDED' });
  });
});

describe('what is wrong but can be answered', () => {
  test.each<[string, number, CommandFields, number, number]>([
    [
      'C-STORE-RQ without Affected SOP Instance UID',
      3,
      { ...storeRequest, affectedSOPInstanceUID: undefined },
      0xc000,
      0x1000,
    ],
    [
      'C-STORE-RQ whose SOP Class UID is no UID',
      3,
      { ...storeRequest, affectedSOPClassUID: 'not a UID' },
      0xc000,
      0x0002,
    ],
  ])('%s: the handler never sees it', async (_title, contextID, fields, status, offending) => {
    let seen = 0;
    await using acceptor = await startAcceptor({ onRequest: () => void seen++ });
    const peer = await ScriptedPeer.connect(acceptor.port);
    await peer.associate();
    peer.send(commandPdu(contextID, fields, true), pdataOf(contextID, Buffer.alloc(100)));
    const { pdvs } = await peer.expect('P-DATA-TF');
    const response = decodeCommand(Buffer.from(pdvs[0]?.data ?? []));
    expect(response).toMatchObject({ status, offendingElement: [offending] });
    expect(seen).toBe(0);
    peer.close();
  });

  test('a C-CANCEL-RQ for an operation that is over is nothing', async () => {
    await using acceptor = await startAcceptor();
    const peer = await ScriptedPeer.connect(acceptor.port);
    await peer.associate();
    peer.send(
      commandPdu(1, { commandField: CommandField['C-CANCEL-RQ'], messageIDBeingRespondedTo: 9 }),
      commandPdu(1, echoRequest),
    );
    await peer.expect('P-DATA-TF');
    peer.close();
  });
});

describe('after the end', () => {
  test('bytes after A-RELEASE-RQ are not acted on', async () => {
    let seen = 0;
    await using acceptor = await startAcceptor({ onRequest: () => void seen++ });
    const peer = await ScriptedPeer.connect(acceptor.port);
    await peer.associate();
    peer.send({ type: 'A-RELEASE-RQ' }, commandPdu(1, echoRequest));
    await peer.expect('A-RELEASE-RP');
    await wait(30);
    peer.close();
    expect(await acceptor.firstEnd()).toMatchObject({ how: 'released', byPeer: true });
    expect(seen).toBe(0);
  });

  test('an A-ABORT in mid data set aborts the sink, and the handler learns of it', async () => {
    const aborted = Promise.withResolvers<Error>();
    let signal: AbortSignal | undefined;
    await using acceptor = await startAcceptor({
      onRequest: (request) => {
        signal = request.signal;
        return { write: () => undefined, end: () => undefined, abort: (reason) => aborted.resolve(reason) };
      },
    });
    const peer = await ScriptedPeer.connect(acceptor.port);
    await peer.associate();
    peer.send(commandPdu(3, storeRequest, true), pdataOf(3, Buffer.alloc(500), { isLast: false }));
    peer.send({ type: 'A-ABORT', source: 0, reason: 0 });
    expect(await aborted.promise).toMatchObject({ code: 'ASSOCIATION_ABORTED' });
    expect(signal?.aborted).toBe(true);
    expect(await acceptor.firstEnd()).toMatchObject({ how: 'aborted', byPeer: true, source: 0 });
  });

  test('a connection lost in the middle of a PDU', async () => {
    const aborted = Promise.withResolvers<Error>();
    await using acceptor = await startAcceptor({
      onRequest: () => ({ write: () => undefined, end: () => undefined, abort: aborted.resolve }),
    });
    const peer = await ScriptedPeer.connect(acceptor.port);
    await peer.associate();
    peer.send(commandPdu(3, storeRequest, true), encodePdu(pdataOf(3, Buffer.alloc(500))).subarray(0, 100));
    peer.socket.end();
    expect(await aborted.promise).toMatchObject({ code: 'CONNECTION_FAILED' });
    expect(await acceptor.firstEnd()).toMatchObject({ how: 'connection-lost' });
  });
});

describe('silence has its limit', () => {
  const timeouts = { artimMs: 1_000, idleMs: 5_000, associationMs: 60_000 };

  test.each<[string, Buffer]>([
    ['no byte', Buffer.alloc(0)],
    ['half an A-ASSOCIATE-RQ', encodePdu(associateRequestOf()).subarray(0, 90)],
    ['half a PDU header', hex('01 00 00')],
  ])('before the association, %s: ARTIM closes (Evt18, AA-2)', async (_title, bytes) => {
    const clock = new ManualClock();
    await using acceptor = await startAcceptor({ clock, timeouts });
    const peer = await ScriptedPeer.connect(acceptor.port);
    peer.send(bytes);
    await wait(30);
    clock.advance(999);
    expect(acceptor.associations[0]?.end).toBeUndefined();
    clock.advance(1);
    await peer.expectEnd();
    expect(await acceptor.firstEnd()).toMatchObject({ how: 'timeout', code: 'ARTIM' });
    expect(clock.pending).toBe(0);
  });

  test('half a P-DATA-TF, then a byte every four seconds: the idle limit aborts', async () => {
    const clock = new ManualClock();
    await using acceptor = await startAcceptor({ clock, timeouts });
    const peer = await ScriptedPeer.connect(acceptor.port);
    await peer.associate();
    const bytes = encodePdu(pdataOf(1, Buffer.alloc(400), { isCommand: true }));
    peer.send(bytes.subarray(0, 100));
    for (let i = 0; i < 2; i++) {
      await wait(20);
      clock.advance(4_000);
      if (i === 0) peer.send(bytes.subarray(100, 101));
    }
    expect(await peer.expect('A-ABORT')).toMatchObject({ source: 0 });
    peer.close();
    expect(await acceptor.firstEnd()).toMatchObject({ how: 'timeout', code: 'idle' });
  });

  test('a peer that does not close after the A-ABORT is cut off by ARTIM', async () => {
    const clock = new ManualClock();
    await using acceptor = await startAcceptor({ clock, timeouts });
    const peer = await ScriptedPeer.connect(acceptor.port);
    peer.socket.allowHalfOpen = true;
    await peer.associate();
    clock.advance(5_000);
    await peer.expect('A-ABORT');
    clock.advance(1_000);
    expect(await acceptor.firstEnd()).toMatchObject({ how: 'timeout', code: 'idle' });
    peer.close();
  });

  test('a peer that does not answer a request of ours is silent, although we owe it an answer too', async () => {
    const clock = new ManualClock();
    await using acceptor = await startAcceptor({
      clock,
      timeouts,
      onRequest: async (request) => {
        const { association } = request;
        const fields = { ...storeRequest, commandField: CommandField['C-STORE-RQ'] };
        for await (const response of association.request(fields, Buffer.alloc(10), 3))
          expect(response).toBeDefined();
      },
    });
    const peer = await ScriptedPeer.connect(acceptor.port);
    const roles = [{ sopClassUID: CT_IMAGE_STORAGE, scuRole: true, scpRole: true }];
    const { userInformation } = associateRequestOf();
    await peer.associate(
      associateRequestOf({ userInformation: { ...userInformation, roleSelections: roles } }),
    );
    peer.send(commandPdu(1, echoRequest));
    await peer.expect('P-DATA-TF');
    await peer.expect('P-DATA-TF');
    clock.advance(11_000);
    await peer.expect('A-ABORT');
    peer.close();
    expect(await acceptor.firstEnd()).toMatchObject({ how: 'timeout', code: 'idle' });
    expect(acceptor.handlerErrors).toMatchObject([{ code: 'TIMED_OUT' }]);
  });

  test('a handler that takes long is no silence of the peer; the whole association has its limit', async () => {
    const clock = new ManualClock();
    await using acceptor = await startAcceptor({ clock, timeouts, onRequest: () => undefined });
    const peer = await ScriptedPeer.connect(acceptor.port);
    await peer.associate();
    peer.send(commandPdu(1, echoRequest));
    await wait(30);
    clock.advance(50_000);
    expect(acceptor.associations[0]?.end).toBeUndefined();
    clock.advance(10_000);
    await peer.expect('A-ABORT');
    peer.close();
    expect(await acceptor.firstEnd()).toMatchObject({ how: 'timeout', code: 'association' });
  });
});
