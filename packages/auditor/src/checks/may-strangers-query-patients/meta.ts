import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'D07',
  name: 'may-strangers-query-patients',
  group: 'DIMSE',
  question: 'May a stranger query patients?',
  title: 'Patient queries are open',
  sends:
    'One C-FIND-RQ at PATIENT level for a random PatientID; where counting is asked for, one more that is counted and dropped unread.',
  proof: 'A C-FIND-RSP with status 0000.',
  score: 7.5,
  references: ['Ha'],
  fixes: ['F3'],
  why: 'Anybody can look up people by name and birth date, one by one or all of them.',
  fix: 'Allow the Patient Root model only to registered devices that need it; many archives can do without it.',
};
