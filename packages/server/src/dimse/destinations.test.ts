import { type AddressInfo, createServer, type Server } from 'node:net';
import { Tag, TransferSyntaxUID } from '@leadglass/dicom';
import { acceptAssociation, type AssociateRequest, collectDataSet } from '@leadglass/network';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CT_IMAGE, instanceOf } from '../archive/testing/instances.ts';
import { Imaging, type InstanceRecord } from '../operations/index.ts';
import { ContextChooser, DestinationDialler } from './destinations.ts';
import { IMPLEMENTATION, TestDoor } from './testing/test-door.ts';

const EXPLICIT = TransferSyntaxUID.ExplicitVRLittleEndian;
const IMPLICIT = TransferSyntaxUID.ImplicitVRLittleEndian;

let door: TestDoor;
let dial: DestinationDialler;
let receiver: Server;
let port: number;
let asked: AssociateRequest | undefined;
const received: { sopInstanceUID: string | undefined; originator: unknown; bytes: number }[] = [];

/** Takes CT images in explicit VR little endian, and nothing else. */
function startReceiver(): Promise<number> {
  receiver = createServer((socket) => {
    acceptAssociation(socket, {
      ...IMPLEMENTATION,
      decide: (request) => {
        asked = request;
        return {
          accept: true,
          presentationContexts: request.presentationContexts.map(({ id, transferSyntaxes }) =>
            transferSyntaxes[0] === EXPLICIT
              ? { id, result: 'acceptance', transferSyntax: EXPLICIT }
              : { id, result: 'transfer-syntaxes-not-supported' },
          ),
        };
      },
      onRequest: (request) =>
        collectDataSet(1_000_000, async (bytes) => {
          const { affectedSOPInstanceUID, moveOriginatorAETitle, moveOriginatorMessageID } = request.command;
          const originator = [moveOriginatorAETitle, moveOriginatorMessageID];
          received.push({ sopInstanceUID: affectedSOPInstanceUID, originator, bytes: bytes.length });
          await request.respond({ status: 0 });
        }),
    });
  });
  return new Promise((resolve) => {
    receiver.listen(0, '127.0.0.1', () => resolve((receiver.address() as AddressInfo).port));
  });
}

beforeEach(async () => {
  door = await TestDoor.open();
  port = await startReceiver();
  received.splice(0);
  asked = undefined;
  dial = new DestinationDialler({
    registry: door.registry,
    aeTitle: 'LEADGLASS',
    tls: { caCertPem: door.caCertPem, keyPem: '', certPem: '' },
  });
});
afterEach(async () => {
  receiver.close();
  await door.close();
});

async function recordOf(transferSyntaxUID: string = EXPLICIT, number = 1): Promise<InstanceRecord> {
  const instance = instanceOf({ number, transferSyntaxUID });
  await door.workplace.store(instance);
  const record = door.workplace.archive.index.instance(instance.source.sopInstanceUID);
  if (record === undefined) throw new Error('it was stored');
  return record;
}

const bytesOf = (record: InstanceRecord): AsyncIterable<Uint8Array> => {
  const dataSet = door.workplace.archive.read(record);
  if (dataSet === undefined) throw new Error('it can be read');
  return dataSet;
};

