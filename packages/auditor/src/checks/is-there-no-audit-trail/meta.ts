import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'G01',
  name: 'is-there-no-audit-trail',
  group: 'governance',
  question: 'Is access to images not recorded?',
  title: 'Nobody could say who looked at which images',
  sends: 'Nothing: the operator is asked (scope, [attestations]).',
  proof: 'The operator says that accesses are not recorded, or that nobody reads the record.',
  score: 0,
  references: ['Hb', 'A.5', 'PR.PT-1', 'G32'],
  fixes: ['F2'],
  optIn: 'attestation',
  why: 'After an incident nobody can tell which patients were touched, so all of them must be notified.',
  fix: 'Record every query, retrieval, change and export with person, patient and time (ATNA, PS3.15 A.5), away from the archive, and let somebody read it.',
};
