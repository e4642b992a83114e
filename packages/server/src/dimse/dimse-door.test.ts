import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTLS } from 'node:tls';
import { SOPClassUID, TransferSyntaxUID } from '@leadglass/dicom';
import { CommandField, echo, encodePdu, store } from '@leadglass/network';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CT_IMAGE, instanceOf } from '../archive/testing/instances.ts';
import { IMPLEMENTATION, TestDoor } from './testing/test-door.ts';

const EXPLICIT = TransferSyntaxUID.ExplicitVRLittleEndian;
const MR_IMAGE = '1.2.840.10008.5.1.4.1.1.4';
const ECHO = [{ abstractSyntax: SOPClassUID.Verification, transferSyntaxes: [EXPLICIT] }];
const CT = { abstractSyntax: CT_IMAGE, transferSyntaxes: [EXPLICIT] };
const MR = { abstractSyntax: MR_IMAGE, transferSyntaxes: [EXPLICIT] };

let door: TestDoor;
beforeEach(async () => {
  door = await TestDoor.open();
  await door.addDevice('CT1', 'echo,store');
});
afterEach(() => door.close());

/** Entries of refusals are written after the peer was told. */
const eventually = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 10_000 });

const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => socket.on('error', () => undefined).once('close', () => resolve()));

/** An A-ASSOCIATE-RQ for sending by hand (PS3.8 9.3.2). */
const associateRequestOf = (callingAETitle = '', calledAETitle = 'LEADGLASS'): Uint8Array =>
  encodePdu({
    type: 'A-ASSOCIATE-RQ',
    protocolVersion: 1,
    callingAETitle,
    calledAETitle,
    applicationContextName: '1.2.840.10008.3.1.1.1',
    presentationContexts: ECHO.map((context) => ({ id: 1, ...context })),
    userInformation: {
      maximumLength: 16_384,
      ...IMPLEMENTATION,
      asynchronousOperationsWindow: undefined,
      roleSelections: [],
      extendedNegotiation: [],
      commonExtendedNegotiation: [],
      userIdentity: undefined,
    },
  });

