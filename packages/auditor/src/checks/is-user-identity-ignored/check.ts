import type { Check } from '../check.ts';
import { associationFacts } from '../dimse-answers.ts';
import { exposed, isProtected } from '../verdicts.ts';
import { meta } from './meta.ts';

export const check: Check<'dicom'> = {
  kind: 'dicom',
  meta,
  matches: (service) => service.speaksDicom,
  async ask(asker) {
    const calledAETitle = await asker.acceptedTitle();
    if (calledAETitle === undefined) return isProtected(associationFacts(await asker.hello()));
    const userIdentity = { type: 2, primary: 'leadglass-auditor', secondary: asker.freshUID() };
    const answer = await asker.associate({ calledAETitle, userIdentity });
    if (answer.kind !== 'accepted')
      return isProtected({ withMadeUpIdentity: associationFacts(answer)['association'] ?? '' });
    const hasResponse = answer.peer.hasUserIdentityResponse;
    return exposed({
      withoutIdentity: 'accepted',
      withMadeUpIdentity: 'accepted',
      positiveResponse: hasResponse,
    });
  },
};
