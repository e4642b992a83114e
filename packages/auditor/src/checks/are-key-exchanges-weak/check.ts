import type { Check } from '../check.ts';
import { DHE_SUITES, ORDINARY_SUITES, SHORT_GROUPS, TLS_1_2 } from '../tls-suites.ts';
import { exposed, isProtected } from '../verdicts.ts';
import { meta } from './meta.ts';

/** PS3.15 B.13. */
const DHE_BITS_MIN = 2048;

export const check: Check<'tls'> = {
  kind: 'tls',
  meta,
  matches: (service) => service.speaksTls,
  async ask(asker) {
    const dhe = await asker.hello({ version: TLS_1_2, suites: DHE_SUITES });
    const ecdhe = await asker.hello({ version: TLS_1_2, suites: ORDINARY_SUITES });
    const dheBits = dhe.kind === 'hello' ? dhe.dheBits : undefined;
    const group = ecdhe.kind === 'hello' ? ecdhe.namedGroup : undefined;
    const facts = {
      ...(dheBits === undefined ? {} : { dheBits }),
      ...(group === undefined ? {} : { namedGroup: group }),
    };
    const isShort =
      (dheBits !== undefined && dheBits < DHE_BITS_MIN) || (group !== undefined && SHORT_GROUPS.has(group));
    return isShort ? exposed(facts) : isProtected(facts);
  },
};