describe('a destination', () => {
  test('is a registered device that has an address and was not revoked, by its very AE title', async () => {
    await door.addDevice('PACS2', 'store', port);
    await door.addDevice('CT1', 'store');
    expect(dial.find('PACS2')).toMatchObject({ aeTitle: 'PACS2', destination: { port } });
    for (const title of ['CT1', 'NOBODY', 'pacs2', '', '__proto__']) expect(dial.find(title)).toBeUndefined();
    await door.registry.revoke('PACS2');
    expect(dial.find('PACS2')).toBeUndefined();
  });

  test('is offered one context for each class and transfer syntax among the instances, 128 at the most', async () => {
    await door.addDevice('PACS2', 'store', port);
    const to = dial.find('PACS2');
    if (!to) throw new Error('it is registered');
    const record = await recordOf();
    const records = Array.from({ length: 300 }, (_, i) => ({ ...record, sopClassUID: `1.2.${i % 150}` }));
    const sender = await dial.open(to, () => records);
    await sender.close();
    expect(asked?.callingAETitle).toBe('LEADGLASS');
    expect(asked?.presentationContexts).toHaveLength(128);
    expect(new Set(asked?.presentationContexts.map((one) => one.abstractSyntax)).size).toBe(128);
  });

  test('gets an instance as it is stored, with who asked for it; one it takes in no context is left out', async () => {
    await door.addDevice('PACS2', 'store', port);
    const to = dial.find('PACS2');
    if (!to) throw new Error('it is registered');
    const [explicit, implicit] = [await recordOf(), await recordOf(IMPLICIT, 2)];
    const sender = await dial.open(to, () => [explicit, implicit]);
    const originator = { aeTitle: 'VIEWER', messageID: 7 };
    expect(await sender.send(explicit, bytesOf(explicit), originator)).toBe(0);
    expect(await sender.send(implicit, bytesOf(implicit), originator)).toBeUndefined();
    await sender.close();
    const { sopInstanceUID, dataSetLength } = explicit;
    expect(received).toEqual([{ sopInstanceUID, originator: ['VIEWER', 7], bytes: dataSetLength }]);
  });

  test('gets what it does not take as it is stored uncompressed, if there is who transcodes', async () => {
    await door.addDevice('PACS2', 'store', port);
    const imaging = new Imaging();
    const able = new DestinationDialler({
      registry: door.registry,
      aeTitle: 'LEADGLASS',
      tls: { caCertPem: door.caCertPem, keyPem: '', certPem: '' },
      imaging,
    });
    const to = able.find('PACS2');
    if (!to) throw new Error('it is registered');
    const instance = instanceOf({
      transferSyntaxUID: IMPLICIT,
      pixelBytes: 128,
      change: (dataSet) => {
        for (const [tag, value] of [
          [Tag.SamplesPerPixel, 1],
          [Tag.Rows, 8],
          [Tag.Columns, 8],
          [Tag.BitsAllocated, 16],
          [Tag.BitsStored, 16],
          [Tag.HighBit, 15],
          [Tag.PixelRepresentation, 0],
        ] as const)
          dataSet.set(tag, value);
        dataSet.set(Tag.PhotometricInterpretation, 'MONOCHROME2');
      },
    });
    await door.workplace.store(instance);
    const implicit = door.workplace.archive.index.instance(instance.source.sopInstanceUID);
    if (!implicit) throw new Error('it was stored');
    const sender = await able.open(to, () => [implicit]);
    const source = { read: door.workplace.archive.read.bind(door.workplace.archive) };
    const dataSet = sender.open(source, implicit);
    if (!dataSet) throw new Error('it can be transcoded');
    expect(await sender.send(implicit, dataSet)).toBe(0);
    await sender.close();
    await imaging.close();
    expect(asked?.presentationContexts.map(({ transferSyntaxes }) => transferSyntaxes)).toEqual([
      [IMPLICIT],
      [EXPLICIT],
    ]);
    expect(received[0]?.bytes).not.toBe(implicit.dataSetLength);
  });

  test('is not called for nothing', async () => {
    await door.addDevice('PACS2', 'store', port);
    const to = dial.find('PACS2');
    if (!to) throw new Error('it is registered');
    const sender = await dial.open(to, () => []);
    await sender.close();
    expect(asked).toBeUndefined();
  });

  test('that nobody listens at is an error with a code', async () => {
    await door.addDevice('PACS2', 'store', port);
    const to = dial.find('PACS2');
    if (!to) throw new Error('it is registered');
    await new Promise((resolve) => receiver.close(resolve));
    const record = await recordOf();
    await expect(dial.open(to, () => [record])).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
  });
});

describe('the context of an instance', () => {
  const context = { id: 1, abstractSyntax: CT_IMAGE, transferSyntax: EXPLICIT, isSCU: true, isSCP: false };

  test('is one of its class and its transfer syntax in which we may send', () => {
    const chooser = new ContextChooser([
      { ...context, id: 3, isSCU: false, isSCP: true, transferSyntax: IMPLICIT },
      { ...context, id: 5 },
    ]);
    expect(chooser.choose(CT_IMAGE, EXPLICIT)).toBe(5);
    expect(chooser.choose(CT_IMAGE, IMPLICIT)).toBeUndefined();
    expect(chooser.choose('1.2.3', EXPLICIT)).toBeUndefined();
  });
});
