import type { Check } from '../check.ts';
import { associationFacts } from '../dimse-answers.ts';
import { exposed, isProtected } from '../verdicts.ts';
import { meta } from './meta.ts';

export const check: Check<'dicom'> = {
  kind: 'dicom',
  meta,
  matches: (service) => service.speaksDicom,
  async ask(asker) {
    if ((await asker.acceptedTitle()) === undefined)
      return isProtected(associationFacts(await asker.hello()));
    const study = (await asker.negotiated('study-find'))?.isRelational === true;
    const patient = (await asker.negotiated('patient-find'))?.isRelational === true;
    const facts = { studyRoot: study, patientRoot: patient };
    return study || patient ? exposed(facts) : isProtected(facts);
  },
};