describe('who is let in', () => {
  test('a device that is registered, and it leaves an entry for what it did', async () => {
    const association = await door.associate('CT1', ECHO);
    await echo(association);
    await association.release();
    expect(door.trail()).toEqual(['echo success']);
  });

  test.each([
    ['another calling AE title', 'CT2', {}, /^connect refused UNKNOWN_PLAIN_DEVICE$/],
    [
      'another called AE title',
      'CT1',
      { calledAETitle: 'ANYBODY' },
      /^connect refused UNKNOWN_PLAIN_DEVICE$/,
    ],
  ])('not %s: rejected, and recorded', async (_name, title, options, entry) => {
    await expect(door.associate(title, ECHO, options)).rejects.toMatchObject({
      code: 'ASSOCIATION_REJECTED',
    });
    await eventually(() => expect(door.trail()).toEqual([expect.stringMatching(entry)]));
  });

  test('whichever title is wrong, the answer is the same to the byte: nobody guesses one after the other', async () => {
    const answers: string[] = [];
    for (const [calling, called] of [
      ['CT1', 'ANYBODY'],
      ['CT2', 'LEADGLASS'],
      ['CT2', 'ANYBODY'],
    ]) {
      const socket = connect({ host: '127.0.0.1', port: door.plainPort });
      socket.write(associateRequestOf(calling, called));
      const [bytes] = (await once(socket, 'data')) as [Buffer];
      answers.push(bytes.toString('hex'));
      socket.destroy();
    }
    // A-ASSOCIATE-RJ: rejected-permanent, DICOM UL service-user, no-reason-given (PS3.8 9.3.4).
    expect(answers).toEqual(Array(3).fill('03000000000400010101'));
  });

  test('who has shown a certificate of ours is told which title is wrong', async () => {
    const { keyPem, certPem } = await door.addCertifiedDevice('MR1', 'echo');
    const options = { host: '127.0.0.1', port: door.tlsPort, key: keyPem, cert: certPem };
    const dial = { connect: () => connectTLS({ ...options, rejectUnauthorized: false }) };
    await expect(door.associate('MR2', ECHO, dial)).rejects.toMatchObject({
      reason: 'calling-AE-title-not-recognized',
    });
    await expect(door.associate('MR1', ECHO, { ...dial, calledAETitle: 'X' })).rejects.toMatchObject({
      reason: 'called-AE-title-not-recognized',
    });
  });

  test('a verb that was not granted is a context that is rejected, and recorded', async () => {
    const find = { abstractSyntax: '1.2.840.10008.5.1.4.1.2.2.1', transferSyntaxes: [EXPLICIT] };
    const association = await door.associate('CT1', [...ECHO, find]);
    expect(association.presentationContexts.map(({ abstractSyntax }) => abstractSyntax)).toEqual([
      SOPClassUID.Verification,
    ]);
    await association.release();
    await eventually(() => expect(door.trail()).toEqual(['connect refused VERB_NOT_GRANTED']));
  });

  test('nobody from an address of which no device is known: closed before the first PDU', async () => {
    const socket = connect({ host: '127.0.0.1', port: door.plainPort, localAddress: '127.0.0.2' });
    await closed(socket);
    expect(socket.bytesRead).toBe(0);
    await eventually(() => expect(door.trail()).toEqual(['connect refused UNKNOWN_PLAIN_ADDRESS']));
  });

  test('nobody whose certificate is of another authority, or who has none', async () => {
    const socket = connectTLS({ host: '127.0.0.1', port: door.tlsPort, rejectUnauthorized: false });
    await closed(socket);
    await eventually(() => expect(door.trail()).toEqual(['connect refused NO_CERTIFICATE']));
  });
});

describe('caps', () => {
  test('one device may hold a quarter of all associations; another still gets in', async () => {
    await door.addDevice('CT2', 'echo');
    const held = await Promise.all(Array.from({ length: 4 }, () => door.associate('CT1', ECHO)));
    await expect(door.associate('CT1', ECHO)).rejects.toMatchObject({ code: 'ASSOCIATION_REJECTED' });
    const other = await door.associate('CT2', ECHO);
    await echo(other);
    expect(door.door.associations).toBe(5);
    await Promise.all([...held, other].map((association) => association.release()));
    await eventually(() => expect(door.trail()).toContain('connect refused TOO_MANY_ASSOCIATIONS'));
  });

  test('one address may open a quarter of the places without an association, and keep four of them', async () => {
    const waiting = Array.from({ length: 70 }, () => connect({ host: '127.0.0.1', port: door.plainPort }));
    const refused = (reason: string): number =>
      door.trail().filter((entry) => entry === `connect refused ${reason}`).length;
    await Promise.all(waiting.filter((_, i) => i < 60 || i >= 64).map(closed));
    expect(waiting.slice(60, 64).some((socket) => socket.closed)).toBe(false);
    expect(door.door.associations).toBe(4);
    // Sixty of one address are recorded one by one in a minute, the others are counted.
    await eventually(() => expect(door.trail()).toHaveLength(60));
    expect([refused('TOO_MANY_CONNECTIONS'), refused('NO_ASSOCIATION_REQUEST')]).toEqual([6, 54]);
    for (const socket of waiting) socket.destroy();
    await eventually(() => expect(door.door.associations).toBe(0));
  });

  test('a device gets in while somebody at its address keeps sockets open; who is rejected keeps no more', async () => {
    const silent = Array.from({ length: 8 }, () => connect({ host: '127.0.0.1', port: door.plainPort }));
    const association = await door.associate('CT1', ECHO);
    await Promise.all(silent.slice(0, 4).map(closed));
    await echo(association);
    const rejected = Array.from({ length: 8 }, () => connect({ host: '127.0.0.1', port: door.plainPort }));
    for (const socket of rejected) socket.on('data', () => undefined).write(associateRequestOf('GUESS'));
    await Promise.all([...silent.slice(4), ...rejected.slice(0, 4)].map(closed));
    await echo(association);
    await association.release();
    for (const socket of rejected) socket.destroy();
  });

  test('who asks for no association within ARTIM is closed, and recorded (PS3.8 9.1.5)', async () => {
    const hasty = await TestDoor.open({ artimMs: 50 });
    await hasty.addDevice('CT1', 'echo');
    await closed(connect({ host: '127.0.0.1', port: hasty.plainPort }));
    await eventually(() => expect(hasty.trail()).toEqual(['connect refused NO_ASSOCIATION_REQUEST']));
    await hasty.close();
  });
});

