import { type AddressInfo, createServer, type Server } from 'node:net';
import { DataSet, Tag, transferSyntax, TransferSyntaxUID, writeDataSet } from '@leadglass/dicom';
import {
  acceptAssociation,
  type Association,
  collectDataSet,
  CommandField,
  type CommitmentReport,
  type IncomingRequest,
  OperationFailed,
  readCommitmentReport,
  requestCommitment,
  STORAGE_COMMITMENT_SOP_CLASS_UID,
  STORAGE_COMMITMENT_SOP_INSTANCE_UID,
} from '@leadglass/network';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CT_IMAGE, instanceOf } from '../archive/testing/instances.ts';
import { IMPLEMENTATION, TestDoor } from './testing/test-door.ts';

const IMPLICIT = TransferSyntaxUID.ImplicitVRLittleEndian;
const CONTEXT = [{ abstractSyntax: STORAGE_COMMITMENT_SOP_CLASS_UID, transferSyntaxes: [IMPLICIT] }];
const REPORT_MAX_BYTES = 10_000;

let door: TestDoor;
let listener: Server | undefined;
const reports: CommitmentReport[] = [];

beforeEach(async () => {
  door = await TestDoor.open();
  reports.splice(0);
});
afterEach(async () => {
  await door.close();
  listener?.close();
  listener = undefined;
});

const takeReport = (request: IncomingRequest) =>
  collectDataSet(REPORT_MAX_BYTES, async (bytes) => {
    reports.push(readCommitmentReport(bytes, request.presentationContext.transferSyntax));
    await request.respond({ status: 0 });
  });

const held = { sopClassUID: CT_IMAGE, sopInstanceUID: instanceOf().source.sopInstanceUID };
const unknown = { sopClassUID: CT_IMAGE, sopInstanceUID: '1.2.3' };
const otherClass = { sopClassUID: '1.2.840.10008.5.1.4.1.1.4', sopInstanceUID: held.sopInstanceUID };

async function associated(): Promise<Association> {
  await door.addDevice('CT1', 'store');
  await door.workplace.store(instanceOf());
  return await door.associate('CT1', CONTEXT, { onRequest: takeReport });
}

describe('Storage Commitment (PS3.4 Annex J)', () => {
  test('a device without an address has its report on the association that asked', async () => {
    const association = await associated();
    await requestCommitment(association, { transactionUID: '1.2.1', references: [held] });
    await requestCommitment(association, {
      transactionUID: '1.2.2',
      references: [held, unknown, otherClass],
    });
    await vi.waitFor(() => expect(reports).toHaveLength(2), { timeout: 10_000 });
    expect(reports).toEqual([
      { transactionUID: '1.2.1', committed: [held], failed: [] },
      {
        transactionUID: '1.2.2',
        committed: [held],
        failed: [
          { ...unknown, failureReason: 0x0112 },
          { ...otherClass, failureReason: 0x0119 },
        ],
      },
    ]);
    await association.release();
    expect(door.trail()).toEqual(['store success', 'commit success', 'commit success']);
  });

  test('a device with an address is called, and the roles are turned round', async () => {
    const roles: unknown[] = [];
    listener = createServer((socket) => {
      acceptAssociation(socket, {
        ...IMPLEMENTATION,
        decide: ({ callingAETitle, calledAETitle, userInformation, presentationContexts }) => {
          roles.push([callingAETitle, calledAETitle, ...userInformation.roleSelections]);
          return {
            accept: true,
            presentationContexts: presentationContexts.map(({ id, transferSyntaxes }) => ({
              id,
              result: 'acceptance',
              transferSyntax: transferSyntaxes[0],
              scuRole: false,
              scpRole: true,
            })),
          };
        },
        onRequest: takeReport,
      });
    });
    await new Promise<void>((resolve) => listener?.listen(0, '127.0.0.1', resolve));
    await door.addDevice('CT1', 'store', (listener.address() as AddressInfo).port);
    await door.workplace.store(instanceOf());
    const association = await door.associate('CT1', CONTEXT);
    await requestCommitment(association, { transactionUID: '1.2.3', references: [held] });
    await association.release();
    await vi.waitFor(() => expect(reports).toHaveLength(1), { timeout: 10_000 });
    expect(reports).toEqual([{ transactionUID: '1.2.3', committed: [held], failed: [] }]);
    const role = { sopClassUID: STORAGE_COMMITMENT_SOP_CLASS_UID, scuRole: false, scpRole: true };
    expect(roles).toEqual([['LEADGLASS', 'CT1', role]]);
  });

  test.each([
    ['another action than 1', 2, '1.2.4', [held], 0x0123],
    ['no TransactionUID', 1, '', [held], 0x0115],
    ['no references', 1, '1.2.4', [], 0x0115],
  ])(
    'a request with %s is refused, recorded, and the next is answered',
    async (_name, action, uid, refs, status) => {
      const association = await associated();
      expect(await ask(association, action, uid, refs)).toBe(status);
      await requestCommitment(association, { transactionUID: '1.2.5', references: [held] });
      await association.release();
      const [, refused, taken] = door.trail();
      expect(refused).toMatch(/^commit failed /);
      expect(taken).toBe('commit success');
    },
  );

  test('who may not store may not ask: the context is rejected', async () => {
    await door.addDevice('VIEWER', 'echo,find');
    const association = await door.associate('VIEWER', [
      ...CONTEXT,
      { abstractSyntax: '1.2.840.10008.1.1', transferSyntaxes: [IMPLICIT] },
    ]);
    await expect(
      requestCommitment(association, { transactionUID: '1.2.6', references: [held] }),
    ).rejects.not.toBeInstanceOf(OperationFailed);
    await association.release();
  });
});

/** An N-ACTION made by hand; gives its status. */
async function ask(
  association: Association,
  actionTypeID: number,
  transactionUID: string,
  references: readonly (typeof held)[],
): Promise<number | undefined> {
  const syntax = transferSyntax(IMPLICIT);
  if (syntax === undefined) throw new Error('implicit VR little endian is always known');
  const dataSet = new DataSet();
  if (transactionUID !== '') dataSet.set(Tag.TransactionUID, transactionUID);
  const items = references.map(({ sopClassUID, sopInstanceUID }) => {
    const item = new DataSet();
    item.set(Tag.ReferencedSOPClassUID, sopClassUID);
    item.set(Tag.ReferencedSOPInstanceUID, sopInstanceUID);
    return item;
  });
  dataSet.set(Tag.ReferencedSOPSequence, items);
  const fields = {
    commandField: CommandField['N-ACTION-RQ'],
    requestedSOPClassUID: STORAGE_COMMITMENT_SOP_CLASS_UID,
    requestedSOPInstanceUID: STORAGE_COMMITMENT_SOP_INSTANCE_UID,
    actionTypeID,
  };
  for await (const { status } of association.request(fields, writeDataSet(dataSet, syntax), 1)) return status;
  return undefined;
}
