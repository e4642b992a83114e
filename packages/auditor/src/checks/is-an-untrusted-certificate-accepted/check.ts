import type { Check } from '../check.ts';
import { associationFacts } from '../dimse-answers.ts';
import { exposed, isProtected, notApplicable } from '../verdicts.ts';
import { meta } from './meta.ts';

export const check: Check<'tls'> = {
  kind: 'tls',
  meta,
  matches: (service) =>
    service.protocol === 'dicom-tls' || (service.protocol === 'tls' && service.isDicomPort),
  async ask(asker) {
    const without = await asker.associate(false);
    if (without.answer !== undefined) return notApplicable('NONE_ASKED', 'no certificate is needed at all');
    const withThrowaway = await asker.associate(true);
    if (withThrowaway.answer === undefined) return isProtected({ refusal: withThrowaway.refusal });
    return exposed({ clientCertificate: 'made up', ...associationFacts(withThrowaway.answer) });
  },
};
