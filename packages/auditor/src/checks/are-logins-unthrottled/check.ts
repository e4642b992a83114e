import { isFirstWebDoor, judgeAttested } from '../attested.ts';
import type { Check } from '../check.ts';
import { meta } from './meta.ts';

export const check: Check<'attestation'> = {
  kind: 'attestation',
  meta,
  matches: isFirstWebDoor,
  ask: (asker) => judgeAttested(asker, 'login-throttling-and-second-factor'),
};
