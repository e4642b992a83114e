import type { Check } from '../check.ts';
import { ORDINARY_SUITES, TLS_1_2 } from '../tls-suites.ts';
import { exposed, isProtected } from '../verdicts.ts';
import { meta } from './meta.ts';

export const check: Check<'tls'> = {
  kind: 'tls',
  meta,
  matches: (service) => service.speaksDicom || (service.protocol === 'tls' && service.isDicomPort),
  async ask(asker, service) {
    const speaksTls =
      service.speaksTls ||
      (await asker.hello({ version: TLS_1_2, suites: ORDINARY_SUITES })).kind === 'hello';
    if (!speaksTls) return isProtected({ tls: false, clear: true });
    const speaksClear = !service.speaksTls || (await asker.clearAssociate()).answer !== undefined;
    const facts = { tls: true, clear: speaksClear };
    return speaksClear ? exposed(facts) : isProtected(facts);
  },
};
