import type { Check } from '../check.ts';
import { hex, refusalFacts } from '../dimse-answers.ts';
import { exposed, inconclusive, isProtected } from '../verdicts.ts';
import { meta } from './meta.ts';

export const check: Check<'dicom'> = {
  kind: 'dicom',
  meta,
  matches: (service) => service.speaksDicom,
  async ask(asker) {
    const answer = await asker.echo();
    if (answer.kind !== 'status') return isProtected(refusalFacts(answer));
    const facts = { status: hex(answer.status) };
    if (answer.status === 0x0000) return exposed(facts);
    return answer.status === 0x0124 || answer.status === 0x0122
      ? isProtected(facts)
      : inconclusive('STATUS_UNCLEAR', 'the echo failed for a reason that says nothing about access', facts);
  },
};
