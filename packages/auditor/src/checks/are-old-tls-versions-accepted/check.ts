import type { Check } from '../check.ts';
import { LEGACY_SUITES, OLD_VERSIONS } from '../tls-suites.ts';
import { exposed, isProtected } from '../verdicts.ts';
import { meta } from './meta.ts';

export const check: Check<'tls'> = {
  kind: 'tls',
  meta,
  matches: (service) => service.speaksTls,
  async ask(asker) {
    const accepted: string[] = [];
    for (const [version, name] of OLD_VERSIONS) {
      const answer = await asker.hello({ version, suites: LEGACY_SUITES });
      if (answer.kind === 'hello' && answer.version === version) accepted.push(name);
    }
    const facts = { asked: OLD_VERSIONS.map(([, name]) => name).join(', '), accepted: accepted.join(', ') };
    return accepted.length > 0 ? exposed(facts) : isProtected(facts);
  },
};
