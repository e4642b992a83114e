import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'W18',
  name: 'are-logins-unthrottled',
  group: 'web',
  question: 'Are logins without throttling or a second factor?',
  title: 'Logins have no throttling or no second factor',
  sends:
    'Nothing: guessing passwords to find out could lock people out, so the operator is asked (scope, [attestations]).',
  proof: 'The operator says that logins neither slow down after failures nor ask for a second factor.',
  score: 5.3,
  references: ['N(j)', 'PR.AC-7', 'G32'],
  fixes: ['F4'],
  optIn: 'attestation',
  why: 'A password that can be guessed without limit will be guessed, and a stolen one is enough to get in.',
  fix: 'Use single sign-on with a second factor, and slow down or lock logins after a few failures.',
};
