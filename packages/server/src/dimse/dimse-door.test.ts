import { connect, type Socket } from 'node:net';
import { connect as connectTLS } from 'node:tls';
import { SOPClassUID, TransferSyntaxUID } from '@leadglass/dicom';
import { CommandField, echo, store } from '@leadglass/network';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CT_IMAGE, instanceOf } from '../archive/testing/instances.ts';
import { TestDoor } from './testing/test-door.ts';

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

  test('one address may hold a quarter of the connections that have not asked for an association', async () => {
    const waiting = Array.from({ length: 70 }, () => connect({ host: '127.0.0.1', port: door.plainPort }));
    await Promise.all(waiting.slice(64).map(closed));
    expect(waiting.filter((socket) => socket.closed)).toHaveLength(6);
    expect(door.door.associations).toBe(64);
    await eventually(() =>
      expect(door.trail()).toEqual(Array(6).fill('connect refused TOO_MANY_CONNECTIONS')),
    );
    for (const socket of waiting) socket.destroy();
    await eventually(() => expect(door.door.associations).toBe(0));
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
