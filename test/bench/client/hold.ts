import { SOPClassUID, TransferSyntaxUID } from '@leadglass/dicom';
import { CommandField } from '@leadglass/network';
import { framedCommand } from './framing.ts';
import { CommandElement, commandNumber } from './pdu-scanner.ts';
import type { Workload } from './workload.ts';

const CONTEXT_ID = 1;
const VERIFICATION = SOPClassUID.Verification;

/** One C-ECHO on each association, which then stays open. */
export function holdWorkload(): Workload {
  const request = framedCommand(
    CONTEXT_ID,
    { commandField: CommandField['C-ECHO-RQ'], affectedSOPClassUID: VERIFICATION, messageID: 1 },
    false,
  );
  return {
    proposal: {
      contexts: [
        {
          id: CONTEXT_ID,
          abstractSyntax: VERIFICATION,
          transferSyntaxes: [TransferSyntaxUID.ImplicitVRLittleEndian],
        },
      ],
    },
    run(association, _index, tally) {
      return new Promise((resolve) => {
        const startedAt = performance.now();
        association.onCommand = (response) => {
          const status = commandNumber(response, CommandElement.status);
          if (status === 0) tally.success(performance.now() - startedAt);
          else tally.status(status);
          resolve();
        };
        association.onBroken = (reason) => {
          tally.failure(reason);
          resolve();
        };
        association.write(request);
      });
    },
  };
}
