import type { Check } from '../check.ts';
import { hex, refusalFacts } from '../dimse-answers.ts';
import { exposed, inconclusive, isProtected } from '../verdicts.ts';
import { meta } from './meta.ts';

/** Refused: Move Destination unknown (PS3.4 Table C.4-2). */
const DESTINATION_UNKNOWN = 0xa801;

export const check: Check<'dicom'> = {
  kind: 'dicom',
  meta,
  matches: (service) => service.speaksDicom,
  async ask(asker) {
    const answer = await asker.move({ contextKey: 'study-move', level: 'STUDY', mode: 'zero-match' });
    if (answer.kind !== 'status') return isProtected(refusalFacts(answer));
    const facts = { status: hex(answer.status), destination: 'random' };
    // With an unknown destination nothing could be fetched, so this alone is no retrieval by a stranger.
    if (answer.status === DESTINATION_UNKNOWN) return exposed({ ...facts, destinationIsChecked: true });
    if (answer.status === 0x0000)
      return exposed({ ...facts, destinationIsChecked: false }, { grants: ['A5'] });
    if (answer.status === 0x0124 || answer.status === 0x0122) return isProtected(facts);
    return inconclusive(
      'STATUS_UNCLEAR',
      'the order failed for a reason that says nothing about access',
      facts,
    );
  },
};
