import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'D03',
  name: 'is-any-calling-ae-title-accepted',
  group: 'DIMSE',
  question: 'Does it accept any calling AE title?',
  title: 'Any calling AE title is accepted',
  sends: 'Two A-ASSOCIATE-RQs, each with another random calling AE title.',
  proof: 'An A-ASSOCIATE-AC to both.',
  score: 6.5,
  references: ['Hd', 'B4'],
  fixes: ['F3'],
  why: 'The archive talks to anybody who calls. A list of known devices is the least that stands between a stranger and the images.',
  fix: 'Register every device with AE title, address and certificate, and refuse all others. An AE title alone is no password: it travels in clear and can be guessed.',
};
