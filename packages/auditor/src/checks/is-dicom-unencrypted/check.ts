import type { Check } from '../check.ts';
import { associationFacts } from '../dimse-answers.ts';
import { exposed, inconclusive, isProtected } from '../verdicts.ts';
import { meta } from './meta.ts';

export const check: Check<'dicom'> = {
  kind: 'dicom',
  meta,
  matches: (service) => service.speaksDicom,
  async ask(asker) {
    if (asker.isTls) return isProtected({ tls: true });
    const answer = await asker.hello();
    const facts = { tls: false, ...associationFacts(answer) };
    if ((await asker.acceptedTitle()) !== undefined) return exposed(facts);
    return inconclusive(
      'NOT_ACCEPTED',
      'it speaks DICOM in clear, but accepted no association of ours',
      facts,
    );
  },
};
