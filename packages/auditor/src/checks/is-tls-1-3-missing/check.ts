import type { Check } from '../check.ts';
import { exposed, isProtected } from '../verdicts.ts';
import { meta } from './meta.ts';

export const check: Check<'tls'> = {
  kind: 'tls',
  meta,
  matches: (service) => service.speaksTls,
  async ask(asker) {
    const handshake = await asker.handshake({ version: 'TLSv1.3' });
    if (handshake.isComplete) return isProtected({ cipher: handshake.cipher ?? '' });
    return exposed({ refusal: handshake.failure ?? '' });
  },
};