describe('C-STORE', () => {
  test('of a class that is not the one of its context is refused with A900, and recorded', async () => {
    const association = await door.associate('CT1', [CT, MR]);
    const { dataSet, source } = instanceOf();
    const context = association.presentationContexts.find((one) => one.abstractSyntax === MR_IMAGE);
    const refused = await store(association, { ...source, dataSet, presentationContextID: context?.id });
    expect(refused.status).toBe(0xa900);
    expect(refused.command.errorComment).toBe('SOPClassUID differs from the command');
    expect(door.trail()).toEqual(['store failed SOP_CLASS_MISMATCH']);
    expect(door.workplace.archive.index.statistics().instances).toBe(0);
    // One bad instance never spoils the others in its association.
    expect((await store(association, { ...source, dataSet })).status).toBe(0);
    await association.release();
    expect(door.trail()).toEqual(['store failed SOP_CLASS_MISMATCH', 'store success']);
  });

  test('again, and of another data set under its UID: success, then 0111; each recorded', async () => {
    const association = await door.associate('CT1', [CT]);
    const { dataSet, source } = instanceOf();
    const other = instanceOf({ seed: 2 }).dataSet;
    const statuses: number[] = [];
    for (const bytes of [dataSet, dataSet, other, other])
      statuses.push((await store(association, { ...source, dataSet: bytes })).status);
    expect(statuses).toEqual([0, 0, 0x0111, 0x0111]);
    await association.release();
    expect(door.trail()).toEqual([
      'store success',
      'store success',
      'store refused DIFFERENT_UNDER_SAME_UID',
      'store refused DIFFERENT_UNDER_SAME_UID',
    ]);
  });
});

test('a request of a service there is none of gets 0211, and is recorded', async () => {
  const association = await door.associate('CT1', ECHO);
  const fields = { commandField: CommandField['N-CREATE-RQ'], affectedSOPClassUID: SOPClassUID.Verification };
  const statuses: number[] = [];
  for await (const { status } of association.request(fields, undefined, 1)) statuses.push(status);
  expect(statuses).toEqual([0x0211]);
  await association.release();
  await eventually(() => expect(door.trail()).toEqual(['connect refused UNRECOGNIZED_OPERATION']));
});

test('a device that is revoked loses its association at once', async () => {
  const association = await door.associate('CT1', ECHO);
  door.door.endAssociations(['CT1'], []);
  await eventually(() => expect(association.end).toBeDefined());
  expect(association.end?.how).toBe('aborted');
});

test('closing waits neither for idle associations nor for handshakes that do not go on', async () => {
  const silent = connect({ host: '127.0.0.1', port: door.tlsPort });
  await new Promise<void>((resolve) => silent.once('connect', () => resolve()));
  const association = await door.associate('CT1', ECHO);
  const gone = closed(silent);
  const start = performance.now();
  await door.door.close();
  await gone;
  expect(performance.now() - start).toBeLessThan(2000);
  await eventually(() => expect(association.end).toBeDefined());
});
