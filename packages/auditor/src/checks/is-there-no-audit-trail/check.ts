import { isFirstDoor, judgeAttested } from '../attested.ts';
import type { Check } from '../check.ts';
import { meta } from './meta.ts';

export const check: Check<'attestation'> = {
  kind: 'attestation',
  meta,
  matches: isFirstDoor,
  ask: (asker) => judgeAttested(asker, 'audit-trail'),
};
