import type { Check } from '../check.ts';
import { TLS_1_2, WEAK_CLASSES } from '../tls-suites.ts';
import { exposed, isProtected } from '../verdicts.ts';
import { meta } from './meta.ts';

export const check: Check<'tls'> = {
  kind: 'tls',
  meta,
  matches: (service) => service.speaksTls,
  async ask(asker) {
    const accepted: string[] = [];
    for (const [name, suites] of WEAK_CLASSES) {
      const answer = await asker.hello({ version: TLS_1_2, suites });
      if (answer.kind === 'hello' && suites.includes(answer.suite)) accepted.push(name);
    }
    const facts = { asked: WEAK_CLASSES.length, accepted: accepted.join(', ') };
    return accepted.length > 0 ? exposed(facts) : isProtected(facts);
  },
};
