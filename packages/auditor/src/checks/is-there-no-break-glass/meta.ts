import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'G02',
  name: 'is-there-no-break-glass',
  group: 'governance',
  question: 'Is there no controlled way in for emergencies?',
  title: 'Emergency access is not controlled',
  sends: 'Nothing: the operator is asked (scope, [attestations]).',
  proof: 'The operator says that there is no emergency access whose use is recorded and reviewed.',
  score: 0,
  references: ['164.312(a)(2)(ii)', 'PR.AC-4', 'G32'],
  fixes: ['F4'],
  optIn: 'attestation',
  why: 'Without it everybody is given all rights just in case, or a patient waits while a password is looked for.',
  fix: 'Give emergency access for a short time against a stated reason, alert on it, and review every use.',
};
