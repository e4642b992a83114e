import type { Check } from '../check.ts';
import { associationFacts } from '../dimse-answers.ts';
import { exposed, isProtected } from '../verdicts.ts';
import { meta } from './meta.ts';

/** One title could be a registered one by chance; two random ones cannot. */
const ATTEMPTS = 2;

export const check: Check<'dicom'> = {
  kind: 'dicom',
  meta,
  matches: (service) => service.speaksDicom,
  async ask(asker) {
    const calledAETitle = await asker.acceptedTitle();
    const first = await asker.hello();
    if (calledAETitle === undefined) return isProtected(associationFacts(first));
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const answer = await asker.associate({ calledAETitle, callingAETitle: asker.freshAETitle() });
      if (answer.kind !== 'accepted') return isProtected({ attempt, ...associationFacts(answer) });
    }
    // Whoever has to know the called title is not just anybody.
    const isAnybody = first.kind === 'accepted';
    return exposed({ callingAETitles: 'random', accepted: ATTEMPTS }, { grants: isAnybody ? ['A2'] : [] });
  },
};
