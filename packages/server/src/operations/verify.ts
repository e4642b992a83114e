import type { VerificationReport } from '../archive/verification.ts';
import type { Caller } from './caller.ts';
import { carryOut, type Workplace } from './operation.ts';

/** Reads everything back. What was found stands in the trail. */
export async function verify(
  workplace: Workplace,
  caller: Caller,
  onProgress?: (done: { packs: number; of: number; instances: number }) => void,
): Promise<VerificationReport> {
  return carryOut(workplace, 'verify', caller, {}, async (operation) => {
    const report = await workplace.archive.verify(onProgress);
    const faults = report.damaged.length + report.unreadable.length + report.notInIndex + report.onlyInIndex;
    await operation.record(faults === 0 ? 'success' : 'failed', {
      subject: { count: report.instances },
      detail: { damaged: report.damaged.length, unreadable: report.unreadable.length },
    });
    return report;
  });
}
