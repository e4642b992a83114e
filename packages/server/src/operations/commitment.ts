import type { Caller } from './caller.ts';
import { carryOut, type Later, now, type Workplace } from './operation.ts';

export interface CommitmentReference {
  sopClassUID: string;
  sopInstanceUID: string;
}

/** Failure Reason (0008,1197), PS3.3 C.14.1.1. */
export const CommitmentFailure = { noSuchInstance: 0x0112, classConflict: 0x0119 } as const;

export interface CommitmentResult {
  committed: CommitmentReference[];
  failed: (CommitmentReference & { failureReason: number })[];
}

/** Says which of the instances are held for good (PS3.4 J.3): what is in the index is on the disk. */
export async function commit(
  workplace: Workplace,
  caller: Caller,
  asked: Later<readonly CommitmentReference[]>,
): Promise<CommitmentResult> {
  return carryOut(workplace, 'commit', caller, {}, async (operation) => {
    const result: CommitmentResult = { committed: [], failed: [] };
    for (const reference of now(asked)) {
      const held = workplace.archive.index.instance(reference.sopInstanceUID);
      if (!held) result.failed.push({ ...reference, failureReason: CommitmentFailure.noSuchInstance });
      else if (held.sopClassUID !== reference.sopClassUID) {
        result.failed.push({ ...reference, failureReason: CommitmentFailure.classConflict });
      } else result.committed.push(reference);
    }
    await operation.record('success', {
      subject: { count: result.committed.length },
      detail: { failed: result.failed.length },
    });
    return result;
  });
}
