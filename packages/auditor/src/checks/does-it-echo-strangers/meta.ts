import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'D04',
  name: 'does-it-echo-strangers',
  group: 'DIMSE',
  question: 'Does it answer a C-ECHO of a stranger?',
  title: 'C-ECHO is answered to strangers',
  sends: 'One C-ECHO-RQ.',
  proof: 'A C-ECHO-RSP with status 0000.',
  score: 5.3,
  references: ['Hd'],
  fixes: ['F3'],
  why: 'A complete DICOM exchange with somebody unknown: the server processes messages of strangers, faults in that code included.',
  fix: 'Refuse the association of unknown devices; then no message of theirs is processed.',
};
