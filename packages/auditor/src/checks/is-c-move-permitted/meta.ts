import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'D12',
  name: 'is-c-move-permitted',
  group: 'DIMSE',
  question: 'May a stranger order C-MOVE?',
  title: 'C-MOVE is permitted to strangers',
  sends: 'One C-MOVE-RQ for a StudyInstanceUID made a moment ago, to a destination title made a moment ago.',
  proof:
    'Status A801 (destination unknown), 0000, or of Orthanc C000, where a refusal would be 0124 or an abort.',
  score: 8.6,
  references: ['Ha', 'PR.PT-4'],
  fixes: ['F3'],
  why: 'The request itself was allowed; only the destination was missing. A stranger can make the archive send images to every destination it knows, and to its own if destinations are not checked.',
  fix: 'Allow C-MOVE only to registered devices, and each of them only to destinations of its own.',
};
