import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'D22',
  name: 'are-idle-associations-uncapped',
  group: 'DIMSE',
  question: 'Are idle connections uncapped?',
  title: 'Idle connections are not limited',
  sends: 'Up to eight connections that say nothing, closed after three seconds.',
  proof: 'All eight stay open.',
  score: 5.3,
  references: ['I8.6'],
  fixes: ['F8'],
  optIn: 'idleSockets',
  why: 'A few hundred silent connections can keep the modalities from delivering their images.',
  fix: 'Limit connections by source address and close silent ones after seconds.',
};
