import type { InstanceRecord } from '../archive/index/index.ts';
import type { Caller } from './caller.ts';
import { carryOut, type Later, now, reasonOf, type Subject, type Workplace } from './operation.ts';
import type { StoredBytes } from './stored-bytes.ts';

export type Selection = Parameters<Workplace['archive']['index']['instances']>[0];

export interface RetrieveCounts {
  completed: number;
  failed: number;
  warning: number;
  /** C-CANCEL came before all were sent. */
  cancelled: boolean;
}

/** What a door may do with a retrieval that was authorised and recorded. */
export interface Retrieval extends StoredBytes {
  /** Instances selected. */
  readonly total: number;
  instances(): IterableIterator<InstanceRecord>;
}

/**
 * Gives instances away. The trail has the retrieval before the first byte leaves, and what became of it
 * at the end.
 */
export async function retrieve(
  workplace: Workplace,
  verb: 'get' | 'move' | 'export',
  caller: Caller,
  asked: Later<Selection>,
  detail: Record<string, string | number>,
  transfer: (retrieval: Retrieval) => Promise<RetrieveCounts>,
): Promise<RetrieveCounts> {
  return carryOut(workplace, verb, caller, {}, async (operation) => {
    operation.detail = detail;
    const selection = now(asked);
    const { index } = workplace.archive;
    const { total, subject } = survey(index.instances(selection));
    await operation.record('pending', { subject });
    let counts: RetrieveCounts;
    try {
      counts = await transfer({
        total,
        instances: () => index.instances(selection),
        read: (record, range) => workplace.archive.read(record, range),
      });
    } catch (error) {
      await operation.record('failed', { subject, reason: reasonOf(error) });
      throw error;
    }
    const outcome = counts.failed > 0 || counts.cancelled ? 'failed' : 'success';
    await operation.record(outcome, {
      subject: { ...subject, count: counts.completed },
      detail: { failed: counts.failed, cancelled: counts.cancelled ? 1 : 0 },
    });
    return counts;
  });
}

/** How many instances, and whose, as far as they have it in common. */
function survey(instances: Iterable<InstanceRecord>): { total: number; subject: Subject } {
  let total = 0;
  let subject: Subject = {};
  for (const record of instances) {
    if (total === 0) {
      subject = {
        studyInstanceUID: record.studyInstanceUID,
        seriesInstanceUID: record.seriesInstanceUID,
        sopInstanceUID: record.sopInstanceUID,
        ...(record.patientID === undefined ? {} : { patientID: record.patientID }),
      };
    } else {
      subject = common(subject, record);
    }
    total++;
  }
  return { total, subject: { ...subject, count: total } };
}

function common(subject: Subject, record: InstanceRecord): Subject {
  const { studyInstanceUID, seriesInstanceUID, patientID } = subject;
  return {
    ...(patientID !== undefined && patientID === record.patientID ? { patientID } : {}),
    ...(studyInstanceUID === record.studyInstanceUID ? { studyInstanceUID } : {}),
    ...(seriesInstanceUID === record.seriesInstanceUID ? { seriesInstanceUID } : {}),
  };
}
