import type { Check } from '../check.ts';
import { hex, refusalFacts } from '../dimse-answers.ts';
import { exposed, inconclusive, isProtected } from '../verdicts.ts';
import { meta } from './meta.ts';

export const check: Check<'dicom'> = {
  kind: 'dicom',
  meta,
  matches: (service) => service.speaksDicom,
  async ask(asker) {
    const permitted = await asker.find({ contextKey: 'study-find', level: 'STUDY', mode: 'zero-match' });
    if (permitted.kind !== 'status') return isProtected(refusalFacts(permitted));
    if (permitted.status !== 0x0000) return isProtected({ status: hex(permitted.status) });
    const answer = await asker.find({ contextKey: 'study-find', level: 'STUDY', mode: 'count' });
    if (answer.kind !== 'status') return isProtected(refusalFacts(answer));
    if (answer.pending === 0) {
      const facts = { status: hex(answer.status), studies: 0 };
      return inconclusive('NOTHING_COUNTED', 'the archive is empty or refuses open queries', facts);
    }
    const studies = { value: answer.pending, isLowerBound: answer.wasCut };
    return exposed(
      { studies: studies.value, isLowerBound: studies.isLowerBound },
      { grants: ['A4'], counts: { studies } },
    );
  },
};
