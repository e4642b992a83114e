import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'D06',
  name: 'can-study-records-be-counted',
  group: 'DIMSE',
  question: 'How many study records can a stranger list?',
  title: 'Study records are exposed',
  sends:
    'One C-FIND-RQ at STUDY level that everything matches, asking for the StudyInstanceUID alone; responses are counted and dropped unread, and cancelled at the cap.',
  proof: 'Pending responses.',
  score: 7.5,
  references: ['Ha', 'G5(1)f'],
  fixes: ['F1', 'F2'],
  optIn: 'counting',
  why: 'Every record counted here is a patient whose examination anybody can look up. The number decides whom you must notify.',
  fix: 'Close the port at once, then find out from the logs since when it was open and who used it: notification duties run from the day you know.',
};
