import { DataSet, SOPClassUID, Tag, transferSyntax, TransferSyntaxUID, writeDataSet } from '@leadglass/dicom';
import type { TransferSyntax } from '@leadglass/dicom';
import { CommandField } from '@leadglass/network';
import { framedCommand, framedDataSet } from './framing.ts';
import type { FindJob, QueryKeys } from './jobs.ts';
import { CommandElement, commandNumber } from './pdu-scanner.ts';
import type { RawAssociation } from './raw-association.ts';
import type { Workload } from './workload.ts';

const CONTEXT_ID = 1;
const FIND = SOPClassUID.StudyRootQueryRetrieveInformationModelFind;
const SYNTAX = TransferSyntaxUID.ExplicitVRLittleEndian;
const DEFAULT_MAXIMUM_LENGTH = 16_384;

/** C-FIND at study level, one query after the other on each association. */
export function findWorkload(job: FindJob): Workload {
  const requests = job.queries.map(frameQuery);
  let next = 0;
  let until = Infinity;
  return {
    proposal: { contexts: [{ id: CONTEXT_ID, abstractSyntax: FIND, transferSyntaxes: [SYNTAX] }] },
    async run(association, _index, tally) {
      if (until === Infinity) until = performance.now() + job.maxMs;
      while (next < job.count && performance.now() < until) {
        const request = requests[next++ % requests.length] ?? Buffer.alloc(0);
        const startedAt = performance.now();
        const { matches, status } = await ask(association, request);
        if (status !== 0)
          tally.failure(typeof status === 'string' ? status : `status ${status.toString(16)}`);
        else if (matches !== job.matches) tally.failure(`${matches} matches instead of ${job.matches}`);
        else tally.success(performance.now() - startedAt);
        if (typeof status === 'string') return;
      }
    },
  };
}

function frameQuery(keys: QueryKeys): Buffer {
  const identifier = new DataSet();
  identifier.set(Tag.QueryRetrieveLevel, 'STUDY');
  for (const [tag, value] of Object.entries(keys)) identifier.set(Number(tag), value);
  const encoded = writeDataSet(identifier, transferSyntax(SYNTAX) as TransferSyntax);
  const command = framedCommand(
    CONTEXT_ID,
    { commandField: CommandField['C-FIND-RQ'], affectedSOPClassUID: FIND, messageID: 1, priority: 0 },
    true,
  );
  return Buffer.concat([command, framedDataSet(CONTEXT_ID, encoded, DEFAULT_MAXIMUM_LENGTH)]);
}

function ask(
  association: RawAssociation,
  request: Buffer,
): Promise<{ matches: number; status: number | string }> {
  return new Promise((resolve) => {
    let matches = 0;
    association.onCommand = (response) => {
      const status = commandNumber(response, CommandElement.status);
      if ((status & 0xff00) === 0xff00) matches++;
      else resolve({ matches, status });
    };
    association.onBroken = (reason) => resolve({ matches, status: reason });
    association.write(request);
  });
}
