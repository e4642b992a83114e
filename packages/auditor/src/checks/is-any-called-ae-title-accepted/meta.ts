import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'D02',
  name: 'is-any-called-ae-title-accepted',
  group: 'DIMSE',
  question: 'Does it accept any called AE title?',
  title: 'Any called AE title is accepted',
  sends: 'One A-ASSOCIATE-RQ with a random called AE title.',
  proof: 'An A-ASSOCIATE-AC.',
  score: 5.3,
  references: ['Ha', 'C6'],
  fixes: ['F3'],
  why: 'A caller need not even know the name of the archive. Knowing it is no protection either, but this shows that nothing is checked.',
  fix: 'Let the server accept only its own AE title, and only from devices that it knows by address and certificate.',
};
