import type { Check } from '../check.ts';
import { hex, refusalFacts } from '../dimse-answers.ts';
import { UNABLE_TO_PROCESS, hasOrthancBeside } from '../orthanc-beside.ts';
import { exposed, inconclusive, isProtected } from '../verdicts.ts';
import { meta } from './meta.ts';

/** Refused: Move Destination unknown (PS3.4 Table C.4-2). */
const DESTINATION_UNKNOWN = 0xa801;

export const check: Check<'dicom'> = {
  kind: 'dicom',
  meta,
  matches: (service) => service.speaksDicom,
  async ask(asker, service) {
    const answer = await asker.move({ contextKey: 'study-move', level: 'STUDY', mode: 'zero-match' });
    if (answer.kind !== 'status') return isProtected(refusalFacts(answer));
    const facts = { status: hex(answer.status), destination: 'random' };
    // With an unknown destination nothing could be fetched, so this alone is no retrieval by a stranger.
    if (answer.status === DESTINATION_UNKNOWN) return exposed({ ...facts, destinationIsChecked: true });
    if (answer.status === 0x0000)
      return exposed({ ...facts, destinationIsChecked: false }, { grants: ['A5'] });
    if (answer.status === 0x0124 || answer.status === 0x0122) return isProtected(facts);
    // As with A801 the order was allowed, and nothing could be fetched: it grants no access by itself.
    if (answer.status === UNABLE_TO_PROCESS && (await hasOrthancBeside(asker, service))) {
      return exposed({ ...facts, product: 'Orthanc' });
    }
    return inconclusive(
      'STATUS_UNCLEAR',
      'the order failed for a reason that says nothing about access',
      facts,
    );
  },
};
