import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'D05',
  name: 'may-strangers-query-studies',
  group: 'DIMSE',
  question: 'May a stranger query studies?',
  title: 'Study queries are open',
  sends: 'One C-FIND-RQ at STUDY level for a StudyInstanceUID made a moment ago, so that nothing matches.',
  proof: 'A C-FIND-RSP with status 0000.',
  score: 7.5,
  references: ['Ha', 'PR.AC-4'],
  fixes: ['F2', 'F3'],
  why: 'With an ordinary viewer anybody can list every patient with name, birth date and examination. This is what the studies of open archives found.',
  fix: 'Allow queries only to registered devices, by certificate. If the product cannot, put a gateway in front that can.',
};
