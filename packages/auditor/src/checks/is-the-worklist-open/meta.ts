import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'D09',
  name: 'is-the-worklist-open',
  group: 'DIMSE',
  question: 'Is the modality worklist open?',
  title: 'The modality worklist is open',
  sends: 'One Modality Worklist C-FIND-RQ for a StudyInstanceUID made a moment ago.',
  proof: 'A C-FIND-RSP with status 0000.',
  score: 7.5,
  references: ['Ha'],
  fixes: ['F3'],
  why: 'The worklist tells who comes when for which examination, often with the reason for it and the referring doctor.',
  fix: 'Allow the worklist only to the modalities, each by certificate and address.',
};
