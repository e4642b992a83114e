import type { Check } from '../check.ts';
import { associationFacts } from '../dimse-answers.ts';
import { exposed, isProtected } from '../verdicts.ts';
import { meta } from './meta.ts';

export const check: Check<'dicom'> = {
  kind: 'dicom',
  meta,
  matches: (service) => service.speaksDicom,
  async ask(asker) {
    const answer = await asker.hello();
    const facts = { calledAETitle: 'random', ...associationFacts(answer) };
    return answer.kind === 'accepted' ? exposed(facts) : isProtected(facts);
  },
};
