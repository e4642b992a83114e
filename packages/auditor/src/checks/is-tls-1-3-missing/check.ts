import type { Check } from '../check.ts';
import { ORDINARY_SUITES, TLS_1_2 } from '../tls-suites.ts';
import { exposed, inconclusive, isProtected } from '../verdicts.ts';
import { meta } from './meta.ts';

export const check: Check<'tls'> = {
  kind: 'tls',
  meta,
  matches: (service) => service.speaksTls,
  async ask(asker) {
    const handshake = await asker.handshake({ version: 'TLSv1.3' });
    if (handshake.isComplete) return isProtected({ cipher: handshake.cipher ?? '' });
    const facts = { refusal: handshake.failure ?? '' };
    // An alert alone is seven bytes that anything may send: only who speaks TLS can miss a version of it.
    const hello = await asker.hello({ version: TLS_1_2, suites: ORDINARY_SUITES });
    return hello.kind === 'hello'
      ? exposed(facts)
      : inconclusive('NO_HANDSHAKE', 'no version of TLS could be negotiated', facts);
  },
};
