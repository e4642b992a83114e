import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'D08',
  name: 'may-strangers-query-series-and-images',
  group: 'DIMSE',
  question: 'May a stranger query series and images?',
  title: 'Series and image queries are open',
  sends: 'One C-FIND-RQ at SERIES and one at IMAGE level for UIDs made a moment ago.',
  proof: 'A C-FIND-RSP with status 0000 to either.',
  score: 7.5,
  references: ['Ha'],
  fixes: ['F3'],
  why: 'Every single image can be listed with its description, which is what a download needs to begin.',
  fix: 'Allow queries only to registered devices, at all levels alike.',
};
