import type { Check } from '../check.ts';
import { associationFacts } from '../dimse-answers.ts';
import { exposed, isProtected, notApplicable } from '../verdicts.ts';
import { meta } from './meta.ts';

/** Source and reason (PS3.8 Table 9-21) that name the wrong title. */
const reasons: ReadonlyMap<string, string> = new Map([
  ['1/3', 'the calling AE title is wrong'],
  ['1/7', 'the called AE title is wrong'],
]);

export const check: Check<'dicom'> = {
  kind: 'dicom',
  meta,
  matches: (service) => service.speaksDicom,
  async ask(asker) {
    const first = await asker.hello();
    if (first.kind === 'accepted') return notApplicable('ACCEPTED', 'nobody is rejected, so nothing is told');
    const tells = first.kind === 'rejected' ? reasons.get(`${first.source}/${first.reason}`) : undefined;
    if (tells === undefined) return isProtected(associationFacts(first));
    const [known] = asker.knownAETitles;
    if (known === undefined) return exposed({ ...associationFacts(first), tells });
    const second = await asker.associate({ calledAETitle: known });
    const differs = JSON.stringify(associationFacts(first)) !== JSON.stringify(associationFacts(second));
    return exposed({ ...associationFacts(first), tells, validTitleAnswersDifferently: differs });
  },
};
