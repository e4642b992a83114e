import { DataSet, SOPClassUID, Tag, transferSyntax, TransferSyntaxUID, writeDataSet } from '@leadglass/dicom';
import type { TransferSyntax } from '@leadglass/dicom';
import { CommandField, P_DATA_HEADER_BYTES } from '@leadglass/network';
import { UID_LENGTH } from '../data/uids.ts';
import { framedCommand, framedDataSet } from './framing.ts';
import type { GetJob } from './jobs.ts';
import { CommandElement, commandNumber, commandValueAt } from './pdu-scanner.ts';
import type { RawAssociation } from './raw-association.ts';
import type { Tally } from './tally.ts';
import type { Workload } from './workload.ts';

const GET_CONTEXT_ID = 1;
const STORE_CONTEXT_ID = 3;
const GET = SOPClassUID.StudyRootQueryRetrieveInformationModelGet;
const CT = SOPClassUID.CTImageStorage;
const SYNTAX = TransferSyntaxUID.ExplicitVRLittleEndian;

/** C-GET of one study again and again; every sub-operation is answered with a response made beforehand. */
export function getWorkload(job: GetJob): Workload {
  const identifier = new DataSet();
  identifier.set(Tag.QueryRetrieveLevel, 'STUDY');
  identifier.set(Tag.StudyInstanceUID, job.studyInstanceUID);
  const encoded = writeDataSet(identifier, transferSyntax(SYNTAX) as TransferSyntax);
  return {
    proposal: {
      contexts: [
        { id: GET_CONTEXT_ID, abstractSyntax: GET, transferSyntaxes: [SYNTAX] },
        { id: STORE_CONTEXT_ID, abstractSyntax: CT, transferSyntaxes: [SYNTAX] },
      ],
      roles: [{ sopClassUID: CT, scuRole: false, scpRole: true }],
    },
    async run(association, _index, tally) {
      for (let time = 0; time < job.repeat; time++) {
        const request = Buffer.concat([
          framedCommand(
            GET_CONTEXT_ID,
            {
              commandField: CommandField['C-GET-RQ'],
              affectedSOPClassUID: GET,
              messageID: time + 1,
              priority: 0,
            },
            true,
          ),
          framedDataSet(GET_CONTEXT_ID, encoded, association.maximumLength),
        ]);
        const goesOn = await fetchOnce(association, request, tally);
        if (!goesOn) return;
      }
    },
  };
}

/** The response to a sub-operation; message ID and SOP instance UID are written over. */
function makeResponse(): { bytes: Buffer; messageIDAt: number; instanceUIDAt: number } {
  const bytes = framedCommand(
    STORE_CONTEXT_ID,
    {
      commandField: CommandField['C-STORE-RSP'],
      affectedSOPClassUID: CT,
      messageIDBeingRespondedTo: 1,
      affectedSOPInstanceUID: '1'.repeat(UID_LENGTH),
      status: 0,
    },
    false,
  );
  const set = bytes.subarray(P_DATA_HEADER_BYTES);
  const messageIDBeingRespondedTo = 0x0120;
  return {
    bytes,
    messageIDAt: P_DATA_HEADER_BYTES + commandValueAt(set, messageIDBeingRespondedTo),
    instanceUIDAt: P_DATA_HEADER_BYTES + commandValueAt(set, CommandElement.affectedSOPInstanceUID),
  };
}

function fetchOnce(association: RawAssociation, request: Buffer, tally: Tally): Promise<boolean> {
  const { bytes: response, messageIDAt, instanceUIDAt } = makeResponse();
  return new Promise((resolve) => {
    let startedAt = performance.now();
    let bytesBefore = association.dataBytes;
    association.onCommand = (command) => {
      if (commandNumber(command, CommandElement.commandField) === CommandField['C-STORE-RQ']) {
        response.writeUInt16LE(commandNumber(command, CommandElement.messageID), messageIDAt);
        const uidAt = commandValueAt(command, CommandElement.affectedSOPInstanceUID);
        command.copy(response, instanceUIDAt, uidAt, uidAt + UID_LENGTH);
        return;
      }
      const status = commandNumber(command, CommandElement.status);
      const isPending = (status & 0xff00) === 0xff00;
      if (isPending) return;
      if (status !== 0) tally.status(status);
      resolve(true);
    };
    association.onDataSetEnd = () => {
      const now = performance.now();
      tally.success(now - startedAt, { bytes: association.dataBytes - bytesBefore });
      startedAt = now;
      bytesBefore = association.dataBytes;
      // A copy: the socket may still hold the one before.
      association.write(Buffer.from(response));
    };
    association.onBroken = (reason) => {
      tally.failure(reason);
      resolve(false);
    };
    association.write(request);
  });
}
